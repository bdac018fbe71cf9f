"""Declared constraints: one declaration gives one check and one message.

A frozen dataclass annotates a field with a constraint and calls :func:`check_fields` in ``__post_init__``;
every field that is out of bounds is told in one error.
"""

from __future__ import annotations

import dataclasses
import math
import types
from functools import cache
from numbers import Integral, Real
from typing import Annotated, Any, Protocol, Union, get_args, get_origin, get_type_hints

from leadline.core.errors import LeadlineError, Problems
from leadline.core.text import did_you_mean, listed


class Constraint(Protocol):
    """Something a value must be."""

    def allows(self, value: object) -> bool:
        """Tell whether the value is within the constraint."""
        ...

    def words(self) -> str:
        """Complete the words "must be"."""
        ...

    def hint(self, value: object) -> str:
        """Say what to type instead; may be empty."""
        ...


@dataclasses.dataclass(frozen=True)
class Interval:
    """A number between two bounds; booleans, NaN and infinities are outside.

    Args:
        low: Lower bound.
        high: Upper bound.
        whole: Only whole numbers.
        open_low: The lower bound itself is outside.
        open_high: The upper bound itself is outside.

    Example:
        >>> Interval(0, 1, open_high=True).words()
        'a number in [0, 1)'
        >>> Interval(1, whole=True).words()
        'a whole number of at least 1'
    """

    low: float = -math.inf
    high: float = math.inf
    whole: bool = False
    open_low: bool = False
    open_high: bool = False

    def allows(self, value: object) -> bool:
        """Tell whether the value is a number within the bounds."""
        if isinstance(value, bool) or not isinstance(value, Integral if self.whole else Real):
            return False  # arrays too: a frozen value must be comparable
        if not isinstance(value, Integral) and not math.isfinite(value):
            return False
        number: Any = value  # a Real compares with floats, though its type does not say so
        above = number > self.low if self.open_low else number >= self.low
        below = number < self.high if self.open_high else number <= self.high
        return bool(above and below)

    def words(self) -> str:
        """Complete the words "must be"."""
        kind = "a whole number" if self.whole else "a number"
        if self.high == math.inf:
            if self.low == -math.inf:
                return f"a finite{kind[1:]}"
            return f"{kind} {'above' if self.open_low else 'of at least'} {_plain(self.low)}"
        if self.low == -math.inf:
            return f"{kind} {'below' if self.open_high else 'of at most'} {_plain(self.high)}"
        left, right = "(" if self.open_low else "[", ")" if self.open_high else "]"
        return f"{kind} in {left}{_plain(self.low)}, {_plain(self.high)}{right}"

    def hint(self, value: object) -> str:
        """Write a whole number given as 3.0 as the whole number it is."""
        if self.whole and isinstance(value, float) and value.is_integer() and self.allows(int(value)):
            return f"{int(value)}, written without the point"
        return ""


def _plain(bound: float) -> str:
    return str(bound) if isinstance(bound, int) else f"{bound:g}"


@dataclasses.dataclass(frozen=True)
class OneOf:
    """One of the named options.

    Example:
        >>> OneOf("same", "valid").words()
        "one of 'same', 'valid'"
    """

    options: tuple[str, ...]

    def __init__(self, *options: str) -> None:
        object.__setattr__(self, "options", options)

    def allows(self, value: object) -> bool:
        """Tell whether the value is among the options."""
        return isinstance(value, str) and value in self.options

    def words(self) -> str:
        """Complete the words "must be"."""
        return f"one of {listed(map(repr, self.options), most=20)}"

    def hint(self, value: object) -> str:
        """Name the nearest option."""
        return did_you_mean(str(value), self.options)


@dataclasses.dataclass(frozen=True)
class Switch:
    """On or off; 0 and 1 are numbers, not switches.

    Example:
        >>> Switch().allows(True), Switch().allows(1)
        (True, False)
    """

    def allows(self, value: object) -> bool:
        """Tell whether the value is True or False."""
        return isinstance(value, bool)

    def words(self) -> str:
        """Complete the words "must be"."""
        return "true or false"

    def hint(self, value: object) -> str:
        """Nothing to add."""
        return ""


POSITIVE_WHOLE = Interval(1, whole=True)
POSITIVE = Interval(0, open_low=True)
NOT_NEGATIVE = Interval(0)
RATE = Interval(0, 1, open_high=True)


@dataclasses.dataclass(frozen=True)
class _Declared:
    """What a field may be: one of some plain types, or within all constraints of one annotation."""

    plain: tuple[type, ...]
    constrained: tuple[tuple[Constraint, ...], ...]

    def broken(self, value: object) -> tuple[Constraint, ...]:
        """Return the constraints a value breaks, of the annotation it comes nearest to."""
        if isinstance(value, self.plain):
            return ()
        options = (tuple(c for c in option if not c.allows(value)) for option in self.constrained)
        return min(options, key=len)


@cache
def _declared(kind: type) -> dict[str, _Declared]:
    """Return what the constrained fields of a dataclass may be."""
    found: dict[str, _Declared] = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        options = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
        constrained = tuple(c for option in options if (c := _constraints(option)))
        if constrained:
            plain = (get_origin(option) or option for option in options if not _constraints(option))
            classes = tuple(p for p in plain if isinstance(p, type) and p is not Any)
            found[name] = _Declared(classes, constrained)
    return found


def _constraints(hint: object) -> tuple[Constraint, ...]:
    if get_origin(hint) is not Annotated:
        return ()
    return tuple(note for note in get_args(hint)[1:] if hasattr(note, "allows"))


def check_fields(instance: object, where: str = "", kind: type[LeadlineError] = LeadlineError) -> None:
    """Raise one error that names every field of a dataclass outside its declared constraint.

    A field annotated with a union, as ``Annotated[int, POSITIVE_WHOLE] | tuple[int, int] | None``, may be any
    of the plain types named there.

    Args:
        instance: The dataclass instance, fields annotated as ``Annotated[float, Interval(0, 1)]``.
        where: Its name for people; the class's name by default.
        kind: The error to raise.
    """
    problems = Problems()
    for name, declared in _declared(type(instance)).items():  # type: ignore[arg-type]  # classes do hash
        value = getattr(instance, name)
        for constraint in declared.broken(value):
            place = f"{where or type(instance).__name__}, {name}"
            problems.add(place, constraint.words(), repr(value), constraint.hint(value))
    problems.raise_as(kind)
