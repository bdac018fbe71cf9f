"""The compiled programs of one training: many steps in a loop on the device, and the step that closes an epoch.

Comes in: network, task and optimizer, and the prepared rows. Goes out: two compiled functions. ``advance`` runs
any range of an epoch's full batches and leaves at once when the loss is no longer finite; ``close`` makes the
epoch's last step, which may be shorter, takes the soundings of that step and judges the validation part. The
loop's bounds are arguments, so one compilation serves every range: short ones while a long epoch is watched, and
the replay up to the last finite weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from leadline.nn.base import IN_USE, Layer, Pass, layers, walk
from leadline.nn.branches import Branches
from leadline.nn.penalties import penalty
from leadline.nn.summary import summary
from leadline.nn.tasks import Task
from leadline.soundings import activations, gradients, weights
from leadline.soundings.score import score

SOUNDED_ROWS = 128  # enough for shares to 4%, few enough to cost little
JUDGED_AT_ONCE = 512  # rows of one validation pass; bounds the memory a large image network needs


class Rows(NamedTuple):
    """Prepared rows on the device: inputs (B, ...) and targets (B,) or (B, 1)."""

    inputs: Array
    targets: Array


class Carry(NamedTuple):
    """All that moves in training."""

    params: Any
    state: Any
    optimizer: Any


class Progress(NamedTuple):
    """What ``advance`` tells: steps made, the last step's loss and the sum of all losses."""

    end: Int[Array, ""]
    last: Float[Array, ""]
    total: Float[Array, ""]


class Closing(NamedTuple):
    """What ``close`` tells: its own loss, the validation part's loss and score, and the soundings by layer."""

    numbers: Float[Array, 3]
    soundings: Float[Array, "S L"]


@dataclass(frozen=True)
class Problem:
    """What is to be solved: everything the programs are compiled for.

    Args:
        network: What learns.
        task: The loss.
        optimizer: The optax transformation.
        l1: Weight of the L1 penalty.
        l2: Weight of the L2 penalty.
        class_weights: One for each class, or None.
        soundings: Whether to take them.
    """

    network: Layer
    task: Task
    optimizer: optax.GradientTransformation
    l1: float = 0.0
    l2: float = 0.0
    class_weights: tuple[float, ...] | None = None
    soundings: bool = True

    def start(self, key: PRNGKeyArray, shape: tuple[int, ...]) -> Carry:
        """Return fresh parameters, state and optimizer state."""
        params, state = self.network.init(key, shape)
        return Carry(params, state, self.optimizer.init(params))


def _mean_loss(problem: Problem, scores: Array, targets: Array) -> Float[Array, ""]:
    losses = problem.task.row_losses(scores, targets)
    if problem.class_weights is None:
        return losses.mean()
    weights = jnp.asarray(problem.class_weights, losses.dtype)[targets]
    return (losses * weights).sum() / weights.sum()


def _step(
    problem: Problem, rows: Rows, carry: Carry, batch: Int[Array, " B"], key: PRNGKeyArray | None
) -> tuple[Carry, Array, Any, Any]:
    """Make one step: new carry, data loss, gradients and updates."""
    inputs, targets = rows.inputs[batch], rows.targets[batch]

    def objective(params: Any) -> tuple[Array, tuple[Array, Any]]:
        scores, state = problem.network.apply(params, carry.state, inputs, Pass(training=True, key=key))
        loss = _mean_loss(problem, scores, targets)
        extra = penalty(problem.network, params, problem.l1, problem.l2) if problem.l1 or problem.l2 else 0.0
        return loss + extra, (loss, state)

    (whole, (loss, state)), grads = jax.value_and_grad(objective, has_aux=True)(carry.params)
    loss = jnp.where(jnp.isfinite(whole), loss, whole)
    updates, optimizer = problem.optimizer.update(grads, carry.optimizer, carry.params)
    params = optax.apply_updates(carry.params, updates)
    return Carry(params, state, optimizer), loss, grads, updates


def _key_of(problem: Problem, key: PRNGKeyArray, step: Array) -> PRNGKeyArray | None:
    return jax.random.fold_in(key, step) if problem.network.random else None


