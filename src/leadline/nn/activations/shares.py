"""Functions of all scores together: shares that sum to one, and their logarithms."""

from __future__ import annotations

import jax
from jaxtyping import Array, Float

from leadline.nn.activations.activation import INFINITY, activation


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
        >>> import jax.numpy as jnp
        >>> [round(v, 3) for v in softmax(jnp.array([1.0, 2.0, 3.0])).tolist()]
        [0.09, 0.245, 0.665]
    """
    return jax.nn.softmax(x, axis=-1)


@activation(
    formula="x_i - ln Σ_j exp(x_j)",
    derivative="δ_ij - exp(y_j)",
    range="(-inf, 0)",
    year=1990,
    source="Bridle, Probabilistic interpretation of feedforward classification network outputs",
    bounds=(-INFINITY, 0.0),
)
def log_softmax(x: Float[Array, "... K"]) -> Float[Array, "... K"]:
    """Give the logarithms of shares that sum to one, along the last axis: x_i - ln Σ_j exp(x_j).

    The largest score is taken off before exp, so that no score is too large (Blanchard, Higham and Higham,
    2021). A share too small for a number still has a finite logarithm.

    Example:
        >>> import jax.numpy as jnp
        >>> [round(v, 3) for v in log_softmax(jnp.array([1.0, 2.0, 3.0])).tolist()]
        [-2.408, -1.408, -0.408]
    """
    return jax.nn.log_softmax(x, axis=-1)
