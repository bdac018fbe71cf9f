"""Straight lines and functions that squash: linear, sigmoid, tanh, softmax."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.nn.activations.activation import activation


@activation(
    formula="x",
    derivative="1",
    range="(-inf, inf)",
    year=1960,
    source="Widrow and Hoff, Adaptive switching circuits",
    linear=True,
)
def linear(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Pass the inputs on unchanged.

    Example:
        >>> linear(jnp.array([-2.0, 3.0])).tolist()
        [-2.0, 3.0]
    """
    return x


@activation(
    formula="1 / (1 + exp(-x))",
    derivative="σ(x)·(1 - σ(x))",
    range="(0, 1)",
    year=1986,
    source="Rumelhart, Hinton and Williams, Learning representations by back-propagating errors",
    bounds=(0.0, 1.0),
)
def sigmoid(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Squash to (0, 1): 1 / (1 + exp(-x)). Saturates at both ends and is not zero-centered.

    Example:
        >>> float(sigmoid(jnp.array(0.0)))
        0.5
    """
    return jax.nn.sigmoid(x)


@activation(
    formula="tanh(x)",
    derivative="1 - tanh(x)^2",
    range="(-1, 1)",
    year=1998,
    source="LeCun, Bottou, Orr and Müller, Efficient BackProp",
    bounds=(-1.0, 1.0),
)
def tanh(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Squash to (-1, 1), zero-centered. Saturates at both ends.

    Example:
        >>> float(tanh(jnp.array(0.0)))
        0.0
    """
    return jnp.tanh(x)


@activation(
    formula="exp(x_i) / Σ_j exp(x_j)",
    derivative="y_i·(δ_ij - y_j)",
    range="(0, 1)",
    year=1990,
    source="Bridle, Probabilistic interpretation of feedforward classification network outputs",
    bounds=(0.0, 1.0),
)
def softmax(x: Float[Array, "... K"]) -> Float[Array, "... K"]:
    """Make shares that sum to one along the last axis: exp(x_i) / Σ_j exp(x_j).

    A constant added to all changes nothing. A network for classification needs none at its end, since the
    task applies it.

    Example:
        >>> [round(v, 3) for v in softmax(jnp.array([1.0, 2.0, 3.0])).tolist()]
        [0.09, 0.245, 0.665]
    """
    return jax.nn.softmax(x, axis=-1)
