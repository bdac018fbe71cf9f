"""The training loop: epochs of compiled steps, watched from the host.

Comes in: a recipe, a task and prepared parts. Goes out: the weights that were best (or the last finite ones) and
everything measured on the way, by the names of the vocabulary. The order of the rows is drawn on the host, which
costs less than drawing it on the device, and depends on seed and epoch alone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from leadline.training.checkpoint import Keeper, Reached
from leadline.training.moment import Moment, Watcher, unwatched
from leadline.training.program import (
    SOUNDED_ROWS,
    SOUNDINGS,
    Carry,
    Closing,
    Problem,
    Programs,
    Rows,
    compile_programs,
    epoch_steps,
    first_key,
)
from leadline.training.stopping import Stopping

WATCH_SECONDS = (
    0.25  # how long the device may run before the host looks: Ctrl-C and the progress bar wait for it
)


class NotFiniteError(ArithmeticError):
    """The loss is no longer finite. Never leaves this file."""

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


@dataclass(frozen=True)
class Trained:
    """What training leaves.

    Args:
        params: Parameters, as arrays of NumPy.
        state: State of the layers (running statistics).
        values: Measurements by the names of the vocabulary.
    """

    params: Any
    state: Any
    values: Mapping[str, Any]


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

    def _now(self) -> Reached:
        return Reached(
            self.epoch,
            self.carry,
            self.kept,
            self.stopping,
            self.start_loss,
            list(self.losses),
            list(self.validation),
            list(self.soundings),
            list(self.seconds),
        )

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


def train(
    problem: Problem,
    plan: Plan,
    rows: Rows,
    judged: Rows,
    watch: Watcher = unwatched,
    keeper: Keeper | None = None,
) -> Trained:
    """Train a network.

    Args:
        problem: Network, task and optimizer.
        plan: Epochs, batch size, seed and stopping.
        rows: Prepared training rows.
        judged: Prepared validation rows; the training rows where there are none.
        watch: Told about every epoch, and a few times a second within long ones.
        keeper: Of a checkpoint to go on from, and to write now and then.

    Returns:
        The weights of the best epoch where ``plan.stopping`` is given, else the last ones; after a loss that is
        not finite, the last ones whose loss was. Ctrl-C keeps what was learned until then.

    Raises:
        KeyboardInterrupt: Ctrl-C came before anything was learned.
    """
    began = time.perf_counter()
    loop = prepare(problem, plan, rows, judged, watch)
    reached = keeper.read(loop.carry) if keeper else None
    if reached is not None:
        loop.go_on(reached)
    compiled = time.perf_counter() - began
    reason, failed = _run(loop, keeper)
    if plan.stopping is None or not loop.stopping.best_epoch:
        loop.kept = loop.carry
    values = {
        **_curves(loop),
        "start.loss": loop.start_loss,
        "start.rows": min(plan.batch, len(rows.inputs)),
        "stop.reason": reason,
        "stop.best_epoch": loop.stopping.best_epoch if plan.stopping is not None else 0,
        "stop.not_finite_step": failed,
        "sounding.rows": min(len(judged.inputs), SOUNDED_ROWS),
        "seconds.compile": compiled,
        "seconds.total": time.perf_counter() - began,
    }
    params, state = jax.device_get((loop.kept.params, loop.kept.state))
    return Trained(params, state, values)


def _run(loop: Loop, keeper: Keeper | None) -> tuple[str, int]:
    """Run epochs until an end; return why it ended, and the step whose loss was not finite (0 where none)."""
    try:
        while loop.epoch < loop.plan.epochs:
            if loop.plan.stopping is not None and loop.stopping.enough:
                return _done(keeper, "early stopping"), 0
            loop.run_epoch()
            if keeper is not None and keeper.due and loop.reached is not None:
                keeper.write(loop.reached)
    except NotFiniteError as error:
        return _done(keeper, "not finite"), error.step
    except KeyboardInterrupt:
        if loop.untouched:
            raise
        if keeper is not None and loop.reached is not None:
            keeper.write(loop.reached)
        return "interrupted", 0
    return _done(keeper, "epochs"), 0


def _done(keeper: Keeper | None, reason: str) -> str:
    """Remove the checkpoint of a training that needs it no more."""
    if keeper is not None:
        keeper.remove()
    return reason


def _on_device(rows: Rows) -> Rows:
    return Rows(jnp.asarray(rows.inputs), jnp.asarray(rows.targets))


def prepare(problem: Problem, plan: Plan, rows: Rows, judged: Rows, watch: Watcher) -> Loop:
    """Put the rows on the device and compile; ready for the first epoch."""
    rows, judged = _on_device(rows), _on_device(judged)
    key = jax.random.key(plan.seed)
    programs = compile_programs(problem, rows, judged, plan.batch, key)
    carry = programs.start(first_key(plan.seed))
    stopping = plan.stopping or Stopping(patience=plan.epochs)
    return Loop(problem, plan, rows, judged, watch, key, carry, programs, carry, stopping)


def _curves(loop: Loop) -> dict[str, np.ndarray]:
    """Return curves (E,) and soundings (E, L)."""
    validation = np.asarray(loop.validation).reshape(-1, 2)
    curves = {
        "curve.loss.train": np.asarray(loop.losses),
        "curve.loss.validation": validation[:, 0],
        "curve.score.validation": validation[:, 1],
        "curve.seconds": np.asarray(loop.seconds[: len(loop.losses)]),
    }
    if loop.soundings and loop.problem.soundings:
        taken = np.stack(loop.soundings, axis=1)
        curves.update({f"sounding.{name}": values for name, values in zip(SOUNDINGS, taken, strict=True)})
    return curves
