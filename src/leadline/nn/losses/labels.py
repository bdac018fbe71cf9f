"""Losses of yes or no: binary cross-entropy and binary focal loss, for one answer or several labels.

In: one score for each answer, (B, K), and as many targets: 0, 1 or a share between. Out: one loss for each row, (B,),
the mean over its answers.
"""

from __future__ import annotations

import math
from typing import Annotated

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.core.constraints import NOT_NEGATIVE, Interval
from leadline.nn.losses.loss import Rows, Scores, loss

SHARE = Interval(0, 1)


@loss(
    formula="-(t ln σ(s) + (1 - t) ln(1 - σ(s))), mean over outputs",
    derivative="(σ(s) - t) / K",
    year=1958,
    source="Cox, The regression analysis of binary sequences",
    takes="numbers",
    link="sigmoid",
    smooths=True,
    likelihood="Bernoulli",
    first=lambda classes: math.log(2),
)
def binary_cross_entropy(scores: Scores, targets: Float[Array, "B K"], label_smoothing: float = 0.0) -> Rows:
    """Take the negative log-probability of yes or no, for each output on its own, and the mean over outputs.

    It is computed as t·softplus(-s) + (1 - t)·softplus(s), which is finite for every score.

    Args:
        scores: One score, or one for each label, shape (B, K).
        targets: 0, 1 or a probability between, shape (B, K).
        label_smoothing: ε in [0, 1): targets become t(1 - ε) + ε/2.

    Example:
        >>> [round(v, 4) for v in binary_cross_entropy(jnp.array([[0.0]]), jnp.array([[1.0]])).tolist()]
        [0.6931]
    """
    soft = targets * (1 - label_smoothing) + label_smoothing / 2
    each = soft * jax.nn.softplus(-scores) + (1 - soft) * jax.nn.softplus(scores)
    return each.mean(axis=-1)


@loss(
    formula="-(alpha t (1 - p)^gamma ln p + (1 - alpha)(1 - t) p^gamma ln(1 - p)), p = σ(s), mean over outputs",
    derivative="alpha (1 - p)^gamma (gamma p ln p + p - 1) / K for t = 1; its mirror image for t = 0",
    year=2017,
    source="Lin, Goyal, Girshick, He and Dollár, Focal loss for dense object detection",
    takes="numbers",
    link="sigmoid",
)
def binary_focal(
    scores: Scores,
    targets: Float[Array, "B K"],
    *,
    gamma: Annotated[float, NOT_NEGATIVE] = 2.0,
    alpha: Annotated[float, SHARE] = 0.25,
) -> Rows:
    """Take the binary cross-entropy, but let answers that are right and sure count less.

    For labels that are rare. A share between 0 and 1 as target weighs both sides.

    Args:
        scores: One score, or one for each label, shape (B, K).
        targets: 0, 1 or a share between, shape (B, K).
        gamma: At least 0; 0 leaves the weights alone, 2 is what its authors found best.
        alpha: Weight of a yes, in [0, 1]; a no has 1 - alpha. 0.25 is what its authors found best with gamma 2,
            where a yes is rare but hard; 0.5 is half of the loss without weights.

    Example:
        >>> [round(v, 4) for v in binary_focal(jnp.array([[0.0]]), jnp.array([[1.0]])).tolist()]
        [0.0433]
    """
    yes = jnp.exp(-gamma * jax.nn.softplus(scores)) * jax.nn.softplus(-scores)
    no = jnp.exp(-gamma * jax.nn.softplus(-scores)) * jax.nn.softplus(scores)
    return (alpha * targets * yes + (1 - alpha) * (1 - targets) * no).mean(axis=-1)
