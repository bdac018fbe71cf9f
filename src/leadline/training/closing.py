"""The end of an epoch: its last step, the judgment of the validation part, and the soundings.

Comes in: where training stands and the rows of the last step, which may be fewer than a batch. Goes out: where it
stands then, the losses and the score, and the soundings of that step, if they are due.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from leadline.nn.base import IN_USE, Layer, Pass, layers
from leadline.nn.branches import Branches
from leadline.nn.steps import walk
from leadline.soundings import activations, gradients, weights
from leadline.soundings.score import score
from leadline.training.devices import Devices
from leadline.training.step import Carry, Problem, Rows, make_step

SOUNDED_ROWS = 128  # enough for shares to 4%, few enough to cost little
JUDGED_AT_ONCE = 512  # rows of one validation pass; bounds the memory a large image network needs

SOUNDINGS = (
    *(f"activation.{name}" for name in activations.NAMES),
    "gradient.norm",
    "update.ratio",
    "weights.equal",
)


class Judged(NamedTuple):
    """Rows to judge by: inputs in equal portions (P, S, ...), the last filled up, and their targets (B, ...)."""

    inputs: Any  # of NumPy, or on the device
    targets: Any


class Closing(NamedTuple):
    """What an epoch's end tells: its own loss, the validation part's loss and score, and the soundings by layer."""

    numbers: Float[Array, 3]
    soundings: Float[Array, "S L"]


class Tapped(NamedTuple):
    """Outputs of one layer for the sounded rows."""

    path: str
    layer: Layer
    outputs: Array


def in_portions(rows: Rows, devices: Devices) -> Judged:
    """Lay rows out for judging: portions of one size, which the devices can share.

    Args:
        rows: Of NumPy.
        devices: That judge.

    Example:
        >>> rows = Rows(np.zeros((1100, 4), np.float32), np.zeros(1100, np.int32))
        >>> in_portions(rows, Devices()).inputs.shape
        (3, 367, 4)
    """
    number, count = len(rows.inputs), devices.count
    portions = -(-number // JUDGED_AT_ONCE)
    size = -(-number // (portions * count)) * count
    inputs = np.asarray(rows.inputs)
    missing = portions * size - number
    if missing:  # repeated rows are as finite as the others; their scores are cut off
        inputs = np.concatenate([inputs, np.repeat(inputs[-1:], missing, axis=0)])
    return Judged(inputs.reshape(portions, size, *inputs.shape[1:]), rows.targets)


def close(
    problem: Problem,
    carry: Carry,
    rows: Rows,
    last: Array,
    judged: Judged,
    step: Array,
    key: PRNGKeyArray,
    due: Bool[Array, ""],
) -> tuple[Carry, Closing]:
    """Make the last step of an epoch, judge, and take the soundings of that step where they are due."""
    after, loss, grads, updates = make_step(problem, rows, carry, last, problem.key_of(key, step))
    scores, tapped = judged_scores(problem, after, judged)
    validation_loss = problem.task.row_losses(scores, judged.targets).mean()
    numbers = jnp.stack([loss, validation_loss, score(problem.task, scores, judged.targets)])
    if not problem.soundings:
        return after, Closing(numbers, jnp.zeros((0, 0)))

    def sound() -> Array:
        return soundings(problem, tapped, after, (grads, updates, carry.params), rows.inputs.shape[1:])

    def skip() -> Array:
        return jnp.full((len(SOUNDINGS), len(tapped)), jnp.nan, numbers.dtype)

    return after, Closing(numbers, lax.cond(due, sound, skip))


def judged_scores(problem: Problem, carry: Carry, judged: Judged) -> tuple[Array, list[Tapped]]:
    """Return the scores of all judged rows in use, and what the layers gave for the first of them."""
    rows, (portions, size) = len(judged.targets), judged.inputs.shape[:2]
    tapped: list[Tapped] = []

    def tap(path: str, layer: Layer, outputs: Array) -> None:
        tapped.append(Tapped(path, layer, outputs[: min(SOUNDED_ROWS, rows)]))

    def scores_of(some: Array, how: Pass = IN_USE) -> Array:
        return problem.network.apply(carry.params, carry.state, problem.devices.shared(some), how)[0]

    scores = scores_of(judged.inputs[0], Pass(tap=tap if problem.soundings else None))
    if portions > 1:
        rest = lax.map(scores_of, judged.inputs[1:])
        scores = jnp.concatenate([scores, rest.reshape((portions - 1) * size, *scores.shape[1:])])
    return scores[:rows], tapped


def soundings(
    problem: Problem, tapped: list[Tapped], after: Carry, moved: tuple[Any, Any, Any], shape: tuple[int, ...]
) -> Float[Array, "S L"]:
    """Return all soundings of a step, in the order of ``SOUNDINGS``, for each layer.

    Args:
        problem: What is being solved.
        tapped: Outputs of the layers.
        after: Where training stands after the step.
        moved: Gradients, updates, and the parameters before the step.
        shape: Of one input.
    """
    found: list[dict[str, Array]] = []
    for one in tapped:
        # Dropout and flatten behind the layer sounded before: compiled once is enough.
        same = (
            found
            and one.layer.keeps_values
            and _follows(problem.network, one.path, tapped[len(found) - 1].path)
        )
        found.append(found[-1] if same else activations.sound(one.outputs, one.layer.activation_name))
    paths = [step.path for step in walk(problem.network, shape)]
    asked, went, sizes = (gradients.norms(problem.network, tree, paths) for tree in moved)
    alike = weights.equal_neighbors(problem.network, after.params, paths)
    of_outputs = [jnp.stack([layer[name] for layer in found]) for name in activations.NAMES]
    return jnp.stack([*of_outputs, asked, gradients.update_ratios(went, sizes), alike])


def _follows(network: Layer, path: str, before: str) -> bool:
    """Tell whether a layer takes what the layer at the other path gives: one step further in the same chain."""
    chain, _, index = path.rpartition(".")[0].rpartition(".")
    around = layers.get(chain.rpartition(".")[2]) if chain else type(network)
    if index in ("", "0") or around is None or issubclass(around, Branches):
        return False
    return before.rpartition(".")[0] == f"{chain}.{int(index) - 1}".lstrip(".")
