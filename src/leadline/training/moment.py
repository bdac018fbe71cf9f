"""What a training says of itself while it runs, for a progress bar or any other watcher."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Moment:
    """One moment of a training, as ``ll.fit(..., watch=...)`` is told it.

    Args:
        epoch: The running epoch, from 1.
        epochs: Epochs asked for.
        done: Share of this epoch that is done, in [0, 1].
        loss: Mean training loss of this epoch so far.
        validation_loss: Of the last finished epoch; NaN before.
        score: Accuracy or R squared on the validation part, of the last finished epoch; NaN before.
        best_epoch: Epoch with the lowest validation loss so far; 0 before.
        rows_per_second: Training rows a second, over the last part.
        seconds_left: Until all epochs are done, at this rate; early stopping may end sooner.

    Example:
        >>> import leadline as ll
        >>> losses = []
        >>> def follow(moment: ll.Moment) -> None:
        ...     losses.append(moment.loss)
        >>> _ = ll.fit("linear", ll.data.bundled("iris"), epochs=3, watch=follow)
        >>> len(losses)
        3
    """

    epoch: int
    epochs: int
    done: float
    loss: float
    validation_loss: float
    score: float
    best_epoch: int
    rows_per_second: float
    seconds_left: float


Watcher = Callable[[Moment], None]


def unwatched(moment: Moment) -> None:
    """Ignore the moment."""


def both(first: Watcher, second: Watcher) -> Watcher:
    """Return a watcher that tells two others, one after the other.

    Example:
        >>> seen = []
        >>> both(seen.append, seen.append)("a moment")
        >>> len(seen)
        2
    """

    def tell(moment: Moment) -> None:
        first(moment)
        second(moment)

    return tell
