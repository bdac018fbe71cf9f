"""Which rows are learned from, which choose the epoch, and which judge.

Comes in: positions of the usable rows, with classes, groups or times where there are any. Goes out: three
arrays of positions that share no row, the same as scikit-learn's splitters give.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leadline.core.errors import DataError, Problems, RecipeError
from leadline.core.text import count
from leadline.data.taking import take
from leadline.late import sklearn

SHARE = (0.7, 0.15, 0.15)
Share = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Split:
    """Positions of the rows of each part.

    Args:
        train: int64, shape (B,), ascending.
        validation: The same.
        test: The same.
        announcements: What was decided while splitting, one sentence each.

    Example:
        >>> Split(np.arange(3), np.array([3]), np.array([4])).sizes
        (3, 1, 1)
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    announcements: tuple[str, ...] = ()

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Rows of the training, validation and test part."""
        return len(self.train), len(self.validation), len(self.test)

    def __getitem__(self, part: str) -> np.ndarray:
        return {"train": self.train, "validation": self.validation, "test": self.test}[part]


def check_share(share: Sequence[float]) -> Share:
    """Return the shares of the three parts as a tuple.

    Raises:
        RecipeError: Not three numbers of at least 0 that sum to 1, or nothing to learn from.

    Example:
        >>> check_share([0.8, 0.1, 0.1])
        (0.8, 0.1, 0.1)
    """
    problems = Problems()
    try:
        numbers = tuple(float(value) for value in share)
    except (TypeError, ValueError):
        numbers = ()
    must = "three numbers of at least 0, for train, validation and test, that sum to 1"
    fair = all(math.isfinite(n) and n >= 0 for n in numbers)
    if len(numbers) != 3 or not fair or abs(sum(numbers) - 1) > 1e-6:
        problems.add("split", must, repr(share), f"split={SHARE}")
    elif numbers[0] == 0:
        problems.add("split, train", "above 0", repr(share), f"split={SHARE}")
    problems.raise_as(RecipeError)
    return numbers[0], numbers[1], numbers[2]


def make_split(
    rows: int | np.ndarray,
    *,
    stratify: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    order: np.ndarray | None = None,
    share: Sequence[float] = SHARE,
    seed: int = 0,
    test_rows: np.ndarray | None = None,
) -> Split:
    """Split rows by seed: by class, by group, in time, or around a given test part.

    Args:
        rows: How many rows there are, or the positions of the usable ones.
        stratify: Class of every row as read; each part gets its share of each class.
        groups: Group of every row as read; no group stands in two parts. The shares then count groups.
        order: A number of every row as read that grows in time; the latest rows are the test part.
        share: Of train, validation and test; must sum to 1.
        seed: Of the shuffling.
        test_rows: Positions given as the test part; the others are shared between train and validation.

    Raises:
        RecipeError: The shares are out of range, or both groups and order are given.
        DataError: Too few rows or groups to make the parts.

    Example:
        >>> make_split(100, share=(0.8, 0.1, 0.1)).sizes
        (80, 10, 10)
    """
    shares = check_share(share)
    if groups is not None and order is not None:
        raise RecipeError.at("split", "by group or in time", "both group and time", "leave one of them out")
    usable = np.arange(rows) if isinstance(rows, int) else np.asarray(rows, np.int64)
    if test_rows is not None:
        test = np.intersect1d(usable, np.asarray(test_rows, np.int64))
        usable = np.setdiff1d(usable, test)
        kept = shares[0] + shares[1]
        shares = (shares[0] / kept, shares[1] / kept, 0.0)
    sizes = part_sizes(len(usable), shares)
    words: tuple[str, ...] = ()
    if order is not None:
        parts = _in_time(usable, np.asarray(order), sizes)
    elif groups is not None:
        parts = _by_group(usable, np.asarray(groups), shares, seed)
        words = _told_groups(parts, len(usable), shares)
    else:
        parts, words = _by_class(usable, stratify, sizes, seed)
    train, validation, rest = (np.sort(part) for part in parts)
    return Split(train, validation, rest if test_rows is None else test, words)


def part_sizes(rows: int, shares: Share) -> tuple[int, int, int]:
    """Round the shares to rows, at least one for each part that is wanted.

    Raises:
        DataError: There are fewer rows than parts.

    Example:
        >>> part_sizes(10, (0.7, 0.15, 0.15))
        (6, 2, 2)
    """
    wanted = sum(s > 0 for s in shares)
    if rows < wanted:
        must = f"at least {count(wanted, 'row')}, one for each part"
        raise DataError.at("data", must, count(rows, "usable row"), "give more rows")
    validation, test = (max(1, round(rows * s)) if s > 0 else 0 for s in shares[1:])
    while rows - validation - test < 1:
        validation, test = (validation - 1, test) if validation >= test else (validation, test - 1)
    return rows - validation - test, validation, test


def _in_time(rows: np.ndarray, order: np.ndarray, sizes: tuple[int, int, int]) -> list[np.ndarray]:
    ranked = rows[np.argsort(order[rows], kind="stable")]
    return np.split(ranked, [sizes[0], sizes[0] + sizes[1]])


def _by_group(rows: np.ndarray, groups: np.ndarray, shares: Share, seed: int) -> list[np.ndarray]:
    wanted, found = sum(s > 0 for s in shares), len(np.unique(groups[rows]))
    if found < wanted:
        must = f"at least {count(wanted, 'group')}, one for each part"
        raise DataError.at(
            "group", must, count(found, "group"), "choose another column, or split without groups"
        )
    rest, parts = rows, []
    for position in (2, 1):
        portion = shares[position] / sum(shares[: position + 1])
        taken = np.zeros(0, np.int64)
        if portion > 0:
            number = len(np.unique(groups[rest]))
            most = number - sum(s > 0 for s in shares[:position])
            size = min(most, max(1, round(portion * number)))
            splitter = sklearn.model_selection.GroupShuffleSplit(1, test_size=size, random_state=seed)
            kept, out = next(splitter.split(rest, groups=groups[rest]))
            rest, taken = rest[kept], rest[out]
        parts.append(taken)
    return [rest, parts[1], parts[0]]


def _told_groups(parts: list[np.ndarray], rows: int, shares: Share) -> tuple[str, ...]:
    got = [len(part) / rows for part in parts]
    if max(abs(g - s) for g, s in zip(got, shares, strict=True)) <= 0.05:
        return ()
    told = " / ".join(f"{g:.0%}" for g in got)
    return (f"Groups differ in size: the parts hold {told} of the rows.",)


def _by_class(
    rows: np.ndarray, classes: np.ndarray | None, sizes: tuple[int, int, int], seed: int
) -> tuple[list[np.ndarray], tuple[str, ...]]:
    """Take the test rows away, then the validation rows, each in the proportions of the classes."""
    words: list[str] = []
    rest, parts = rows, []
    for size in (sizes[2], sizes[1]):
        rest, taken, told = _take(rest, classes, size, seed)
        parts.append(taken)
        words += [word for word in told if word not in words]
    return [rest, parts[1], parts[0]], tuple(words)


def _take(
    rows: np.ndarray, classes: np.ndarray | None, size: int, seed: int
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Take a number of rows away; a class with one row stays, and no class is used up."""
    if size == 0:
        return rows, np.zeros(0, np.int64), []
    if classes is None:
        left, taken = take(size, seed, rows=len(rows))
        return rows[left], rows[taken], []
    own = classes[rows]
    names, counts = np.unique(own, return_counts=True)
    single = np.isin(own, names[counts < 2])
    held, free, told = rows[single], rows[~single], []
    if single.any():
        told.append(
            f"{count(int(single.sum()), 'class', 'classes')} with one row stayed in the training part."
        )
    many = len(names) - int((counts < 2).sum())
    if many <= size < len(free) and len(free) - size >= many:
        left, taken = take(size, seed, classes=classes[free])
        return np.concatenate([held, free[left]]), free[taken], told
    told = [
        f"Too few rows for {count(len(names), 'class', 'classes')} to keep their proportions in every part."
    ]
    first = free[np.unique(classes[free], return_index=True)[1]]
    if len(free) - len(first) >= size:
        held, free = np.concatenate([held, first]), np.setdiff1d(free, first)
    else:
        held, free = np.zeros(0, np.int64), rows
    if len(free) == size:
        return held, free, told
    left, taken = take(size, seed, rows=len(free))
    return np.concatenate([held, free[left]]), free[taken], told
