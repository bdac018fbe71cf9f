"""Arrays as float32, each feature standardized by its training mean and spread.

Comes in: numbers of shape (B, F) or (B, ..., F). Goes out: float32 of the same shape. NaN and infinities are
left as they are: what to do about them is for people to decide, and the diagnosis names them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from leadline.core.errors import DataError
from leadline.data.prepared import Prepared
from leadline.data.spread import mean_and_spread

_NUMBERS_AT_ONCE = 65_536  # half a megabyte of float64 stays in the cache: four times faster than all at once


@dataclass(frozen=True)
class ArrayEncoder:
    """Standardizes the last axis: (value − mean) / scale.

    Args:
        shape: Of one input.
        mean: Of each feature of the last axis.
        scale: Standard deviation of each feature; 1 where it is constant.
        names: Of the features, for flat inputs.
    """

    shape: tuple[int, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    names: tuple[str, ...] = ()

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the features; empty where an input is not flat."""
        return self.names

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one input."""
        return self.shape

    @property
    def dropped(self) -> Mapping[str, str]:
        """Nothing is left out."""
        return {}

    @property
    def words(self) -> tuple[str, ...]:
        """Nothing to tell."""
        return ()

    def transform(self, raw: Any) -> Prepared:
        """Return the array as float32 of shape (B, ...).

        Raises:
            DataError: Another shape, or values that are no numbers.
        """
        values = np.asarray(raw)
        if values.dtype.kind not in "iufb":
            raise DataError.at("inputs", "an array of numbers", f"values of type {values.dtype}")
        if values.shape[1:] != self.shape:
            must = f"of shape (B, {', '.join(map(str, self.shape))})"
            raise DataError.at("inputs", must, str(values.shape), "give the same features as in training")
        inputs = np.empty(values.shape, np.float32)
        mean, scale = self._steps
        rows = max(1, _NUMBERS_AT_ONCE // max(1, math.prod(self.shape)))
        with np.errstate(over="ignore"):  # beyond float32 is infinite, and told by the diagnosis
            for start in range(0, len(values), rows):
                some = slice(start, start + rows)
                np.divide(values[some] - mean, scale, out=inputs[some], casting="same_kind")
        return Prepared(inputs)

    @cached_property
    def _steps(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and scale as arrays, which one row alone would take longer to make than to use."""
        return np.array(self.mean), np.array(self.scale)

    def to_json(self) -> dict[str, Any]:
        """Return what is needed to build it again."""
        return {"kind": "array", **asdict(self)}

    @classmethod
    def from_json(cls, spec: Mapping[str, Any]) -> ArrayEncoder:
        """Build the encoder that was written."""
        names = (tuple(spec[key]) for key in ("shape", "mean", "scale", "names"))
        return cls(*names)


def fit_array(values: np.ndarray, *, scale: bool = True, names: tuple[str, ...] = ()) -> ArrayEncoder:
    """Learn mean and spread of each feature from the finite training values.

    Args:
        values: Shape (B, F) or (B, ..., F).
        scale: False leaves the values as they are.
        names: Of the features, for flat inputs.

    Example:
        >>> fit_array(np.array([[0.0], [2.0]])).transform(np.array([[4.0]])).inputs
        array([[3.]], dtype=float32)
    """
    features = values.shape[-1]
    shape = tuple(map(int, values.shape[1:]))
    if not scale:
        return ArrayEncoder(shape, (0.0,) * features, (1.0,) * features, names)
    flat = values.reshape(-1, features).astype(np.float64)
    flat[~np.isfinite(flat)] = np.nan
    mean, spread = mean_and_spread(flat)
    return ArrayEncoder(shape, tuple(map(float, mean)), tuple(map(float, spread)), names)
