"""Where the rows of an epoch come from: chunks of them on the device, and which of them make a step.

Comes in: rows that fit on the device. Goes out: one chunk that stays; only the order changes from epoch to epoch.
Orders are drawn on the host, which costs less than on the device, and depend on seed and epoch alone. Rows that do not
fit come in several chunks, see ``streamed.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from leadline.training.program import epoch_steps
from leadline.training.step import Rows


@dataclass(frozen=True)
class Chunk:
    """Rows on the device, and the steps to make with them.

    Args:
        rows: On the device.
        batches: Places of the rows of each full batch, int32 (S, B).
        full: How many of the batches are to be made; a last chunk may not be full.
        last: Places of the rows of the epoch's last step; None where another chunk follows.
        epoch: That they belong to, from 1.
        first: Steps of the epoch before this chunk.
    """

    rows: Rows
    batches: np.ndarray
    full: int
    last: np.ndarray | None
    epoch: int
    first: int = 0


class Feed(Protocol):
    """Gives the rows of every epoch."""

    @property
    def rows(self) -> int:
        """Rows of one epoch."""

    def shapes(self) -> tuple[Any, tuple[int, int]]:
        """Return shapes and types of a chunk's rows, and of its batches."""

    def a_step(self) -> Chunk:
        """Return some rows as if they were an epoch's last step, to try the program on."""

    def chunks(self, epoch: int) -> Iterator[Chunk]:
        """Yield the chunks of an epoch, from 1."""

    def ahead(self, epoch: int) -> None:
        """Get ready for an epoch while the device is busy."""

    def stop(self) -> None:
        """Give back threads and files."""


@dataclass
class Held:
    """Rows that are all on the device, in another order each epoch.

    Args:
        held: On the device.
        batch: Rows of a step.
        seed: Of the order.
    """

    held: Rows
    batch: int
    seed: int
    drawn: tuple[int, np.ndarray] = field(default_factory=lambda: (0, np.zeros(0, np.int32)))

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.held.inputs)

    def shapes(self) -> tuple[Any, tuple[int, int]]:
        """Return shapes and types of the rows, and of all full batches."""
        return self.held, (epoch_steps(self.rows, self.batch)[0], self.batch)

    def a_step(self) -> Chunk:
        """Return the last step of the first epoch."""
        return next(self.chunks(1))

    def chunks(self, epoch: int) -> Iterator[Chunk]:
        """Yield the only chunk."""
        self.ahead(epoch)
        order = self.drawn[1]
        full = epoch_steps(self.rows, self.batch)[0]
        batches = order[: full * self.batch].reshape(full, self.batch)
        yield Chunk(self.held, batches, full, order[full * self.batch :], epoch)

    def ahead(self, epoch: int) -> None:
        """Draw an epoch's order."""
        if self.drawn[0] != epoch:
            self.drawn = (epoch, epoch_order(self.seed, epoch, self.rows))

    def stop(self) -> None:
        """Hold nothing that must be given back."""


def epoch_order(seed: int, epoch: int, rows: int) -> np.ndarray:
    """Return the order of the training rows in one epoch, int32 of shape (rows,).

    Example:
        >>> sorted(epoch_order(0, 1, 5).tolist())
        [0, 1, 2, 3, 4]
    """
    return np.random.default_rng((seed, epoch)).permutation(rows).astype(np.int32)
