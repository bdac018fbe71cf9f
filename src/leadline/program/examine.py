"""Examining a program: what is written, what it is at the start, how it learns in a probe, and what remedies prove.

Comes in: a program. Goes out: findings, the run they were read from, and the program with all remedies that won.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leadline.core.errors import LeadlineError
from leadline.diagnosis.probing import best_known
from leadline.program.facts import written_run
from leadline.program.probe import probe_facts
from leadline.program.program import Program
from leadline.program.proof import prove
from leadline.program.start import SEEDS, start_facts
from leadline.record.finding import SEVERITIES, Finding, Findings, Proof
from leadline.record.run import Run

Judge = Callable[[Run], Findings]
NAMES = {"A": "what is written", "B": "the start", "C": "a probe", "E": "remedies"}
ROUNDS = 3  # of proof: what one remedy uncovers, the next may mend


@dataclass(frozen=True, eq=False)
class Examination:
    """What was found.

    Args:
        findings: The gravest first.
        run: Everything that was measured on the program as written.
        repaired: The program with every remedy that is certain or won.
        changes: These remedies together, as dotted entries.
        seconds: Wall time to the end of each stage, by its letter.
        words: What could not be looked at, one sentence each.

    Example:
        >>> import leadline as ll
        >>> found = ll.check("linear", ll.data.bundled("iris"))
        >>> found.findings.errors, sorted(found.seconds)
        (No findings., ['A', 'B'])
    """

    findings: Findings
    run: Run
    repaired: Program
    changes: Mapping[str, Any] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        took = ", ".join(f"{NAMES[stage]} after {after:.1f} s" for stage, after in self.seconds.items())
        return "\n\n".join([str(self.findings), *self.words, f"Looked at {took}."])

    __repr__ = __str__


def examine(
    program: Program,
    judge: Judge,
    *,
    stages: str = "ABCE",
    seeds: Sequence[int] = SEEDS,
    more: Mapping[str, Any] | None = None,
    suspected: Sequence[Finding] = (),
) -> Examination:
    """Look at a program, stage by stage.

    What is certain before anything runs is mended first: the start and the probe are then those of the program with
    these remedies, as nothing can be seen behind an output that cannot change.

    Args:
        program: As written.
        judge: From a run to findings: :func:`leadline.diagnosis.diagnose`.
        stages: "A" before anything runs, "B" at initialization, "C" a probe, "E" proof of remedies.
        seeds: Of first weights and batches.
        more: Further values that are known of the run, such as those of the data set a recipe reads.
        suspected: What was found by other means, such as in a training; its remedies are tried too.
    """
    began = time.perf_counter()
    known, words = dict(more or {}), list[str]()
    seconds: dict[str, float] = {}
    run = _run(program, known)
    found = {finding.fault: finding for finding in (*judge(run), *suspected)}
    base, found, changes = _mended(program, found, judge, known)
    seconds["A"] = time.perf_counter() - began
    values: dict[str, Any] = {}
    for stage, facts in (("B", start_facts), ("C", probe_facts)):
        if stage in stages and (stage == "B" or base.updates):
            values |= _looked(facts, base, seeds, stage, words)
            seconds[stage] = time.perf_counter() - began
    seen = _run(base, known).with_values(values)
    for finding in judge(seen) if values else ():
        if (finding.stage in "BCD" and finding.fault not in found) or (
            finding.fault in found and not found[finding.fault].certain
        ):
            found[finding.fault] = finding
    run = run.with_values({**values, "program.look": words})
    if "E" in stages:
        found, base, won = _proved(base, found, best_known(seen), seeds, words)
        changes |= won
        seconds["E"] = time.perf_counter() - began
    return Examination(
        _ranked(found.values()),
        run.with_values({"program.look": words}),
        base,
        changes,
        seconds,
        tuple(words),
    )


def _run(program: Program, more: Mapping[str, Any]) -> Run:
    return written_run(program).with_values({**more, "recipe": _recipe(program, more.get("recipe", {}))})


def _recipe(program: Program, whole: Mapping[str, Any]) -> dict[str, Any]:
    """Return the choices of a program; of a recipe's program with those that a program has not."""
    own = program.to_spec()
    if not whole:
        return own
    training = {**whole["training"], **own["training"]}
    return {**whole, "training": training, "optimizer": own["optimizer"], "network": own["network"]}


def _mended(
    program: Program, found: dict[str, Finding], judge: Judge, more: Mapping[str, Any]
) -> tuple[Program, dict[str, Finding], dict[str, Any]]:
    """Apply what is certain, the gravest first, until nothing certain is left; keep what is found on the way."""
    base, known, changes = program, dict(found), dict[str, Any]()
    for _ in range(ROUNDS):
        certain = [one for one in judge(_run(base, more)) if one.certain and one.remedy.changes]
        try:
            base = base.changed(certain[0].remedy.changes) if certain else base
        except LeadlineError:
            break
        if not certain:
            break
        changes |= certain[0].remedy.changes
        for one in judge(_run(base, more)):
            known.setdefault(one.fault, one)
    return base, known, changes


def _looked(
    facts: Callable[..., dict[str, Any]], program: Program, seeds: Sequence[int], stage: str, words: list[str]
) -> dict[str, Any]:
    """Return what a stage measures; a program that fails in it is told, and the other stages go on."""
    try:
        return facts(program, seeds)
    except Exception as error:  # whatever a foreign network does: it is said, and nothing is lost
        words.append(f"stage {stage} could not be looked at: {_said(error)}")
        return {}


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _proved(
    base: Program, found: dict[str, Finding], best: float, seeds: Sequence[int], words: list[str]
) -> tuple[dict[str, Finding], Program, dict[str, Any]]:
    """Try remedies on the program with what is certain mended; apply the best that wins, and try the rest on top."""
    known, changes = dict(found), dict[str, Any]()
    left = [one for one in _ranked(known.values()) if not one.certain and one.remedy.changes]
    for _ in range(ROUNDS):
        try:
            tried = prove(base, left, best, seeds)
        except (
            Exception
        ) as error:  # a patched program may be one that cannot run; the findings stand without proof
            words.append(f"remedies could not be tried: {_said(error)}")
            break
        known |= {one.finding.fault: one.finding for one in tried}
        won = [one for one in tried if _proof(one.finding).won]
        if not won:
            break
        taken = min(won, key=lambda one: (SEVERITIES.index(one.finding.severity), -_proof(one.finding).after))
        base, changes = taken.program, {**changes, **taken.finding.remedy.changes}
        gone = {one.finding.fault for one in won}
        left = [one for one in left if one.fault not in gone]
        if not left:
            break
    return known, base, changes


def _proof(finding: Finding) -> Proof:
    assert finding.proof is not None  # of what was tried
    return finding.proof


def _ranked(found: Iterable[Finding]) -> Findings:
    return Findings(sorted(found, key=lambda one: one.fault))
