"""One step of training: scores, loss, gradients, update. The programs repeat it.

Comes in: what is to be solved, all that moves, and the rows of a batch. Goes out: all that moves, moved. Where the
plan says bfloat16, the network computes in it, while weights, loss, gradients' sums over a batch and updates stay in
float32. Source: Micikevicius et al., Mixed precision training (2018).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from leadline.nn.base import Layer, Pass
from leadline.nn.penalties import penalty
from leadline.nn.steps import walk
from leadline.nn.tasks import Task
from leadline.training.devices import Devices


class Rows(NamedTuple):
    """Prepared rows: inputs (B, ...) and targets (B,) or (B, L)."""

    inputs: Any  # of NumPy, on a device, or only shapes and types
    targets: Any


class Carry(NamedTuple):
    """All that moves in training."""

    params: Any
    state: Any
    optimizer: Any


@dataclass(frozen=True)
class Problem:
    """What is to be solved, and on what: everything the programs are compiled for.

    Args:
        network: What learns.
        task: The loss.
        optimizer: The optax transformation.
        l1: Weight of the L1 penalty.
        l2: Weight of the L2 penalty.
        class_weights: One for each class, or None.
        soundings: Whether to take them.
        devices: That share each batch.
        precision: "float32", or "bfloat16" for what the network computes.
    """

    network: Layer
    task: Task
    optimizer: optax.GradientTransformation
    l1: float = 0.0
    l2: float = 0.0
    class_weights: tuple[float, ...] | None = None
    soundings: bool = True
    devices: Devices = field(default_factory=Devices)
    precision: str = "float32"

    def start(self, key: PRNGKeyArray, shape: tuple[int, ...]) -> Carry:
        """Return fresh parameters, state and optimizer state."""
        params, state = self.network.init(key, shape)
        return Carry(params, state, self.optimizer.init(params))

    def narrow(self, tree: Any) -> Any:
        """Return the numbers in the type that the network computes in."""
        return _as(jnp.bfloat16, tree) if self.precision == "bfloat16" else tree

    def key_of(self, key: PRNGKeyArray, step: Array) -> PRNGKeyArray | None:
        """Return the randomness of a step, or None for a network without any."""
        return jax.random.fold_in(key, step) if self.network.random else None


def _as(dtype: Any, tree: Any) -> Any:
    def cast(array: Array) -> Array:
        return array.astype(dtype) if jnp.issubdtype(array.dtype, jnp.floating) else array

    return jax.tree.map(cast, tree)


def _are_numbers(network: Layer, shape: tuple[int, ...]) -> bool:
    """Tell whether inputs may be rounded; tokens may not."""
    return all(step.layer.takes == "numbers" for step in walk(network, shape))


def mean_loss(problem: Problem, scores: Array, targets: Array) -> Float[Array, ""]:
    """Return the loss of a batch, where classes are weighted as the problem says."""
    losses = problem.task.row_losses(scores, targets)
    if problem.class_weights is None:
        return losses.mean()
    weights = jnp.asarray(problem.class_weights, losses.dtype)[targets]
    return (losses * weights).sum() / weights.sum()


def make_step(
    problem: Problem, rows: Rows, carry: Carry, batch: Int[Array, " B"], key: PRNGKeyArray | None
) -> tuple[Carry, Array, Any, Any]:
    """Make one step.

    Args:
        problem: What is to be solved.
        rows: That the batch is taken from.
        carry: Where training stands.
        batch: Places of its rows.
        key: Its randomness.

    Returns:
        New carry, data loss, gradients and updates.
    """
    batch = problem.devices.shared(batch)
    inputs, targets = rows.inputs[batch], rows.targets[batch]
    narrowed = problem.narrow(inputs) if _are_numbers(problem.network, inputs.shape[1:]) else inputs

    def objective(params: Any) -> tuple[Array, tuple[Array, Any]]:
        how = Pass(training=True, key=key)
        scores, state = problem.network.apply(problem.narrow(params), carry.state, narrowed, how)
        loss = mean_loss(problem, scores.astype(rows.inputs.dtype), targets)
        extra = penalty(problem.network, params, problem.l1, problem.l2) if problem.l1 or problem.l2 else 0.0
        return loss + extra, (loss, state)

    (whole, (loss, state)), grads = jax.value_and_grad(objective, has_aux=True)(carry.params)
    loss = jnp.where(jnp.isfinite(whole), loss, whole)
    updates, optimizer = problem.optimizer.update(grads, carry.optimizer, carry.params)
    params = optax.apply_updates(carry.params, updates)
    return Carry(params, state, optimizer), loss, grads, updates
