"""The learning-rate range test: one short training in which the rate rises from step to step until it fails.

Comes in: a recipe, its data and task, and the rise. Goes out: a frozen :class:`RateRange`: loss against rate, where
the loss begins to fall, where it comes apart, and the rate to try first. The steps are those of a training by the
same recipe: same compiled program, batches, penalties and first weights; only the training rows are ever seen.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import jax
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from leadline.core.errors import RecipeError
from leadline.data.dataset import Dataset
from leadline.nn.tasks import Task
from leadline.training.loop import Course, Loop
from leadline.training.moment import Moment, Watcher, unwatched
from leadline.training.optimizers import Optimizer
from leadline.training.program import epoch_steps
from leadline.training.rate_text import curve
from leadline.training.recipe import Recipe
from leadline.training.schedules import Rise
from leadline.training.step import Rows
from leadline.training.supervised import batch_of, check, problem_of, rows_in, rows_of
from leadline.training.train import chosen_for, prepare
from leadline.training.written import optimizer_code

NEAR = 0.05
"""Share of the whole fall by which a loss may lie above the lowest one. In a flat valley the lowest place is chance;
the first place nearly as low is the one to go by."""
BELOW = 2.0
"""How far the suggestion lies below the rate of that place. The test had met larger rates for a few steps only, and
with what lower ones had learned, while a whole training stays at its rate from the first step. This leaves room below
the rate at which the loss rises again; a rate ten or a hundred times lower only costs time."""
PARTS, LEAST = 20, 9  # one of so many parts of the rise is smoothed over, and at least so many steps
WORSE = 4.0  # times the lowest loss: nothing is to be seen beyond
BEGUN = 0.1  # share of the whole fall, enough to stand out of the noise
LOST = 0.5  # share of the whole fall that is lost again where training comes apart
SURE = 3.0  # standard errors by which the lowest smoothed loss must lie below the first


@dataclass(frozen=True, eq=False)
class RateRange:
    """What a range test found.

    Args:
        rates: Learning rate of each step, shape (S,), rising by a constant factor.
        losses: Loss of each step's batch before the step moves the weights, shape (S,); finite.
        smoothed: Their running median, which a single hard batch does not move, shape (S,).
        optimizer: That was tested; at the suggested rate where there is one.
        suggestion: Half the rate at which the smoothed loss was first near its lowest, by 5% of its fall; None
            where it never fell.
        lowest_useful: From this rate on a tenth of the fall was reached for good; None where it never fell.
        diverges: Here half of the fall was lost again, or the loss was no longer finite; None where no
            rate did. It is seen a little late: what grows from rounding errors has first to become visible.

    Example:
        >>> import leadline as ll
        >>> found = ll.rate_range("linear", ll.data.bundled("iris"), optimizer=ll.sgd(), highest=1000)
        >>> found.lowest_useful < found.suggestion < found.diverges
        True
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    optimizer: Optimizer
    suggestion: float | None
    lowest_useful: float | None
    diverges: float | None

    def __str__(self) -> str:
        lines = [f"{label:<10}{words}" for label, words in self.words().items()]
        if self.suggestion is not None:
            made = optimizer_code(self.optimizer) or f"optimizer.with_rate({self.suggestion:g})"
            lines += ["", f"ll.fit(network, data, optimizer={made})"]
        return "\n".join([self.curve(), "", *lines])

    def curve(self, width: int = 80) -> str:
        """Return the smoothed loss over the rates as text, in lines of at most so many characters (40 or more)."""
        return curve(self.rates, self.smoothed, self.suggestion, width)

    def words(self) -> dict[str, str]:
        """Return what the curve says: a label and a sentence for the fall, the end, and the rate to try."""
        end = f"{self.rates[-1]:.2g}"
        apart = f"no rate up to {end} made the loss rise again"
        if self.diverges is not None:
            apart = f"at {self.diverges:.2g} the loss is above half of its fall again, or no longer finite"
        if self.suggestion is None:
            return {"falls": f"the loss never fell by more than its noise, up to {end}", "diverges": apart}
        return {
            "falls": f"from {self.lowest_useful:.2g} on",
            "diverges": apart,
            "try": f"{self.suggestion:g}, half the rate at which the loss is near its lowest",
        }


