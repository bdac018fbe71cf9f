"""Early stopping: which epoch was best, and whether to go on.

Comes in: one validation loss an epoch. Goes out: a frozen watch that says "best yet" and "enough".
Source: Prechelt, Early Stopping - But When? (1998).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Stopping:
    """What early stopping has seen so far.

    Args:
        patience: Epochs without a better loss before stopping, at least 1.
        min_delta: How much lower a loss must be to count as better, at least 0.
        best: Lowest loss so far.
        best_epoch: Its epoch, from 1; 0 before the first.
        epoch: Last epoch seen.

    Example:
        >>> watch = Stopping(patience=2)
        >>> for loss in (1.0, 0.5, 0.7, 0.6):
        ...     watch = watch.saw(loss)
        >>> watch.best_epoch, watch.enough
        (2, True)
    """

    patience: int
    min_delta: float = 0.0
    best: float = math.inf
    best_epoch: int = 0
    epoch: int = 0

    def saw(self, loss: float) -> Stopping:
        """Return the watch after one more epoch."""
        after = replace(self, epoch=self.epoch + 1)
        if loss < self.best - self.min_delta or (self.best_epoch == 0 and math.isfinite(loss)):
            return replace(after, best=loss, best_epoch=after.epoch)
        return after

    @property
    def is_best(self) -> bool:
        """The last epoch was the best so far."""
        return 0 < self.best_epoch == self.epoch

    @property
    def enough(self) -> bool:
        """No better loss for as many epochs as the patience allows."""
        return self.epoch - self.best_epoch >= self.patience

    @property
    def may_be_enough(self) -> bool:
        """The next epoch is the last one unless its loss is better."""
        return self.epoch + 1 - self.best_epoch >= self.patience
