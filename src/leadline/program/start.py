"""Before the first step: what signals, gradients and the loss of a fresh program are, over several seeds.

Comes in: a program. Goes out: the values of stage B, for a run. One batch is looked at; nothing is trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import takewhile
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from leadline.nn.base import IN_USE, Layer, Pass
from leadline.nn.combine import Sequential
from leadline.nn.keys import key_of
from leadline.nn.steps import walk
from leadline.nn.tensors import flatten_params, layer_path
from leadline.program.budget import FEW_SEEDS, affordable
from leadline.program.course import as_numbers, batches_of, measured_loss, one_step, over_seeds, start, uphill
from leadline.program.program import Program
from leadline.soundings import activations, gradients, weights
from leadline.training.compiling import LEAST, compiled_once

SEEDS = (0, 1, 2, 3, 4)
MOST_ROWS = 256  # of the batch that is looked at: shares to 3%, and quick
TURNS = 12  # of the power iteration: the largest curvature to some percent
COST = 60  # steps of training that a look costs, with the curvature
TINY = 1e-30


def start_facts(program: Program, seeds: Sequence[int] = SEEDS) -> dict[str, Any]:
    """Return every ``start.*`` value of a program: signals and gradients by seed, before any step.

    Example:
        >>> from leadline.nn import Dense, Sequential, softmax
        >>> from leadline.program.written import Written
        >>> x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
        >>> program = Program(Sequential([Dense(1, softmax)]), x, x[:, 0], Written("mse"))
        >>> start_facts(program)["start.gradient.zeros"].tolist()[0]
        [1.0]
    """
    size = min(program.batch, MOST_ROWS)
    cheap = affordable(program, seeds, COST)[0] == COST
    seeds = seeds if cheap else seeds[:FEW_SEEDS]
    order = np.stack([batches_of(program.rows, size, 1, seed)[0] for seed in seeds])
    looked = np.stack([batches_of(program.rows, min(program.rows, MOST_ROWS), 1, seed)[0] for seed in seeds])
    keys = jnp.stack([key_of(seed) for seed in seeds])
    inputs, targets = as_numbers(program.inputs), np.asarray(program.targets)
    given = (inputs[order], targets[order], inputs[looked], keys)
    over = jax.jit(over_seeds(program, partial(_look, program, cheap)))
    look = compiled_once(over, given, LEAST, ("start", cheap, program.choices))
    found = jax.device_get(look(*given))
    return {
        "start.loss": float(np.mean(found["start.losses"])),
        "start.rows": size,
        "start.gradient.norm": found["start.gradient"].mean(axis=0),
        "start.outputs.mean": found.pop("outputs.mean").mean(axis=0),
        "start.outputs.spread": found.pop("outputs.spread").mean(axis=0),
        **found,
    }


def _look(
    program: Program, cheap: bool, inputs: Array, targets: Array, rows: Array, key: Array
) -> dict[str, Array]:
    begun = start(program, jax.random.fold_in(key, 0))
    draw = jax.random.fold_in(key, 1)
    after, loss, grads, updates = one_step(program, begun, inputs, targets, draw)
    paths = [step.path for step in walk(program.network, program.inputs.shape[1:])]
    outputs, found = _sounded(program, begun.params, begun.state, rows)
    flat = outputs.reshape(len(outputs), -1)
    went, size = (gradients.norms(program.network, tree, paths) for tree in (updates, begun.params))
    plain = cheap and program.optimizer.name == "sgd"
    return {
        "start.losses": loss,
        "start.doubled": _doubled(program, begun, inputs, targets, draw, loss),
        "start.slope": _slope(grads, updates, -1.0 if uphill(program) else 1.0),
        "start.ratio": gradients.update_ratios(went, size),
        "start.gradient": gradients.norms(program.network, grads, paths),
        "start.gradient.zeros": _zeros(program.network, grads, paths),
        "start.equal": weights.equal_neighbors(program.network, after.params, paths),
        **{
            f"start.{name}": jnp.stack([one[name] for one in found])
            for name in ("signal", "size", "dead", "saturated")
        },
        "outputs.mean": flat.mean(axis=0),
        "outputs.spread": flat.std(axis=0),
        **_augmented(program, begun, rows, draw),
        **({"start.curvature": _curvature(program, begun, inputs, targets, draw)} if plain else {}),
    }


def _sounded(program: Program, params: Any, state: Any, rows: Array) -> tuple[Array, list[dict[str, Array]]]:
    found: list[dict[str, Array]] = []

    def tap(path: str, layer: Layer, outputs: Array) -> None:
        seen = activations.sound(outputs, layer.activation_name)
        # How much a layer's outputs differ from row to row: what is left of the inputs.
        signal = outputs.reshape(len(outputs), -1).std(axis=0).mean()
        size = jnp.sqrt(jnp.square(outputs).mean())
        found.append({"signal": signal, "size": size, "dead": seen["dead"], "saturated": seen["saturated"]})

    outputs, _ = program.network.apply(params, state, rows, Pass(tap=tap))
    return outputs, found


def _augmented(program: Program, begun: Any, rows: Array, key: Array) -> dict[str, Array]:
    """Return how far layers that change inputs only while training move them; nothing where there are none.

    All features together, as shares of their common spread: of a rare feature the own spread would say nothing.
    """
    first = leading(program.network)
    if not any(layer.random for layer in first):
        return {}
    number, shown = len(first), []
    for how in (IN_USE, Pass(training=True, key=key)):
        made = Sequential(first).apply(begun.params[:number], begun.state[:number], rows, how)[0]
        shown.append(made.reshape(-1, made.shape[-1]))
    used, seen = shown
    spread = jnp.sqrt(used.var(axis=0).mean()) + TINY
    shift = jnp.sqrt(jnp.square(seen.mean(axis=0) - used.mean(axis=0)).mean())
    return {
        "start.augmented.shift": shift / spread,
        "start.augmented.spread": jnp.sqrt(seen.var(axis=0).mean()) / spread,
    }


def leading(network: Layer) -> tuple[Layer, ...]:
    """Return the layers at the beginning of a chain that pass their inputs on in use.

    Example:
        >>> from leadline.nn import Dense, GaussianNoise
        >>> leading(Sequential([GaussianNoise(0.1), Dense(3)]))
        (ll.GaussianNoise(0.1),)
    """
    layers = network.layers if isinstance(network, Sequential) else ()
    return tuple(takewhile(lambda layer: layer.keeps_values, layers))


def _doubled(program: Program, begun: Any, inputs: Array, targets: Array, key: Array, loss: Array) -> Array:
    """Return the loss of every row twice, over the loss of each once, without dropout's chance in between."""

    def loss_of(rows: Array, wanted: Array) -> Array:
        return measured_loss(program, program.network.apply(begun.params, begun.state, rows)[0], wanted)

    twice = loss_of(jnp.concatenate([inputs, inputs]), jnp.concatenate([targets, targets]))
    return twice / loss_of(inputs, targets)


