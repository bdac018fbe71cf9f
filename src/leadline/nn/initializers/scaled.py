"""Initializers whose spread is chosen by the size of the layer, so that signals keep theirs."""

from __future__ import annotations

import math

import jax
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.nn.initializers.initializer import initializer

GLOROT = "Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks"
HE = "He, Zhang, Ren and Sun, Delving deep into rectifiers"


@initializer(formula="U(-a, a), a = sqrt(6 / (fan_in + fan_out))", range="[-a, a)", year=2010, source=GLOROT)
def glorot_uniform(
    key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int
) -> Float[Array, "*shape"]:
    """Draw evenly with variance 2 / (fan in + fan out).

    Keeps the spread of signals and gradients through tanh and linear layers.

    Example:
        >>> bool(jnp.abs(glorot_uniform(jax.random.key(0), (3, 3), 3, 3)).max() <= 1.0)
        True
    """
    limit = math.sqrt(6 / (fan_in + fan_out))
    return jax.random.uniform(key, shape, minval=-limit, maxval=limit)


@initializer(formula="N(0, 2 / (fan_in + fan_out))", range="(-inf, inf)", year=2010, source=GLOROT)
def glorot_normal(
    key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int
) -> Float[Array, "*shape"]:
    """Draw from a normal distribution of variance 2 / (fan in + fan out).

    Example:
        >>> round(float(glorot_normal(jax.random.key(0), (100, 100), 100, 100).std()), 2)
        0.1
    """
    return math.sqrt(2 / (fan_in + fan_out)) * jax.random.normal(key, shape)


@initializer(formula="N(0, 2 / fan_in)", range="(-inf, inf)", year=2015, source=HE)
def he_normal(key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Float[Array, "*shape"]:
    """Draw from a normal distribution of variance 2 / fan in.

    Makes up for the half that a rectifier cuts off.

    Example:
        >>> round(float(he_normal(jax.random.key(0), (200, 100), 200, 100).std()), 2)
        0.1
    """
    return math.sqrt(2 / fan_in) * jax.random.normal(key, shape)


@initializer(formula="U(-a, a), a = sqrt(6 / fan_in)", range="[-a, a)", year=2015, source=HE)
def he_uniform(
    key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int
) -> Float[Array, "*shape"]:
    """Draw evenly with variance 2 / fan in.

    Example:
        >>> bool(jnp.abs(he_uniform(jax.random.key(0), (6, 3), 6, 3)).max() <= 1.0)
        True
    """
    limit = math.sqrt(6 / fan_in)
    return jax.random.uniform(key, shape, minval=-limit, maxval=limit)


@initializer(
    formula="N(0, 1 / fan_in)",
    range="(-inf, inf)",
    year=1998,
    source="LeCun, Bottou, Orr and Müller, Efficient BackProp",
)
def lecun_normal(
    key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int
) -> Float[Array, "*shape"]:
    """Draw from a normal distribution of variance 1 / fan in.

    Keeps the spread of signals through linear layers and SELU.

    Example:
        >>> round(float(lecun_normal(jax.random.key(0), (100, 100), 100, 100).std()), 2)
        0.1
    """
    return math.sqrt(1 / fan_in) * jax.random.normal(key, shape)
