"""Proof: a program is trained with a remedy beside the same program without it, by the same seeds.

Comes in: a program and findings with changes. Goes out: the findings, each with what its remedy gained. What was only
seen becomes an error where its remedy wins, and a hint where it does not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leadline.core.errors import LeadlineError
from leadline.program.answers import constant_score
from leadline.program.budget import FEW_SEEDS, affordable
from leadline.program.course import Course, train_beside
from leadline.program.probe import probe_steps
from leadline.program.program import Program
from leadline.program.start import SEEDS
from leadline.record.finding import Finding, Proof, Remedy

T95 = (  # 97.5% quantiles of Student's distribution, by degrees of freedom from 1 on
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086,
)  # fmt: skip
LONGER = 1_000  # steps of a remedy that makes more of them
MATERIAL = 0.25  # of what is missing, to win; of all there is to learn, for an error: a cause explains a quarter of it
LEAST = 0.05  # of accuracy or R squared: less is not what went wrong
SPEED = (  # changes that let a training get ahead, and perhaps no farther
    "training.epochs", "training.batch_size", "optimizer.learning_rate", "training.l2", "data.inputs", "data.targets",
)  # fmt: skip
MOST = 6  # remedies at a time: one compilation holds them all


@dataclass(frozen=True)
class Tried:
    """A remedy that was tried.

    Args:
        finding: It belongs to, with the remedy first.
        program: With the remedy.
    """

    finding: Finding
    program: Program


def proof_steps(program: Program) -> int:
    """Return how many steps decide: all of a training that is over in seconds, else those of a probe."""
    whole = affordable(program, SEEDS, program.updates)[0] == program.updates
    return max(1, program.updates if whole else probe_steps(program))


Hypothesis = tuple[Finding, Remedy, Program]


def prove(
    program: Program, findings: Sequence[Finding], known: float = math.nan, seeds: Sequence[int] = SEEDS
) -> list[Tried]:
    """Return the findings that could be tried, each with the proof of its best remedy.

    Args:
        program: As it is.
        findings: Those without changes, or whose changes cannot be made, are left out.
        known: The best score that is known to be had; NaN where nothing is.
        seeds: Of the trainings; the same for all.
    """
    ranked = [(at, finding, remedy) for finding in findings for at, remedy in enumerate(finding.remedies)]
    hypotheses = [
        (finding, remedy, changed)
        for _, finding, remedy in sorted(
            ranked, key=lambda one: one[0]
        )  # the first remedy of each goes first
        if remedy.changes and (changed := _changed(program, remedy.changes)) is not None
    ]
    return prove_each(program, hypotheses[:MOST], known, seeds)


def prove_each(
    program: Program, hypotheses: Sequence[Hypothesis], known: float, seeds: Sequence[int]
) -> list[Tried]:
    """Return each finding with the proof of the best of its hypotheses: a remedy, and the program with it."""
    if not hypotheses:
        return []
    steps, seeds = affordable(program, seeds, proof_steps(program))
    programs = [program, *(changed for _, _, changed in hypotheses)]
    lengths = [steps, *(_steps(steps, changed, remedy) for _, remedy, changed in hypotheses)]
    courses = train_beside(programs, seeds, lengths)
    before, best, constant = courses[0].scores, _best(known, courses), constant_score(program)
    tried: dict[str, Tried] = {}
    for (finding, remedy, changed), course, length in zip(hypotheses, courses[1:], lengths[1:], strict=True):
        proof = proof_of(before, course.scores, length, best, constant)
        held = tried.get(finding.fault)
        if held is None or held.finding.proof is None or _better(proof, held.finding.proof):
            others = tuple(one for one in finding.remedies if one is not remedy)
            tried[finding.fault] = Tried(replace(finding, remedy=remedy, others=others, proof=proof), changed)
    whole = steps >= program.updates
    return [replace(one, finding=judged(one.finding, whole)) for one in tried.values()]


def _best(known: float, courses: Sequence[Course]) -> float:
    """Return the best score that is known to be had; NaN where none is."""
    reached = [float(course.scores.mean()) for course in courses]
    finite = [one for one in (known, *reached) if math.isfinite(one)]
    return max(finite, default=math.nan)


def _steps(steps: int, changed: Program, remedy: Remedy) -> int:
    """Return how many steps the changed program makes: as many, or its own number where that is what was changed."""
    if "training.epochs" in remedy.changes or "training.batch_size" in remedy.changes:
        return max(steps, affordable(changed, range(FEW_SEEDS), min(changed.updates, LONGER))[0])
    return steps


def _changed(program: Program, changes: Mapping[str, Any]) -> Program | None:
    try:
        return program.changed(changes)
    except LeadlineError:
        return None


def proof_of(before: np.ndarray, after: np.ndarray, steps: int, best: float, constant: float) -> Proof:
    """Return what the scores with a remedy say beside those without it, seed by seed.

    Args:
        before: Shape (Q,), without it.
        after: Shape (Q,), with it, of the same seeds.
        steps: Of each training.
        best: The best score that is known to be had.
        constant: That of a constant answer; scores below it, and those that are not finite, count as it.

    Example:
        >>> proof_of(np.array([0.5, 0.52, 0.5]), np.array([0.9, 0.93, 0.92]), 200, 0.92, 0.5).won
        True
    """
    low_before, low_after = (
        np.maximum(np.nan_to_num(one, nan=constant, neginf=constant), constant) for one in (before, after)
    )
    gains = low_after - low_before
    mean = float(gains.mean())
    spread = float(gains.std(ddof=1)) if gains.size > 1 else 0.0
    half = _student(gains.size) * spread / math.sqrt(gains.size)
    missing = best - float(low_before.mean()) if math.isfinite(best) else mean
    least = max(LEAST, MATERIAL * missing)
    won, lost = mean - half > 0 and mean >= least, mean + half < least
    share = mean / (best - constant) if math.isfinite(best) and best > constant else None
    means = float(low_before.mean()), float(low_after.mean())
    return Proof(gains.size, steps, *means, mean - half, mean + half, won, lost, share)


def _better(one: Proof, other: Proof) -> bool:
    return (one.won, one.after) > (other.won, other.after)


def judged(finding: Finding, whole: bool) -> Finding:
    """Return a finding with the severity that its proof allows.

    What is certain stays an error. Rates, lengths and scales win for sure only over the whole training: in a part of
    it, the faster one is always ahead. What wins less than a quarter of all there is to learn makes a training worse
    than it need be, and its result can still be trusted: a warning.
    """
    proof = finding.proof
    if finding.certain or proof is None:
        return finding
    faster = set(finding.remedy.changes) <= set(SPEED) and not whole
    grave = proof.share is None or proof.share >= MATERIAL
    if proof.won and grave and not (faster and finding.fault != "rate_too_high"):
        meaning = "share of pairs of trainings by the same seed that the remedy would win"
        return replace(finding, severity="error", confidence=_confidence(proof), meaning=meaning)
    idle = whole and proof.after - proof.before < LEAST  # undecided, and it would be little
    ahead = faster and not whole  # a part of a training says little of its speed
    if ahead or not (proof.lost or idle):
        return (
            finding if finding.severity == "error" or not proof.won else replace(finding, severity="warning")
        )
    return replace(finding, severity="warning" if finding.severity == "error" else "hint")


def helps(finding: Finding, program: Program) -> bool:
    """Tell whether a remedy gained beyond chance, however little of what is missing, and not only by being ahead.

    Args:
        finding: With its proof.
        program: It was tried on.
    """
    proof = finding.proof
    if proof is None or proof.low <= 0 or proof.after - proof.before < LEAST:
        return False
    return proof.steps >= program.updates or not set(finding.remedy.changes) <= set(SPEED)


def _student(seeds: int) -> float:
    """Return how many standard errors of a mean of so many differences hold 95%."""
    return T95[min(max(seeds - 1, 1), len(T95)) - 1]


def _confidence(proof: Proof) -> float:
    mean = proof.after - proof.before
    half = max((proof.high - proof.low) / 2, 1e-12)
    sd = half * math.sqrt(proof.seeds) / _student(proof.seeds)
    return 0.5 * (1 + math.erf(mean / (sd * math.sqrt(2)))) if sd > 1e-9 else 1.0
