"""Targets: classes or numbers, told from what is there, as codes or float64.

Comes in: one target for each row, of any dtype. Goes out: int64 codes with class names, or float64, and the
rows that have no usable target with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from leadline.core.errors import DataError
from leadline.core.text import count, did_you_mean, listed
from leadline.data.columns import Cells, as_numbers, as_text, check_cells
from leadline.late import pd

PROBLEMS = ("classification", "regression")  # of one target; several_labels has a file of its own
MOST_CLASSES = 20  # whole numbers with more values are measured, not classes
MISSING, NOT_FINITE, OUTSIDE = "target missing", "target not finite", "label outside"
_NO_CLASS = -1


@dataclass(frozen=True, eq=False)
class Targets:
    """Targets as the data set holds them.

    Args:
        problem: "classification", "regression" or "several_labels".
        values: int64 codes, -1 where unusable, or float64, NaN where unusable; shape (B,). Several labels:
            float32 of 0 and 1, NaN where unusable; shape (B, L).
        class_names: In the order of the codes, or of the labels.
        usable: Rows with a target, bool, shape (B,).
        excluded: Unusable rows, by reason.
        raw: Numbers as read, where they differ from the values.
        words: What was decided, one sentence each.
    """

    problem: str
    values: np.ndarray
    class_names: tuple[str, ...]
    usable: np.ndarray
    excluded: Mapping[str, int] = field(default_factory=dict)
    raw: np.ndarray | None = None
    words: tuple[str, ...] = ()


def encode_targets(
    column: Any,
    *,
    problem: str | None = None,
    classes: int | Sequence[str] | None = None,
    name: str = "target",
    gap: str = MISSING,
) -> Targets:
    """Return targets as codes or numbers.

    Args:
        column: One target for each row.
        problem: "classification" or "regression"; None tells it from the values.
        classes: Number of classes, or their names in order; None takes those that are there.
        name: Of the target, for messages.
        gap: Reason under which rows without a value are counted.

    Raises:
        DataError: No row has a target, there is one class only, or numbers were asked and there are words.

    Example:
        >>> targets = encode_targets(["cat", "dog", "cat"])
        >>> targets.problem, targets.class_names, targets.values.tolist()
        ('classification', ('cat', 'dog'), [0, 1, 0])
    """
    numeric = isinstance(column, np.ndarray) and column.ndim == 1 and column.dtype.kind in "iuf"
    series = column if numeric else pd.Series(column, name=name).reset_index(drop=True)
    if problem not in (None, *PROBLEMS):
        raise DataError.at(
            "problem", f"one of {listed(PROBLEMS)}", repr(problem), did_you_mean(str(problem), PROBLEMS)
        )
    check_cells(series)
    numbers, strange = as_numbers(series)
    texts = (
        as_text(series) if strange.any() or series.dtype.kind in "OUTb" or _is_categorical(series) else None
    )
    empty = np.isnan(numbers) & ~strange if texts is None else np.array([text is None for text in texts])
    if empty.all():
        raise DataError.at(f"target {name!r}", "given for the rows to learn from", "no value in any row")
    told = problem or ("classification" if classes is not None else tell_problem(series, numbers, strange))
    words = () if problem or classes is not None else (_told(name, told, series, numbers),)
    if told == "regression":
        made = _measured(name, numbers, strange, empty, series)
    elif classes is not None:
        made = _stated(name, series, numbers, strange, empty, classes)
    else:
        made = _found(name, series, numbers, strange, empty)
    excluded: Counter[str] = Counter()
    for why, number in made.excluded.items():
        excluded[gap if why == MISSING else why] += number
    excluded = +excluded
    gone = tuple(f"{count(number, 'row')} left out: {reason}." for reason, number in excluded.items())
    return Targets(told, made.values, made.class_names, made.usable, excluded, made.raw, words + gone)


def tell_problem(series: Cells, numbers: np.ndarray, strange: np.ndarray) -> str:
    """Tell classification or regression from the values.

    Words, booleans and categories are classes; so are whole numbers with at most 20 values that repeat. Other
    numbers are measured.
    """
    given = numbers[np.isfinite(numbers)]
    if _is_categorical(series) or series.dtype.kind == "b" or not len(given):
        return "classification"
    if strange.sum() > 0.05 * len(series):
        return "classification"
    texts = set(as_text(series)) if series.dtype.kind in "OUT" else set()
    if texts and texts <= {"True", "False", None}:
        return "classification"
    values = np.unique(given)
    if (given != np.round(given)).any():
        return "regression"
    few = len(values) <= MOST_CLASSES and (len(values) <= 2 or len(given) >= 5 * len(values))
    return "classification" if few else "regression"


def _is_categorical(series: Cells) -> bool:
    return not isinstance(series, np.ndarray) and isinstance(series.dtype, pd.CategoricalDtype)


def _different(series: Cells) -> int:
    return (
        len(np.unique(series[~np.isnan(series)])) if isinstance(series, np.ndarray) else int(series.nunique())
    )


def _told(name: str, problem: str, series: Cells, numbers: np.ndarray) -> str:
    given = numbers[np.isfinite(numbers)]
    if problem == "regression":
        found = f"{len(np.unique(given)):,} numbers: regression. (problem='classification' if not.)"
    else:
        found = f"{_different(series):,} values: classification. (problem='regression' if not.)"
    return f"Target {name!r} has {found}"


def _measured(
    name: str, numbers: np.ndarray, strange: np.ndarray, empty: np.ndarray, series: Cells
) -> Targets:
    if strange.sum() > 0.05 * len(series):
        row = int(np.flatnonzero(strange)[0])
        raise DataError.at(
            f"target {name!r}", "numbers, as regression asks",
            f"{np.asarray(series, dtype=object)[row]!r} in row {row}", "problem='classification'",
        )  # fmt: skip
    usable = np.isfinite(numbers)
    if not usable.any():
        raise DataError.at(f"target {name!r}", "finite in the rows to learn from", "no finite value")
    excluded = {MISSING: int((empty | strange).sum()), NOT_FINITE: int(np.isinf(numbers).sum())}
    return Targets("regression", np.where(usable, numbers, np.nan), (), usable, excluded, numbers)


def _found(name: str, series: Cells, numbers: np.ndarray, strange: np.ndarray, empty: np.ndarray) -> Targets:
    """Take the classes that are there, in the order of numbers, words or the categories."""
    infinite = np.isinf(numbers)
    usable = ~empty & ~infinite
    texts = as_text(series)
    given = list(dict.fromkeys(texts[usable]))
    if not isinstance(series, np.ndarray) and _is_categorical(series):
        order = {level: place for place, level in enumerate(as_text(pd.Series(series.cat.categories)))}
        names = sorted(given, key=lambda text: order[text])
    elif strange.any() or not np.isfinite(numbers[usable]).all() or set(given) <= {"True", "False"}:
        names = sorted(given)
    else:
        value = dict(zip(texts[usable], numbers[usable], strict=True))
        names = sorted(given, key=lambda text: value[text])
    _check_classes(name, names, int(usable.sum()))
    code = {text: place for place, text in enumerate(names)}
    values = np.array([code.get(text, _NO_CLASS) for text in texts], np.int64)
    values[~usable] = _NO_CLASS
    excluded = {MISSING: int(empty.sum()), NOT_FINITE: int(infinite.sum())}
    return Targets("classification", values, tuple(names), usable, excluded)


def _check_classes(name: str, names: list[str], rows: int) -> None:
    if len(names) < 2:
        got = f"only {names[0]!r} in {count(rows, 'row')}" if names else "no finite value"
        raise DataError.at(f"target {name!r}", "of at least two classes", got)
    if len(names) > max(MOST_CLASSES, rows // 2):
        got = f"{len(names):,} values in {count(rows, 'row')}"
        hint = "choose another target, or problem='regression' if it is a number"
        raise DataError.at(f"target {name!r}", "classes that repeat", got, hint)


def _stated(
    name: str,
    series: Cells,
    numbers: np.ndarray,
    strange: np.ndarray,
    empty: np.ndarray,
    classes: int | Sequence[str],
) -> Targets:
    """Hold the targets against stated classes: names, or numbers from 0."""
    names = tuple(map(str, range(classes))) if isinstance(classes, int) else tuple(map(str, classes))
    if len(names) < 2 or len(set(names)) < len(names):
        raise DataError.at("classes", "at least two different ones", repr(classes))
    by_name = {text: place for place, text in enumerate(names)}
    texts = as_text(series)
    if all(text in by_name for text in texts[~empty]) or strange.any():
        values = np.array([by_name.get(text, _NO_CLASS) for text in texts], np.int64)
        fits, infinite = values >= 0, np.zeros(len(values), bool)
        raw = None
    else:
        infinite, raw = np.isinf(numbers), numbers
        fits = np.isfinite(numbers) & (numbers >= 0) & (numbers < len(names)) & (numbers == np.round(numbers))
        values = np.where(fits, numbers, _NO_CLASS).astype(np.int64)
    outside = ~fits & ~empty & ~infinite
    excluded = {MISSING: int(empty.sum()), NOT_FINITE: int(infinite.sum()), OUTSIDE: int(outside.sum())}
    raw = None if fits.all() else raw
    if not fits.any():
        raise DataError.at(
            f"target {name!r}", f"one of {listed(names)}", repr(np.asarray(series, dtype=object)[0])
        )
    return Targets("classification", values, names, fits, excluded, raw)
