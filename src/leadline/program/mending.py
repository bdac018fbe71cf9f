"""Mending a program: what is certain is applied, what is suspected is tried, alone first and then together.

Comes in: a program, what was found, and a judge that reads any program anew. Goes out: the program with the remedies
that hold, these remedies, and the findings with their proofs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from leadline.core.errors import LeadlineError
from leadline.program.program import Program
from leadline.program.proof import helps, prove, prove_each
from leadline.record.finding import SEVERITIES, Finding, Findings, Proof, Remedy

Judged = Callable[[Program], Findings]
ROUNDS = 3  # what one remedy uncovers, the next may mend
LAYERS = "network.layers"  # the entry that remedies of different layers share
TOGETHER = 4  # remedies at most in one program, before it is another one


@dataclass(frozen=True, eq=False)
class Mended:
    """A program with remedies.

    Args:
        program: With them.
        changes: The remedies together, as dotted entries.
        known: Findings by fault, with their proofs.
    """

    program: Program
    changes: Mapping[str, Any]
    known: Mapping[str, Finding]


def mend_certain(program: Program, found: Mapping[str, Finding], judged: Judged) -> Mended:
    """Apply what is certain, the gravest first, until nothing certain is left; keep what is found on the way.

    Args:
        program: As written.
        found: Findings by fault.
        judged: Reads a program anew: remedies are made of the layers that it has then.
    """
    base, known, changes = program, dict(found), dict[str, Any]()
    done: set[str] = set()
    while len(done) <= 2 * ROUNDS:
        findings = judged(base)
        for one in findings if changes else ():
            known.setdefault(one.fault, one)
        left = [one for one in findings if one.certain and one.remedy.changes and one.fault not in done]
        if not left:
            break
        done.add(left[0].fault)
        changed = with_remedy(base, left[0].remedy)
        if changed is not None:
            base, changes = changed, merged(changes, left[0].remedy.changes)
    return Mended(base, changes, known)


def merged(changes: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return both changes as one: what is done to the rows is done one after the other."""
    both = {**changes, **more}
    for name in ("data.inputs", "data.targets"):
        if name in changes and name in more and changes[name] != more[name]:
            both[name] = f"{changes[name]}, then {more[name]}"
    return both


def onto(finding: Finding, made_for: Program, program: Program) -> Finding:
    """Return a finding whose remedy was made for one program with that for another: its layers differ by remedies.

    What the remedy changes in a layer is changed in that layer as it is now. Where layers came or went, no remedy is
    left.

    Args:
        finding: With a remedy.
        made_for: The program that it was found in.
        program: The one it shall be applied to.
    """
    wanted = finding.remedy.changes.get(LAYERS)
    was, now = (one.to_spec()["network"].get("layers") for one in (made_for, program))
    if wanted is None or was == now:
        return finding
    if not was or not now or not len(was) == len(now) == len(wanted):
        return replace(finding, remedy=replace(finding.remedy, changes={}))
    layers = [_changed(*three) for three in zip(was, now, wanted, strict=True)]
    changes = {**finding.remedy.changes, LAYERS: layers}
    return replace(finding, remedy=replace(finding.remedy, changes=changes))


