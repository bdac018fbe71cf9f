"""The preparation: what stands between raw inputs and the network, fitted on the training part only.

Comes in: raw inputs as read. Goes out: float32 arrays, with counts of what was unknown or missing. It travels
with the model as JSON; one that is read again gives the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadline.core.errors import DataError
from leadline.core.text import listed
from leadline.data.prepare_array import ArrayEncoder
from leadline.data.prepare_image import ImageEncoder
from leadline.data.prepare_table import TableEncoder
from leadline.data.prepared import Encoder, Prepared
from leadline.data.spread import mean_and_spread

_ENCODERS: Mapping[str, Any] = {"table": TableEncoder, "image": ImageEncoder, "array": ArrayEncoder}


@dataclass(frozen=True)
class Preparation:
    """Turns raw inputs into what the network takes, and its outputs back into the target's own unit.

    Args:
        encoder: Of tables, images or arrays.
        target_mean: Mean of the training targets; 0 for classes.
        target_scale: Standard deviation of the training targets; 1 for classes and where all are equal.

    Example:
        >>> from leadline.data.prepare_array import fit_array
        >>> preparation = Preparation(fit_array(np.array([[0.0], [2.0]])))
        >>> again = Preparation.from_json(preparation.to_json())
        >>> again.transform(np.array([[4.0]])).inputs
        array([[3.]], dtype=float32)
    """

    encoder: Encoder
    target_mean: float = 0.0
    target_scale: float = 1.0

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the prepared features; empty for images."""
        return self.encoder.feature_names

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one prepared input."""
        return self.encoder.input_shape

    def transform(self, raw: Any) -> Prepared:
        """Return prepared inputs, row by row in the order given.

        Args:
            raw: A DataFrame (table), an array (image, array) or paths of image files.

        Raises:
            DataError: Columns are missing, shapes differ or values cannot be converted.
        """
        return self.encoder.transform(raw)

    def standardize_target(self, values: np.ndarray) -> np.ndarray:
        """Return targets in their own unit, shape (B,), as float32 of shape (B, 1), standardized."""
        return ((values - self.target_mean) / self.target_scale).astype(np.float32).reshape(-1, 1)

    def targets(self, values: np.ndarray) -> np.ndarray:
        """Return targets as a network learns them.

        Args:
            values: As :class:`~leadline.data.dataset.Dataset` holds them: codes (int64), numbers (float64), or
                labels (float32 of shape (B, L)).

        Returns:
            int32 codes of shape (B,), or float32 of shape (B, 1), standardized, or of shape (B, L).

        Example:
            >>> from leadline.data.prepare_array import fit_array
            >>> preparation = Preparation(fit_array(np.eye(2)), 10.0, 2.0)
            >>> preparation.targets(np.array([12.0])), preparation.targets(np.array([1]))
            (array([[1.]], dtype=float32), array([1], dtype=int32))
        """
        if values.ndim == 2:
            return values.astype(np.float32)
        return self.standardize_target(values) if values.dtype.kind == "f" else values.astype(np.int32)

    def restore_target(self, values: Any) -> np.ndarray:
        """Return standardized predictions as float64 in the target's own unit, same shape.

        Example:
            >>> from leadline.data.prepare_array import fit_array
            >>> Preparation(fit_array(np.eye(2)), 10.0, 2.0).restore_target([1.0])
            array([12.])
        """
        return np.asarray(values, np.float64) * self.target_scale + self.target_mean

    def to_json(self) -> dict[str, Any]:
        """Return plain numbers, words, lists and dictionaries."""
        target = {"mean": self.target_mean, "scale": self.target_scale}
        return {"encoder": self.encoder.to_json(), "target": target}

    @staticmethod
    def from_json(spec: Mapping[str, Any]) -> Preparation:
        """Build the preparation that was written.

        Raises:
            DataError: It was not written by :meth:`to_json`.
        """
        try:
            encoder = _ENCODERS[spec["encoder"]["kind"]].from_json(spec["encoder"])
            return Preparation(encoder, float(spec["target"]["mean"]), float(spec["target"]["scale"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            must = f"a preparation of one of {listed(_ENCODERS)}"
            raise DataError.at("preparation", must, f"{type(error).__name__}: {error}") from None


def fit_preparation(encoder: Encoder, targets: np.ndarray, problem: str) -> Preparation:
    """Return the preparation with mean and spread of the training targets (regression).

    Args:
        encoder: Fitted on the training rows.
        targets: Of the training rows, shape (B,), or (B, L) of labels.
        problem: "classification", "regression" or "several_labels".
    """
    if problem != "regression":
        return Preparation(encoder)
    mean, spread = mean_and_spread(np.asarray(targets, np.float64)[:, None])
    return Preparation(encoder, float(mean[0]), float(spread[0]))
