"""The loop: one epoch after the other in compiled steps, watched from the host.

Comes in: compiled programs, rows on the device, and where training starts. Goes out: after each epoch what was
learned and measured; a loss that is not finite leaves the weights before it. The order of the rows is drawn on the
host, which costs less than drawing it on the device, and depends on seed and epoch alone.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from leadline.training.checkpoint import Reached
from leadline.training.moment import Moment, Watcher
from leadline.training.program import (
    Carry,
    Closing,
    Problem,
    Programs,
    Rows,
    epoch_steps,
)
from leadline.training.stopping import Stopping

WATCH_SECONDS = 0.25
"""How long the device may run before the host looks: Ctrl-C and the progress bar wait for it."""


class NotFiniteError(ArithmeticError):
    """The loss is no longer finite. Never leaves this room."""

    def __init__(self, step: int) -> None:
        self.step = step


@dataclass(frozen=True)
class Plan:
    """How long and in what portions to train.

    Args:
        epochs: Passes over the rows.
        batch: Rows of one step.
        seed: Of weights, order and noise.
        stopping: Early stopping, or None to keep the last weights.
    """

    epochs: int
    batch: int
    seed: int
    stopping: Stopping | None


@dataclass
class Loop:
    """The one thing that changes while training."""

    problem: Problem
    plan: Plan
    rows: Rows
    judged: Rows
    watch: Watcher
    key: Any
    carry: Carry
    programs: Programs
    kept: Carry  # weights to fall back on: the best so far, else the last ones known to be finite
    stopping: Stopping
    epoch: int = 0
    before: tuple[Carry, int] | None = (
        None  # where the last range of steps began: carry and step in the epoch
    )
    pace: float = math.inf  # seconds a step
    start_loss: float = math.nan
    start: Any = None  # soundings of the step that an epoch would close with, made on trial before the first
    losses: list[float] = field(default_factory=list)
    validation: list[tuple[float, float]] = field(default_factory=list)  # loss and score
    soundings: list[np.ndarray] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    drawn: tuple[int, np.ndarray] = field(
        default_factory=lambda: (0, np.zeros(0, np.int32))
    )  # an epoch and the order of its rows, drawn ahead
    reached: Reached | None = None  # the end of the last whole epoch, to go on from

    @property
    def full(self) -> int:
        """Full batches before the last step of an epoch."""
        return epoch_steps(len(self.rows.inputs), self.plan.batch)[0]

    @property
    def untouched(self) -> bool:
        """Tell whether the weights are still those of the start."""
        return not self.losses and self.before is None

    def run_epoch(self) -> None:
        """Make every step of the next epoch, and judge the validation part."""
        self.epoch += 1
        began = time.perf_counter()
        order = self._order_of(self.epoch)
        size = self.plan.batch
        batches, last = order[: self.full * size].reshape(self.full, size), order[self.full * size :]
        if self.programs.sweep is not None:
            self._sweep(batches, last)
        else:
            self._close(batches, last, self._advance_all(batches, began))
        self.seconds.append(time.perf_counter() - began)
        self.reached = self._now()
        self._tell(1.0, self.losses[-1])

    def sound_start(self) -> None:
        """Sound a step from the untouched weights, and forget the step; the program is the epochs' own."""
        if self.problem.soundings:
            last = self._order_of(1)[self.full * self.plan.batch :]
            closing = self.programs.close(self.carry, self.rows, last, self.judged, np.int32(0), self.key)[1]
            self.start = closing.soundings

    def _now(self) -> Reached:
        """Return where training stands; the past is shared with the loop, not copied every epoch."""
        past = (self.losses, self.validation, self.soundings, self.seconds)
        return Reached(self.epoch, self.carry, self.kept, self.stopping, self.start_loss, *past)

    def go_on(self, reached: Reached) -> None:
        """Stand where a training stood at the end of an epoch."""
        self.reached = reached
        self.epoch, self.carry, self.kept = reached.epoch, reached.carry, reached.kept
        self.stopping, self.start_loss = reached.stopping, reached.start_loss
        self.losses, self.validation = list(reached.losses), list(reached.validation)
        self.soundings, self.seconds = list(reached.soundings), list(reached.seconds)

    @property
    def _first(self) -> int:
        """Steps made in the epochs before."""
        return (self.epoch - 1) * (self.full + 1)

    def _sweep(self, batches: np.ndarray, last: np.ndarray) -> None:
        """Run a short epoch without waiting in between: the device goes on while the host looks."""
        assert self.programs.sweep is not None
        after, losses = self.programs.sweep(self.carry, self.rows, batches, np.int32(self._first), self.key)
        final, closing = self._closed(after, last)
        losses, closing = jax.device_get((losses, closing))
        if math.isnan(self.start_loss):
            self.start_loss = float(losses[0])
        failed = np.flatnonzero(~np.isfinite(losses))
        if failed.size:
            self._fall_back(batches, 0, int(failed[0]))
            raise NotFiniteError(self._first + int(failed[0]) + 1)
        self.before, self.carry = (self.carry, 0), after
        self._finish(batches, last, float(losses.sum()), final, closing)

    def _advance_all(self, batches: np.ndarray, began: float) -> float:
        """Run all full batches, a watched range at a time; return the sum of their losses."""
        low, total = 0, 0.0
        self.before = None
        while low < self.full:
            high = min(self.full, low + self._steps_at_once())
            start = time.perf_counter()
            after, total_here = self._advance(self.carry, batches, low, high)
            self.before, self.carry = (self.carry, low), after
            total += total_here
            self.pace = (time.perf_counter() - start) / (high - low)
            low = high
            if low < self.full and time.perf_counter() - began > WATCH_SECONDS:
                self._tell(low / (self.full + 1), total / low)
        return total

    def _steps_at_once(self) -> int:
        """Return how many steps fit between two looks; a single one to begin with, to learn the first loss."""
        return 1 if math.isinf(self.pace) else max(1, int(WATCH_SECONDS / self.pace))

    def _advance(self, carry: Carry, batches: np.ndarray, low: int, high: int) -> tuple[Carry, float]:
        first = np.int32(self._first)
        after, seen = self.programs.advance(
            carry, self.rows, batches, np.int32(low), np.int32(high), first, self.key
        )
        end, last, total = jax.device_get(seen)
        if math.isnan(self.start_loss):
            self.start_loss = float(last)
        if not math.isfinite(last):
            self._fall_back(batches, low, int(end) - 1)
            raise NotFiniteError(self._first + int(end))
        return after, float(total)

    def _fall_back(self, batches: np.ndarray, low: int, failed: int) -> None:
        """Return to the weights of the last step in this epoch whose loss was finite, by running it again."""
        if failed > low:
            self.carry = (
                self._advance(self.carry, batches, low, failed - 1)[0] if failed - 1 > low else self.carry
            )
        elif self.before is not None:
            carry, since = self.before
            self.carry = self._advance(carry, batches, since, failed - 1)[0] if failed - 1 > since else carry

    def _closed(self, carry: Carry, last: np.ndarray) -> tuple[Carry, Closing]:
        """Send the epoch's end to the device, and draw the next order while it computes."""
        step = np.int32(self._first + self.full)
        sent = self.programs.close(carry, self.rows, last, self.judged, step, self.key)
        if self.epoch < self.plan.epochs:
            self.drawn = (self.epoch + 1, epoch_order(self.plan.seed, self.epoch + 1, len(self.rows.inputs)))
        return sent

    def _order_of(self, epoch: int) -> np.ndarray:
        drawn, order = self.drawn
        return order if drawn == epoch else epoch_order(self.plan.seed, epoch, len(self.rows.inputs))

    def _close(self, batches: np.ndarray, last: np.ndarray, total: float) -> None:
        """Make the epoch's last step and judge the validation part."""
        final, closing = self._closed(self.carry, last)
        self._finish(batches, last, total, final, jax.device_get(closing))

    def _finish(
        self, batches: np.ndarray, last: np.ndarray, total: float, final: Carry, closing: Closing
    ) -> None:
        """Take over what the end of an epoch showed, where it was finite."""
        loss, validation_loss, score = map(float, closing.numbers)
        if math.isnan(self.start_loss):
            self.start_loss = loss
        if not math.isfinite(loss):
            self._fall_back(batches, self.full, self.full)
            raise NotFiniteError(self._first + self.full + 1)
        if not math.isfinite(validation_loss):
            raise NotFiniteError(self._first + self.full + 1)
        self.carry = final
        self.soundings.append(np.asarray(closing.soundings))
        self.losses.append((total * self.plan.batch + loss * len(last)) / len(self.rows.inputs))
        self.validation.append((validation_loss, score))
        self.stopping = self.stopping.saw(validation_loss)
        if self.stopping.is_best:
            self.kept = final

    def _tell(self, done: float, loss: float) -> None:
        validation_loss, score = self.validation[-1] if self.validation else (math.nan, math.nan)
        steps_left = (self.plan.epochs - self.epoch + 1 - done) * (self.full + 1)
        epoch_seconds = float(np.mean(self.seconds[-5:])) if self.seconds else self.pace * (self.full + 1)
        self.watch(
            Moment(
                epoch=self.epoch,
                epochs=self.plan.epochs,
                done=done,
                loss=loss,
                validation_loss=validation_loss,
                score=score,
                best_epoch=self.stopping.best_epoch,
                rows_per_second=len(self.rows.inputs) / max(epoch_seconds, 1e-9),
                seconds_left=steps_left / (self.full + 1) * epoch_seconds,
            )
        )


def epoch_order(seed: int, epoch: int, rows: int) -> np.ndarray:
    """Return the order of the training rows in one epoch, int32 of shape (rows,).

    Example:
        >>> sorted(epoch_order(0, 1, 5).tolist())
        [0, 1, 2, 3, 4]
    """
    return np.random.default_rng((seed, epoch)).permutation(rows).astype(np.int32)