def _advance(
    problem: Problem,
    carry: Carry,
    rows: Rows,
    order: Array,
    low: Array,
    high: Array,
    first: Array,
    key: PRNGKeyArray,
) -> tuple[Carry, Progress]:
    def body(at: tuple[Carry, Progress]) -> tuple[Carry, Progress]:
        carry, seen = at
        batch = lax.dynamic_index_in_dim(order, seen.end, keepdims=False)
        carry, loss, _, _ = _step(problem, rows, carry, batch, _key_of(problem, key, first + seen.end))
        return carry, Progress(seen.end + 1, loss, seen.total + loss)

    def goes_on(at: tuple[Carry, Progress]) -> Array:
        return (at[1].end < high) & jnp.isfinite(at[1].last)

    zero = jnp.zeros((), rows.inputs.dtype)
    return lax.while_loop(goes_on, body, (carry, Progress(low, zero, zero)))


SOUNDINGS = (
    *(f"activation.{name}" for name in activations.NAMES),
    "gradient.norm",
    "update.ratio",
    "weights.equal",
)


def _sweep(
    problem: Problem, carry: Carry, rows: Rows, order: Array, first: Array, key: PRNGKeyArray
) -> tuple[Carry, Float[Array, " S"]]:
    """Run all full batches of an epoch; a loop of known length costs less a step than one that may end."""

    def body(carry: Carry, at: tuple[Array, Array]) -> tuple[Carry, Array]:
        batch, step = at
        carry, loss, _, _ = _step(problem, rows, carry, batch, _key_of(problem, key, step))
        return carry, loss

    return lax.scan(body, carry, (order, first + jnp.arange(len(order))))


def _close(
    problem: Problem, carry: Carry, rows: Rows, last: Array, judged: Rows, step: Array, key: PRNGKeyArray
) -> tuple[Carry, Closing]:
    after, loss, grads, updates = _step(problem, rows, carry, last, _key_of(problem, key, step))
    scores, found = _judged_scores(problem, after, judged.inputs)
    if problem.soundings:
        paths = [step.path for step in walk(problem.network, rows.inputs.shape[1:])]
        asked, moved, sizes = (
            gradients.norms(problem.network, t, paths) for t in (grads, updates, carry.params)
        )
        alike = weights.equal_neighbors(problem.network, after.params, paths)
        found += [asked, gradients.update_ratios(moved, sizes), alike]
    validation_loss = problem.task.row_losses(scores, judged.targets).mean()
    numbers = jnp.stack([loss, validation_loss, score(problem.task, scores, judged.targets)])
    return after, Closing(numbers, jnp.stack(found) if found else jnp.zeros((0, 0)))


