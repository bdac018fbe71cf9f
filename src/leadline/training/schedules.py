"""Schedules: how the learning rate moves over a training, as a factor on the optimizer's learning rate.

Comes in: lengths in epochs. Goes out: a frozen :class:`Schedule` that becomes an optax schedule over steps; and
:class:`Rise`, which tries all rates of a range one after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, cast

import optax

from leadline.core.constraints import (
    NOT_NEGATIVE,
    POSITIVE,
    POSITIVE_WHOLE,
    Interval,
    OneOf,
    check_fields,
)
from leadline.core.errors import RecipeError

Rate = Callable[[Any], Any]


@dataclass(frozen=True)
class Schedule:
    """How the learning rate moves; make one by :func:`constant`, :func:`step_decay`, :func:`cosine` or :func:`warmup`.

    Args:
        name: "constant", "step_decay" or "cosine".
        warmup: Epochs of linear rise from 0 at the start, at least 0.
        every: Epochs between two drops (step_decay).
        factor: What the rate is multiplied by at each drop (step_decay), in (0, 1].
        end: Share of the rate left at the very end (cosine), in [0, 1].
    """

    name: Annotated[str, OneOf("constant", "step_decay", "cosine")] = "constant"
    warmup: Annotated[float, NOT_NEGATIVE] = 0.0
    every: Annotated[int, POSITIVE_WHOLE] = 10
    factor: Annotated[float, Interval(0, 1, open_low=True)] = 0.5
    end: Annotated[float, Interval(0, 1)] = 0.0

    def __post_init__(self) -> None:
        check_fields(self, f"schedule {self.name}", RecipeError)

    def over(self, rate: float, steps_per_epoch: int, epochs: int) -> Rate:
        """Return the optax schedule: step (from 0) → learning rate.

        Args:
            rate: The optimizer's learning rate, above 0.
            steps_per_epoch: Steps in one epoch.
            epochs: Epochs of the whole training; the cosine ends with them.
        """
        rise = round(self.warmup * steps_per_epoch)
        main = self._main(rate, steps_per_epoch, max(1, epochs * steps_per_epoch - rise))
        if rise == 0:
            return main
        first = rate / rise  # so that the first step already moves
        return cast(Rate, optax.join_schedules([optax.linear_schedule(first, rate, rise), main], [rise]))

    def _main(self, rate: float, steps_per_epoch: int, steps: int) -> Rate:
        if self.name == "cosine":
            return cast(Rate, optax.cosine_decay_schedule(rate, steps, alpha=self.end))
        if self.name == "step_decay":
            every = self.every * steps_per_epoch
            return cast(Rate, optax.exponential_decay(rate, every, self.factor, staircase=True))
        return cast(Rate, optax.constant_schedule(rate))

    def to_spec(self) -> dict[str, Any]:
        """Return what a recipe file says of it."""
        own = {"constant": (), "step_decay": ("every", "factor"), "cosine": ("end",)}[self.name]
        return {"name": self.name, "warmup": self.warmup, **{key: getattr(self, key) for key in own}}


def constant() -> Schedule:
    """Return the schedule that keeps the learning rate.

    Example:
        >>> float(constant().over(0.1, steps_per_epoch=10, epochs=3)(25))
        0.1
    """
    return Schedule("constant")


def step_decay(every: int = 10, factor: float = 0.5, warmup: float = 0.0) -> Schedule:
    """Return the schedule that multiplies the learning rate by a factor every few epochs.

    ``rate · factor^floor(epoch / every)``

    Args:
        every: Epochs between two drops, at least 1.
        factor: In (0, 1].
        warmup: Epochs of linear rise at the start.

    Example:
        >>> float(step_decay(every=2, factor=0.5).over(0.1, steps_per_epoch=10, epochs=4)(20))
        0.05000000074505806
    """
    return Schedule("step_decay", warmup=warmup, every=every, factor=factor)


def cosine(end: float = 0.0, warmup: float = 0.0) -> Schedule:
    """Return the schedule that falls along half a cosine until the last step.

    ``rate · (end + (1 - end) · (1 + cos(π · step / steps)) / 2)``; source: Loshchilov and Hutter, SGDR (2017).

    Args:
        end: Share of the rate left at the end, in [0, 1].
        warmup: Epochs of linear rise at the start.

    Example:
        >>> round(float(cosine().over(0.1, steps_per_epoch=10, epochs=2)(10)), 3)
        0.05
    """
    return Schedule("cosine", warmup=warmup, end=end)


def warmup(epochs: float = 1.0) -> Schedule:
    """Return the schedule that rises linearly for some epochs and then stays.

    Source: Goyal et al., Accurate, Large Minibatch SGD (2017).

    Args:
        epochs: Length of the rise, at least 0.

    Example:
        >>> rate = warmup(2).over(0.1, steps_per_epoch=10, epochs=4)
        >>> round(float(rate(0)), 4), round(float(rate(30)), 4)
        (0.005, 0.1)
    """
    return Schedule("constant", warmup=epochs)


@dataclass(frozen=True)
class Rise:
    """The schedule of a range test: from the lowest rate to the highest, by the same factor from step to step.

    ``rate(step) = lowest · (highest / lowest)^(step / (steps - 1))``; source: Smith, Cyclical learning rates for
    training neural networks (2017), there in equal steps; by a factor, every decade gets as many.

    Args:
        lowest: First learning rate, above 0.
        highest: Last learning rate, above the lowest.
        steps: How many, at least 20: fewer show no curve.

    Raises:
        RecipeError: Names every number that is out of bounds.

    Example:
        >>> [round(float(Rise(0.01, 1, 21).over()(step)), 3) for step in (0, 10, 20)]
        [0.01, 0.1, 1.0]
    """

    lowest: Annotated[float, POSITIVE] = 1e-6
    highest: Annotated[float, POSITIVE] = 10.0
    steps: Annotated[int, Interval(20, whole=True)] = 200

    def __post_init__(self) -> None:
        check_fields(self, "rate_range", RecipeError)
        if self.highest <= self.lowest:
            must = f"above the lowest rate, {self.lowest:g}"
            raise RecipeError.at("rate_range, highest", must, repr(self.highest))

    def over(self) -> Rate:
        """Return the optax schedule: step (from 0) → learning rate."""
        return cast(Rate, optax.exponential_decay(self.lowest, self.steps - 1, self.highest / self.lowest))
