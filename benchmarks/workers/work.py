"""The work that every worker does: networks, batch and synthetic rows, the same for all."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

# name: (batch, features, hidden widths, classes, rows)
MLPS = {
    "tiny": (32, 20, (64, 64), 3, 12_800),
    "mnist": (128, 784, (256, 128), 10, 12_800),
}
JUDGED = 512  # validation rows, for who validates
EPOCHS = {
    "tiny": 10,
    "mnist": 3,
}  # of one turn: a tenth of a second and more, so that waking up does not count


def rows(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs (B, F) and labels (B,) of a workload."""
    _, features, _, classes, number = MLPS[name]
    random = np.random.default_rng(0)
    inputs = random.standard_normal((number, features)).astype(np.float32)
    return inputs, random.integers(0, classes, number).astype(np.int32)


def steps(name: str) -> int:
    """Return the steps of one epoch."""
    batch, _, _, _, number = MLPS[name]
    return number // batch


def turn(name: str, epoch: Callable[[], None], made: int = 0) -> Callable[[], float]:
    """Return a function that runs the epochs of one turn and tells the seconds a step; ``made`` an epoch, or all."""

    def unit() -> float:
        start = time.perf_counter()
        for _ in range(EPOCHS[name]):
            epoch()
        return (time.perf_counter() - start) / (EPOCHS[name] * (made or steps(name)))

    return unit
