"""Examining a program: what is written, what it is at the start, how it learns in a probe, and what remedies prove.

Comes in: a program. Goes out: findings, the run they were read from, and the program with all remedies that won.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any


from leadline.core.errors import LeadlineError
from leadline.program.facts import written_run
from leadline.program.probe import probe_facts
from leadline.program.program import Program
from leadline.program.proof import prove
from leadline.program.start import SEEDS, start_facts
from leadline.record.finding import SEVERITIES, Finding, Findings
from leadline.record.run import Run

Judge = Callable[[Run], Findings]
ROUNDS = 3  # of proof: what one remedy uncovers, the next may mend


@dataclass(frozen=True, eq=False)
class Examination:
    """What was found.

    Args:
        findings: The gravest first.
        run: Everything that was measured on the program as written.
        repaired: The program with every remedy that is certain or won.
        seconds: Wall time to the end of each stage, by its letter.
        words: What could not be looked at, one sentence each.
    """

    findings: Findings
    run: Run
    repaired: Program
    seconds: Mapping[str, float] = field(default_factory=dict)
    words: tuple[str, ...] = ()


def examine(program: Program, judge: Judge, *, stages: str = "ABCE", seeds: Sequence[int] = SEEDS) -> Examination:
    """Look at a program, stage by stage.

    What is certain before anything runs is mended first: the start and the probe are then those of the program with these
    remedies, as nothing can be seen behind an output that cannot change.

    Args:
        program: As written.
        judge: From a run to findings: :func:`leadline.diagnosis.diagnose`.
        stages: "A" before anything runs, "B" at initialization, "C" a probe, "E" proof of remedies.
        seeds: Of first weights and batches.
    """
    began = time.perf_counter()
    seconds: dict[str, float] = {}
    run = written_run(program)
    found = {finding.fault: finding for finding in judge(run)}
    base, found = _mended(program, found, judge)
    seconds["A"] = time.perf_counter() - began
    words: list[str] = []
    values: dict[str, Any] = {}
    for stage, facts in (("B", start_facts), ("C", probe_facts)):
        if stage in stages and (stage == "B" or base.updates):
            values |= _looked(facts, base, seeds, stage, words)
            seconds[stage] = time.perf_counter() - began
    seen = written_run(base).with_values(values)
    for finding in judge(seen) if values else ():
        if finding.stage in "BCD" and finding.fault not in found or finding.fault in found and not found[finding.fault].certain:
            found[finding.fault] = finding
    run = run.with_values({**values, "program.look": words})
    if "E" in stages:
        found, base = _proved(program, base, found, seen, judge, seeds, words)
        seconds["E"] = time.perf_counter() - began
    return Examination(_ranked(found.values()), run.with_values({"program.look": words}), base, seconds, tuple(words))


def _mended(program: Program, found: dict[str, Finding], judge: Judge) -> tuple[Program, dict[str, Finding]]:
    """Apply what is certain, the gravest first, until nothing certain is left; keep what is found on the way."""
    base, known = program, dict(found)
    for _ in range(ROUNDS):
        certain = [one for one in judge(written_run(base)) if one.certain and one.remedy.changes]
        if not certain:
            break
        try:
            base = base.changed(certain[0].remedy.changes)
        except LeadlineError:
            break
        for one in judge(written_run(base)):
            known.setdefault(one.fault, one)
    return base, known


def _looked(facts: Callable[..., dict[str, Any]], program: Program, seeds: Sequence[int], stage: str, words: list[str]) -> dict[str, Any]:
    """Return what a stage measures; a program that fails in it is told, and the other stages go on."""
    try:
        return facts(program, seeds)
    except Exception as error:  # whatever a foreign network does: it is said, and nothing is lost
        words.append(f"stage {stage} could not be looked at: {type(error).__name__}: {' '.join(str(error).split())[:200]}")
        return {}


def _proved(
    program: Program, base: Program, found: dict[str, Finding], seen: Run, judge: Judge, seeds: Sequence[int], words: list[str]
) -> tuple[dict[str, Finding], Program]:
    """Try remedies on the program with what is certain mended; apply the best that wins, and try the rest on top."""
    from leadline.diagnosis.probing import best_known

    known, best = dict(found), best_known(seen)
    left = [one for one in _ranked(known.values()) if not one.certain and one.remedy.changes]
    for _ in range(ROUNDS):
        if not left:
            break
        try:
            tried = prove(base, left, best, seeds)
        except Exception as error:  # a patched program may be one that cannot run; the findings stand without proof
            words.append(f"remedies could not be tried: {type(error).__name__}: {' '.join(str(error).split())[:200]}")
            break
        for one in tried:
            known[one.finding.fault] = one.finding
        won = [one for one in tried if one.finding.proof is not None and one.finding.proof.won]
        if not won:
            break
        taken = max(won, key=lambda one: (SEVERITIES.index("error") - SEVERITIES.index(one.finding.severity), one.finding.proof.after))  # type: ignore[union-attr]  # won has a proof
        base = taken.program
        left = [one for one in left if one.fault not in {t.finding.fault for t in won}]
    return known, base


def _ranked(found: Any) -> Findings:
    return Findings(sorted(found, key=lambda one: (SEVERITIES.index(one.severity), -one.weight, one.fault)))
