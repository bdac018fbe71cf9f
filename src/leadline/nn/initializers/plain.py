"""Initializers that do not look at the size of the layer.

In: a key and a shape. Out: the same spread for a narrow layer and a wide one, which only shallow networks bear.
"""

from __future__ import annotations

from typing import Annotated

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.core.constraints import POSITIVE, Interval
from leadline.nn.initializers.initializer import FLOAT, initializer


@initializer(formula="0", range="{0}", source="none: every unit learns the same")
def zeros(key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Float[Array, "*shape"]:
    """Begin with 0. All units of a layer stay alike; for a linear classifier that does no harm.

    Example:
        >>> zeros(jax.random.key(0), (2,), 1, 1).tolist()
        [0.0, 0.0]
    """
    return jnp.zeros(shape, FLOAT)


@initializer(formula="1", range="{1}", source="none: every unit learns the same")
def ones(key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Float[Array, "*shape"]:
    """Begin with 1. All units of a layer stay alike.

    Example:
        >>> ones(jax.random.key(0), (2,), 1, 1).tolist()
        [1.0, 1.0]
    """
    return jnp.ones(shape, FLOAT)


@initializer(formula="value", range="{value}", source="none: every unit learns the same")
def constant(
    key: PRNGKeyArray,
    shape: tuple[int, ...],
    fan_in: int,
    fan_out: int,
    *,
    value: Annotated[float, Interval()] = 0.01,
) -> Float[Array, "*shape"]:
    """Begin with one number. All units of a layer stay alike.

    Args:
        value: The number; 0.01 by default, small and not zero.

    Example:
        >>> constant(value=0.5)(jax.random.key(0), (2,), 1, 1).tolist()
        [0.5, 0.5]
    """
    return jnp.full(shape, value, FLOAT)


@initializer(
    formula="N(mean, spread²)",
    range="(-inf, inf)",
    year=2012,
    source="Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional networks",
)
def normal(
    key: PRNGKeyArray,
    shape: tuple[int, ...],
    fan_in: int,
    fan_out: int,
    *,
    spread: Annotated[float, POSITIVE] = 0.01,
    mean: Annotated[float, Interval()] = 0.0,
) -> Float[Array, "*shape"]:
    """Draw from a normal distribution. With a spread of 0.01 signals die out in deep networks, with 1 they saturate.

    Args:
        spread: Standard deviation, above 0; 0.01 as its authors have it.
        mean: Of the distribution.

    Example:
        >>> round(float(normal(spread=1.0)(jax.random.key(0), (100, 100), 100, 100).std()), 1)
        1.0
    """
    return mean + spread * jax.random.normal(key, shape, FLOAT)


@initializer(
    formula="N(mean, spread²), drawn again beyond mean ± 2·spread",
    range="[mean - 2·spread, mean + 2·spread]",
    year=2015,
    source="Abadi et al., TensorFlow: large-scale machine learning on heterogeneous systems",
)
def truncated_normal(
    key: PRNGKeyArray,
    shape: tuple[int, ...],
    fan_in: int,
    fan_out: int,
    *,
    spread: Annotated[float, POSITIVE] = 0.02,
    mean: Annotated[float, Interval()] = 0.0,
) -> Float[Array, "*shape"]:
    """Draw from a normal distribution without its tails: no weight begins far out.

    Args:
        spread: Standard deviation with the tails, above 0; without them it is 0.88 of that. 0.02 is usual for
            attention and embeddings.
        mean: Of the distribution.

    Example:
        >>> bool(jnp.abs(truncated_normal(jax.random.key(0), (1000,), 1, 1)).max() <= 0.04)
        True
    """
    return mean + spread * jax.random.truncated_normal(key, -2.0, 2.0, shape, FLOAT)


@initializer(
    formula="U(-limit, limit)",
    range="[-limit, limit)",
    year=2015,
    source="Chollet, Keras: its uniform initializer",
)
def uniform(
    key: PRNGKeyArray,
    shape: tuple[int, ...],
    fan_in: int,
    fan_out: int,
    *,
    limit: Annotated[float, POSITIVE] = 0.05,
) -> Float[Array, "*shape"]:
    """Draw evenly from -limit to limit; the standard deviation is limit / sqrt(3).

    Args:
        limit: Above 0; 0.05 as Keras has it.

    Example:
        >>> bool(jnp.abs(uniform(jax.random.key(0), (100,), 1, 1)).max() <= 0.05)
        True
    """
    return jax.random.uniform(key, shape, FLOAT, -limit, limit)
