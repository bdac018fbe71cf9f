"""Training from start to end: compile, run epochs until there is a reason to stop, and hand over the weights.

Comes in: a problem, a plan and prepared rows. Goes out: the weights that were best (or the last finite ones) and
everything measured on the way, by the names of the vocabulary.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from leadline.nn.unit_variance import asks, unit_variance
from leadline.training.checkpoint import Keeper
from leadline.training.loop import Loop, NotFiniteError, Plan, epoch_order
from leadline.training.moment import Watcher, unwatched
from leadline.training.program import (
    SOUNDED_ROWS,
    SOUNDINGS,
    Carry,
    Problem,
    Rows,
    compile_programs,
    first_key,
)
from leadline.training.stopping import Stopping


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
    loop = prepare(problem, plan, rows, judged, watch, keeper)
    compiled = time.perf_counter() - began
    reason, failed = _run(loop, keeper)
    if plan.stopping is None or not loop.stopping.best_epoch:
        loop.kept = loop.carry
    values = {
        **_curves(loop),
        "start.loss": loop.start_loss,
        "start.rows": min(plan.batch, len(rows.inputs)),
        **_start(loop),
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


def prepare(
    problem: Problem, plan: Plan, rows: Rows, judged: Rows, watch: Watcher, keeper: Keeper | None = None
) -> Loop:
    """Put the rows on the device and compile; ready for the first epoch, or for the one after the checkpoint."""
    rows, judged = _on_device(rows), _on_device(judged)
    key = jax.random.key(plan.seed)
    programs = compile_programs(problem, rows, judged, plan.batch, key)
    carry = programs.start(first_key(plan.seed))
    stopping = plan.stopping or Stopping(patience=plan.epochs)
    loop = Loop(problem, plan, rows, judged, watch, key, carry, programs, carry, stopping)
    if asks(problem.network):
        loop.carry = loop.kept = _scaled(problem, carry, rows.inputs, plan.seed)
    loop.sound_start()
    reached = keeper.read(carry) if keeper else None
    if reached is not None:
        loop.go_on(reached)
    return loop


SCALED_ROWS = 512
"""Enough for the spread of sums to a few percent, few enough for one pass through a large network."""


def _scaled(problem: Problem, carry: Carry, inputs: jax.Array, seed: int) -> Carry:
    """Return the start with the kernels that ask for it scaled by some training rows."""

    @jax.jit
    def scale(carry: Carry, some: jax.Array) -> Carry:
        params = unit_variance(problem.network, carry.params, carry.state, some, every=False)
        return Carry(params, carry.state, problem.optimizer.init(params))

    start: Carry = scale(carry, inputs[epoch_order(seed, 1, len(inputs))[:SCALED_ROWS]])
    return start


def _start(loop: Loop) -> dict[str, np.ndarray]:
    """Return what was sounded before the first step."""
    if loop.start is None:
        return {}
    return {"start.gradient.norm": np.asarray(loop.start)[SOUNDINGS.index("gradient.norm")]}


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
