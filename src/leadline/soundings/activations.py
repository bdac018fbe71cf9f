"""Soundings of activations: what comes out of each layer, in five numbers.

Comes in: the outputs of one layer for some rows, in use (dropout off). Goes out: scalars by the names of the
vocabulary (``sounding.activation.*``). Runs inside the compiled program.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.core.named import read
from leadline.nn.activations import activations

NAMES = ("mean", "spread", "zeros", "saturated", "dead")
NEAR_BOUND = 0.01  # a sigmoid beyond 0.99 has less than 4% of its steepest slope left


def sound(outputs: Float[Array, "B ..."], activation: str) -> dict[str, Float[Array, ""]]:
    """Return the five numbers of one layer's outputs.

    Args:
        outputs: Rows first, units last.
        activation: Its name in the catalogue, for its bounds.

    Returns:
        mean and spread of all outputs; share of exact zeros; share within 1% of a finite bound of a two-sided
        activation (NaN where it has none); share of units that are 0 for every row.

    Example:
        >>> import jax.numpy as jnp
        >>> numbers = sound(jnp.array([[0.0, 1.0], [0.0, 0.0]]), "relu")
        >>> float(numbers["zeros"]), float(numbers["dead"])
        (0.75, 0.5)
    """
    units = outputs.reshape(-1, outputs.shape[-1])
    number, middle = units.shape[0], units[:1].mean()
    around = units - middle  # keeps the digits of a small spread about a large mean
    # Sums over rows first: the compiler makes one fast pass of them, down the columns.
    sums, squares = around.sum(0).mean() / number, jnp.square(around).sum(0).mean() / number
    zeros = (units == 0).sum(0, dtype=jnp.float32)
    return {
        "mean": middle + sums,
        "spread": jnp.sqrt(jnp.maximum(squares - sums**2, 0)),
        "zeros": zeros.mean() / number,
        "saturated": _saturated(units, activation),
        "dead": (zeros == number).mean(dtype=jnp.float32),
    }


def _saturated(outputs: Float[Array, "N U"], activation: str) -> Float[Array, ""]:
    low, high = read(activations, activation).bounds if activation else (-math.inf, math.inf)
    if not (math.isfinite(low) and math.isfinite(high)):
        return jnp.full((), jnp.nan)
    near = NEAR_BOUND * (high - low)
    share: Array = jnp.mean((outputs < low + near) | (outputs > high - near), dtype=jnp.float32)
    return share