def range_test(
    recipe: Recipe, dataset: Dataset, task: Task, rise: Rise, watch: Watcher = unwatched
) -> RateRange:
    """Train while the learning rate rises, and read the curve.

    Args:
        recipe: Every choice; its learning rate, schedule and epochs give way to the rise.
        dataset: Its training part is learned from; the others are not looked at.
        task: Gives the loss.
        rise: The rates to try.
        watch: Told about every step of a long epoch, and about every epoch.

    Raises:
        RecipeError: The batch is larger than the training part, or the class weights do not fit the classes.
        KeyboardInterrupt: Ctrl-C came; a broken-off test says nothing.
    """
    check(recipe, dataset)
    rate, rows, batch = rise.over(), rows_of(dataset.parts["train"]), batch_of(recipe, dataset)
    epochs = -(-rise.steps // (epoch_steps(rows_in(dataset), batch)[0] + 1))
    problem = problem_of(recipe, dataset, task, rate, soundings=False)
    judged = Rows(rows.inputs[:1], rows.targets[:1])  # an epoch ends with judging something: a row it knows
    course = Course(epochs, batch, recipe.seed, None)
    chosen = chosen_for(problem, course, rows, dataset.stream, recipe.plan)
    loop = prepare(problem, course, rows, judged, watch, None, chosen, dataset.stream)
    window = max(rise.steps // PARTS, LEAST) | 1
    try:
        losses = _made(loop, rise.steps, window)
    finally:
        loop.feed.stop()
    rates = np.asarray(jax.device_get(rate(np.arange(rise.steps))), np.float64)
    return _read(rates, losses, window, recipe.optimizer)


def _made(loop: Loop, steps: int, window: int) -> np.ndarray:
    """Make the steps until there are enough or the rest is hopeless; return the losses worth reading."""
    losses: list[float] = []
    looked, began = 0, time.perf_counter()
    for some in _losses(loop):
        losses.extend(some.tolist())
        _tell(loop, len(losses), losses[-1], steps, time.perf_counter() - began)
        if len(losses) >= steps:
            break
        if len(losses) - looked >= window or not math.isfinite(losses[-1]):
            looked = len(losses)
            if _end(np.asarray(losses), window) < looked:
                break
    whole = np.asarray(losses[:steps])
    return whole[: _end(whole, window)]


def _losses(loop: Loop) -> Iterator[np.ndarray]:
    """Yield the losses of steps as they are made: those of an epoch where it is short, else one after the other."""
    carry, key, made = loop.carry, loop.key, loop.programs
    for epoch in range(1, loop.course.epochs + 1):
        begun = (epoch - 1) * (loop.full + 1)
        for chunk in loop.feed.chunks(epoch):
            rows, batches, first = chunk.rows, chunk.batches, np.int32(begun + chunk.first)
            if made.sweep is not None:
                carry, swept = made.sweep(carry, rows, batches, first, key)
                yield np.asarray(swept, np.float64)
            else:
                for low in map(np.int32, range(chunk.full)):
                    carry, seen = made.advance(carry, rows, batches, low, low + np.int32(1), first, key)
                    yield np.asarray([seen.last], np.float64)
            if chunk.last is not None:
                step = np.int32(begun + loop.full)
                carry, closing = made.close(carry, rows, chunk.last, loop.judged, step, key, np.bool_(False))
                yield np.asarray(closing.numbers[:1], np.float64)


def _tell(loop: Loop, done: int, loss: float, steps: int, seconds: float) -> None:
    epoch, within = divmod(done, loop.full + 1)
    loop.watch(
        Moment(
            epoch=min(epoch + 1, loop.course.epochs),
            epochs=loop.course.epochs,
            done=within / (loop.full + 1),
            loss=loss,
            validation_loss=math.nan,
            score=math.nan,
            best_epoch=0,
            rows_per_second=done * loop.course.batch / max(seconds, 1e-9),
            seconds_left=max(0, steps - done) * seconds / done,
        )
    )


def _end(losses: np.ndarray, window: int) -> int:
    """Return how many losses are worth reading: those before one that is not finite, or that is hopeless.

    Hopeless: the median of a window lies above the best one so far by three times that one or, where more was
    gained than was left, by three times the gain; so losses below 0 have an end too.
    """
    finite = np.isfinite(losses)
    whole = len(losses) if finite.all() else int(np.argmin(finite))
    if whole < window:
        return whole
    middle = np.median(sliding_window_view(losses[:whole], window), axis=1)
    best = np.minimum.accumulate(middle)
    hopeless = middle > best + (WORSE - 1) * np.maximum(np.abs(best), middle[0] - best)
    return int(np.argmax(hopeless)) + window if hopeless.any() else whole


def _read(rates: np.ndarray, losses: np.ndarray, window: int, optimizer: Optimizer) -> RateRange:
    """Read a curve: where the loss begins to fall, where it is lowest, and where the fall is lost again."""
    made = len(losses)
    if not made:
        must, hint = "finite, whatever the rate", "ll.fit(network, data) looks for the cause"
        raise RecipeError.at("rate_range, loss of the first step", must, "one that is not", hint)
    smoothed = _running_median(losses, window)
    at = int(np.argmin(smoothed))
    fall = smoothed[0] - smoothed[at]
    broke = float(rates[made]) if made < len(rates) else None
    if fall <= SURE * _standard_error(losses - smoothed, window):
        return RateRange(rates[:made], losses, smoothed, optimizer, None, None, broke)
    begun = _after(smoothed[: at + 1] > smoothed[0] - BEGUN * fall)
    lost = at + _after(smoothed[at:] <= smoothed[at] + LOST * fall)
    low = float(rates[begun])
    near = int(np.argmax(smoothed <= smoothed[at] + NEAR * fall))
    suggestion = float(f"{max(rates[near] / BELOW, low):.1e}")
    diverges = float(rates[lost]) if lost < made else broke
    return RateRange(
        rates[:made], losses, smoothed, optimizer.with_rate(suggestion), suggestion, low, diverges
    )


def _running_median(values: np.ndarray, window: int) -> np.ndarray:
    """Return the median of the values around each; it keeps edges, where a mean would smear the end over them."""
    half = window // 2
    padded = np.pad(values, half, constant_values=np.nan)
    return np.asarray(np.nanmedian(sliding_window_view(padded, window), axis=1))


def _standard_error(noise: np.ndarray, window: int) -> float:
    """Return the standard error of the difference of two running medians, of which the first has half a window.

    For normal noise: a standard deviation is 1.4826 median distances, and a median of n values varies as a mean of
    2n / π values does.
    """
    return float(1.4826 * np.median(np.abs(noise)) * math.sqrt(math.pi / 2 * (1 + 2) / window))


def _after(still: np.ndarray) -> int:
    """Return the first position from which on it is no longer so, for good."""
    return int(np.flatnonzero(still)[-1]) + 1 if still.any() else 0
