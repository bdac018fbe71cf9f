"""Initializers that give the whole kernel a form: orthogonal."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.nn.initializers.initializer import initializer


@initializer(
    formula="Q of the QR decomposition of N(0, 1)",
    range="[-1, 1]",
    year=2013,
    source="Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning",
)
def orthogonal(
    key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int
) -> Float[Array, "*shape"]:
    """Draw a kernel whose rows or columns, the fewer of them, are at right angles and of length one.

    Example:
        >>> kernel = orthogonal(jax.random.key(0), (5, 3), 5, 3)
        >>> bool(jnp.allclose(kernel.T @ kernel, jnp.eye(3), atol=1e-5))
        True
    """
    rows, columns = math.prod(shape[:-1]), shape[-1]
    draw = jax.random.normal(key, (max(rows, columns), min(rows, columns)))
    q, r = jnp.linalg.qr(draw)
    q = q * jnp.sign(jnp.diagonal(r))  # without it the draw is not even over all rotations (Mezzadri, 2007)
    return (q if rows >= columns else q.T).reshape(shape)
