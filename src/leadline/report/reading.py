"""Reading a run that may be partial or foreign: each value in the form asked for, or nothing.

A run gives every value the form its name declares; it may lack names, and hold no finite number under one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from leadline.record.run import Run

_BEYOND = 1e100


def text(run: Run, name: str) -> str:
    """Return a value as text; empty where it is missing."""
    value = run.get(name)
    return "" if value is None else str(value)


def words(run: Run, name: str) -> tuple[str, ...]:
    """Return a list of words; empty where it is missing.

    Example:
        >>> words(Run({"data.classes": ("a", "b")}), "data.classes")
        ('a', 'b')
    """
    value = run.get(name)
    return tuple(str(word) for word in value) if isinstance(value, list | tuple) else ()


def mapping(run: Run, name: str) -> Mapping[str, Any]:
    """Return a mapping; empty where it is missing."""
    value = run.get(name)
    return value if isinstance(value, Mapping) else {}


def single(run: Run, name: str) -> float | None:
    """Return a single number, NaN included; None where it is missing or no number."""
    array = _numbers(run.get(name))
    return float(array.reshape(-1)[0]) if array is not None and array.size == 1 else None


def whole(run: Run, name: str) -> int | None:
    """Return a whole number; None where it is missing or not finite.

    Example:
        >>> whole(Run({"data.rows.test": 360}), "data.rows.test")
        360
    """
    value = single(run, name)
    return int(value) if value is not None and math.isfinite(value) else None


def series(run: Run, name: str) -> np.ndarray | None:
    """Return a curve of shape (n,); None where it is missing or holds no finite number."""
    array = _numbers(run.get(name))
    if array is None or array.ndim != 1 or not np.isfinite(array).any():
        return None
    return array


def epochs(run: Run) -> int:
    """Return how many epochs the longest curve has; 0 without curves.

    Example:
        >>> epochs(Run({"curve.loss.train": [2.0, 1.5]}))
        2
    """
    curves = [
        series(run, name) for name in ("curve.loss.train", "curve.loss.validation", "curve.score.validation")
    ]
    return max((len(curve) for curve in curves if curve is not None), default=0)


def table(run: Run, name: str, width: int) -> np.ndarray | None:
    """Return numbers of shape (E, width); None where they are missing or hold no finite number.

    Where not every epoch was sounded, the others show the sounding before them.
    """
    array = _numbers(run.get(name))
    if array is None or array.ndim != 2 or array.shape[1] != width or not np.isfinite(array).any():
        return None
    taken = _numbers(run.get("sounding.epochs"))
    if taken is None or len(taken) != len(array) or (taken == np.arange(1, len(taken) + 1)).all():
        return array
    epochs = np.arange(1, max(run.epochs, int(taken[-1])) + 1)
    return np.asarray(array[np.maximum(np.searchsorted(taken, epochs, side="right") - 1, 0)])


def drawable(array: np.ndarray) -> np.ndarray:
    """Return numbers with those beyond any axis as infinite, so that no picture overflows over them.

    Example:
        >>> drawable(np.array([1.0, -1e200])).tolist()
        [1.0, -inf]
    """
    return np.where(np.abs(array) > _BEYOND, np.copysign(np.inf, array), array)


def _numbers(value: Any) -> np.ndarray | None:
    if value is None:
        return None
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return drawable(array)
