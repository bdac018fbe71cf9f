"""The loop: one epoch after the other in compiled steps, watched from the host.

Comes in: compiled programs, a feed of rows, and where training starts. Goes out: after each epoch what was learned and
measured; a loss that is not finite leaves the weights before it.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from leadline.training.checkpoint import Reached
from leadline.training.closing import Closing, Judged
from leadline.training.feed import Chunk, Feed
from leadline.training.moment import Moment, Watcher
from leadline.training.program import Programs, epoch_steps
from leadline.training.step import Carry, Problem
from leadline.training.stopping import Stopping

WATCH_SECONDS = 0.4
"""How long the device may run before the host looks: Ctrl-C and the progress bar wait for it. Each look costs a copy of
all that moves, which is felt in large networks where it comes more often."""


class NotFiniteError(ArithmeticError):
    """The loss is no longer finite. Never leaves this room."""

    def __init__(self, step: int) -> None:
        self.step = step


@dataclass(frozen=True)
class Course:
    """How long and in what portions to train.

    Args:
        epochs: Passes over the rows.
        batch: Rows of one step.
        seed: Of weights, order and noise.
        stopping: Early stopping, or None to keep the last weights.
        sounding_every: Epochs from one sounding to the next; the first and the last are always sounded.
    """

    epochs: int
    batch: int
    seed: int
    stopping: Stopping | None
    sounding_every: int = 1


@dataclass
class Loop:
    """The one thing that changes while training."""

    problem: Problem
    course: Course
    feed: Feed
    judged: Judged
    watch: Watcher
    key: Any
    carry: Carry
    programs: Programs
    kept: Carry  # weights to fall back on: the best so far, else the last ones known to be finite
    stopping: Stopping
    epoch: int = 0
    before: tuple[Carry, Chunk, int] | None = (
        None  # where the last range of steps began: carry, chunk, step in it
    )
    pace: float = math.inf  # seconds a step
    start_loss: float = math.nan
    start: Any = None  # soundings of the step that an epoch would close with, made on trial before the first
    losses: list[float] = field(default_factory=list)
    validation: list[tuple[float, float]] = field(default_factory=list)  # loss and score
    soundings: list[np.ndarray] = field(default_factory=list)
    sounded: list[int] = field(default_factory=list)  # epochs of the soundings
    seconds: list[float] = field(default_factory=list)
    reached: Reached | None = None  # the end of the last whole epoch, to go on from

    @property
    def full(self) -> int:
        """Full batches before the last step of an epoch."""
        return epoch_steps(self.feed.rows, self.course.batch)[0]

    @property
    def untouched(self) -> bool:
        """Tell whether the weights are still those of the start."""
        return not self.losses and self.before is None

    def run_epoch(self) -> None:
        """Make every step of the next epoch, and judge the validation part."""
        self.epoch += 1
        began = time.perf_counter()
        if self.programs.sweep is not None:
            for chunk in self.feed.chunks(self.epoch):
                self._sweep(chunk)
        else:
            self._advance_all(began)
        self.seconds.append(time.perf_counter() - began)
        self.reached = self._now()
        self._tell(1.0, self.losses[-1])

    def sound_start(self) -> None:
        """Sound a step from the untouched weights, and forget the step; the program is the epochs' own."""
        if self.problem.soundings:
            chunk = self.feed.a_step()
            carry = self.carry
            if self.programs.sweep is not None:  # then the program takes over the memory of what it is given
                carry = jax.tree.map(lambda array: jax.device_put(array, may_alias=False), carry)
            self.start = self._closed(chunk, carry, 0, due=True)[1].soundings

    def _now(self) -> Reached:
        """Return where training stands; the past is shared with the loop, not copied every epoch."""
        past = (self.losses, self.validation, self.soundings, self.sounded, self.seconds)
        return Reached(self.epoch, self.carry, self.kept, self.stopping, self.start_loss, *past)

    def go_on(self, reached: Reached) -> None:
        """Stand where a training stood at the end of an epoch."""
        self.reached = reached
        self.epoch, self.carry, self.kept = reached.epoch, reached.carry, reached.kept
        self.stopping, self.start_loss = reached.stopping, reached.start_loss
        self.losses, self.validation = list(reached.losses), list(reached.validation)
        self.soundings, self.sounded = list(reached.soundings), list(reached.sounded)
        self.seconds = list(reached.seconds)

    @property
    def _first(self) -> int:
        """Steps made in the epochs before."""
        return (self.epoch - 1) * (self.full + 1)

    def _sweep(self, chunk: Chunk) -> None:
        """Run a short epoch without waiting in between: the device goes on while the host looks."""
        assert self.programs.sweep is not None
        after, losses = self.programs.sweep(
            self.carry, chunk.rows, chunk.batches, np.int32(self._first), self.key
        )
        final, closing = self._closed(chunk, after, self._first + self.full, self._is_due)
        self.feed.ahead(self.epoch + 1)
        losses, closing = jax.device_get((losses, closing))
        if math.isnan(self.start_loss):
            self.start_loss = float(losses[0])
        failed = np.flatnonzero(~np.isfinite(losses))
        if failed.size:
            self._fall_back(chunk, 0, int(failed[0]))
            raise NotFiniteError(self._first + int(failed[0]) + 1)
        self.before = (self.carry, chunk, 0)
        self._finish(chunk, float(losses.sum()), final, closing)

    def _advance_all(self, began: float) -> None:
        """Run all full batches chunk by chunk, a watched range at a time, and the epoch's last step."""
        total = 0.0
        for chunk in self.feed.chunks(self.epoch):
            low = 0
            while low < chunk.full:
                high = min(chunk.full, low + self._steps_at_once())
                start = time.perf_counter()
                after, total_here = self._advance(self.carry, chunk, low, high)
                self.before, self.carry = (self.carry, chunk, low), after
                total += total_here
                self.pace = (time.perf_counter() - start) / (high - low)
                low, done = high, chunk.first + high
                if done < self.full and time.perf_counter() - began > WATCH_SECONDS:
                    self._tell(done / (self.full + 1), total / done)
            if chunk.last is not None:
                final, closing = self._closed(chunk, self.carry, self._first + self.full, self._is_due)
                self.feed.ahead(self.epoch + 1)
                self._finish(chunk, total, final, jax.device_get(closing))

    @property
    def _is_due(self) -> bool:
        """Tell whether this epoch is to be sounded: every so many, the first, and the last that may come."""
        every = self.course.sounding_every
        may_stop = self.course.stopping is not None and self.stopping.may_be_enough
        return self.epoch % every == 0 or self.epoch in (1, self.course.epochs) or may_stop

    def _steps_at_once(self) -> int:
        """Return how many steps fit between two looks; a single one to begin with, to learn the first loss."""
        if math.isinf(self.pace):
            return 1
        if (
            self.problem.devices.processes > 1
        ):  # all must take the same ranges, and none knows the others' pace
            return self.full
        return max(1, int(WATCH_SECONDS / self.pace))

    def _advance(self, carry: Carry, chunk: Chunk, low: int, high: int) -> tuple[Carry, float]:
        first = np.int32((chunk.epoch - 1) * (self.full + 1) + chunk.first)
        after, seen = self.programs.advance(
            carry, chunk.rows, chunk.batches, np.int32(low), np.int32(high), first, self.key
        )
        end, last, total = jax.device_get(seen)
        if math.isnan(self.start_loss):
            self.start_loss = float(last)
        if not math.isfinite(last):
            self._fall_back(chunk, low, int(end) - 1)
            raise NotFiniteError(int(first) + int(end))
        return after, float(total)

    def _fall_back(self, chunk: Chunk, low: int, failed: int) -> None:
        """Return to the weights of the last step in this epoch whose loss was finite, by running it again."""
        if failed > low:
            if failed - 1 > low:
                self.carry = self._advance(self.carry, chunk, low, failed - 1)[0]
        elif self.before is not None:
            carry, earlier, since = self.before
            made = failed if earlier is chunk else earlier.full
            self.carry = self._advance(carry, earlier, since, made - 1)[0] if made - 1 > since else carry

    def _closed(self, chunk: Chunk, carry: Carry, step: int, due: bool) -> tuple[Carry, Closing]:
        """Send the epoch's end to the device."""
        return self.programs.close(
            carry, chunk.rows, chunk.last, self.judged, np.int32(step), self.key, np.bool_(due)
        )

    def _finish(self, chunk: Chunk, total: float, final: Carry, closing: Closing) -> None:
        """Take over what the end of an epoch showed, where it was finite."""
        assert chunk.last is not None
        loss, validation_loss, score = map(float, closing.numbers)
        if math.isnan(self.start_loss):
            self.start_loss = loss
        if not math.isfinite(loss):
            self._fall_back(chunk, chunk.full, chunk.full)
            raise NotFiniteError(self._first + self.full + 1)
        if not math.isfinite(validation_loss):
            raise NotFiniteError(self._first + self.full + 1)
        self.carry = final
        if self._is_due:
            self.sounded.append(self.epoch)
            self.soundings.append(np.asarray(closing.soundings))
        self.losses.append((total * self.course.batch + loss * len(chunk.last)) / self.feed.rows)
        self.validation.append((validation_loss, score))
        self.stopping = self.stopping.saw(validation_loss)
        if self.stopping.is_best:
            self.kept = final

    def _tell(self, done: float, loss: float) -> None:
        validation_loss, score = self.validation[-1] if self.validation else (math.nan, math.nan)
        steps_left = (self.course.epochs - self.epoch + 1 - done) * (self.full + 1)
        epoch_seconds = float(np.mean(self.seconds[-5:])) if self.seconds else self.pace * (self.full + 1)
        self.watch(
            Moment(
                epoch=self.epoch,
                epochs=self.course.epochs,
                done=done,
                loss=loss,
                validation_loss=validation_loss,
                score=score,
                best_epoch=self.stopping.best_epoch,
                rows_per_second=self.feed.rows / max(epoch_seconds, 1e-9),
                seconds_left=steps_left / (self.full + 1) * epoch_seconds,
            )
        )
