"""Which faults are faults: the faulty program against the repaired one, trained in full by several seeds.

Comes in: a case. Goes out: the scores of both, and whether the repair wins beyond chance and by a margin. A healthy
program has to beat the answer that looks at no input.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

import leadline as ll
from benchmarks.faults.cases import Case
from benchmarks.faults.networks import has_images
from benchmarks.faults.programs import pair_of, program_of
from benchmarks.faults.results_file import ResultsFile, key_of
from leadline.nn.steps import walk
from leadline.program.answers import constant_score
from leadline.program.course import train_beside
from leadline.program.program import Program

MARGIN = 0.02
CHANCE = 0.01
LEAST = -1.0  # R squared below it counts as that: nothing was learned
HEALTHY_SEEDS = 3
AT_ONCE = 200_000_000  # numbers of orders and rows beyond which seeds are trained one after another


def trained(program: Program, seeds: Sequence[int]) -> np.ndarray:
    """Return the score of each seed after the whole training."""
    alone = convolves(program) or program.updates * program.batch * len(seeds) > AT_ONCE
    groups = [[seed] for seed in seeds] if alone else [list(seeds)]
    scores = [train_beside([program], group, program.updates)[0].scores for group in groups]
    found = np.nan_to_num(np.concatenate(scores), nan=LEAST, neginf=LEAST)
    return np.asarray(np.maximum(found, LEAST))


def convolves(program: Program) -> bool:
    """Tell whether there is a convolution: with weights of several seeds at once it is slow on a processor."""
    return any(isinstance(step.layer, ll.Conv) for step in walk(program.network, program.inputs.shape[1:]))


def chance_of(before: np.ndarray, after: np.ndarray) -> float:
    """Return how likely chance alone makes a difference as large: the smaller of Welch's and Mann and Whitney's.

    Example:
        >>> chance_of(np.array([0.5, 0.5, 0.5]), np.array([0.9, 0.9, 0.9]))
        0.0
    """
    if np.ptp(before) == 0 and np.ptp(after) == 0:
        return float(before[0] == after[0])
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", RuntimeWarning
        )  # scores that are nearly alike cancel, which does no harm
        welch = float(stats.ttest_ind(before, after, equal_var=False).pvalue)
    ranks = float(stats.mannwhitneyu(before, after).pvalue)
    return min(welch, ranks)


def survives(before: np.ndarray, after: np.ndarray) -> bool:
    """Tell whether the repair wins: beyond chance, and by the margin."""
    gained = float(after.mean() - before.mean())
    return gained > MARGIN and chance_of(before, after) < CHANCE


def pair_result(case: Case, seeds: int) -> dict[str, Any]:
    """Return what training says of a faulty case."""
    begun = time.perf_counter()
    pair = pair_of(case)
    buggy = trained(pair.buggy, range(seeds))
    made = {"kind": "faulty", "id": case.id, "cost": case.cost, "fault": case.primary, "severity": case.plain.get(
        "severity"), "buggy": buggy, "constant": constant_score(pair.buggy), "updates": pair.buggy.updates,
        "repair": pair.source, "stand_in": pair.stand_in}  # fmt: skip
    if pair.fixed is None:
        return {
            **made,
            "survives": False,
            "why": "no repair is known",
            "seconds": time.perf_counter() - begun,
        }
    fixed = trained(pair.fixed, range(seeds))
    chance, gained = chance_of(buggy, fixed), float(fixed.mean() - buggy.mean())
    won = survives(buggy, fixed)
    why = "" if won else _why(gained, chance)
    found = {"fixed": fixed, "gain": gained, "chance": chance, "survives": won, "why": why}
    return {**made, **found, "fixed_updates": pair.fixed.updates, "seconds": time.perf_counter() - begun}


def _why(gained: float, chance: float) -> str:
    if gained <= 0:
        return f"the repair is no better ({gained:+.3f})"
    if gained <= MARGIN:
        return f"the repair gains less than the margin ({gained:+.3f})"
    return f"the gain of {gained:+.3f} may be chance (p = {chance:.2g})"


def healthy_result(case: Case, seeds: int) -> dict[str, Any]:
    """Return what training says of a healthy or repaired case."""
    begun = time.perf_counter()
    program = program_of(case)
    scores, constant = trained(program, range(min(seeds, HEALTHY_SEEDS))), constant_score(program)
    learns = bool(scores.mean() > constant + MARGIN)
    made = {"kind": case.kind, "id": case.id, "cost": case.cost, "scores": scores, "constant": constant}
    why = "" if learns else "does not beat the constant answer"
    return {
        **made,
        "updates": program.updates,
        "survives": learns,
        "why": why,
        "seconds": time.perf_counter() - begun,
    }


def run_pairs(cases: Sequence[Case], seeds: int, results: ResultsFile) -> list[dict[str, Any]]:
    """Train what is not known yet, keep each result at once, and return them all."""
    made = []
    for number, case in enumerate(cases, start=1):
        key = key_of(case, seeds, "pair")
        if key not in results:
            results.keep(key, _safely(case, seeds))
        made.append(results[key])
        print(f"{number}/{len(cases)} {line_of(made[-1])}", flush=True)
    return made


def _safely(case: Case, seeds: int) -> dict[str, Any]:
    """Let one case that fails not stop the others; what failed is said and is not among those that survive."""
    try:
        return pair_result(case, seeds) if case.kind == "faulty" else healthy_result(case, seeds)
    except Exception as error:  # whatever a case asks for that nobody thought of
        text = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return {"kind": case.kind, "id": case.id, "cost": case.cost, "survives": False, "why": f"failed: {text}",
                "seconds": 0.0}  # fmt: skip


def line_of(result: dict[str, Any]) -> str:
    """Return one result as a line."""

    def mean(name: str) -> str:
        return f"{np.mean([float(one) for one in result[name]]):.3f}" if name in result else "-"

    scores = f"{mean('buggy')} -> {mean('fixed')}" if result["kind"] == "faulty" else mean("scores")
    end = "survives" if result["survives"] else f"out: {result['why']}"
    return f"{result['id']} ({result['kind']}, {result['cost']}) {scores}, {result['seconds']:.1f} s: {end}"


def by_length(case: Case) -> tuple[int, bool]:
    """Order cases: cheap ones first."""
    return ("tiny", "small", "medium", "heavy").index(case.cost), has_images(case.network)
