"""What a data set is whose training rows do not fit into memory: blocks of prepared rows, epoch by epoch.

Comes in: nothing; the readers of this room make them. Goes out: the protocol by which the training loop takes
them. A data set that has a stream holds a sample of the training rows, and the held-out parts, in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, TypeAlias

import numpy as np

from leadline.data.prepare import Preparation

Block: TypeAlias = tuple[np.ndarray, np.ndarray]
"""Prepared inputs (B, ...) and targets, as :class:`~leadline.data.dataset.Part` holds them; any B. A block without
rows says that more will come, so that who waits can give up."""


class Stream(Protocol):
    """The training rows of a data set that does not fit into memory."""

    @property
    def rows(self) -> int:
        """Training rows of one epoch."""
        ...

    @property
    def counts(self) -> np.ndarray | None:
        """Training rows of each class or label, int64 of shape (K,); None in regression."""
        ...

    def with_preparation(self, preparation: Preparation) -> Stream:
        """Return the same rows, prepared in another way."""
        ...

    def blocks(self, seed: int, epoch: int) -> Iterator[Block]:
        """Yield every training row once, in an order drawn by seed and epoch.

        An iterator that is closed early leaves no thread behind.

        Args:
            seed: Of the order; the same seed and epoch give the same blocks.
            epoch: Number of the epoch.

        Raises:
            DataError: A file changed or cannot be read, or holds what the data set was not opened with.
        """
        ...
