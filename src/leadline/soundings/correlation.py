"""Measurements of how features of flat inputs go together: copies, and the condition of their correlations.

Comes in: prepared inputs. Goes out: ``data.input.copies`` and ``data.input.condition``, read off a sample of rows;
nothing for images, sequences and inputs too wide or with too few rows for it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

ROWS = 4_096  # of the sample: a correlation of 0.999 is known to 0.00003
FEATURES = 512  # more would take longer than all other facts
ROWS_EACH = 4  # rows for each feature at least; with fewer, chance alone gives conditions above 9
COPY = 0.999  # correlation of a copy: less than 5% of the spread is not shared, sqrt(1 - 0.999²)
EDGE = 0.01  # of the values on each side that a copy must do without: one far value is no copy
MANY = 3  # values at least: columns of yes and no coincide by nature, as gaps in the same rows do
ROUNDING = 1e-10  # of the largest eigenvalue: float32 inputs give 1e-14 and less where one column is the sum of others


def correlation_facts(inputs: np.ndarray) -> dict[str, Any]:
    """Return copies among the features and the condition number of their correlations.

    Args:
        inputs: Prepared, shape (B, F), float; others give nothing, as whole numbers stand for tokens.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(200, 2))
        >>> facts = correlation_facts(np.column_stack([x, 3 * x[:, 0] - 1]))
        >>> facts["data.input.copies"].tolist()
        [-1, -1, 0]
    """
    if inputs.ndim != 2 or not 1 < inputs.shape[1] <= FEATURES or inputs.dtype.kind != "f":
        return {}
    rows = np.asarray(inputs[:: -(-len(inputs) // ROWS) or 1], np.float64)
    rows = rows[np.isfinite(rows).all(axis=1)]
    if len(rows) < ROWS_EACH * inputs.shape[1]:
        return {}
    spread = rows.std(axis=0)
    varies = np.flatnonzero(spread > ROUNDING * np.abs(rows).max(axis=0))
    if varies.size < 2:
        return {}
    whole = (rows[:, varies] - rows[:, varies].mean(axis=0)) / spread[varies]
    together = whole.T @ whole / len(rows)
    return {
        "data.input.copies": _copies(rows, together, varies),
        "data.input.condition": condition(together),
    }


def condition(together: np.ndarray) -> float:
    """Return the largest over the smallest eigenvalue above rounding.

    Levels of one category add up to 1, which makes an eigenvalue of exactly 0. Nothing moves along it, so that it slows
    no training; it does not count.

    Args:
        together: Correlations, shape (F, F).

    Example:
        >>> condition(np.array([[1.0, 0.5], [0.5, 1.0]])), condition(np.ones((2, 2)))
        (3.0, 1.0)
    """
    values = np.linalg.eigvalsh(together)
    kept = values[values > ROUNDING * values[-1]]
    return float(np.round(kept[-1] / kept[0], 9))


def _copies(rows: np.ndarray, together: np.ndarray, varies: np.ndarray) -> np.ndarray:
    """Return for each feature the first earlier one that it follows, -1 where there is none."""
    found = np.full(rows.shape[1], -1, np.int64)
    first, second = np.nonzero(np.triu(together >= COPY, k=1))
    for one, two in zip(varies[first], varies[second], strict=True):
        if found[two] < 0 and found[one] < 0 and _follows(rows[:, one], rows[:, two]):
            found[two] = one
    return found


def _follows(one: np.ndarray, two: np.ndarray) -> bool:
    """Tell whether two features agree in the bulk of their rows too, where they take several values."""
    kept = np.ones(len(one), bool)
    for values in (one, two):
        low, high = np.quantile(values, [EDGE, 1 - EDGE])
        kept &= (values >= low) & (values <= high)
    one, two = one[kept], two[kept]
    if min(len(np.unique(one)), len(np.unique(two))) < MANY:
        return False
    return bool(np.corrcoef(one, two)[0, 1] >= COPY)
