"""Our verdict on a program: the one place where the bench meets what it measures."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.faults.scoring import Told
from leadline.diagnosis.engine import diagnose
from leadline.program.examine import Examination, examine
from leadline.program.program import Program

SEEDS = 5  # trainings of each proof
ALL = "E"  # stage by whose end all is said


@dataclass(frozen=True)
class Verdict:
    """What is said of a program.

    Args:
        findings: The gravest first.
        seconds: Until all was said.
        repaired: The program with the remedies that are certain or won; None where there is none.
    """

    findings: tuple[Told, ...]
    seconds: float
    repaired: Program | None = None


def verdict(program: Program, seed: int) -> Verdict:
    """Return what is said of a program.

    Args:
        program: As written.
        seed: Of the trainings of probe and proof: five that no other seed has.
    """
    found = examine(program, diagnose, seeds=range(seed * SEEDS, (seed + 1) * SEEDS))
    told = tuple(
        Told(one.fault, one.severity, one.stage, _when(found, one.certain, one.stage))
        for one in found.findings
    )
    return Verdict(told, max(found.seconds.values()), found.repaired if found.changes else None)


def _when(found: Examination, certain: bool, stage: str) -> float:
    """Return the seconds after which a finding stood: at the end of its stage, or of the proof it needs."""
    return found.seconds.get(stage if certain else ALL, max(found.seconds.values()))
