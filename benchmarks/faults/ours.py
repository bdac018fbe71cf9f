"""Our verdict on a program: the one place where the bench meets what it measures."""

from __future__ import annotations

import time
from dataclasses import dataclass

from benchmarks.faults.scoring import Told
from leadline.core.errors import LeadlineError
from leadline.diagnosis.engine import diagnose
from leadline.program.facts import written_run
from leadline.program.program import Program
from leadline.record.finding import Finding


@dataclass(frozen=True)
class Verdict:
    """What is said of a program.

    Args:
        findings: The gravest first.
        seconds: Until all was said.
        repaired: The program with the best remedy in it; None where no remedy is a change of the program.
    """

    findings: tuple[Told, ...]
    seconds: float
    repaired: Program | None = None


def verdict(program: Program, seed: int) -> Verdict:
    """Return what our rules say of a program.

    Args:
        program: As written.
        seed: Of whatever is tried by chance; what is written needs none.
    """
    begun = time.perf_counter()
    findings = diagnose(written_run(program))
    seconds = time.perf_counter() - begun
    told = tuple(Told(one.fault, one.severity, one.stage, seconds) for one in findings)
    return Verdict(told, seconds, next(filter(None, (repaired(program, one) for one in findings)), None))


def repaired(program: Program, finding: Finding) -> Program | None:
    """Return the program with the remedy of a finding; None where it has no changes, or they do not fit."""
    if not finding.remedy.changes:
        return None
    try:
        return program.changed(finding.remedy.changes)
    except LeadlineError:
        return None
