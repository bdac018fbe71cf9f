"""Activations that learn: numbers of their own for each unit or channel, kept beside the layer's kernel.

Their arrays end in the axis of features. None is a kernel, so none is penalized or decayed: a decayed slope
would be drawn to the rectifier (He, Zhang, Ren and Sun, 2015).
"""

from __future__ import annotations

from typing import Annotated

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.core.constraints import POSITIVE_WHOLE, Interval
from leadline.nn.activations.activation import activation

LEAK = 0.25  # of an APL far below zero as it begins, as PReLU begins


def _prelu_start(features: int, start: float) -> dict[str, Array]:
    return {"slope": jnp.full((features,), start, jnp.float32)}


@activation(
    formula="x where x > 0, else slope·x; slope is learned",
    derivative="1 where x > 0, else slope",
    range="(-inf, inf)",
    year=2015,
    source="He, Zhang, Ren and Sun, Delving deep into rectifiers",
    initializer="he_normal",
    learned=_prelu_start,
)
def prelu(
    x: Float[Array, "... F"],
    *,
    start: Annotated[float, Interval(-1, 1)] = 0.25,
    slope: Float[Array, " F"],
) -> Float[Array, "... F"]:
    """Learn the slope below zero, one for each unit or channel: x where x > 0, else slope·x.

    Args:
        x: Features on the last axis.
        start: What every slope begins with, in [-1, 1]; 0.25 as its authors have it.
        slope: Learned, one for each feature.

    Example:
        >>> prelu(jnp.array([-1.0, 2.0])).tolist()
        [-0.25, 2.0]
        >>> prelu(jnp.array([-1.0, -1.0]), slope=jnp.array([0.1, 0.5])).tolist()
        [-0.10000000149011612, -0.5]
    """
    return jnp.where(x > 0, x, slope * x)


def _apl_start(features: int, hinges: int) -> dict[str, Array]:
    """Spread the hinges evenly over (-1, 1): two at one place would learn the same."""
    places = (2 * jnp.arange(hinges, dtype=jnp.float32) + 1) / hinges - 1
    slopes = jnp.full((hinges, features), -LEAK / hinges, jnp.float32)
    return {"slope": slopes, "place": jnp.repeat(places[:, None], features, axis=1)}


@activation(
    formula="max(0, x) + Σ_s slope_s·max(0, place_s - x); slope and place are learned",
    derivative="[x > 0] - Σ_s slope_s·[x < place_s]",
    range="(-inf, inf)",
    year=2014,
    source="Agostinelli, Hoffman, Sadowski and Baldi, Learning activation functions to improve deep networks",
    initializer="he_normal",
    learned=_apl_start,
)
def apl(
    x: Float[Array, "... F"],
    *,
    hinges: Annotated[int, POSITIVE_WHOLE] = 1,
    slope: Float[Array, "S F"],
    place: Float[Array, "S F"],
) -> Float[Array, "... F"]:
    """Learn a function of straight pieces for each unit: max(0, x) + Σ_s slope_s·max(0, place_s - x).

    The adaptive piecewise linear unit. With one hinge it begins as PReLU does; more begin evenly spread over
    (-1, 1), and together they let a quarter through far below zero.

    Args:
        x: Features on the last axis.
        hinges: How many, at least 1; each brings two numbers to learn for each feature.
        slope: Learned, how steep each hinge is, for each feature.
        place: Learned, where each hinge is, for each feature.

    Example:
        >>> apl(jnp.array([-1.0, 2.0])).tolist()
        [-0.25, 2.0]
    """
    outputs = jax.nn.relu(x)
    for steepness, corner in zip(
        slope, place, strict=True
    ):  # an axis of hinges would take S times the memory
        outputs = outputs + steepness * jax.nn.relu(corner - x)
    return outputs
