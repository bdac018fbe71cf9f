"""What silence means: which rules looked and found all in order, and which had nothing to look at.

Comes in: a run and what was found in it. Goes out: the silent rules in two groups. The engine only knows that a rule
says nothing; here each is asked again on a run that notes what is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from leadline.diagnosis.engine import Rule, rules_by_fault
from leadline.record.finding import Finding
from leadline.record.run import Run

AREAS = (("data", 80.0), ("network", 60.0), ("training", 40.0), ("result", 0.0))
"""What faults are of, with the least weight of each; the weights are explained in the engine."""

EVALUATIONS = "evaluations"
_TOLD = (  # names that say what a run is, not what was measured in it
    "recipe", "versions", "machine", "started", "warm", "plan", "task", "network", "data.name", "data.kind",
    "data.problem", "data.target", "data.classes", "data.labels", "data.features", "data.columns", "data.input.shape",
    "data.announcements",
)  # fmt: skip


@dataclass(frozen=True)
class Silence:
    """The rules that found nothing.

    Args:
        in_order: They looked, and the run does not show their fault.
        unseen: What they judge by was not measured, or does not apply to this run.
    """

    in_order: tuple[Rule, ...]
    unseen: tuple[Rule, ...]


def silence(run: Run, found: Iterable[Finding], only: Iterable[Rule] | None = None) -> Silence:
    """Return the rules that found nothing, apart by whether they could look.

    A rule could not look where a quantity that it names as needed is missing. One that names none is taken at what it
    reads first: of the measured quantities if it reads any, else of all.

    Args:
        run: What a training wrote.
        found: What was found in it; the rules of these faults are no longer silent.
        only: The rules that were asked; all of them by default.

    Example:
        >>> quiet = silence(Run({"start.loss": 1.1, "task.first_loss": 1.1, "start.rows": 64}), ())
        >>> [rule.fault for rule in quiet.in_order], "dead_units" in [rule.fault for rule in quiet.unseen]
        (['first_loss'], True)
    """
    spoken = {finding.fault for finding in found}
    asked = rules_by_fault().values() if only is None else only
    judged = [(rule, _judged(rule, run)) for rule in asked if rule.fault not in spoken]
    return Silence(
        tuple(rule for rule, looked in judged if looked),
        tuple(rule for rule, looked in judged if looked is False),
    )


def area(rule: Rule) -> str:
    """Return what a fault is of: data, network, training or result.

    Example:
        >>> area(rules_by_fault()["leaking_feature"]), area(rules_by_fault()["dead_units"])
        ('data', 'network')
    """
    return next((name for name, least in AREAS if rule.weight >= least), AREAS[-1][0])


def _judged(rule: Rule, run: Run) -> bool | None:
    """Tell whether a rule could look; None where it is not silent after all, as where it was not asked before."""
    noted, reads = _noting(run)
    try:
        if rule.find(noted) is not None:
            return None
    except Exception:  # told by the engine as a finding of its own
        return False
    if rule.needs:
        return run.has(*rule.needs)
    measured = [there for name, there in reads if not _is_told(name)]
    return next(iter(measured or [there for _, there in reads]), False)


def _is_told(name: str) -> bool:
    return any(name == told or name.startswith(f"{told}.") for told in _TOLD)


class _Notes(dict[str, Any]):
    """A mapping that notes which names are asked for, and whether they are there."""

    def __init__(self, values: Any, reads: list[tuple[str, bool]], under: str = "") -> None:
        super().__init__(values)
        self._reads, self._under = reads, under

    def _note(self, name: object) -> None:
        self._reads.append(
            (self._under or str(name), bool(len(self)) if self._under else super().__contains__(name))
        )

    def __contains__(self, name: object) -> bool:
        self._note(name)
        return super().__contains__(name)

    def __getitem__(self, name: str) -> Any:
        self._note(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._note(name)
        return super().get(name, default)

    def __iter__(self) -> Iterator[str]:
        if self._under:
            self._note(self._under)
        return super().__iter__()

    def values(self) -> Any:
        if self._under:
            self._note(self._under)
        return super().values()

    def items(self) -> Any:
        if self._under:
            self._note(self._under)
        return super().items()


def _noting(run: Run) -> tuple[Run, list[tuple[str, bool]]]:
    """Return the run with a list that fills with what is read of it."""
    reads: list[tuple[str, bool]] = []
    noted = Run()
    object.__setattr__(
        noted, "values", _Notes(run.values, reads)
    )  # past the checks, which the run has passed
    object.__setattr__(noted, "evaluations", _Notes(run.evaluations, reads, EVALUATIONS))
    object.__setattr__(noted, "looks", run.looks)
    return noted, reads
