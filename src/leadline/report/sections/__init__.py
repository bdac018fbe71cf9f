"""The chapters of the report, each built by one file from the run; what was not measured is left out."""

from __future__ import annotations

from leadline.record.finding import Findings
from leadline.record.run import Run
from leadline.report.parts import Section
from leadline.report.sections import (
    asked,
    curves,
    data,
    diagnosis,
    evaluation,
    examples,
    network,
    recipe,
    soundings,
)


def chapters(run: Run, findings: Findings) -> tuple[Section, ...]:
    """Return the chapters that have something to say, in the order people ask.

    Example:
        >>> [chapter.name for chapter in chapters(Run(), Findings(()))]
        ['diagnosis']
    """
    found = (
        diagnosis.section(run, findings),
        asked.section(run),
        data.section(run),
        network.section(run),
        curves.section(run),
        soundings.section(run),
        evaluation.section(run),
        examples.section(run),
        recipe.section(run),
    )
    return tuple(section for section in found if section is not None)
