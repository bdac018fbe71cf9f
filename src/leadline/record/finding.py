"""The finding: what is wrong, where, how one knows, why it hurts, and what to do.

Written by rules, read by report, command line and people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Self, SupportsIndex, overload

from leadline.core.constraints import OneOf, check_fields
from leadline.core.errors import RunError
from leadline.core.text import did_you_mean

SEVERITIES = ("error", "warning", "hint")


@dataclass(frozen=True)
class Remedy:
    """What to do about a finding.

    Args:
        words: What to change, for people.
        command: What to type or write next; may be empty.
        changes: Dotted recipe entries with their new values, for the program; may be empty.
    """

    words: str
    command: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Picture:
    """The evidence as a small drawing: bars or lines over a range, with marks that mean something.

    Args:
        kind: "bars" (one value for each name), "lines" (each name a series over steps or quantiles) or "ranges" (each
            name a low and a high value).
        names: Of the bars, lines or ranges.
        values: One tuple of numbers for each name: a single one, a series, or (low, high).
        axis: What the numbers are, with the unit.
        marks: Values worth a line across, by what they mean.
        log: Whether the axis is logarithmic.
    """

    kind: Annotated[str, OneOf("bars", "lines", "ranges")]
    names: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    axis: str = ""
    marks: Mapping[str, float] = field(default_factory=dict)
    log: bool = False

    def __post_init__(self) -> None:
        check_fields(self, "Picture", RunError)


@dataclass(frozen=True)
class Proof:
    """What a training with the remedy showed, beside the same training without it.

    Args:
        seeds: Trainings of each.
        steps: Of each training.
        before: Mean score without the remedy: accuracy or R squared.
        after: Mean score with it.
        low: Lower end of the 95% interval of the mean gain.
        high: Upper end.
        won: Whether the gain is beyond chance and large enough to be the cause.
        lost: Whether even the upper end is too small for that; where neither is so, it is undecided.
        share: The mean gain as a share of all there is to learn: from a constant answer to the best that is known.
    """

    seeds: int
    steps: int
    before: float
    after: float
    low: float
    high: float
    won: bool
    lost: bool = False
    share: float | None = None


@dataclass(frozen=True)
class Finding:
    """One fault that was found.

    Args:
        fault: Name of the fault and of the rule's file, e.g. "softmax_twice".
        title: The fault in a few words, for people.
        severity: "error" (the result cannot be trusted), "warning" (it hurts) or "hint" (worth knowing).
        where: Layer path, column, part or epoch.
        evidence: The numbers that show it.
        why: Why it hurts.
        remedy: What to do.
        source: Author and title behind the rule.
        weight: Ranks findings of one severity; larger first.
        certain: Whether it follows by arithmetic from what is written, whatever the seed; else it is seen in
            measurements, and only proof makes an error of it where proof is asked for.
        confidence: How sure the finding is, in [0, 1]; None where it is not known.
        meaning: What the confidence is: the chance that the numbers come from a healthy training, an interval, ...
        numbers: The evidence for programs, by names that explain themselves.
        picture: The evidence to look at.
        others: Further remedies, the best first.
        stage: When it was found: "A" before anything ran, "B" at initialization, "C" in a probe, "D" while it ran.
        proof: What training with the remedy showed; None where it was not tried.

    Example:
        >>> remedy = Remedy("leave the column out", "--drop alive")
        >>> f = Finding("leaking_feature", "A column gives the target away", "error", "alive", "", "", remedy)
        >>> f.remedy.command
        '--drop alive'
    """

    fault: str
    title: str
    severity: Annotated[str, OneOf(*SEVERITIES)]
    where: str
    evidence: str
    why: str
    remedy: Remedy
    source: str = ""
    weight: float = 0.0
    certain: bool = False
    confidence: float | None = None
    meaning: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    picture: Picture | None = None
    others: tuple[Remedy, ...] = ()
    stage: Annotated[str, OneOf("A", "B", "C", "D")] = "D"
    proof: Proof | None = None

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        """All remedies, the best first."""
        return (self.remedy, *self.others)

    def __post_init__(self) -> None:
        check_fields(self, f"Finding {self.fault!r}", RunError)


class Findings(tuple[Finding, ...]):
    """Findings, the gravest first; prints as a table.

    However they are given, they are ordered by severity, then what is certain, then by weight; equals keep their order.

    Example:
        >>> print(Findings(()))
        No findings.
    """

    __slots__ = ()

    def __new__(cls, findings: Iterable[Finding] = ()) -> Self:
        """Order the findings."""
        return super().__new__(cls, sorted(findings, key=_rank))

    @property
    def errors(self) -> Findings:
        """Only those of severity "error"."""
        return Findings(f for f in self if f.severity == "error")

    @property
    def faults(self) -> tuple[str, ...]:
        """Names of the faults."""
        return tuple(f.fault for f in self)

    @overload
    def __getitem__(self, index: str) -> Finding: ...
    @overload
    def __getitem__(self, index: SupportsIndex) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Findings: ...

    def __getitem__(self, index: str | SupportsIndex | slice) -> Finding | Findings:
        """Return by position, several by a slice, or the gravest by the fault's name.

        Raises:
            RunError: No finding has this name.
        """
        if isinstance(index, slice):
            return Findings(super().__getitem__(index))
        if not isinstance(index, str):
            return super().__getitem__(index)
        for finding in self:
            if finding.fault == index:
                return finding
        hint = did_you_mean(index, self.faults) if self else "there are no findings"
        raise RunError.at(f"findings[{index!r}]", "the fault of a finding", "one that was not found", hint)

    def __str__(self) -> str:
        if not self:
            return "No findings."
        return "\n\n".join(_block(f) for f in self)

    __repr__ = __str__


def _rank(finding: Finding) -> tuple[int, bool, float]:
    return SEVERITIES.index(finding.severity), not finding.certain, -finding.weight


def _block(finding: Finding) -> str:
    rows = [
        ("where", finding.where),
        ("evidence", finding.evidence),
        ("why", finding.why),
        ("remedy", finding.remedy.words),
        ("type", finding.remedy.command),
    ]
    head = f"{finding.severity.upper()} {finding.title} ({finding.fault})"
    return "\n".join([head, *(f"  {label:<9} {text}" for label, text in rows if text)])
