"""Verdicts on the cases whose fault is one: ours and those of the baselines, on faulty, repaired and healthy programs.

Comes in: cases and the results of the pairs. Goes out: for each who gives verdicts, the outcomes and their score.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.faults.baselines import BASELINES
from benchmarks.faults.cases import Case
from benchmarks.faults.ours import Verdict, verdict
from benchmarks.faults.pairs import LEAST, run_pairs, trained
from benchmarks.faults.programs import pair_of, program_of
from benchmarks.faults.results_file import ResultsFile, code, key_of
from benchmarks.faults.scoring import Outcome, score
from leadline.program.course import train_beside
from leadline.program.program import Program

OURS = "ours"
REPAIR_SEEDS = 3


@dataclass(frozen=True)
class Judged:
    """A program to be judged, with what is known of it."""

    case: Case
    id: str
    kind: str
    program: Program
    labels: tuple[str, ...] = ()
    buggy: float | None = None
    fixed: float | None = None


def judged_of(case: Case, result: dict[str, Any]) -> list[Judged]:
    """Return the programs of a case whose fault is one: the faulty and the repaired; or the healthy one."""
    if not result["survives"]:
        return []
    if case.kind != "faulty":
        return [Judged(case, case.id, case.kind, program_of(case))]
    pair = pair_of(case)
    scores = {name: float(np.mean([float(one) for one in result[name]])) for name in ("buggy", "fixed")}
    labels = (case.primary, *(fault for fault in case.faults if fault != case.primary))
    made = [Judged(case, case.id, "faulty", pair.buggy, labels, **scores)]
    if pair.fixed is not None:
        made.append(Judged(case, f"F-{case.id}", "fixed", pair.fixed))
    return made


def our_outcome(judged: Judged, seeds: int) -> Outcome:
    """Return what our rules say, by each seed, and what their first remedy does."""
    found = [_verdict(judged, seed) for seed in range(seeds)]
    told, seconds = tuple(one.findings for one in found), tuple(one.seconds for one in found)
    best = found[0].repaired if judged.kind == "faulty" else None
    after = None if best is None else _after(best)
    return Outcome(judged.id, judged.kind, judged.labels, told, seconds, judged.buggy, judged.fixed, after)


def _verdict(judged: Judged, seed: int) -> Verdict:
    """Return a verdict; one that fails says nothing, which is told, and the other cases go on."""
    try:
        return verdict(replace(judged.program, seed=seed), seed)
    except Exception as error:
        print(f"{judged.id}: the verdict failed: {type(error).__name__}: {error}"[:300], file=sys.stderr)
        return Verdict((), 0.0)


def _after(program: Program) -> float:
    try:
        return float(trained(program, range(REPAIR_SEEDS)).mean())
    except Exception:  # a remedy that cannot be trained repairs nothing
        return LEAST


def baseline_outcomes(judged: Judged) -> dict[str, Outcome]:
    """Return what each baseline says after one whole training."""
    begun = time.perf_counter()
    course = train_beside([judged.program], [0], judged.program.updates)[0]
    final, spent = float(course.scores.mean()), time.perf_counter() - begun
    made = {}
    for name, rules in BASELINES.items():
        told = rules(judged.program, course, final)
        made[name] = Outcome(
            judged.id, judged.kind, judged.labels, (told,), (spent,), judged.buggy, judged.fixed
        )
    return made


def run_verdicts(
    cases: Sequence[Case], seeds: int, results: ResultsFile, repeats: int = 1
) -> dict[str, list[Outcome]]:
    """Judge the programs that survive; what is known already is taken as it is.

    Args:
        cases: Faulty and healthy ones.
        seeds: Of the pairs.
        results: What is known; our own verdicts by the code that gave them.
        repeats: Verdicts on each program, by seeds of their own.
    """
    pairs = run_pairs(_once(cases), seeds, results)
    said: dict[str, list[Outcome]] = {OURS: [], **{name: [] for name in BASELINES}}
    for case, result in zip(_once(cases), pairs, strict=True):
        for judged in judged_of(case, result):
            mine = key_of(case, repeats, f"ours {judged.id} {code()}")
            if mine not in results:
                results.keep(mine, our_outcome(judged, repeats).to_plain())
            said[OURS].append(Outcome.of_plain(results[mine]))
            key = key_of(case, 1, f"baselines {judged.id}")
            if key not in results:
                found = baseline_outcomes(judged)
                results.keep(key, {name: one.to_plain() for name, one in found.items()})
            for name, plain in results[key].items():
                said[name].append(Outcome.of_plain(plain))
            print(_line(said[OURS][-1]), flush=True)
    return said


def _once(cases: Sequence[Case]) -> list[Case]:
    """Leave out repaired entries whose faulty case is there too: it makes the same program."""
    faulty = {case.id for case in cases if case.kind == "faulty"}
    return [case for case in cases if case.kind != "fixed" or str(case.plain.get("fixes")) not in faulty]


def _line(outcome: Outcome) -> str:
    told = ", ".join(f"{one.fault} ({one.severity})" for one in outcome.told[0][:3]) or "nothing"
    asked = f", asked {outcome.labels[0]}" if outcome.labels else ""
    return f"{outcome.id} ({outcome.kind}{asked}): {told}; {outcome.seconds[0]:.2f} s"


def scores_of(said: dict[str, list[Outcome]]) -> dict[str, Any]:
    """Return the score of each who gives verdicts."""
    return {name: score(outcomes) for name, outcomes in said.items()}
