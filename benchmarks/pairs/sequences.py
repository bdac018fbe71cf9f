"""Recurrent layers with the way back of their own, beside the same loop with the one that JAX derives."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array, lax

import leadline.nn as nn
from benchmarks.pairs.pair import Pair, Technique, drawn, loops
from leadline.nn.sequences.recurrence import Recurrent


def recurrent(layer: Recurrent, rows: int, steps: int, features: int) -> Pair:
    """Return a layer, and the same steps in a loop; both give the last state."""
    params, _ = layer.init(jax.random.key(0), (steps, features))
    cell = layer.cell

    def given(params: dict[str, Array], inputs: Array) -> Array:
        return layer.apply(params, {}, inputs)[0]

    def plain(params: dict[str, Array], inputs: Array) -> Array:
        sums = jnp.swapaxes(inputs, 0, 1) @ params["kernel"] + params["bias"]
        offset = params.get("recurrent_bias", jnp.zeros(0))
        offset = jnp.pad(offset, (sums.shape[-1] - len(offset), 0))

        def step(carry: tuple[Array, ...], sums: Array) -> tuple[tuple[Array, ...], None]:
            return cell.step(sums, carry[0] @ params["recurrent_kernel"] + offset, carry)[0], None

        start = (jnp.zeros((rows, layer.units)),) * cell.carried
        return lax.scan(step, start, sums)[0][0]

    return loops(given, plain, params, drawn(rows, steps, features))


WHERE = "nn/sequences/through_time.py: _backward"
WHY = "Gradients of the kernels are one product over all steps, and a step keeps its slopes alone, not every factor."
TECHNIQUES = (
    Technique(
        "lstm",
        WHERE,
        WHY,
        {
            f"{units} units, {features} features, 100 steps, batch 32": partial(
                recurrent, nn.LSTM(units), 32, 100, features
            )
            for units, features in ((64, 16), (128, 16), (64, 64))
        },
    ),
    Technique(
        "gru",
        WHERE,
        WHY,
        {"64 units, 16 features, 100 steps, batch 32": partial(recurrent, nn.GRU(64), 32, 100, 16)},
    ),
    Technique(
        "rnn",
        WHERE,
        WHY,
        {"64 units, 16 features, 100 steps, batch 32": partial(recurrent, nn.RNN(64), 32, 100, 16)},
    ),
)
