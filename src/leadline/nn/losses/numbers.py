"""Losses of numbers: squared and absolute error, what lies between them, and the quantile.

In: one score for each target number, (B, K), and the numbers. Out: one loss for each row, (B,), the mean over its
numbers.
"""

from __future__ import annotations

import math
from typing import Annotated

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.core.constraints import POSITIVE, Interval
from leadline.nn.losses.loss import Rows, Scores, loss

Numbers = Float[Array, "B K"]


@loss(
    formula="(s - t)², mean over outputs",
    derivative="2 (s - t) / K",
    year=1805,
    source="Legendre, Nouvelles méthodes pour la détermination des orbites des comètes",
    takes="numbers",
    likelihood="Gaussian of fixed spread",
)
def mse(scores: Scores, targets: Numbers) -> Rows:
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
    likelihood="Laplace of fixed spread",
)
def mae(scores: Scores, targets: Numbers) -> Rows:
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
    formula="(s - t)²/2 where |s - t| < delta, else delta (|s - t| - delta/2), mean over outputs",
    derivative="(s - t) / K where |s - t| < delta, else delta sign(s - t) / K",
    year=1964,
    source="Huber, Robust estimation of a location parameter",
    takes="numbers",
    likelihood="Gaussian in the middle with Laplace tails",
)
def huber(scores: Scores, targets: Numbers, *, delta: Annotated[float, POSITIVE] = 1.0) -> Rows:
    """Take the squared error near the target and the absolute error far from it, so that outliers pull less.

    Args:
        scores: Shape (B, K).
        targets: Shape (B, K).
        delta: Where the one becomes the other, above 0; 1 is one standard deviation of prepared targets.

    Example:
        >>> huber(jnp.array([[0.5], [3.0]]), jnp.array([[0.0], [0.0]])).tolist()
        [0.125, 2.5]
    """
    error = jnp.abs(scores - targets)
    near = jnp.minimum(error, delta)  # keeps the square of a huge error out of the gradient
    return jnp.where(error < delta, 0.5 * near * near, delta * (error - delta / 2)).mean(axis=-1)


@loss(
    formula="ln cosh(s - t), mean over outputs",
    derivative="tanh(s - t) / K",
    year=1990,
    source="Green, Bayesian reconstructions from emission tomography data using a modified EM algorithm",
    takes="numbers",
    likelihood="hyperbolic secant of fixed spread",
)
def log_cosh(scores: Scores, targets: Numbers) -> Rows:
    """Take ln cosh of the error: half its square near the target, its size less ln 2 far from it, all smooth.

    Args:
        scores: Shape (B, K).
        targets: Shape (B, K).

    Example:
        >>> [round(v, 4) for v in log_cosh(jnp.array([[0.1], [10.0]]), jnp.array([[0.0], [0.0]])).tolist()]
        [0.005, 9.3069]
    """
    error = scores - targets
    size, near = jnp.abs(error), jnp.clip(error, -1.0, 1.0)
    small = jnp.log1p(2 * jnp.square(jnp.sinh(near / 2)))  # exact where ln cosh is tiny
    return jnp.where(size < 1.0, small, size + jax.nn.softplus(-2 * size) - math.log(2)).mean(axis=-1)


@loss(
    formula="share (t - s) where t > s, else (1 - share)(s - t), mean over outputs",
    derivative="-share / K where t > s, else (1 - share) / K",
    year=1978,
    source="Koenker and Bassett, Regression quantiles",
    takes="numbers",
    likelihood="asymmetric Laplace of fixed spread",
)
def pinball(
    scores: Scores,
    targets: Numbers,
    *,
    share: Annotated[float, Interval(0, 1, open_low=True, open_high=True)] = 0.5,
) -> Rows:
    """Take the error, weighed by its side: the best constant is the quantile with this share below it.

    Args:
        scores: Shape (B, K).
        targets: Shape (B, K).
        share: Of the targets that shall lie below the score, in (0, 1); 0.5 asks for the median, and is half
            the absolute error.

    Example:
        >>> [round(v, 2) for v in pinball(share=0.9)(jnp.zeros((2, 1)), jnp.array([[1.0], [-1.0]])).tolist()]
        [0.9, 0.1]
    """
    error = targets - scores
    return jnp.where(error > 0, share * error, (share - 1) * error).mean(axis=-1)
