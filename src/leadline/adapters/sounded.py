"""Soundings of foreign layers, in NumPy: the numbers of :mod:`leadline.soundings` for arrays of any framework.

Comes in: outputs and weights of a layer, units last. Goes out: numbers by the names of the vocabulary. A foreign
training is sounded outside a compiled program, a few rows at a time, so the numbers are gathered from parts.
"""

from __future__ import annotations

import math

import numpy as np

VALUES = 1 << 16  # of one layer in one pass, some tenths of a millisecond
LEAST_ROWS = 64  # a unit silent for that many rows fires for under 5% of all, see the rule of dead units
WEIGHTS = 1 << 20  # of one layer, to compare units
NEAR_BOUND = 0.01
ALIKE = 1e-3
BOUNDS = {
    "sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "hard_tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0), "relu6": (0.0, 6.0), "softmax": (0.0, 1.0),
}  # fmt: skip
"""Activations with two finite bounds; a test holds them to the catalogue."""


def rows_to_sound(rows: int, values_of_a_row: int) -> int:
    """Return how many rows of a layer's outputs are looked at in one pass.

    Example:
        >>> rows_to_sound(512, 1_000), rows_to_sound(512, 100_000), rows_to_sound(8, 10)
        (65, 64, 8)
    """
    return min(rows, max(LEAST_ROWS, VALUES // max(1, values_of_a_row)))


def stride_of_places(rows: int, places: int, units: int) -> int:
    """Return of how many places of an image or a sequence one is looked at.

    Whether a unit is dead is asked of every place; the other numbers do with some of them.

    Example:
        >>> stride_of_places(64, 784, 16), stride_of_places(64, 1, 256)
        (13, 1)
    """
    return min(places, -(-rows * places * units // VALUES))


class Sounding:
    """One layer's outputs, in five numbers, gathered over some passes.

    Args:
        activation: What the outputs went through, for its bounds.

    Example:
        >>> sounding = Sounding("relu")
        >>> sounding.add(np.array([[0.0, 1.0], [0.0, 0.0]]))
        >>> sounding.numbers()["zeros"], sounding.numbers()["dead"]
        (0.75, 0.5)
    """

    def __init__(self, activation: str = "linear") -> None:
        self.activation = activation
        self.rows = 0
        self._number = 0
        self._middle = 0.0
        self._sum = self._squares = 0.0
        self._near = 0
        self._zeros = 0
        self._alive: np.ndarray | None = None

    def add(self, outputs: np.ndarray, alive: np.ndarray | None = None) -> None:
        """Take in outputs.

        Args:
            outputs: Shape (B, ..., U).
            alive: Whether each unit is anything but 0 in any row and place, shape (U,); read off the outputs if None.
        """
        units = outputs.reshape(-1, outputs.shape[-1])
        if not self.rows and units.size:
            self._middle = float(units[0].mean())
        self.rows += len(outputs)
        around = (units - units.dtype.type(self._middle)).ravel()
        with np.errstate(all="ignore"):  # NaN is told by its number
            self._sum += float(around.sum(dtype=np.float64))
            self._squares += float(np.dot(around, around))
        fires = units != 0
        self._zeros += units.size - int(np.count_nonzero(fires))
        alive = fires.any(axis=0) if alive is None else alive
        same = self._alive is not None and len(self._alive) == len(alive)
        self._alive = self._alive | alive if same and self._alive is not None else alive
        self._number += units.size
        if self.activation in BOUNDS:
            low, high = BOUNDS[self.activation]
            near = NEAR_BOUND * (high - low)
            self._near += int(np.count_nonzero((units < low + near) | (units > high - near)))

    def numbers(self) -> dict[str, float]:
        """Return mean, spread, zeros, saturated and dead; NaN where nothing was taken in."""
        names = ("mean", "spread", "zeros", "saturated", "dead")
        if not self._number or self._alive is None:
            return dict.fromkeys(names, math.nan)
        away = self._sum / self._number
        variance = self._squares / self._number - away**2
        return {
            "mean": self._middle + away,
            "spread": math.sqrt(max(variance, 0.0)) if math.isfinite(variance) else math.nan,
            "zeros": self._zeros / self._number,
            "saturated": self._near / self._number if self.activation in BOUNDS else math.nan,
            "dead": float((~self._alive).mean()),
        }


def equal_neighbors(kernel: np.ndarray) -> float:
    """Return the share of neighboring units with the same weights; NaN for a single unit.

    Args:
        kernel: Units last. Of a large one, the first units are compared.

    Example:
        >>> equal_neighbors(np.array([[1.0, 1.0, 2.0]]))
        0.5
    """
    columns = kernel.reshape(-1, kernel.shape[-1])
    columns = columns[:, : max(2, WEIGHTS // max(1, len(columns)))]
    if columns.shape[1] < 2 or not len(columns):
        return math.nan
    sizes = np.abs(columns).max(0)
    gaps = np.abs(columns[:, 1:] - columns[:, :-1]).max(0)
    return float(np.mean(gaps <= ALIKE * np.maximum(sizes[1:], sizes[:-1])))
