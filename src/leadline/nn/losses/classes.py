"""Losses of scores for classes: cross-entropy, binary cross-entropy, hinge."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from leadline.nn.losses.loss import Rows, Scores, loss

LOWEST = -1e38  # stands for minus infinity among float32 scores, without its NaN gradients


def _is_target(scores: Scores, targets: Int[Array, " B"]) -> Array:
    """Return True where the column is the row's class, shape (B, K)."""
    return targets[:, None] == jnp.arange(scores.shape[-1])


def _known(rows: Rows, scores: Scores, targets: Int[Array, " B"]) -> Rows:
    """Make the loss NaN where a class code is out of range: better to stop a training than to mislead it."""
    return jnp.where((targets >= 0) & (targets < scores.shape[-1]), rows, jnp.nan)


@loss(
    formula="ln Σ_k exp(s_k) - s_y",
    derivative="p_k - t_k",
    year=1990,
    source="Bridle, Probabilistic interpretation of feedforward classification network outputs",
    takes="classes",
    link="softmax",
    smooths=True,
)
def cross_entropy(scores: Scores, targets: Int[Array, " B"], label_smoothing: float = 0.0) -> Rows:
    """Take the negative log-probability of the right class, for one of many classes: -ln softmax(s)_y.

    It is computed as ln(1 + Σ_{k≠y} exp(s_k - s_y)), which stays exact where the loss is tiny and finite
    where it is huge. With ``label_smoothing`` ε the targets are 1 - ε for the right class plus ε/K for each
    (Szegedy et al., 2016).

    Args:
        scores: Shape (B, K).
        targets: Class codes 0..K-1, shape (B,); one out of range gives NaN.
        label_smoothing: ε in [0, 1).

    Example:
        >>> [round(v, 3) for v in cross_entropy(jnp.array([[3.2, 5.1, -1.7]]), jnp.array([0])).tolist()]
        [2.04]
    """
    right = _is_target(scores, targets)
    own = jnp.where(right, scores, 0).sum(axis=-1)
    others = jnp.where(right, LOWEST, scores)
    top = jax.lax.stop_gradient(others.max(axis=-1))
    rest = top + jnp.log(jnp.exp(others - top[:, None]).sum(axis=-1))
    rows = jax.nn.softplus(rest - own)
    if label_smoothing:  # the mean over all classes of the loss as if each were right
        rows = rows + label_smoothing * (own - scores.mean(axis=-1))
    return _known(rows, scores, targets)


@loss(
    formula="-(t ln σ(s) + (1 - t) ln(1 - σ(s))), mean over outputs",
    derivative="(σ(s) - t) / K",
    year=1958,
    source="Cox, The regression analysis of binary sequences",
    takes="numbers",
    link="sigmoid",
    smooths=True,
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
    formula="Σ_{k≠y} max(0, s_k - s_y + 1)",
    derivative="1 for k≠y above the margin, minus their number for y",
    year=1999,
    source="Weston and Watkins, Support vector machines for multi-class pattern recognition",
    takes="classes",
    link="softmax",
)
def hinge(scores: Scores, targets: Int[Array, " B"]) -> Rows:
    """Take by how much each wrong class comes within a margin of 1 of the right one.

    Args:
        scores: Shape (B, K).
        targets: Class codes 0..K-1, shape (B,); one out of range gives NaN.

    Example:
        >>> [round(v, 3) for v in hinge(jnp.array([[3.2, 5.1, -1.7]]), jnp.array([0])).tolist()]
        [2.9]
    """
    right = _is_target(scores, targets)
    own = jnp.where(right, scores, 0).sum(axis=-1, keepdims=True)
    over = jnp.where(right, 0, jax.nn.relu(scores - own + 1))
    return _known(over.sum(axis=-1), scores, targets)
