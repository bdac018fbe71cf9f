"""The rectifier and its relatives: straight above zero, bent below."""

from __future__ import annotations

from typing import Annotated

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.core.constraints import RATE
from leadline.nn.activations.activation import INFINITY, activation


@activation(
    formula="max(0, x)",
    derivative="1 where x > 0, else 0",
    range="[0, inf)",
    year=2010,
    source="Nair and Hinton, Rectified linear units improve restricted Boltzmann machines",
    bounds=(0.0, INFINITY),
    initializer="he_normal",
)
def relu(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Cut off below zero: max(0, x). A unit below zero for every row learns no more.

    The slope at 0 is 0.

    Example:
        >>> relu(jnp.array([-1.0, 2.0])).tolist()
        [0.0, 2.0]
    """
    return jax.nn.relu(x)


@activation(
    formula="x where x > 0, else slope·x",
    derivative="1 where x > 0, else slope",
    range="(-inf, inf)",
    year=2013,
    source="Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models",
    initializer="he_normal",
)
def leaky_relu(x: Float[Array, "*shape"], *, slope: Annotated[float, RATE] = 0.01) -> Float[Array, "*shape"]:
    """Let a hundredth through below zero, so that no unit dies: x where x > 0, else slope·x.

    Args:
        x: Any shape.
        slope: Below zero, in [0, 1); 0.01 as its authors have it, 0.1 is usual too.

    Example:
        >>> [round(v, 4) for v in leaky_relu(jnp.array([-1.0, 2.0])).tolist()]
        [-0.01, 2.0]
    """
    return jnp.where(x > 0, x, slope * x)  # the lower slope at 0, as the formula says and PyTorch has it


@activation(
    formula="x where x > 0, else exp(x) - 1",
    derivative="1 where x > 0, else exp(x)",
    range="(-1, inf)",
    year=2015,
    source="Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by ELUs",
    bounds=(-1.0, INFINITY),
    initializer="he_normal",
)
def elu(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Bend smoothly to -1 below zero: x where x > 0, else exp(x) - 1.

    Example:
        >>> [round(v, 4) for v in elu(jnp.array([-1.0, 2.0])).tolist()]
        [-0.6321, 2.0]
    """
    return jax.nn.elu(x)


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
