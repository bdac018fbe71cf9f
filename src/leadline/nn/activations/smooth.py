"""Smooth relatives of the rectifier: softplus, GELU, swish."""

from __future__ import annotations

import jax
from jaxtyping import Array, Float

from leadline.nn.activations.activation import INFINITY, activation


@activation(
    formula="ln(1 + exp(x))",
    derivative="σ(x)",
    range="(0, inf)",
    year=2000,
    source="Dugas, Bengio, Bélisle, Nadeau and Garcia, Incorporating second-order functional knowledge",
    bounds=(0.0, INFINITY),
    initializer="he_normal",
)
def softplus(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Round off the corner of the rectifier: ln(1 + exp(x)).

    Example:
        >>> round(float(softplus(jnp.array(0.0))), 4)
        0.6931
    """
    return jax.nn.softplus(x)


@activation(
    formula="x·Φ(x)",
    derivative="Φ(x) + x·φ(x)",
    range="[-0.17, inf)",
    year=2016,
    source="Hendrycks and Gimpel, Gaussian error linear units",
    bounds=(-0.16997120747, INFINITY),
    initializer="he_normal",
)
def gelu(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Weigh the input by the share of a standard normal below it: x·Φ(x), exactly, not by tanh.

    Example:
        >>> round(float(gelu(jnp.array(1.0))), 4)
        0.8413
    """
    return jax.nn.gelu(x, approximate=False)


@activation(
    formula="x·σ(x)",
    derivative="σ(x) + x·σ(x)·(1 - σ(x))",
    range="[-0.28, inf)",
    year=2017,
    source="Ramachandran, Zoph and Le, Searching for activation functions",
    bounds=(-0.27846454276, INFINITY),
    initializer="he_normal",
)
def swish(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Weigh the input by its own sigmoid: x·σ(x). Known as SiLU too.

    Example:
        >>> round(float(swish(jnp.array(1.0))), 4)
        0.7311
    """
    return jax.nn.silu(x)
