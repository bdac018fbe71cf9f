"""Gradients checked against finite differences: for every parameter, and for the inputs, how far off they are.

In: a layer, a network or a loss. Out: a :class:`GradientCheck` that prints as a table. All is computed in float64,
where a central difference of step 1e-6 is right to about nine digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import tree_flatten, tree_unflatten

from leadline.core.errors import LeadlineError
from leadline.core.named import read
from leadline.nn import Layer, Loss, Pass, Shape, check, flatten_params, losses

STEP = 1e-6
ROWS, COLUMNS = 4, 3  # of the made-up inputs and scores
MOST = 200  # numbers of one array that are moved; of a larger one, as many by lot


@dataclass(frozen=True)
class Checked:
    """One array of numbers whose gradient was checked.

    Args:
        name: Of the parameter; "inputs" or "scores" for those.
        shape: Of the array.
        error: Largest difference between gradient and finite difference, relative to the larger of both and of a
            thousandth of the array's largest gradient.
        checked: How many of its numbers were moved.
    """

    name: str
    shape: Shape
    error: float
    checked: int


@dataclass(frozen=True)
class GradientCheck:
    """What a check of gradients found.

    Args:
        arrays: One entry for each parameter, and for the inputs or scores.
        tolerance: Largest relative error of a right gradient.

    Example:
        >>> from leadline.nn import Dense, tanh
        >>> found = check_gradients(Dense(3, tanh), (4,))
        >>> found.ok, [array.name for array in found.arrays]
        (True, ['kernel', 'bias', 'inputs'])
    """

    arrays: tuple[Checked, ...]
    tolerance: float = 1e-5

    @property
    def ok(self) -> bool:
        """Whether every gradient is right within the tolerance."""
        return all(array.error <= self.tolerance for array in self.arrays)

    def __str__(self) -> str:
        cells = [("parameter", "shape", "checked", "relative error", "")]
        for a in self.arrays:
            shape = " × ".join(map(str, a.shape))
            verdict = "right" if a.error <= self.tolerance else "WRONG"
            cells.append((a.name, shape, str(a.checked), f"{a.error:.1e}", verdict))
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in cells]
        return "\n".join([lines[0], "─" * (sum(widths) + 8), *lines[1:]])

    __repr__ = __str__


def check_gradients(
    what: Any, shape: Shape | None = None, *, training: bool = False, seed: int = 0
) -> GradientCheck:
    """Compare the gradients of a layer, network or loss with central finite differences.

    (f(x + h) - f(x - h)) / 2h with h = 1e-6 in float64, where f is a fixed random weighing of the outputs. At a corner,
    such as that of ReLU at 0, a difference means nothing; random numbers do not meet one.

    Args:
        what: A layer or a whole network; or a loss, or its name.
        shape: Of one input of a layer, without the batch; for a loss nothing.
        training: Check a layer as it computes while training, its randomness held still.
        seed: Of parameters, inputs and weighing.

    Raises:
        LeadlineError: It is neither, or the shape is missing.
        NetworkError: The shape does not fit.

    Example:
        >>> check_gradients("mse").arrays[0].name, check_gradients("mse").ok
        ('scores', True)
    """
    with jax.enable_x64(True):
        if isinstance(what, Layer):
            return GradientCheck(tuple(_layer(what, shape, training, seed)))
        if isinstance(what, Loss | str):
            return GradientCheck((_loss(read(losses, what) if isinstance(what, str) else what, seed),))
    hint = "ll.check_gradients(ll.Dense(3, ll.tanh), (4,)) or ll.check_gradients('huber')"
    raise LeadlineError.at("check_gradients", "given a layer, a network or a loss", repr(what), hint)


def _layer(layer: Layer, shape: Shape | None, training: bool, seed: int) -> list[Checked]:
    if shape is None:
        raise LeadlineError.at(
            "check_gradients, shape",
            "the shape of one input",
            "nothing",
            f"ll.check_gradients({layer!r}, (4,))",
        )
    outputs = check(layer, shape)
    random = np.random.default_rng(seed)
    params, state = jax.tree.map(_wide, layer.init(jax.random.key(seed), shape))
    tokens = layer.takes == "tokens"
    inputs = random.integers(0, 2, (ROWS, *shape)) if tokens else random.normal(size=(ROWS, *shape))
    weights = random.normal(size=(ROWS, *outputs))
    how = Pass(training=training, key=jax.random.key(seed + 1) if training else None)

    def total(params: Any, inputs: Any) -> Any:
        return (layer.apply(params, state, inputs, how)[0] * weights).sum()

    numbers = {"params": params} if tokens else {"params": params, "inputs": jnp.asarray(inputs)}
    found = _compare(lambda given: total(given["params"], given.get("inputs", inputs)), numbers, random)
    names = [*flatten_params(layer, params), *(["inputs"] if not tokens else [])]
    order = [*flatten_params(layer, found["params"]).values(), *([found["inputs"]] if not tokens else [])]
    return [Checked(name, *each) for name, each in zip(names, order, strict=True)]


def _loss(loss: Loss, seed: int) -> Checked:
    random = np.random.default_rng(seed)
    scores = jnp.asarray(random.normal(size=(ROWS, COLUMNS * loss.scores_per_number)))
    targets = random.integers(0, COLUMNS, ROWS) if loss.takes == "classes" else random.random((ROWS, COLUMNS))
    found = _compare(lambda given: loss.function(given["scores"], targets, **dict(loss.settings)).sum(),
                     {"scores": scores}, random)  # fmt: skip
    return Checked("scores", *found["scores"])


def _wide(array: Any) -> Any:
    return array.astype(jnp.float64) if jnp.issubdtype(array.dtype, jnp.floating) else array


def _compare(total: Callable[[Any], Any], numbers: Any, random: np.random.Generator) -> Any:
    """Return shape, error and count for every array, in the structure of the numbers."""
    gradients = jax.jit(jax.grad(total))(numbers)
    leaves, structure = tree_flatten(numbers)
    found = []
    for at, (leaf, gradient) in enumerate(zip(leaves, jax.tree.leaves(gradients), strict=True)):
        places = np.arange(leaf.size)
        chosen = places if leaf.size <= MOST else np.sort(random.choice(places, MOST, replace=False))

        def moved(place: Any, step: float, at: int = at, leaf: Any = leaf) -> Any:
            other = leaf.ravel().at[place].add(step).reshape(leaf.shape)
            return total(tree_unflatten(structure, [*leaves[:at], other, *leaves[at + 1 :]]))

        slope = jax.jit(jax.vmap(lambda place: (moved(place, STEP) - moved(place, -STEP)) / (2 * STEP)))
        found.append(
            (leaf.shape, _error(np.asarray(gradient).ravel()[chosen], np.asarray(slope(chosen))), len(chosen))
        )
    return tree_unflatten(structure, found)


def _error(gradient: np.ndarray, slope: np.ndarray) -> float:
    if not gradient.size:
        return 0.0
    largest = float(np.abs(slope).max())
    scale = np.maximum(np.maximum(np.abs(gradient), np.abs(slope)), max(1e-3 * largest, 1e-7))
    return float((np.abs(gradient - slope) / scale).max())
