"""Arrays as float32, each feature standardized by its training mean and spread.

Comes in: numbers of shape (B, F) or (B, ..., F). Goes out: float32 of the same shape. NaN and infinities are
left as they are: what to do about them is for people to decide, and the diagnosis names them.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.preprocessing import StandardScaler

from leadline.core.errors import DataError
from leadline.data.prepared import Prepared

_ROWS_AT_ONCE = 8192


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
        mean, scale = np.array(self.mean), np.array(self.scale)
        for start in range(0, len(values), _ROWS_AT_ONCE):
            some = slice(start, start + _ROWS_AT_ONCE)
            with np.errstate(over="ignore"):  # beyond float32 is infinite, and told by the diagnosis
                inputs[some] = (values[some] - mean) / scale
        return Prepared(inputs)

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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a feature without a finite value has no mean
        scaler = StandardScaler().fit(flat)
    mean = np.nan_to_num(scaler.mean_)
    spread = np.nan_to_num(scaler.scale_, nan=1.0)
    return ArrayEncoder(shape, tuple(map(float, mean)), tuple(map(float, spread)), names)
