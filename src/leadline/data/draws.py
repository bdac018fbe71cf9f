"""A random number for each row that depends on nothing but seed and row, and the rows with the smallest ones.

Comes in: pieces of rows, in any number. Goes out: the rows whose draw is small: a uniform choice of all rows,
made in one pass without knowing how many there are. The smallest are held out, the next are the sample.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from leadline.data.raw_rows import rows_of
from leadline.late import pd

_STEP, _FIRST, _SECOND = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
SLACK = 1.25  # rows kept between two sortings, as a share of those wanted: memory against time


def draws(seed: int, numbers: np.ndarray) -> np.ndarray:
    """Return a random number for each row, the same for the same seed and number.

    SplitMix64 of Steele, Lea and Flood (2014) at the row's number; different numbers never give the same.

    Args:
        seed: Of the split.
        numbers: uint64, shape (B,).

    Returns:
        uint64, uniform, shape (B,).

    Example:
        >>> drawn = draws(0, np.arange(1000, dtype=np.uint64))
        >>> len(set(drawn.tolist())), round(float(drawn.mean() / 2**64), 1)
        (1000, 0.5)
    """
    start = np.random.SeedSequence(seed).generate_state(1, np.uint64)[0]
    with np.errstate(over="ignore"):
        mixed = (numbers + np.uint64(1)) * _STEP + start
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
        drawn: np.ndarray = mixed ^ (mixed >> np.uint64(31))
    return drawn


@dataclass
class Smallest:
    """The rows with the smallest draws among those seen.

    Args:
        most: How many are wanted.

    Example:
        >>> smallest = Smallest(2)
        >>> for start in (0, 4):
        ...     numbers = np.arange(start, start + 4)
        ...     smallest.see(np.array([7, 1, 9, 5], np.uint64) + np.uint64(start), numbers, numbers, numbers)
        >>> smallest.rows().numbers.tolist()
        [1, 3]
    """

    most: int
    limit: int = 2**64 - 1
    _kept: list[Rows] = field(default_factory=list)
    _size: int = 0

    def see(self, drawn: np.ndarray, numbers: np.ndarray, inputs: Any, targets: Any) -> None:
        """Take what may be among the smallest."""
        chosen = np.flatnonzero(drawn <= np.uint64(self.limit))
        if not len(chosen):
            return
        self._kept.append(
            Rows(drawn[chosen], numbers[chosen], rows_of(inputs, chosen), rows_of(targets, chosen))
        )
        self._size += len(chosen)
        if self._size > SLACK * self.most:
            self._prune()

    def _prune(self) -> None:
        rows = self._joined()
        order = np.argsort(rows.drawn, kind="stable")[: self.most]
        rows = rows.some(np.sort(order))
        self._kept, self._size, self.limit = [rows], len(rows.drawn), int(rows.drawn.max())

    def rows(self) -> Rows:
        """Return the rows with the smallest draws, in the order they were seen."""
        self._prune()
        return self._kept[0]

    def _joined(self) -> Rows:
        kept, self._kept = self._kept, []
        return Rows(*(_concatenated([getattr(rows, name) for rows in kept]) for name in Rows.__slots__))


@dataclass(frozen=True, eq=False, slots=True)
class Rows:
    """Some rows as read.

    Args:
        drawn: Their draws, shape (B,).
        numbers: Their numbers, shape (B,).
        inputs: Raw.
        targets: Raw.
    """

    drawn: np.ndarray
    numbers: np.ndarray
    inputs: Any
    targets: Any

    def some(self, rows: np.ndarray) -> Rows:
        """Return the rows at these positions."""
        return Rows(*(rows_of(getattr(self, name), rows) for name in Rows.__slots__))


def _concatenated(parts: list[Any]) -> Any:
    if isinstance(parts[0], np.ndarray):
        return np.concatenate([np.asarray(part) for part in parts])
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)
