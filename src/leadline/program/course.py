"""Programs trained side by side: several programs, several seeds of each, in one compiled function.

Comes in: programs, seeds, and how many steps. Goes out: what each did at every step, and what it answers then. Nothing
stops early and nothing is caught: a loss that is not a number is what one wants to see.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array

from leadline.nn.base import IN_USE, Pass
from leadline.nn.keys import key_of
from leadline.nn.penalties import penalty, weight_mask
from leadline.nn.steps import walk
from leadline.nn.tasks import Task
from leadline.program.answers import score
from leadline.program.program import Program
from leadline.program.written import Written
from leadline.soundings import gradients
from leadline.training.compiling import HALF, compiled_once
from leadline.training.schedules import Rate

JUDGED = 2_000  # rows: an accuracy to 1%
SLID = 500  # where kernels slide: to 2%
PORTION = 250  # of them at a time; bounds the memory
KEPT = ("losses", "ratios", "norms", "outputs", "use_loss", "training_loss")


class Standing(NamedTuple):
    """Where a training stands."""

    params: Any
    state: Any
    optimizer: Any


@dataclass(frozen=True, eq=False)
class Course:
    """What several seeds of one program did.

    Args:
        losses: Shape (Q, T): of every seed and step, before the step.
        ratios: Shape (Q, T, L): norm of the update over the norm of the parameters of each layer.
        norms: Shape (Q, T, L): norm of the gradient of each layer.
        scores: Shape (Q,): accuracy or R squared at the end, on the rows to judge by.
        own_scores: Shape (Q,): the same on the program's own rows.
        outputs: Shape (Q, B, K): for the rows to judge by.
        use_loss: Shape (Q,): loss of some of its own rows in use, at the end.
        training_loss: Shape (Q,): loss of the same rows as while training, at the end.
    """

    losses: np.ndarray
    ratios: np.ndarray
    norms: np.ndarray
    scores: np.ndarray
    own_scores: np.ndarray
    outputs: np.ndarray
    use_loss: np.ndarray
    training_loss: np.ndarray


def measured_loss(program: Program, outputs: Array, targets: Array) -> Array:
    """Return the loss of a batch as the program has it."""
    if isinstance(program.loss, Task):
        return program.loss.row_losses(outputs, targets).mean()
    return program.loss(outputs, targets)


def uphill(program: Program) -> bool:
    """Tell whether the program follows its gradient the wrong way."""
    return isinstance(program.loss, Written) and program.loss.sign < 0


def rate_of(program: Program) -> Rate:
    """Return step → learning rate over the program's own length."""
    steps = max(1, -(-program.rows // program.batch))
    return program.optimizer.schedule.over(program.optimizer.learning_rate, steps, max(1, program.epochs))


def transformation(program: Program) -> optax.GradientTransformation:
    """Return what makes updates of gradients."""
    return program.optimizer.build(rate_of(program), program.clip_norm, weight_mask)


def start(program: Program, key: Array) -> Standing:
    """Return fresh parameters, state and optimizer state."""
    params, state = program.network.init(key, program.inputs.shape[1:])
    return Standing(params, state, transformation(program).init(params))


def train_beside(
    programs: Sequence[Program], seeds: Sequence[int], steps: int | Sequence[int]
) -> list[Course]:
    """Train programs side by side, each by the same seeds, in one compiled function.

    Args:
        programs: With shapes of their own; those with equal rows and batches see the same batches.
        seeds: At least one.
        steps: How many each makes; one number for all, or one for each.

    Example:
        >>> from leadline.nn import Dense, Sequential
        >>> from leadline.program.written import Written
        >>> x = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
        >>> program = Program(Sequential([Dense(1)]), x, x.sum(1), Written("mse"))
        >>> faster = program.changed({"optimizer.learning_rate": 0.1})
        >>> slow, fast = train_beside([program, faster], seeds=[0, 1], steps=30)
        >>> bool((fast.scores > slow.scores).all())
        True
    """
    each = [steps] * len(programs) if isinstance(steps, int) else list(steps)
    held: dict[int, Array] = {}  # programs that differ in choices alone share their rows
    fed = [_fed(program, seeds, number, held) for program, number in zip(programs, each, strict=True)]
    together = jax.jit(lambda given: [_whole(*pair) for pair in zip(programs, given, strict=True)])
    choices = ("trained beside", *(program.choices for program in programs))
    made = jax.device_get(compiled_once(together, (fed,), HALF, choices)(fed))
    return [_course(program, one) for program, one in zip(programs, made, strict=True)]


class Fed(NamedTuple):
    """What a program is given: its rows, rows to judge by, the order of batches and a key for each seed."""

    inputs: Any
    targets: Any
    judged: Any
    own: Any
    order: Any
    keys: Any


def _fed(program: Program, seeds: Sequence[int], steps: int, held: dict[int, Array]) -> Fed:
    orders = np.stack([batches_of(program.rows, program.batch, steps, seed) for seed in seeds])
    keys = jnp.stack([key_of(seed) for seed in seeds])
    most = SLID if slides(program) else JUDGED
    judged, own = program.judged[0][:most], program.inputs[:most]
    if id(program.inputs) not in held:
        held[id(program.inputs)] = jnp.asarray(as_numbers(program.inputs))
    return Fed(held[id(program.inputs)], program.targets, as_numbers(judged), as_numbers(own), orders, keys)


def as_numbers(inputs: np.ndarray) -> np.ndarray:
    """Return inputs as a network takes them: float32, but for whole numbers, which stand for tokens."""
    return (
        inputs if inputs.dtype.kind in "iu" and inputs.dtype != np.uint8 else np.asarray(inputs, np.float32)
    )


def batches_of(rows: int, batch: int, steps: int, seed: int) -> np.ndarray:
    """Return places of rows for each step, shape (T, B): epoch after epoch, each in an order of its own.

    Example:
        >>> batches_of(rows=4, batch=2, steps=2, seed=0).ravel().tolist() in ([0, 1, 2, 3],)
        False
    """
    draw = np.random.default_rng(seed)
    epochs = -(-steps * batch // rows)
    order = np.concatenate([draw.permutation(rows) for _ in range(max(1, epochs))])
    return order[: steps * batch].astype(np.int32).reshape(steps, batch)


def _whole(program: Program, fed: Fed) -> dict[str, Any]:
    made: dict[str, Any] = over_seeds(program, partial(_one_seed, program, fed))(fed.order, fed.keys)
    return made


def over_seeds(program: Program, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of one seed as one of all: side by side, or one after the other where kernels slide.

    Kernels that differ from seed to seed make grouped convolutions, which processors compute many times slower.
    """
    if not slides(program):
        return jax.vmap(function)
    return lambda *given: jax.lax.map(lambda each: function(*each), given)


def slides(program: Program) -> bool:
    """Tell whether a layer of the program slides a kernel or a window."""
    kinds = [step.layer.kind for step in walk(program.network, program.inputs.shape[1:])]
    return any("conv" in kind or "pool" in kind for kind in kinds)


def _one_seed(program: Program, fed: Fed, order: Array, key: Array) -> dict[str, Any]:
    begun = start(program, jax.random.fold_in(key, 0))
    paths = [step.path for step in walk(program.network, program.inputs.shape[1:])]

    def step(standing: Standing, given: tuple[Array, Array]) -> tuple[Standing, tuple[Array, Array, Array]]:
        rows, number = given
        after, loss, grads, updates = one_step(
            program, standing, fed.inputs[rows], fed.targets[rows], jax.random.fold_in(key, number + 1)
        )
        size, asked, went = (
            gradients.norms(program.network, t, paths) for t in (standing.params, grads, updates)
        )
        return after, (loss, asked, gradients.update_ratios(went, size))

    ended, (losses, norms, ratios) = jax.lax.scan(step, begun, (order, jnp.arange(len(order))))
    outputs = in_use(program, ended, jnp.concatenate([fed.judged, fed.own]))
    own = outputs[len(fed.judged) :]
    use = measured_loss(program, own[:PORTION], fed.targets[: len(own)][:PORTION])
    seen = {"outputs": outputs[: len(fed.judged)], "own": own, "use_loss": use}
    training = _as_training(program, ended, fed, key) if differs(program) else use
    return {"losses": losses, "norms": norms, "ratios": ratios, **seen, "training_loss": training}


def differs(program: Program) -> bool:
    """Tell whether the program is another one while training for other reasons than chance: batch statistics."""
    return any(step.layer.kind == "batch_norm" for step in walk(program.network, program.inputs.shape[1:]))


def _as_training(program: Program, ended: Standing, fed: Fed, key: Array) -> Array:
    """Return the loss of the first rows with batch statistics."""
    inputs, targets = fed.own[:PORTION], fed.targets[: len(fed.own)][:PORTION]
    how = Pass(training=True, key=key if program.network.random else None)
    return measured_loss(program, program.network.apply(ended.params, ended.state, inputs, how)[0], targets)


def one_step(
    program: Program, standing: Standing, inputs: Array, targets: Array, key: Array
) -> tuple[Standing, Array, Any, Any]:
    """Make one step; return where training stands then, the data loss before it, gradients and updates."""

    def objective(params: Any) -> tuple[Array, tuple[Array, Any]]:
        how = Pass(training=True, key=key if program.network.random else None)
        outputs, state = program.network.apply(params, standing.state, inputs, how)
        loss = measured_loss(program, outputs, targets)
        extra = penalty(program.network, params, 0.0, program.l2) if program.l2 else 0.0
        return loss + extra, (loss, state)

    (_, (loss, state)), grads = jax.value_and_grad(objective, has_aux=True)(standing.params)
    if uphill(program):
        grads = jax.tree.map(jnp.negative, grads)
    updates, optimizer = transformation(program).update(grads, standing.optimizer, standing.params)
    return Standing(optax.apply_updates(standing.params, updates), state, optimizer), loss, grads, updates


def in_use(program: Program, standing: Standing, inputs: Array) -> Array:
    """Return the outputs for rows, a portion at a time."""
    number = len(inputs)

    def outputs_of(some: Array) -> Array:
        return program.network.apply(standing.params, standing.state, some, IN_USE)[0]

    if number <= PORTION:
        return outputs_of(inputs)
    portions = -(-number // PORTION)
    filled = jnp.concatenate([inputs, jnp.repeat(inputs[-1:], portions * PORTION - number, axis=0)])
    outputs: Array = jax.lax.map(outputs_of, filled.reshape(portions, PORTION, *inputs.shape[1:]))
    return outputs.reshape(-1, *outputs.shape[2:])[:number]


def _course(program: Program, made: dict[str, Any]) -> Course:
    judged = program.judged[1][: made["outputs"].shape[1]]
    scores = np.array([score(program, outputs, judged) for outputs in made["outputs"]])
    own = np.array([score(program, outputs, program.targets[: len(outputs)]) for outputs in made["own"]])
    kept = {name: np.asarray(made[name]) for name in KEPT}
    return Course(**kept, scores=scores, own_scores=own)
