"""The engine: asks every rule about a run and ranks what they found.

Comes in: a :class:`~leadline.record.run.Run`. Goes out: its findings, the gravest first, causes before
symptoms. A rule is a module of :mod:`leadline.diagnosis.rules`, named by its fault, with the fixed headings
below and one function ``find(run) -> Finding | None``. A rule whose numbers are missing says nothing. A
rule that fails hides no other: its failure becomes a finding of its own, a hint that asks to be reported.

Weights rank findings of one severity. A cause stands before what follows from it: faults of the data weigh
80 to 100, of the network 60 to 79, of the training 40 to 59, and what is only seen in the result 0 to 39.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType

from leadline.diagnosis import rules
from leadline.record.finding import Finding, Findings, Remedy
from leadline.record.run import Run

HEADINGS = (
    "What it sees",
    "Why it hurts",
    "How it is measured",
    "What to do",
    "When it is wrong",
    "Source",
)
FAILED = "rule_failed"


@dataclass(frozen=True)
class Rule:
    """One fault and how it is found.

    Args:
        fault: Name of the fault and of the rule's file.
        find: Returns the finding, or None where the run does not show the fault.
        page: Text under each heading of the rule's docstring.
        title: First sentence of that docstring: the fault in a few words.
        weight: What its findings weigh, which tells what the fault is one of: data, network, training or result.
        needs: Quantities without which it is silent, where the file names them as ``NEEDS``.
        later: The fault that the same cause shows in the course of a training, where the file names it as ``LATER``:
            where both are found, that one stands for both.
        example: Returns a small planted run that shows the fault, where the file has one; pages are made from it.
    """

    fault: str
    find: Callable[[Run], Finding | None]
    page: Mapping[str, str]
    title: str = ""
    weight: float = 0.0
    needs: tuple[str, ...] = ()
    later: str = ""
    example: Callable[[], Run] | None = None


def diagnose(run: Run, *, strict: bool = False, only: Iterable[Rule] | None = None) -> Findings:
    """Return what is wrong with a run, the gravest first.

    Args:
        run: What a training wrote; a run with few numbers is judged by the rules that can.
        strict: Let the failure of a rule rise instead of turning it into a finding; for tests.
        only: The rules to ask; all of them by default.

    Example:
        >>> found = diagnose(Run({"stop.reason": "not finite", "stop.not_finite_step": 7}))
        >>> found.faults, found[0].severity
        (('not_finite_loss',), 'error')
    """
    asked = list(rules_by_fault().values() if only is None else only)
    told = [(rule, finding) for rule in asked if (finding := _ask(rule, run, strict)) is not None]
    faults = {finding.fault for _, finding in told}
    once = (finding for rule, finding in told if rule.later not in faults)
    return Findings(sorted(once, key=lambda one: one.fault))


@cache
def rules_by_fault() -> Mapping[str, Rule]:
    """Return every rule of the rules folder by the name of its fault.

    Example:
        >>> "softmax_twice" in rules_by_fault()
        True
    """
    names = sorted(module.name for module in pkgutil.iter_modules(rules.__path__))
    return {name: _rule(name, importlib.import_module(f"{rules.__name__}.{name}")) for name in names}


def read_page(text: str) -> dict[str, str]:
    r"""Return the text under each fixed heading of a rule's docstring.

    Example:
        >>> read_page("Title.\n\nWhat it sees\n    A thing.\n    Twice.")["What it sees"]
        'A thing. Twice.'
    """
    parts = re.split(rf"^({'|'.join(HEADINGS)})\s*$", text, flags=re.MULTILINE)
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    return {heading: " ".join(body.split()) for heading, body in pairs}


def _rule(fault: str, module: ModuleType) -> Rule:
    text = module.__doc__ or ""
    return Rule(
        fault,
        module.find,
        read_page(text),
        title=" ".join(text.split("\n\n")[0].split()),
        weight=float(getattr(module, "WEIGHT", 0.0)),
        needs=tuple(getattr(module, "NEEDS", ())),
        later=str(getattr(module, "LATER", "")),
        example=getattr(module, "example", None),
    )


def _ask(rule: Rule, run: Run, strict: bool) -> Finding | None:
    """Ask one rule; fill in what its page says for every run (why, source), which is so written once."""
    try:
        finding = rule.find(run)
    except Exception as error:
        if strict:
            raise
        return _failure(rule.fault, error)
    if finding is None:
        return None
    why, source = (rule.page.get(heading, "") for heading in ("Why it hurts", "Source"))
    return replace(finding, why=finding.why or why, source=finding.source or source)


def _failure(fault: str, error: Exception) -> Finding:
    text = " ".join(str(error).split())[:200]
    return Finding(
        fault=FAILED,
        title=f"The rule {fault} failed",
        severity="hint",
        where=f"diagnosis/rules/{fault}.py",
        evidence=f"{type(error).__name__}: {text}" if text else type(error).__name__,
        why=f"This run was not checked for {fault}; all other rules were asked.",
        remedy=Remedy("Report it with the run folder; the run itself is not affected."),
    )
