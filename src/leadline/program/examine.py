"""Examining a program: what is written, what it is at the start, how it learns in a probe, and what remedies prove.

Comes in: a program. Goes out: findings, the run they were read from, and the program with all remedies that won.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from leadline.diagnosis.probing import best_known
from leadline.program.facts import input_facts, once, written_run
from leadline.program.mending import Mended, mend_certain, mend_proved, merged
from leadline.program.probe import probe_facts
from leadline.program.program import Program
from leadline.program.start import SEEDS, start_facts
from leadline.record.finding import Finding, Findings
from leadline.record.run import Run

Judge = Callable[[Run], Findings]
Read = Callable[[Program], Run]
CYCLES = 2  # probes: of the program, and of what remedies made of it
MEASURED = ("start.", "probe.")  # values of stages B and C
NAMES = {"A": "what is written", "B": "the start", "C": "a probe", "E": "remedies"}
FAILED = {"E": "remedies could not be tried"}  # others: the stage could not be looked at


@dataclass(frozen=True, eq=False)
class Examination:
    """What was found.

    Args:
        findings: The gravest first.
        run: Everything that was measured: what is written on the program as it is, start and probe on the program
            with what is certain mended.
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


class _Stages:
    """Does the work of stages: what fails in one is told, and the others go on."""

    def __init__(self, asked: str, told: Callable[[str], None], keeps: bool) -> None:
        self.asked, self.told, self.keeps = asked, told, keeps
        self.words: list[str] = []
        self.seconds: dict[str, float] = {}
        self._began = time.perf_counter()

    def does(self, stage: str, work: Callable[[], Any], otherwise: Any) -> Any:
        """Return what a stage finds; something else where it is not asked for or does not come to its end."""
        if stage not in self.asked:
            return otherwise
        try:
            self.told(stage)
            return work()
        except KeyboardInterrupt:
            if not self.keeps:
                raise
            self.asked = ""
            self.words.append(f"interrupted at {NAMES[stage]}: no more was looked at")
        except Exception as error:  # whatever a foreign network or a patched program does
            failed = FAILED.get(stage, f"stage {stage} could not be looked at")
            self.words.append(f"{failed}: {type(error).__name__}: {' '.join(str(error).split())[:200]}")
        finally:
            self.ended(stage)
        return otherwise

    def ended(self, stage: str) -> None:
        """Note when a stage ended."""
        self.seconds[stage] = time.perf_counter() - self._began


def examine(
    program: Program,
    judge: Judge,
    *,
    stages: str = "ABCE",
    seeds: Sequence[int] = SEEDS,
    more: Mapping[str, Any] | None = None,
    suspected: Sequence[Finding] = (),
    told: Callable[[str], None] = lambda stage: None,
    keeps: bool = False,
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
        told: Is told the letter of each stage that begins.
        keeps: Whether Ctrl-C ends the looking with what was found until then, rather than everything.
    """
    read, done = _reader(dict(more or {})), _Stages(stages, told, keeps)
    run = read(program)
    mended = mend_certain(
        program,
        {finding.fault: finding for finding in (*judge(run), *suspected)},
        lambda other: judge(read(other)),
    )
    done.ended("A")
    found, base = dict(mended.known), mended.program
    values: dict[str, Any] = done.does("B", lambda: start_facts(base, seeds), {})
    if base.updates:
        values = values | done.does("C", lambda: probe_facts(base, seeds), {})
    seen = read(base).with_values(values)
    _keep(found, judge(seen) if values else ())
    mended = Mended(base, mended.changes, found)
    if any(one.certain and one.remedy.changes for one in found.values() if one.stage != "A"):
        mended = _surely(mended, partial(_judged_by, judge, read, _measured(seen)))
    suspects = mended
    mended = done.does("E", lambda: _proved(suspects, seen, read, judge, seeds), suspects)
    return Examination(
        _ranked((mended.known or found).values()),
        run.with_values({**values, "program.look": done.words}),
        mended.program,
        mended.changes,
        done.seconds,
        tuple(done.words),
    )


def _keep(found: dict[str, Finding], seen: Iterable[Finding]) -> None:
    """Add what was seen, but never in place of what is certain."""
    for finding in seen:
        if finding.fault not in found or not found[finding.fault].certain:
            found[finding.fault] = finding


def _reader(more: Mapping[str, Any]) -> Read:
    """Return what reads programs that share rows: these are measured once."""
    measure = once(input_facts)

    def read(program: Program) -> Run:
        recipe = _recipe(program, more.get("recipe", {}))
        return written_run(program, measure).with_values({**more, "recipe": recipe})

    return read


def _recipe(program: Program, whole: Mapping[str, Any]) -> dict[str, Any]:
    """Return the choices of a program; of a recipe's program with those that a program has not."""
    own = program.to_spec()
    if not whole:
        return own
    training = {**whole["training"], **own["training"]}
    return {**whole, "training": training, "optimizer": own["optimizer"], "network": own["network"]}


def _surely(mended: Mended, judged: Callable[[Program], Findings]) -> Mended:
    """Apply what only the start or the probe showed to be certain."""
    again = mend_certain(mended.program, mended.known, judged)
    return Mended(again.program, merged(mended.changes, again.changes), again.known)


def _proved(begun: Mended, seen: Run, read: Read, judge: Judge, seeds: Sequence[int]) -> Mended:
    """Try remedies; where some hold, look at what they leave by a probe of its own, and go on from there once."""
    mended, found = begun, dict(begun.known)
    for _ in range(CYCLES):
        proved = mend_proved(
            mended.program,
            found,
            best_known(seen),
            seeds,
            partial(_judged_by, judge, read, _measured(seen)),
        )
        known = {**proved.known, **mended.known} if mended is not begun else proved.known
        mended = Mended(proved.program, merged(mended.changes, proved.changes), known)
        if not proved.changes:
            break
        seen = read(mended.program).with_values(probe_facts(mended.program, seeds))
        fresh = {
            one.fault: one
            for one in judge(seen)
            if one.stage == "C" and one.severity != "hint" and not takes_back(one, mended, begun.program)
        }
        found = {fault: one for fault, one in fresh.items() if one.remedy.changes}
        if not found:
            break
    return mended


def takes_back(finding: Finding, mended: Mended, before: Program) -> bool:
    """Tell whether a remedy would move a number back that another one, which holds, has moved."""
    was, now = _numbers(before), _numbers(mended.program)
    return any(
        name in mended.changes and name in now and (now[name] - was[name]) * (float(value) - now[name]) < 0
        for name, value in finding.remedy.changes.items()
        if isinstance(value, (int, float))
    )


def _numbers(program: Program) -> dict[str, float]:
    """Return the choices of a program that are numbers, by their dotted names."""
    spec = program.to_spec()
    return {
        f"{section}.{name}": float(value)
        for section in ("optimizer", "training")
        for name, value in spec[section].items()
        if isinstance(value, (int, float))
    }


def _measured(run: Run) -> dict[str, Any]:
    return {name: value for name, value in run.values.items() if name.startswith(MEASURED)}


def _judged_by(judge: Judge, read: Read, measured: Mapping[str, Any], program: Program) -> Findings:
    """Read a program by what was measured on another, of which it is a change."""
    return judge(read(program).with_values(measured))


def _ranked(found: Iterable[Finding]) -> Findings:
    return Findings(sorted(found, key=lambda one: one.fault))
