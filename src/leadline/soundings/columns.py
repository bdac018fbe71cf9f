"""Raw columns as codes and numbers: what twins and lonely columns are measured on.

Comes in: a data set as read. Goes out: for every column that is used, whole codes (equal cells, equal
codes) and, where the cells are numbers or times, those numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadline.data.dataset import Dataset

MOST_INPUTS = (
    64  # a flat array with more inputs is more like an image: no single one has a meaning of its own
)


@dataclass(frozen=True, eq=False)
class RawColumns:
    """The raw columns that are used.

    Args:
        names: Of R columns; of a flat array "input 0", "input 1", ...
        codes: int64 of shape (R, B); equal where the cells are equal, a missing cell has a code of its own.
        numbers: float64 of shape (B,) of the columns that hold numbers or times, NaN where missing.
    """

    names: tuple[str, ...]
    codes: np.ndarray
    numbers: Mapping[str, np.ndarray]


def raw_columns(dataset: Dataset) -> RawColumns:
    """Return the raw columns of a table, or of a flat array of at most 64 inputs; none of other data.

    A column of a table that was left out, e.g. an id, is left out here too.
    """
    if isinstance(dataset.inputs, np.ndarray):
        return _of_array(dataset.inputs, dataset.kind)
    used = [(str(name), column) for name, column in dataset.inputs.items() if name not in dataset.dropped]
    codes = [_codes(column) for _, column in used]
    numbers = {name: values for name, column in used if (values := _numbers(column)) is not None}
    return RawColumns(tuple(name for name, _ in used), _stacked(codes), numbers)


def constant_columns(dataset: Dataset) -> list[str]:
    """Return the columns of a table with one value only in the training part, used or left out."""
    if isinstance(dataset.inputs, np.ndarray):
        return []
    train = dataset.split.train
    return [
        str(name) for name, column in dataset.inputs.items() if len(np.unique(_codes(column)[train])) <= 1
    ]


def _of_array(inputs: np.ndarray, kind: str) -> RawColumns:
    if kind != "array" or inputs.ndim != 2 or inputs.shape[1] > MOST_INPUTS:
        return RawColumns((), np.zeros((0, len(inputs)), np.int64), {})
    names = tuple(f"input {position}" for position in range(inputs.shape[1]))
    columns = np.ascontiguousarray(inputs.T)
    codes = [np.unique(column, return_inverse=True)[1] for column in columns]
    numbers = {name: column.astype(np.float64) for name, column in zip(names, columns, strict=True)}
    return RawColumns(names, _stacked(codes), numbers)


def _stacked(codes: list[np.ndarray]) -> np.ndarray:
    return np.stack(codes).astype(np.int64) if codes else np.zeros((0, 0), np.int64)


def _codes(column: Any) -> np.ndarray:
    """Return a number from 1 for each different cell of a pandas column, 0 for a missing cell."""
    try:
        codes, _ = column.factorize()
    except TypeError:  # cells that cannot be hashed, such as lists
        codes, _ = column.map(repr).factorize()
    return np.asarray(codes, np.int64) + 1


def _numbers(column: Any) -> np.ndarray | None:
    """Return a pandas column as numbers, or None where its cells are words."""
    kind = getattr(column.dtype, "kind", "O")
    if kind in "mM":
        whole = column.to_numpy("datetime64[ns]" if kind == "M" else "timedelta64[ns]")
        return np.where(np.isnat(whole), np.nan, whole.astype(np.int64).astype(np.float64))
    if kind not in "iufb":
        return None
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(values)
