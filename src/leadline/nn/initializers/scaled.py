"""Initializers whose spread is chosen by the size of the layer, so that signals keep theirs.

The variance of a sum of n products is n·Var(w)·Var(x). So Var(w) = 1/n keeps it on the way forward, with n the
inputs of a unit (fan in), and on the way back, with n the units it feeds (fan out).
"""

from __future__ import annotations

import math
from typing import Annotated

import jax
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.core.constraints import Interval
from leadline.nn.initializers.initializer import FLOAT, Gain, initializer, initializers

GLOROT = "Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks"
HE = "He, Zhang, Ren and Sun, Delving deep into rectifiers"
LECUN = "LeCun, Bottou, Orr and Müller, Efficient BackProp"

Slope = Annotated[float, Interval(0, 1)]


def _normal(key: PRNGKeyArray, shape: tuple[int, ...], variance: float) -> Float[Array, "*shape"]:
    return math.sqrt(variance) * jax.random.normal(key, shape, FLOAT)


def _uniform(key: PRNGKeyArray, shape: tuple[int, ...], variance: float) -> Float[Array, "*shape"]:
    limit = math.sqrt(3 * variance)
    return jax.random.uniform(key, shape, FLOAT, -limit, limit)


@initializer(
    formula="U(-a, a), a = gain·sqrt(6 / (fan_in + fan_out))", range="[-a, a)", year=2010, source=GLOROT
)
def glorot_uniform(
    key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int, *, gain: Gain = 1.0
) -> Float[Array, "*shape"]:
    """Draw evenly with variance gain²·2 / (fan in + fan out), between what forward and backward ask for.

    Keeps the spread of signals and gradients through tanh and linear layers. Also found as "xavier_uniform".

    Args:
        gain: Makes up for what the activation takes, above 0; see :func:`leadline.nn.gain`.

    Example:
        >>> bool(abs(glorot_uniform(jax.random.key(0), (3, 3), 3, 3)).max() <= 1.0)
        True
    """
    return _uniform(key, shape, gain**2 * 2 / (fan_in + fan_out))


@initializer(formula="N(0, gain²·2 / (fan_in + fan_out))", range="(-inf, inf)", year=2010, source=GLOROT)
def glorot_normal(
    key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int, *, gain: Gain = 1.0
) -> Float[Array, "*shape"]:
    """Draw from a normal distribution of variance gain²·2 / (fan in + fan out).

    Also found as "xavier_normal". What some courses call Xavier, variance 1/n with n the fan in, is
    ``lecun_normal``; both agree where a layer has as many inputs as outputs.

    Args:
        gain: Makes up for what the activation takes, above 0; see :func:`leadline.nn.gain`.

    Example:
        >>> round(float(glorot_normal(jax.random.key(0), (100, 100), 100, 100).std()), 2)
        0.1
    """
    return _normal(key, shape, gain**2 * 2 / (fan_in + fan_out))


@initializer(formula="N(0, 2 / ((1 + slope²)·fan_in))", range="(-inf, inf)", year=2015, source=HE)
def he_normal(
    key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int, *, slope: Slope = 0.0
) -> Float[Array, "*shape"]:
    """Draw from a normal distribution of variance 2 / fan in, to make up for the half that a rectifier cuts off.

    Some courses call it Xavier/2: variance 1 / (n/2), with n the fan in.

    Args:
        slope: What the rectifier lets through below zero, in [0, 1]: less is then to make up for.

    Example:
        >>> round(float(he_normal(jax.random.key(0), (200, 100), 200, 100).std()), 2)
        0.1
    """
    return _normal(key, shape, 2 / (1 + slope**2) / fan_in)


@initializer(formula="U(-a, a), a = sqrt(6 / ((1 + slope²)·fan_in))", range="[-a, a)", year=2015, source=HE)
def he_uniform(
    key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int, *, slope: Slope = 0.0
) -> Float[Array, "*shape"]:
    """Draw evenly with variance 2 / fan in.

    Args:
        slope: What the rectifier lets through below zero, in [0, 1]: less is then to make up for.

    Example:
        >>> bool(abs(he_uniform(jax.random.key(0), (6, 3), 6, 3)).max() <= 1.0)
        True
    """
    return _uniform(key, shape, 2 / (1 + slope**2) / fan_in)


@initializer(formula="N(0, gain² / fan_in)", range="(-inf, inf)", year=1998, source=LECUN)
def lecun_normal(
    key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int, *, gain: Gain = 1.0
) -> Float[Array, "*shape"]:
    """Draw from a normal distribution of variance gain² / fan in.

    Keeps the spread of signals through linear layers and SELU. Some courses call it Xavier: variance 1/n.

    Args:
        gain: Makes up for what the activation takes, above 0; see :func:`leadline.nn.gain`.

    Example:
        >>> round(float(lecun_normal(jax.random.key(0), (100, 100), 100, 100).std()), 2)
        0.1
    """
    return _normal(key, shape, gain**2 / fan_in)


@initializer(formula="U(-a, a), a = gain·sqrt(3 / fan_in)", range="[-a, a)", year=1998, source=LECUN)
def lecun_uniform(
    key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int, *, gain: Gain = 1.0
) -> Float[Array, "*shape"]:
    """Draw evenly with variance gain² / fan in.

    Args:
        gain: Makes up for what the activation takes, above 0; see :func:`leadline.nn.gain`.

    Example:
        >>> bool(abs(lecun_uniform(jax.random.key(0), (3, 3), 3, 3)).max() <= 1.0)
        True
    """
    return _uniform(key, shape, gain**2 / fan_in)


initializers.alias("xavier_uniform", "glorot_uniform")
initializers.alias("xavier_normal", "glorot_normal")
