"""What people give to predict: many rows or one, in memory or by path, as a preparation takes them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from leadline.core.errors import DataError
from leadline.data.new_rows import new_rows
from leadline.data.prepare import Preparation
from leadline.late import pd

_KINDS = "rows as in training: a DataFrame, a dictionary of columns, an array, or a path"


def as_rows(given: Any, preparation: Preparation) -> Any:
    """Return raw rows for ``preparation.transform``.

    Args:
        given: A DataFrame of pandas or polars, a dictionary of columns or of one row, a Series as one row, an
            array of rows or one row, a path, or paths of images.
        preparation: Of the model.

    Raises:
        DataError: It is no such thing, or cannot be read.

    Example:
        >>> from leadline.data.prepare_array import fit_array
        >>> as_rows([1.0, 2.0], Preparation(fit_array(np.eye(2)))).shape
        (1, 2)
    """
    if type(given) is np.ndarray:  # the usual case, before questions that take longer than a small network
        return _array(given, preparation)
    if hasattr(given, "to_dict") and isinstance(given, pd.Series):  # pandas is not imported to tell a list
        given = given.to_dict()
    if isinstance(given, Mapping) and given and not any(map(_is_column, given.values())):
        given = pd.DataFrame([dict(given)])
    if isinstance(given, (str, Path, Mapping)) or hasattr(given, "columns"):
        return new_rows(given, preparation)
    if isinstance(given, (list, tuple)) and given and all(isinstance(item, (str, Path)) for item in given):
        return given
    return _array(given, preparation)


def _is_column(value: Any) -> bool:
    return not isinstance(value, str) and np.ndim(value) > 0


def _array(given: Any, preparation: Preparation) -> Any:
    try:
        array = np.asarray(given)
    except (TypeError, ValueError) as error:
        raise DataError.at("rows to predict", _KINDS, f"{type(given).__name__} ({error})") from error
    if array.dtype == object or array.ndim == 0:
        got = f"{type(given).__name__} of shape {array.shape} and type {array.dtype}"
        raise DataError.at("rows to predict", _KINDS, got)
    return new_rows(array[None] if array.shape in _one(preparation.input_shape) else array, preparation)


def _one(shape: tuple[int, ...]) -> set[tuple[int, ...]]:
    """Return the shapes of a single row: an image also flat, and without its only channel."""
    if len(shape) != 3:
        return {shape}
    return {shape, (math.prod(shape),), *([shape[:2]] if shape[2] == 1 else [])}
