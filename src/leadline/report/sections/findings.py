"""Findings first: each fault with its evidence, why it hurts, and what to do."""

from __future__ import annotations

from leadline.record.finding import Findings
from leadline.record.run import Run
from leadline.report import reading
from leadline.report.parts import FindingCard, Section


def section(run: Run, findings: Findings) -> Section:
    """Return the findings, the gravest first.

    Example:
        >>> section(Run(), Findings(())).lead
        'Nothing was found wrong.'
    """
    if not findings:
        return Section("findings", "Findings", f"Nothing was found wrong{_checked(run)}.", ())
    lead = "What is wrong, how one knows, and what to do about it. The gravest comes first."
    return Section("findings", "Findings", lead, [FindingCard(finding) for finding in findings])


def _checked(run: Run) -> str:
    """Say what there was to look at, so that silence is not mistaken for health."""
    seen = [
        words
        for words, there in (
            ("data", any(name.startswith("data.rows") for name in run.values)),
            ("network", "network.layers" in run),
            ("curves", reading.series(run, "curve.loss.train") is not None),
            ("soundings", any(name.startswith("sounding.") for name in run.values)),
            ("evaluation", bool(run.evaluations)),
        )
        if there
    ]
    if not seen:
        return ""
    return f" in the {seen[0] if len(seen) == 1 else ', '.join(seen[:-1]) + ' and ' + seen[-1]}"
