"""What targets look like, whoever wrote them: classes, yes and no, shares, or numbers.

Comes in: an array. Goes out: its form, and what a model must answer to be right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

MOST_CLASSES = 1_000
ROWS_PER_CLASS = 3  # fewer rows of a whole number than that, and it counts something
QUANTILES = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class Form:
    """What targets look like.

    Args:
        kind: "yes_no" (one column, two values), "codes" (one column of consecutive whole numbers that come again and
            again), "one_hot" (one 1 in each row), "labels" (0 and 1 in several columns) or "numbers".
        columns: Of the array as it is; 1 for shape (B,).
        classes: That are told apart; 0 for numbers.
        values: The smallest and the largest.

    Example:
        >>> form_of(np.array([0, 2, 1] * 4)).kind, form_of(np.eye(3)).kind, form_of(np.array([0.1, 2.0, 3.0])).kind
        ('codes', 'one_hot', 'numbers')
    """

    kind: str
    columns: int
    classes: int
    values: tuple[float, float]

    @property
    def of_classes(self) -> bool:
        """Whether a class is asked."""
        return self.kind in ("yes_no", "codes", "one_hot")


def form_of(targets: np.ndarray, problem: str = "") -> Form:
    """Return what targets look like.

    Args:
        targets: Shape (B,) or (B, K).
        problem: "regression" where numbers are meant whatever they look like; "" to go by the looks.
    """
    table = table_of(targets)
    known = table[np.isfinite(table).all(axis=1)]
    if not known.size:
        return Form("numbers", table.shape[1], 0, (np.nan, np.nan))
    ends = float(known.min()), float(known.max())
    if problem == "regression":
        return Form("numbers", table.shape[1], 0, ends)
    if table.shape[1] > 1:
        return _of_columns(known, ends)
    values = np.unique(known)
    if len(values) == 2 and (len(known) > 2 or problem == "classification"):
        return Form("yes_no", 1, 2, ends)
    if problem == "classification" or _are_codes(values, len(known)):
        return Form("codes", 1, len(values), ends)
    return Form("numbers", 1, 0, ends)


def _of_columns(known: np.ndarray, ends: tuple[float, float]) -> Form:
    columns = known.shape[1]
    if not np.isin(known, (0.0, 1.0)).all():
        return Form("numbers", columns, 0, ends)
    if (known.sum(axis=1) == 1).all():
        return Form("one_hot", columns, columns, ends)
    return Form("labels", columns, columns, ends)


def _are_codes(values: np.ndarray, rows: int) -> bool:
    whole = bool((values == np.rint(values)).all())
    consecutive = whole and values[-1] - values[0] + 1 == len(values)
    return (
        consecutive and values[0] in (0, 1) and 3 <= len(values) <= min(MOST_CLASSES, rows / ROWS_PER_CLASS)
    )


def table_of(targets: np.ndarray) -> np.ndarray:
    """Return targets as float64 of shape (B, K)."""
    array = np.asarray(targets, np.float64)
    return array.reshape(len(array), -1)


def codes_of(targets: np.ndarray, form: Form, known: np.ndarray | None = None) -> np.ndarray:
    """Return the class of each row as a code from 0 on, shape (B,).

    Args:
        targets: Shape (B,) or (B, K).
        form: What they look like.
        known: Targets that hold every class, where these may lack some.

    Example:
        >>> targets = np.array([-1.0, 1.0, 1.0])
        >>> codes_of(targets, form_of(targets)).tolist()
        [0, 1, 1]
    """
    table = table_of(targets)
    if form.kind == "one_hot":
        return np.asarray(table.argmax(axis=1))
    if form.kind == "yes_no":
        return (table[:, 0] > sum(form.values) / 2).astype(np.int64)
    low, high = form.values
    if high - low + 1 == form.classes:  # consecutive: the value tells, whichever classes a part lacks
        return np.rint(table[:, 0] - low).astype(np.int64)
    values = np.unique(table_of(targets if known is None else known)[:, 0])
    return np.asarray(np.clip(np.searchsorted(values, table[:, 0]), 0, len(values) - 1))


def target_facts(targets: np.ndarray, form: Form) -> dict[str, Any]:
    """Return every ``target.*`` number of the vocabulary."""
    table = table_of(targets)
    finite = table[np.isfinite(table).all(axis=1)]
    facts: dict[str, Any] = {
        "target.form": form.kind,
        "target.columns": form.columns,
        "target.dimensions": np.ndim(targets),
        "target.classes": form.classes,
        "data.target.not_finite": len(table) - len(finite),
    }
    if not finite.size:
        return facts
    flat = finite.ravel()
    facts |= {
        "target.low": float(flat.min()),
        "target.high": float(flat.max()),
        "target.mean": float(flat.mean()),
        "target.spread": float(flat.std(axis=0)),
        "target.distinct": len(np.unique(flat)),
        "target.sums": np.array([finite.sum(1).min(), finite.sum(1).max()]),
        "target.quantiles": np.quantile(flat, QUANTILES),
    }
    if form.of_classes:
        facts["data.class_count.train"] = np.bincount(codes_of(finite, form), minlength=form.classes)
    return facts
