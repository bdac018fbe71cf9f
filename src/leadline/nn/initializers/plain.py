"""Initializers that do not look at the size of the layer."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.nn.initializers.initializer import initializer


@initializer(formula="0", range="{0}", source="none: every unit learns the same")
def zeros(key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Float[Array, "*shape"]:
    """Begin with 0. All units of a layer stay alike; for a linear classifier that does no harm.

    Example:
        >>> zeros(jax.random.key(0), (2,), 1, 1).tolist()
        [0.0, 0.0]
    """
    return jnp.zeros(shape)


@initializer(formula="1", range="{1}", source="none: every unit learns the same")
def ones(key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Float[Array, "*shape"]:
    """Begin with 1. All units of a layer stay alike.

    Example:
        >>> ones(jax.random.key(0), (2,), 1, 1).tolist()
        [1.0, 1.0]
    """
    return jnp.ones(shape)


@initializer(
    formula="N(0, 0.01²)",
    range="(-inf, inf)",
    year=2012,
    source="Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional networks",
)
def normal(key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Float[Array, "*shape"]:
    """Draw from a normal distribution of standard deviation 0.01. In deep networks signals die out with it.

    Example:
        >>> bool(jnp.abs(normal(jax.random.key(0), (100,), 1, 1)).max() < 0.06)
        True
    """
    return 0.01 * jax.random.normal(key, shape)


@initializer(
    formula="U(-0.05, 0.05)",
    range="[-0.05, 0.05)",
    year=2015,
    source="Chollet, Keras: its uniform initializer",
)
def uniform(key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Float[Array, "*shape"]:
    """Draw evenly from -0.05 to 0.05.

    Example:
        >>> bool(jnp.abs(uniform(jax.random.key(0), (100,), 1, 1)).max() <= 0.05)
        True
    """
    return jax.random.uniform(key, shape, minval=-0.05, maxval=0.05)
