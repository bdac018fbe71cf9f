"""The numbers of a table as float32 features, a few columns at a time.

Comes in: columns of numbers as they are in memory, which of their cells are missing, and what was learned from
the training rows. Goes out: one contiguous array. Columns are worked on in groups that fit into a processor's
cache, so that no step copies the whole table.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leadline.data.columns import HUGE
from leadline.data.roles import Column, Number, number_parts
from leadline.late import pd

FAR = 1e30  # keeps a value far from all seen ones within float32
_COLUMNS_AT_ONCE = 16
_ROWS_AT_ONCE = 2048

Cells = tuple[np.ndarray, np.ndarray | None]
"""Numbers of any dtype, and which of them are missing; None where none can be."""


def number_cells(series: pd.Series, column: Column) -> tuple[dict[str, Cells], np.ndarray | None]:
    """Return the numbers a column is made of by part, and which rows are missing, None where none is.

    Raises:
        DataError: Too many cells cannot be read as the column's role.

    Example:
        >>> parts, gone = number_cells(pd.Series([1.0, None], name="age"), Column("age", "number"))
        >>> parts[""][0].tolist(), gone.tolist()
        ([1.0, nan], [False, True])
    """
    kind = series.dtype.kind if isinstance(series.dtype, np.dtype) else ""
    if column.role == "number" and kind and kind in "iufb":
        values = series.to_numpy()
        missing = None
        if kind == "f":
            known = np.abs(values) <= HUGE if values.dtype == np.float64 else np.isfinite(values)
            missing = None if known.all() else ~known
        return {"": (values, missing)}, missing
    parts, gone = number_parts(series, column)
    if not gone.any():
        return {part: (values, None) for part, values in parts.items()}, None
    return {part: (values, gone) for part, values in parts.items()}, gone


def standardized(cells: Sequence[Cells], numbers: Sequence[Number], out: np.ndarray) -> None:
    """Write (value − center) / scale, missing cells filled, computed in float64.

    Args:
        cells: Of F features, each of B rows.
        numbers: What was learned of each.
        out: float32 of shape (B, F), or a slice of a wider array.

    Example:
        >>> out = np.empty((2, 1), np.float32)
        >>> missing = np.array([False, True])
        >>> standardized([(np.array([3, 0]), missing)], [Number("a", "", fill=5.0, center=1.0, scale=2.0)], out)
        >>> out.tolist()
        [[1.0], [2.0]]
    """
    for low in range(0, len(out), _ROWS_AT_ONCE):
        rows = slice(low, low + _ROWS_AT_ONCE)
        turned = np.empty((len(numbers), len(out[rows])), np.float32)  # written along its rows, turned once
        for first in range(0, len(numbers), _COLUMNS_AT_ONCE):
            some = slice(first, first + _COLUMNS_AT_ONCE)
            turned[some] = _block(cells[some], numbers[some], rows)
        out[rows] = turned.T


def _block(cells: Sequence[Cells], numbers: Sequence[Number], rows: slice) -> np.ndarray:
    values = np.stack([values[rows] for values, _ in cells], dtype=np.float64, casting="unsafe")
    for own, (_, missing), number in zip(values, cells, numbers, strict=True):
        if missing is not None:
            own[missing[rows]] = number.fill
    values -= np.array([[number.center] for number in numbers])
    values /= np.array([[number.scale] for number in numbers])
    return np.clip(values, -FAR, FAR, out=values)
