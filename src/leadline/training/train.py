"""Training from start to end: compile, run epochs until there is a reason to stop, and hand over the weights.

Comes in: a problem, a plan and prepared rows. Goes out: the weights that were best (or the last finite ones) and
everything measured on the way, by the names of the vocabulary.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import numpy as np

from leadline.core.errors import RunError
from leadline.nn.keys import key_of
from leadline.nn.unit_variance import asks, unit_variance
from leadline.nn.work import work_of
from leadline.training.checkpoint import Keeper
from leadline.training.closing import SOUNDED_ROWS, in_portions
from leadline.training.decide import decide
from leadline.training.devices import Devices
from leadline.training.feed import Feed, Held, epoch_order
from leadline.training.loop import Course, Loop, NotFiniteError
from leadline.training.machine import this_machine
from leadline.training.measured import measured, told
from leadline.training.moment import Watcher, unwatched
from leadline.training.plan import Amount, Chosen, Plan
from leadline.training.program import Shapes, compile_programs, epoch_steps, first_key
from leadline.training.step import Carry, Problem, Rows
from leadline.training.stopping import Stopping
from leadline.training.streamed import Blocks, InMemory, Streamed
from leadline.training.together import interrupts, of_all


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


def train(
    problem: Problem,
    course: Course,
    rows: Rows,
    judged: Rows,
    watch: Watcher = unwatched,
    keeper: Keeper | None = None,
    chosen: Chosen | None = None,
    stream: Blocks | None = None,
) -> Trained:
    """Train a network.

    Args:
        problem: Network, task and optimizer.
        course: Epochs, batch size, seed and stopping.
        rows: Prepared training rows, of NumPy; some of them where there is a stream.
        judged: Prepared validation rows; the training rows where there are none.
        watch: Told about every epoch, and a few times a second within long ones.
        keeper: Of a checkpoint to go on from, and to write now and then.
        chosen: How to run; by default what suits this machine.
        stream: Of all training rows, where they are not in memory.

    Returns:
        The weights of the best epoch where ``course.stopping`` is given, else the last ones; after a loss that is
        not finite, the last ones whose loss was. Ctrl-C keeps what was learned until then.

    Raises:
        KeyboardInterrupt: Ctrl-C came before anything was learned.
    """
    began = time.perf_counter()
    chosen = chosen or chosen_for(problem, course, rows, stream)
    loop = prepare(problem, course, rows, judged, watch, keeper, chosen, stream)
    compiled = time.perf_counter() - began
    try:
        reason, failed = _run(loop, keeper)
    finally:
        loop.feed.stop()
    if course.stopping is None or not loop.stopping.best_epoch:
        loop.kept = loop.carry
    values = {
        **measured(loop),
        "stop.reason": reason,
        "stop.not_finite_step": failed,
        "sounding.rows": min(len(judged.inputs), SOUNDED_ROWS),
        **told(chosen),
        "seconds.compile": compiled,
        "seconds.total": time.perf_counter() - began,
    }
    params, state = jax.device_get((loop.kept.params, loop.kept.state))
    return Trained(params, state, values)


def _run(loop: Loop, keeper: Keeper | None) -> tuple[str, int]:
    """Run epochs until an end; return why it ended, and the step whose loss was not finite (0 where none)."""
    try:
        with interrupts(loop.problem.devices.processes) as asked_to_stop:
            while loop.epoch < loop.course.epochs:
                if loop.course.stopping is not None and loop.stopping.enough:
                    return _done(keeper, "early stopping"), 0
                loop.run_epoch()
                if keeper is not None and keeper.due and loop.reached is not None:
                    keeper.write(loop.reached)
                if asked_to_stop():
                    raise KeyboardInterrupt
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


def chosen_for(
    problem: Problem, course: Course, rows: Rows, stream: Blocks | None = None, wish: Plan | None = None
) -> Chosen:
    """Return how a training runs best on this machine.

    Args:
        problem: Gives the network.
        course: Gives the batch and the epochs.
        rows: Of NumPy; some of them where there is a stream.
        stream: Of all rows.
        wish: What is not to be chosen.
    """
    number = stream.rows if stream is not None else len(rows.inputs)
    each = sum(np.asarray(some[:1]).nbytes for some in rows)
    amount = Amount(number, min(course.batch, number), course.epochs, each, stream is not None)
    return decide(wish or Plan(), work_of(problem.network, rows.inputs.shape[1:]), amount, this_machine())


def prepare(
    problem: Problem,
    course: Course,
    rows: Rows,
    judged: Rows,
    watch: Watcher,
    keeper: Keeper | None = None,
    chosen: Chosen | None = None,
    stream: Blocks | None = None,
) -> Loop:
    """Put rows on the devices and compile; ready for the first epoch, or for the one after the checkpoint."""
    chosen = chosen or chosen_for(problem, course, rows, stream)
    devices = Devices.of(chosen.devices)
    problem = replace(problem, devices=devices, precision=chosen.precision)
    course = replace(course, sounding_every=chosen.sounding_every)
    feed = _feed(chosen, course, rows, stream, devices)
    lying = devices.put(in_portions(judged, devices))
    key = devices.put(key_of(course.seed)) if devices.mesh else key_of(course.seed)
    chunk, batches = feed.shapes()
    shapes = Shapes(chunk, lying, batches, epoch_steps(feed.rows, course.batch)[1])
    programs = compile_programs(problem, shapes, chosen, key)
    carry = programs.start(first_key(course.seed))
    stopping = course.stopping or Stopping(patience=course.epochs)
    loop = Loop(problem, course, feed, lying, watch, key, carry, programs, carry, stopping)
    try:
        _begin(loop, rows, keeper)
    except BaseException:
        feed.stop()
        raise
    return loop


def _begin(loop: Loop, rows: Rows, keeper: Keeper | None) -> None:
    """Bring the weights to where training starts: drawn, perhaps scaled, or those of the checkpoint."""
    start = loop.carry
    if asks(loop.problem.network):
        loop.carry = loop.kept = _scaled(loop.problem, start, rows.inputs, loop.course.seed)
    loop.sound_start()
    reached = keeper.read(start) if keeper else None
    if loop.problem.devices.processes > 1 and len(set(of_all(reached.epoch if reached else 0).tolist())) > 1:
        must, got = "the same file for all processes", "files of different epochs"
        raise RunError.at("checkpoint", must, got, "a folder that all machines share")
    if reached is not None:
        loop.go_on(reached)


def _feed(chosen: Chosen, course: Course, rows: Rows, stream: Blocks | None, devices: Devices) -> Feed:
    """Return where the rows come from."""
    if chosen.whole:
        return Held(devices.put(Rows(*map(np.asarray, rows))), course.batch, course.seed)
    some = Rows(*(np.asarray(each[:1]) for each in rows))
    source = stream if stream is not None else InMemory(rows)
    return Streamed(source, some, course.batch, chosen.chunk, course.seed, course.epochs, devices)


SCALED_ROWS = 512
"""Enough for the spread of sums to a few percent, few enough for one pass through a large network."""


def _scaled(problem: Problem, carry: Carry, inputs: np.ndarray, seed: int) -> Carry:
    """Return the start with the kernels that ask for it scaled by some training rows."""

    @partial(jax.jit, out_shardings=problem.devices.everywhere)
    def scale(carry: Carry, some: jax.Array) -> Carry:
        params = unit_variance(problem.network, carry.params, carry.state, some, every=False)
        return Carry(params, carry.state, problem.optimizer.init(params))

    some = np.asarray(inputs)[epoch_order(seed, 1, len(inputs))[:SCALED_ROWS]]
    start: Carry = scale(carry, problem.devices.put(some))
    return start
