"""Losses of numbers: squared, absolute and Huber error."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.nn.losses.loss import Rows, Scores, loss


@loss(
    formula="(s - t)², mean over outputs",
    derivative="2 (s - t) / K",
    year=1805,
    source="Legendre, Nouvelles méthodes pour la détermination des orbites des comètes",
    takes="numbers",
)
def mse(scores: Scores, targets: Float[Array, "B K"]) -> Rows:
    """Take the squared error, mean over outputs: the best constant is the mean of the targets.

    Args:
        scores: Shape (B, K).
        targets: Shape (B, K).

    Example:
        >>> mse(jnp.array([[1.0, 2.0]]), jnp.array([[3.0, 2.0]])).tolist()
        [2.0]
    """
    return jnp.square(scores - targets).mean(axis=-1)


@loss(
    formula="|s - t|, mean over outputs",
    derivative="sign(s - t) / K",
    year=1757,
    source="Boscovich, De litteraria expeditione per pontificiam ditionem",
    takes="numbers",
)
def mae(scores: Scores, targets: Float[Array, "B K"]) -> Rows:
    """Take the absolute error, mean over outputs: the best constant is the median of the targets.

    Args:
        scores: Shape (B, K).
        targets: Shape (B, K).

    Example:
        >>> mae(jnp.array([[1.0, 2.0]]), jnp.array([[3.0, 2.0]])).tolist()
        [1.0]
    """
    return jnp.abs(scores - targets).mean(axis=-1)


@loss(
    formula="(s - t)²/2 where |s - t| < 1, else |s - t| - 1/2, mean over outputs",
    derivative="(s - t) / K where |s - t| < 1, else sign(s - t) / K",
    year=1964,
    source="Huber, Robust estimation of a location parameter",
    takes="numbers",
)
def huber(scores: Scores, targets: Float[Array, "B K"]) -> Rows:
    """Take the squared error near the target and the absolute error far from it, so that outliers pull less.

    Args:
        scores: Shape (B, K).
        targets: Shape (B, K).

    Example:
        >>> huber(jnp.array([[0.5], [3.0]]), jnp.array([[0.0], [0.0]])).tolist()
        [0.125, 2.5]
    """
    error = jnp.abs(scores - targets)
    near = jnp.minimum(error, 1.0)  # keeps the square of a huge error out of the gradient
    return jnp.where(error < 1.0, 0.5 * near * near, error - 0.5).mean(axis=-1)
