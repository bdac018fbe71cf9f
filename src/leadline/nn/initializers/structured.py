"""Initializers that give the whole kernel a form: at right angles, or passing its inputs on.

A convolution's kernel (..., inputs, outputs) is taken as the matrix that weighs one window: all places and inputs
against outputs.
"""

from __future__ import annotations

import math
from typing import Annotated

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.core.constraints import POSITIVE_WHOLE
from leadline.core.errors import NetworkError
from leadline.nn.initializers.initializer import FLOAT, Gain, initializer


@initializer(
    formula="gain·Q of the QR decomposition of N(0, 1)",
    range="[-gain, gain]",
    year=2013,
    source="Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning",
)
def orthogonal(
    key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int, *, gain: Gain = 1.0
) -> Float[Array, "*shape"]:
    """Draw a kernel whose rows or columns, the fewer of them, are at right angles and of one length.

    Args:
        gain: The length, above 0; see :func:`leadline.nn.gain`.

    Example:
        >>> kernel = orthogonal(jax.random.key(0), (5, 3), 5, 3)
        >>> bool(jnp.allclose(kernel.T @ kernel, jnp.eye(3), atol=1e-5))
        True
    """
    rows, columns = math.prod(shape[:-1]), shape[-1]
    draw = jax.random.normal(key, (max(rows, columns), min(rows, columns)), FLOAT)
    q, r = jnp.linalg.qr(draw)
    q = q * jnp.sign(jnp.diagonal(r))  # without it the draw is not even over all rotations (Mezzadri, 2007)
    return gain * (q if rows >= columns else q.T).reshape(shape)


@initializer(
    formula="gain where input = output, in the middle of the window; else 0",
    range="{0, gain}",
    year=2015,
    source="Le, Jaitly and Hinton, A simple way to initialize recurrent networks of rectified linear units",
)
def identity(
    key: PRNGKeyArray,
    shape: tuple[int, ...],
    fan_in: int,
    fan_out: int,
    *,
    gain: Gain = 1.0,
    groups: Annotated[int, POSITIVE_WHOLE] = 1,
) -> Float[Array, "*shape"]:
    """Begin by passing each input on to the output of its number; outputs beyond the inputs begin with 0.

    A convolution with padding "same" then returns its channels as they are.

    Args:
        gain: What an input is multiplied by, above 0.
        groups: Of a convolution's channels: each has an identity of its own. It must divide the outputs.

    Raises:
        NetworkError: The groups do not divide the outputs.

    Example:
        >>> identity(jax.random.key(0), (2, 3), 2, 3).tolist()
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    *window, inputs, outputs = shape
    if outputs % groups:
        must_be = f"a whole number that divides the {outputs} outputs"
        raise NetworkError.at("identity, groups", must_be, f"{groups}", "the groups of the layer itself")
    kernel = jnp.tile(jnp.eye(inputs, outputs // groups, dtype=FLOAT), (1, groups))
    middle = tuple((size - 1) // 2 for size in window)  # padding "same" puts an odd zero after the end
    return gain * jnp.zeros(shape, FLOAT).at[middle].set(kernel)


@initializer(
    formula="orthogonal, divided by the standard deviation of the sums",
    range="(-inf, inf)",
    year=2015,
    source="Mishkin and Matas, All you need is a good init",
)
def lsuv(key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Float[Array, "*shape"]:
    """Begin orthogonal; before training, scale by the data so that the sums have variance 1, layer after layer.

    The scaling looks at training rows, so it is done where they are known: by ``ll.fit``, or by
    :func:`leadline.nn.unit_variance` by hand. What is drawn here is its start.

    Example:
        >>> kernel = lsuv(jax.random.key(0), (5, 3), 5, 3)
        >>> bool(jnp.allclose(kernel.T @ kernel, jnp.eye(3), atol=1e-5))
        True
    """
    kernel: Array = orthogonal(key, shape, fan_in, fan_out)
    return kernel
