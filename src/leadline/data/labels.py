"""Several labels: columns of yes and no, of which any number may hold for one row.

Comes in: one column for each label, of any dtype. Goes out: float32 of 0 and 1 with the label names, and the
strata by which rows are shared out so that every part keeps the combinations of labels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leadline.core.errors import DataError, Problems
from leadline.core.text import count
from leadline.data.columns import as_text, told
from leadline.data.targets import MISSING, Targets
from leadline.late import pd

YES, NO = ("1", "true", "yes", "y", "t"), ("0", "false", "no", "n", "f")
LEAST_OF_A_KIND = 10  # rows of one combination; of fewer a part of 15% may get none
ONE_COLUMN = "several numbers for each row cannot be learned at once: y[:, 0] takes the first column"
_VALUES = {**dict.fromkeys(YES, 1.0), **dict.fromkeys(NO, 0.0)}


def encode_labels(table: pd.DataFrame, *, gap: str = MISSING, hint: str = "") -> Targets:
    """Return labels as 0 and 1.

    Args:
        table: One column for each label: 0 and 1, booleans, or words such as yes and no, true and false.
        gap: Reason under which rows without all of their labels are counted.
        hint: What to type where a column is no label.

    Returns:
        Targets with values float32 of shape (B, L), NaN in all of a row that lacks a label.

    Raises:
        DataError: A column holds something else, or no row has all labels; names all of them.

    Example:
        >>> targets = encode_labels(pd.DataFrame({"red": [1, 0, 1], "round": ["yes", "no", None]}))
        >>> targets.class_names, targets.values.tolist()
        (('red', 'round'), [[1.0, 1.0], [0.0, 0.0], [nan, nan]])
    """
    values, names = label_values(table, hint=hint), tuple(map(str, table.columns))
    usable = np.isfinite(values).all(axis=1)
    if not usable.any():
        raise DataError.at("labels", "given, all of them, in the rows to learn from", "no such row")
    excluded = {gap: int((~usable).sum())} if not usable.all() else {}
    gone = tuple(f"{count(number, 'row')} left out: {why}." for why, number in excluded.items())
    return Targets("several_labels", values, names, np.asarray(usable), excluded, None, gone)


def label_values(table: pd.DataFrame, *, hint: str = "") -> np.ndarray:
    """Return 0 and 1, float32 of shape (B, L), NaN in all of a row that lacks a label.

    Raises:
        DataError: A column holds something else; names all of them.

    Example:
        >>> label_values(pd.DataFrame({"red": [1, 0], "round": ["yes", None]})).tolist()
        [[1.0, 1.0], [nan, nan]]
    """
    problems = Problems()
    names = tuple(map(str, table.columns))
    if len(names) < 2 or len(set(names)) < len(names):
        raise DataError.at("labels", "at least two, each with a name of its own", told(names) or "none")
    columns = [_switches(table.iloc[:, place], name, problems, hint) for place, name in enumerate(names)]
    problems.raise_as(DataError)
    values = np.stack(columns, axis=1).astype(np.float32)
    values[~np.isfinite(values).all(axis=1)] = np.nan
    return values


def _switches(series: pd.Series, name: str, problems: Problems, hint: str) -> np.ndarray:
    """Return 1 for yes, 0 for no and NaN where missing; tell what is neither."""
    codes, levels = pd.factorize(as_text(series), use_na_sentinel=True)
    numbers = np.array([*(_VALUES.get(str(level).lower(), np.nan) for level in levels), np.nan])
    found = numbers[codes]
    strange = np.isnan(found) & (codes >= 0)
    if strange.any():
        row = int(np.flatnonzero(strange)[0])
        got = f"{str(levels[codes[row]])!r} in row {row} ({count(int(strange.sum()), 'such cell')})"
        problems.add(f"label {name!r}", "yes or no in every row: 0/1, true/false, yes/no", got, hint)
    return found


def is_one_hot(values: np.ndarray) -> bool:
    """Tell whether exactly one label holds in every row that has all of them: then classes may be meant.

    Args:
        values: 0 and 1, NaN where missing, shape (B, L).

    Example:
        >>> is_one_hot(np.eye(3)), is_one_hot(np.ones((2, 3)))
        (True, False)
    """
    return bool((values[np.isfinite(values).all(axis=1)].sum(axis=1) == 1).all())


def strata(values: np.ndarray, parts: Sequence[float]) -> tuple[np.ndarray | None, str]:
    """Return a number for each row by which it is shared out, and how, in words.

    Rows with the same combination of labels belong together; combinations of fewer than
    :data:`LEAST_OF_A_KIND` rows are taken as one.

    Args:
        values: 0 and 1, shape (B, L).
        parts: Shares of the parts that are wanted.

    Returns:
        int64 of shape (B,), or None where there are too few rows for it.

    Example:
        >>> strata(np.eye(2)[[0, 1] * 20], (0.7, 0.15, 0.15))[1]
        'keeping the shares of 2 combinations of labels'
        >>> strata(np.eye(2), (0.7, 0.15, 0.15))
        (None, 'without regard to the labels: every combination of them is rare')
    """
    _, codes, sizes = np.unique(values, axis=0, return_inverse=True, return_counts=True)
    frequent = np.flatnonzero(sizes >= LEAST_OF_A_KIND)
    smallest = min(share for share in parts if share > 0) * len(values)
    if not len(frequent) or len(frequent) + 1 > smallest:
        return None, "without regard to the labels: every combination of them is rare"
    place = np.full(len(sizes), len(frequent))
    place[frequent] = np.arange(len(frequent))
    rows = place[codes.reshape(-1)]
    rare = rows == len(frequent)
    words = f"keeping the shares of {count(len(frequent), 'combination')} of labels"
    if 0 < rare.sum() < LEAST_OF_A_KIND:
        rows[rare] = int(sizes[frequent].argmax())
    others = f", and of the {count(int((sizes < LEAST_OF_A_KIND).sum()), 'rarer one')} together"
    return rows, words + (others if rare.any() else "")
