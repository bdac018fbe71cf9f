"""Targets that come piece by piece: first counted, then settled into classes or numbers, then coded.

Comes in: the targets of every row, some at a time. Goes out: what kind of problem it is, every class there is,
how many rows have no usable target and why; and the codes of any later piece. Kinds, classes and codes are
those of :func:`~leadline.data.targets.encode_targets`, which is asked about the different values only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from leadline.core.errors import DataError
from leadline.core.text import count, listed
from leadline.data.columns import as_numbers
from leadline.data.labels import label_values
from leadline.data.targets import NOT_FINITE, OUTSIDE, encode_targets
from leadline.late import pd

MOST_VALUES = 100_000  # different targets that are counted; more of them can only be numbers
_AT_LEAST_SO_OFTEN = 3  # a value that repeats is shown so often where classes are told from values


@dataclass
class Tally:
    """Counts targets, piece by piece.

    Args:
        several: Whether each row has several labels.
        rows: Seen so far.
        missing: Rows without a number, or without all labels.
        infinite: Rows with an infinite number.
        values: How often each different value was seen, up to :data:`MOST_VALUES` of them.
        many: Whether there are more; ``values`` are empty then.
        levels: Of categories, in their order.
        labels: Rows in which each label holds.

    Example:
        >>> tally = Tally()
        >>> tally.see(np.array(["cat", "dog"]))
        >>> tally.see(np.array(["dog", None]))
        >>> tally.rows, dict(tally.values)
        (4, {'cat': 1, 'dog': 2})
    """

    several: bool = False
    rows: int = 0
    missing: int = 0
    infinite: int = 0
    values: Counter[Any] = field(default_factory=Counter)
    many: bool = False
    levels: list[Any] = field(default_factory=list)
    labels: np.ndarray | None = None

    def see(self, targets: Any) -> None:
        """Count some targets."""
        self.rows += len(targets)
        if self.several:
            values = label_values(pd.DataFrame(targets))
            self.missing += int(np.isnan(values[:, 0]).sum())
            held = np.nansum(values, axis=0).astype(np.int64)
            self.labels = held if self.labels is None else self.labels + held
            return
        series = pd.Series(targets)
        if isinstance(series.dtype, pd.CategoricalDtype):
            self.levels += [level for level in series.cat.categories.tolist() if level not in self.levels]
        if not self.many:
            self._count(series)
        numbers, strange = as_numbers(series)
        self.missing += int((np.isnan(numbers) | strange).sum())
        self.infinite += int(np.isinf(numbers).sum())

    def _count(self, series: pd.Series) -> None:
        codes, levels = pd.factorize(series, use_na_sentinel=True)
        often = np.bincount(codes[codes >= 0], minlength=len(levels))
        self.values.update(dict(zip(_plain(levels), often.tolist(), strict=True)))
        self.many = len(self.values) > MOST_VALUES
        if self.many:
            self.values.clear()


@dataclass(frozen=True, eq=False)
class Known:
    """What the targets of a stream are.

    Args:
        problem: "classification", "regression" or "several_labels".
        class_names: In the order of the codes, or of the labels.
        codes: Target as read → code, -1 where it is no class (classification).
        rows: With a usable target.
        counts: Of each class or label; None in regression.
        excluded: Unusable rows, by reason.
        words: What was decided, one sentence each.
    """

    problem: str
    class_names: tuple[str, ...]
    codes: Mapping[Any, int]
    rows: int
    counts: np.ndarray | None
    excluded: Mapping[str, int]
    words: tuple[str, ...]

    def encode(self, targets: Any, where: str) -> np.ndarray:
        """Return codes, -1 where unusable, or numbers or labels, NaN where unusable.

        Args:
            targets: As read, shape (B,) or (B, L).
            where: They come from, for messages.

        Raises:
            DataError: A target was not there when all of them were counted.
        """
        if self.problem == "several_labels":
            return label_values(pd.DataFrame(targets))
        series = pd.Series(targets)
        if self.problem == "regression":
            numbers, strange = as_numbers(series)
            return np.where(strange | ~np.isfinite(numbers), np.nan, numbers)
        codes, levels = pd.factorize(series, use_na_sentinel=True)
        plain = _plain(levels)
        for place, level in enumerate(plain):
            if level not in self.codes:
                row = int(np.flatnonzero(codes == place)[0])
                must = f"one of the classes {listed(self.class_names)}, as when it was opened"
                raise DataError.at(f"{where}, row {row}, target", must, repr(level), "open the data again")
        return np.array([*(self.codes[level] for level in plain), -1], np.int64)[codes]

    def counted(self, values: np.ndarray) -> np.ndarray | None:
        """Count encoded targets by class or label; None in regression."""
        if self.problem == "regression":
            return None
        if self.problem == "several_labels":
            return np.asarray(np.nansum(values, axis=0), np.int64)
        return np.bincount(values[values >= 0], minlength=len(self.class_names)).astype(np.int64)


def settle(
    tally: Tally, some: Any, *, name: str, problem: str | None, classes: int | Sequence[str] | None, gap: str
) -> Known:
    """Return what the targets are.

    Args:
        tally: Of all targets.
        some: A uniform choice of them, by which the problem is told.
        name: Of the target.
        problem: "classification", "regression" or "several_labels"; None tells it from the values.
        classes: Number of classes, their names, or names of the labels.
        gap: Reason under which rows without a value are counted.

    Raises:
        DataError: As :func:`~leadline.data.targets.encode_targets` does.

    Example:
        >>> tally = Tally()
        >>> tally.see(np.array(["cat", "dog", "cat", "dog"]))
        >>> known = settle(tally, ["cat", "cat"], name="y", problem=None, classes=None, gap="missing")
        >>> known.class_names, known.encode(["dog", "cat", None], "here").tolist(), known.counts.tolist()
        (('cat', 'dog'), [1, 0, -1], [2, 2])
    """
    if tally.several:
        return _labels(tally, some, gap)
    told = problem
    words: tuple[str, ...] = ()
    if told is None and classes is None:
        found = encode_targets(_with_rare(pd.Series(some), tally), name=name)
        told, words = found.problem, found.words[:1]
        if told == "regression":
            words = (f"Target {name!r} has numbers: regression. (problem='classification' if not.)",)
    if told == "regression":
        encode_targets(pd.Series(some), problem="regression", name=name)  # refuses words
        excluded = _reasons({gap: tally.missing, NOT_FINITE: tally.infinite})
        rows = tally.rows - tally.missing - tally.infinite
        return Known("regression", (), {}, rows, None, excluded, (*words, *_gone(excluded)))
    if tally.many:
        got = f"more than {MOST_VALUES:,} different values"
        hint = "choose another target, or problem='regression' if it is a number"
        raise DataError.at(f"target {name!r}", "classes that repeat", got, hint)
    return _classes(tally, name, classes, gap, words)


def _with_rare(some: pd.Series, tally: Tally) -> pd.Series:
    """Return the choice of targets with every value that it lacks."""
    there = set(_plain(pd.factorize(some, use_na_sentinel=True)[1]))
    lacking = [value for value in tally.values if value not in there]
    if not lacking:
        return some
    both: pd.Series = pd.concat([some.astype(object), pd.Series(lacking, dtype=object)]).infer_objects()
    return both


def _labels(tally: Tally, some: Any, gap: str) -> Known:
    names = tuple(map(str, pd.DataFrame(some).columns))
    rows = tally.rows - tally.missing
    if not rows:
        raise DataError.at("labels", "given, all of them, in the rows to learn from", "no such row")
    excluded = _reasons({gap: tally.missing})
    return Known("several_labels", names, {}, rows, tally.labels, excluded, _gone(excluded))


def _classes(
    tally: Tally, name: str, classes: int | Sequence[str] | None, gap: str, words: tuple[str, ...]
) -> Known:
    series = _repeated(tally)
    found = encode_targets(series, problem="classification", classes=classes, name=name)
    codes = dict(zip(series.tolist(), found.values.tolist(), strict=True))
    often = Counter(dict.fromkeys((gap, NOT_FINITE, OUTSIDE), 0))
    counts = np.zeros(len(found.class_names), np.int64)
    for value, number in tally.values.items():
        if codes[value] >= 0:
            counts[codes[value]] += number
        else:
            numbers, strange = as_numbers(pd.Series([value]))
            empty = bool(np.isnan(numbers[0]) and not strange[0])
            often[gap if empty else NOT_FINITE if np.isinf(numbers[0]) else OUTSIDE] += number
    often[gap] += tally.rows - sum(tally.values.values())
    excluded = _reasons(often)
    rows = int(counts.sum())
    return Known(
        "classification", found.class_names, codes, rows, counts, excluded, (*words, *_gone(excluded))
    )


def _repeated(tally: Tally) -> pd.Series:
    """Return the different values, those that repeat more than once."""
    values = [value for value, often in tally.values.items() for _ in range(min(often, _AT_LEAST_SO_OFTEN))]
    if tally.levels:
        return pd.Series(pd.Categorical(values, categories=tally.levels))
    return pd.Series(values, dtype=object).infer_objects()


def _plain(levels: Any) -> list[Any]:
    """Return values of Python, so that the same value in another dtype is the same key."""
    values: list[Any] = levels.tolist()
    return values


def _reasons(numbers: Mapping[str, int]) -> dict[str, int]:
    return {why: number for why, number in numbers.items() if number}


def _gone(excluded: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(f"{count(number, 'row')} left out: {why}." for why, number in excluded.items())