def _judged_scores(problem: Problem, carry: Carry, inputs: Array) -> tuple[Array, list[Array]]:
    """Return the scores of all rows in use, and the soundings of the first of them, each over the layers.

    Many rows go through in portions of one size, after a first one that takes what is left; so two passes are
    compiled at most.
    """
    found: list[dict[str, Array]] = []
    seen: list[str] = []

    def tap(path: str, layer: Layer, outputs: Array) -> None:
        # Dropout and flatten behind the layer sounded before: compiled once is enough.
        same = seen and layer.keeps_values and _follows(problem.network, path, seen[-1])
        found.append(found[-1] if same else activations.sound(outputs[:SOUNDED_ROWS], layer.activation_name))
        seen.append(path)

    def scores_of(some: Array, how: Pass = IN_USE) -> Array:
        return problem.network.apply(carry.params, carry.state, some, how)[0]

    portions = -(-len(inputs) // JUDGED_AT_ONCE)
    size = -(-len(inputs) // portions)
    first = len(inputs) - (portions - 1) * size
    scores = scores_of(inputs[:first], Pass(tap=tap if problem.soundings else None))
    if portions > 1:
        rest = lax.map(scores_of, inputs[first:].reshape(portions - 1, size, *inputs.shape[1:]))
        scores = jnp.concatenate([scores, rest.reshape(-1, scores.shape[-1])])
    return scores, [jnp.stack([layer[name] for layer in found]) for name in activations.NAMES if found]


def _follows(network: Layer, path: str, before: str) -> bool:
    """Tell whether a layer takes what the layer at the other path gives: one step further in the same chain."""
    chain, _, index = path.rpartition(".")[0].rpartition(".")
    around = layers.get(chain.rpartition(".")[2]) if chain else type(network)
    if index in ("", "0") or around is None or issubclass(around, Branches):
        return False
    return before.rpartition(".")[0] == f"{chain}.{int(index) - 1}".lstrip(".")


@dataclass(frozen=True)
class Programs:
    """The compiled functions; arguments as in this file's functions of these names, without the problem.

    Args:
        start: Draws parameters and state.
        sweep: Runs all full batches of an epoch; None where an epoch is a single step, or so long that it must be
            watched.
        advance: Runs a range of them; compiled when it is first called where ``sweep`` is there.
        close: Makes the last step, takes the soundings and judges.
    """

    start: Callable[[PRNGKeyArray], Carry]
    sweep: Callable[..., tuple[Carry, Array]] | None
    advance: Callable[..., tuple[Carry, Progress]]
    close: Callable[..., tuple[Carry, Closing]]


SHORT_EPOCH = 1e9
"""Multiplications of an epoch that need no watching: a quarter of a second on a slow core."""


def is_short(network: Layer, shape: tuple[int, ...], rows: int) -> bool:
    """Tell whether an epoch is over before a person would look.

    Each parameter of a layer is used once for every position of its outputs.

    Example:
        >>> from leadline.models import cnn, mlp
        >>> is_short(mlp(10), (64,), 1257), is_short(cnn(10, (28, 28, 1)), (28, 28, 1), 60_000)
        (True, False)
    """
    layers = summary(network, shape).rows
    return rows * sum(row.parameters * math.prod(row.shape[:-1]) for row in layers) <= SHORT_EPOCH


QUICK: dict[str, str | bool] = {"xla_cpu_use_fusion_emitters": False, "xla_backend_optimization_level": "1"}
"""How XLA compiles what runs once an epoch: half the compilation, a tenth more time to run. Flags may go; then
compilation is as usual."""


def first_key(seed: int) -> PRNGKeyArray:
    """Return the key that weights are drawn with; its generator compiles in a third of the usual one's time."""
    return jax.random.key(seed, impl="rbg")


def compile_programs(problem: Problem, rows: Rows, judged: Rows, batch: int, key: PRNGKeyArray) -> Programs:
    """Compile the programs side by side.

    Args:
        problem: What is to be solved.
        rows: Training rows.
        judged: Validation rows.
        batch: Rows of one step, at most the training rows.
        key: Randomness of the training; only its type matters.
    """
    full, rest = epoch_steps(len(rows.inputs), batch)
    order, last, zero = np.zeros((full, batch), np.int32), np.zeros(rest, np.int32), np.int32(0)
    start = partial(problem.start, shape=rows.inputs.shape[1:])
    carry = jax.eval_shape(start, first_key(0))

    def compiled(function: Callable[..., Any], *arguments: Any) -> Any:
        return jax.jit(function).lower(*arguments).compile()

    sweep = partial(compiled, partial(_sweep, problem), carry, rows, order, zero, key)
    advance = partial(compiled, partial(_advance, problem), carry, rows, order, zero, zero, zero, key)
    swept = full > 0 and is_short(problem.network, rows.inputs.shape[1:], len(rows.inputs))
    with ThreadPoolExecutor(3) as pool:  # compilation leaves Python's lock, so two cores help
        close = pool.submit(_quickly, partial(_close, problem), carry, rows, last, judged, zero, key)
        loop = pool.submit(sweep if swept else advance) if full else None
        begin = pool.submit(_quickly, start, first_key(0))
        made = loop.result() if loop else None
        return Programs(
            start=begin.result(),
            sweep=made if swept else None,
            advance=_later(advance) if swept or made is None else made,
            close=close.result(),
        )


def _quickly(function: Callable[..., Any], *arguments: Any) -> Any:
    """Compile with less effort on a CPU."""
    lowered = jax.jit(function).lower(*arguments)
    if jax.default_backend() != "cpu":
        return lowered.compile()
    try:
        return lowered.compile(compiler_options=dict(QUICK))
    except (ValueError, jax.errors.JaxRuntimeError):  # another jaxlib may not know the flags
        return lowered.compile()


def _later(compile_it: Callable[[], Callable[..., Any]]) -> Callable[..., Any]:
    """Return a function that is compiled when it is first called."""
    made: list[Callable[..., Any]] = []

    def call(*arguments: Any) -> Any:
        if not made:
            made.append(compile_it())
        return made[0](*arguments)

    return call


def epoch_steps(rows: int, batch: int) -> tuple[int, int]:
    """Return how many full batches come before the epoch's last step, and the rows of that one.

    Example:
        >>> epoch_steps(100, 32), epoch_steps(96, 32), epoch_steps(5, 5)
        ((3, 4), (2, 32), (0, 5))
    """
    full = (rows - 1) // batch
    return full, rows - full * batch
