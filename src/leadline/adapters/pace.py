"""How often a foreign training is sounded: as often as it costs little.

Comes in: the time a watch took. Goes out: whether it may take more.
"""

from __future__ import annotations

import time
from collections.abc import Callable

SHARE = 0.01  # of the wall time, for soundings: losses and steps need their part too


class Pace:
    """Says when a sounding is due.

    Args:
        every: Steps (or epochs) from one sounding to the next; None to keep to a share of the time.
        clock: Seconds.

    Example:
        >>> pace = Pace(every=10)
        >>> pace.due(1), pace.took(1, 0.5), pace.due(5), pace.due(11)
        (True, None, False, True)
    """

    def __init__(self, every: int | None = None, clock: Callable[[], float] = time.perf_counter) -> None:
        self.every = every
        self.clock = clock
        self.began = clock()
        self.spent = 0.0
        self.last: int | None = None

    def due(self, step: int) -> bool:
        """Tell whether a sounding may begin at this step; the first always may."""
        if self.last is None:
            return True
        if self.every is not None:
            return step - self.last >= self.every
        return self.spent <= SHARE * (self.clock() - self.began)

    def took(self, step: int, seconds: float) -> None:
        """Count what one sounding took."""
        self.last = step
        self.spent += seconds
