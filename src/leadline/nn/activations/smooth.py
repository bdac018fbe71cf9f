"""Smooth relatives of the rectifier: exponential units, softplus, and inputs weighed by a squashed self."""

from __future__ import annotations

import math
from typing import Annotated

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.core.constraints import POSITIVE, OneOf
from leadline.nn.activations.activation import INFINITY, activation

LN_2 = math.log(2)
LOWEST_SWISH = -0.27846454276  # of x·σ(x), at x = -1.278


@activation(
    formula="x where x > 0, else α·(exp(x) - 1)",
    derivative="1 where x > 0, else α·exp(x)",
    range="(-α, inf)",
    year=2015,
    source="Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by ELUs",
    bounds=lambda alpha: (-alpha, INFINITY),
    initializer="he_normal",
)
def elu(x: Float[Array, "*shape"], *, alpha: Annotated[float, POSITIVE] = 1.0) -> Float[Array, "*shape"]:
    """Bend smoothly to -α below zero: x where x > 0, else α·(exp(x) - 1).

    Args:
        x: Any shape.
        alpha: How far below zero it goes, above 0; with 1 its slope has no jump.

    Example:
        >>> [round(v, 4) for v in elu(jnp.array([-1.0, 2.0])).tolist()]
        [-0.6321, 2.0]
    """
    return jax.nn.elu(x, alpha)


@activation(
    formula="1.050701·x where x > 0, else 1.758099·(exp(x) - 1)",
    derivative="1.050701 where x > 0, else 1.758099·exp(x)",
    range="(-1.758, inf)",
    year=2017,
    source="Klambauer, Unterthiner, Mayr and Hochreiter, Self-normalizing neural networks",
    bounds=(-1.7580993408473766, INFINITY),
    initializer="lecun_normal",
)
def selu(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Scale an exponential linear unit so that mean 0 and variance 1 are kept through layers.

    Example:
        >>> round(float(selu(jnp.array(1.0))), 4)
        1.0507
    """
    return jax.nn.selu(x)


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
    formula="ln(1 + exp(x)) - ln(2)",
    derivative="σ(x)",
    range="(-0.693, inf)",
    year=2017,
    source="Schütt et al., SchNet: a continuous-filter convolutional network for quantum interactions",
    bounds=(-LN_2, INFINITY),
    initializer="he_normal",
)
def centered_softplus(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Shift softplus so that it passes through the origin: ln(1 + exp(x)) - ln(2).

    Example:
        >>> [round(v, 4) for v in centered_softplus(jnp.array([0.0, 1.0])).tolist()]
        [0.0, 0.6201]
    """
    return jax.nn.softplus(x) - LN_2


@activation(
    formula="x·Φ(x)",
    derivative="Φ(x) + x·φ(x)",
    range="[-0.17, inf)",
    year=2016,
    source="Hendrycks and Gimpel, Gaussian error linear units",
    bounds=lambda approximate: (-0.17004075 if approximate == "tanh" else -0.16997120747, INFINITY),
    initializer="he_normal",
)
def gelu(
    x: Float[Array, "*shape"], *, approximate: Annotated[str, OneOf("none", "tanh")] = "none"
) -> Float[Array, "*shape"]:
    """Weigh the input by the share of a standard normal below it: x·Φ(x).

    Args:
        x: Any shape.
        approximate: "none" is exact; "tanh" is x/2·(1 + tanh(√(2/π)·(x + 0.044715·x^3))), faster, less than
            0.0005 off, and what some published networks were trained with.

    Example:
        >>> round(float(gelu(jnp.array(1.0))), 4)
        0.8413
    """
    return jax.nn.gelu(x, approximate=approximate == "tanh")


@activation(
    formula="x·σ(β·x)",
    derivative="σ(β·x) + β·x·σ(β·x)·(1 - σ(β·x))",
    range="[-0.278/β, inf)",
    year=2017,
    source="Ramachandran, Zoph and Le, Searching for activation functions",
    bounds=lambda beta: (LOWEST_SWISH / beta, INFINITY),
    initializer="he_normal",
)
def swish(x: Float[Array, "*shape"], *, beta: Annotated[float, POSITIVE] = 1.0) -> Float[Array, "*shape"]:
    """Weigh the input by its own sigmoid: x·σ(β·x). With β = 1 it is known as SiLU.

    Args:
        x: Any shape.
        beta: From nearly straight (0.01) to nearly a rectifier (100), above 0; 1 as usual.

    Example:
        >>> round(float(swish(jnp.array(1.0))), 4)
        0.7311
    """
    return x * jax.nn.sigmoid(beta * x)


@activation(
    formula="x·tanh(ln(1 + exp(x)))",
    derivative="tanh(ln(1 + exp(x))) + x·σ(x)·(1 - tanh(ln(1 + exp(x)))^2)",
    range="[-0.309, inf)",
    year=2019,
    source="Misra, Mish: a self regularized non-monotonic activation function",
    bounds=(-0.30884341302, INFINITY),
    initializer="he_normal",
)
def mish(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Weigh the input by tanh of its softplus: x·tanh(ln(1 + exp(x))).

    Example:
        >>> round(float(mish(jnp.array(1.0))), 4)
        0.8651
    """
    return x * jnp.tanh(jax.nn.softplus(x))