def _changed(was: Mapping[str, Any], now: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return a layer as it is now with what somebody wanted to change in it as it was."""
    kept = {name: value for name, value in now.items() if name in wanted or name not in was}
    return {**kept, **{name: value for name, value in wanted.items() if was.get(name) != value}}


def with_remedy(program: Program, remedy: Remedy) -> Program | None:
    """Return the program with a remedy; None where it is no change of a program, or cannot be made."""
    if not remedy.changes:
        return None
    try:
        return program.changed(remedy.changes)
    except LeadlineError:
        return None


def mend_proved(
    base: Program, found: Mapping[str, Finding], best: float, seeds: Sequence[int], judged: Judged
) -> Mended:
    """Try the remedies of what is suspected, apply the best that wins, and try the rest on top of it.

    Where several faults hide each other no remedy wins alone: they are then applied one on top of the other, and what
    is in the first such program that wins is proved together. What gains beyond chance, but too little to be the cause,
    is applied too, and stays what it was: a warning or a hint.

    Args:
        base: With what is certain mended.
        found: Findings by fault.
        best: The best score that is known to be had.
        seeds: Of the trainings.
        judged: Reads a program anew.
    """
    known, changes = dict(found), dict[str, Any]()
    left = _suspected(known.values())
    for _ in range(ROUNDS):
        if not left:
            break
        tried = prove(base, left, best, seeds)
        for one in tried:
            seen_before = changes and one.finding.stage in "CD" and proof_of(one.finding).lost
            known[one.finding.fault] = _followed(known[one.finding.fault]) if seen_before else one.finding
        won = [one for one in tried if proof_of(one.finding).won]
        if not won:
            together = _together(base, left, best, seeds, judged) if not changes else None
            if together is not None:
                base, joined, said = together
                return Mended(base, merged(changes, joined), {**known, **said})
            won = [one for one in tried if helps(one.finding, base)]
            if not won:
                break
        taken = min(
            won, key=lambda one: (SEVERITIES.index(one.finding.severity), -proof_of(one.finding).after)
        )
        before, base = base, taken.program
        changes = merged(changes, taken.finding.remedy.changes)
        gone = {one.finding.fault for one in won}
        again = {one.fault: one for one in judged(base)}
        left = [again.get(one.fault) or onto(one, before, base) for one in left if one.fault not in gone]
        left = _suspected(left)
    return Mended(base, changes, known)


def _followed(finding: Finding) -> Finding:
    """Return a finding that was seen in a training whose cause is mended now."""
    remedy = Remedy("Mend what stands above first: this was seen in a training that has it.")
    return replace(finding, severity="hint", remedy=remedy, others=())


def _suspected(findings: Iterable[Finding]) -> list[Finding]:
    return [one for one in Findings(findings) if not one.certain and one.remedy.changes]


def _together(
    base: Program, left: Sequence[Finding], best: float, seeds: Sequence[int], judged: Judged
) -> tuple[Program, dict[str, Any], dict[str, Finding]] | None:
    """Return the first of ever more remedies together that wins, with its changes and findings; None where none is."""
    steps = _stairs(base, left, judged)
    if len(steps) < 2:
        return None
    whole = [(findings[-1], Remedy("", "", changes), program) for findings, program, changes in steps]
    tried = prove_each(base, whole, best, seeds)
    for one, (findings, program, changes) in zip(tried, steps, strict=True):
        proof = proof_of(one.finding)
        if proof.won:
            meaning = f"share of pairs of trainings by the same seed that {len(findings)} remedies together would win"
            said = {
                each.fault: replace(
                    each,
                    proof=proof,
                    severity=one.finding.severity,
                    confidence=one.finding.confidence,
                    meaning=meaning,
                )
                for each in findings
            }
            return program, changes, said
    return None


Stair = tuple[list[Finding], Program, dict[str, Any]]


def _stairs(base: Program, left: Sequence[Finding], judged: Judged) -> list[Stair]:
    """Return programs with one remedy more each, each made of the layers that the ones before left."""
    stairs: list[Stair] = []
    program, findings, changes = base, list[Finding](), dict[str, Any]()
    for wanted in left[: 2 * TOGETHER]:
        again = {one.fault: one for one in judged(program)}
        finding = again.get(wanted.fault) or onto(wanted, base, program)
        changed = with_remedy(program, finding.remedy)
        if changed is None or len(stairs) == TOGETHER:
            continue
        program, findings, changes = changed, [*findings, finding], merged(changes, finding.remedy.changes)
        stairs.append((findings, program, changes))
    return stairs


def proof_of(finding: Finding) -> Proof:
    """Return the proof of a finding that was tried."""
    assert finding.proof is not None
    return finding.proof
