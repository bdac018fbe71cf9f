"""Evidence made small enough to be looked at: which names are shown, and where their numbers lie on an axis.

Comes in: the picture of a finding, whatever its size. Goes out: at most a dozen names with what became of the others,
and places on an axis. The report draws them, the terminal prints them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from leadline.record.finding import Picture
from leadline.report.wording import number

MOST_NAMES = 12
_BEYOND = 1e100  # farther than any axis reaches
_LEAST = 1e-100  # nearer to 0 than any logarithmic axis reaches
_HARDLY = 0.1  # of their size: numbers that move by less must look so, and are drawn from 0 on
_NARROW = 10.0  # an axis that spans less than this factor has marks at 1, 2 and 5


@dataclass(frozen=True)
class Axis:
    """A straight axis from a low to a high number.

    Args:
        low: Left or lower end.
        high: Right or upper end, above it.
        log: Logarithmic; the ends are above 0 then.

    Example:
        >>> Axis(0.0, 10.0).share(2.5), Axis(1.0, 10_000.0, log=True).share(100.0)
        (0.25, 0.5)
    """

    low: float
    high: float
    log: bool = False

    def share(self, value: float) -> float:
        """Return the place of a number in [0, 1]; beyond the ends, the end."""
        if self.log:
            if value <= 0:
                return 0.0
            low, high, value = math.log(self.low), math.log(self.high), math.log(value)
        else:
            low, high = self.low, self.high
        return min(1.0, max(0.0, (value - low) / (high - low)))

    def ticks(self, most: int = 5) -> list[float]:
        """Return round numbers on the axis.

        Example:
            >>> Axis(0.0, 0.97).ticks(), Axis(1e-6, 1.0, log=True).ticks(4)
            ([0.0, 0.2, 0.4, 0.6, 0.8], [1e-06, 0.0001, 0.01, 1.0])
        """
        return _decades(self.low, self.high, most) if self.log else _rounds(self.low, self.high, most)


def axis_of(picture: Picture, from_zero: bool) -> Axis:
    """Return an axis that holds all numbers and marks of a picture.

    Args:
        picture: The evidence.
        from_zero: Begin at 0 where no number is below it; on a logarithmic axis, a little below the smallest.

    Example:
        >>> axis_of(Picture("bars", ("a",), ((0.4,),), marks={"half": 0.5}), True)
        Axis(low=0.0, high=0.5, log=False)
    """
    known = [
        value
        for value in (*(v for row in picture.values for v in row), *picture.marks.values())
        if drawn(value)
    ]
    log = picture.log and any(value > _LEAST for value in known)
    known = [value for value in known if value > _LEAST] if log else known
    low, high = min(known, default=0.0), max(known, default=1.0)
    if log:
        return Axis(low / 2, high * (2 if low == high else 1), log=True)
    if from_zero or 0 < high - low < _HARDLY * min(abs(low), abs(high)):
        low, high = min(0.0, low), max(0.0, high)
    if high - low > _LEAST:
        return Axis(low, high)
    around = abs(low) / 2 if abs(low) > _LEAST else 0.5
    return Axis(low - around, low + around)


def drawn(value: float) -> bool:
    """Tell whether a number has a place on an axis."""
    return math.isfinite(value) and abs(value) < _BEYOND


def picked(picture: Picture, most: int = MOST_NAMES) -> tuple[Picture, str]:
    """Return a picture of at most so many names, and what is left out in words.

    The first and the last stay, and those with the largest and the smallest number; the others are picked evenly.

    Args:
        picture: The evidence.
        most: Names, at least 4.

    Example:
        >>> names, values = tuple("abcdefgh"), tuple((float(i),) for i in range(8))
        >>> small, rest = picked(Picture("bars", names, values), most=5)
        >>> small.names, rest
        (('a', 'c', 'e', 'g', 'h'), '5 of 8 are shown; the others lie between 1 and 5.')
    """
    pairs = [(name, row) for name, row in zip(picture.names, picture.values, strict=False) if row]
    shown = [pairs[at] for at in _positions([row for _, row in pairs], most)]
    left = [value for pair in pairs if pair not in shown for value in pair[1] if drawn(value)]
    small = replace(picture, names=tuple(name for name, _ in shown), values=tuple(row for _, row in shown))
    if len(shown) == len(pairs):
        return small, ""
    between = f"; the others lie between {number(min(left))} and {number(max(left))}" if left else ""
    return small, f"{len(shown)} of {len(pairs):,} are shown{between}."


def _positions(rows: Sequence[Sequence[float]], most: int) -> list[int]:
    if len(rows) <= most:
        return list(range(len(rows)))
    good = {at: [v for v in row if drawn(v)] for at, row in enumerate(rows)}
    told = [at for at, row in good.items() if row]
    kept = {0, len(rows) - 1}
    if told:
        kept |= {max(told, key=lambda at: max(good[at])), min(told, key=lambda at: min(good[at]))}
    for at in _evenly(len(rows)):
        if len(kept) == most:
            break
        kept.add(at)
    return sorted(kept)


def _evenly(size: int) -> Iterator[int]:
    """Give positions coarsely first, then ever finer."""
    step = size
    while step >= 1:
        yield from range(0, size, step)
        step //= 2


def _rounds(low: float, high: float, most: int) -> list[float]:
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [float(f"{at * step:.12g}") for at in range(first, math.floor(high / step + 1e-9) + 1)]


def _decades(low: float, high: float, most: int) -> list[float]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if high < _NARROW * low:
        steps = [factor * 10.0**power for power in range(first - 1, last + 1) for factor in (1, 2, 5)]
        found = [float(f"{step:.12g}") for step in steps if low <= step <= high]
        return found or [low, high]
    every = max(1, math.ceil((last - first + 1) / most))
    return [float(f"1e{power}") for power in range(first, last + 1, every)]