def _slope(grads: Any, updates: Any, sign: float) -> Array:
    down, went = (
        jnp.concatenate([leaf.ravel() for leaf in jax.tree.leaves(tree)]) for tree in (grads, updates)
    )
    cosine: Array = (down @ went) / (jnp.linalg.norm(down) * jnp.linalg.norm(went) + TINY)
    return -sign * cosine


def _zeros(network: Layer, grads: Any, paths: Sequence[str]) -> Array:
    """Return the share of exact zeros in the gradient of each layer's kernels; NaN for a layer without any."""
    shares: dict[str, list[Array]] = {path: [] for path in paths}
    for name, array in flatten_params(network, grads).items():
        if name.endswith("kernel"):
            shares[layer_path(name)].append((array == 0).mean(dtype=jnp.float32))
    return jnp.stack([jnp.stack(own).mean() if own else jnp.float32(jnp.nan) for own in shares.values()])


def _curvature(program: Program, begun: Any, inputs: Array, targets: Array, key: Array) -> Array:
    """Return the rate times the largest curvature, by power iteration along Hessian-vector products.

    Source: Pearlmutter 1994, Fast exact multiplication by the Hessian; LeCun, Simard and Pearlmutter 1993, Automatic
    learning rate maximization by on-line estimation of the Hessian's eigenvectors.
    """
    how = Pass(training=True, key=key if program.network.random else None)

    def objective(params: Any) -> Array:
        return measured_loss(program, program.network.apply(params, begun.state, inputs, how)[0], targets)

    def turn(_: Any, held: tuple[Any, Array]) -> tuple[Any, Array]:
        along = jax.jvp(jax.grad(objective), (begun.params,), (held[0],))[1]
        size = jnp.sqrt(sum(jnp.sum(jnp.square(leaf)) for leaf in jax.tree.leaves(along)))
        return jax.tree.map(lambda leaf: leaf / (size + TINY), along), size

    drawn = jax.tree.map(
        lambda leaf: jax.random.normal(jax.random.fold_in(key, leaf.size), leaf.shape), begun.params
    )
    length = jnp.sqrt(sum(jnp.sum(jnp.square(leaf)) for leaf in jax.tree.leaves(drawn)))
    first = jax.tree.map(lambda leaf: leaf / length, drawn)
    largest: Array = jax.lax.fori_loop(0, TURNS, turn, (first, jnp.float32(0)))[1]
    return largest * program.optimizer.learning_rate
