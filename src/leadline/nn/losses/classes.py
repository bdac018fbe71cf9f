"""Losses of one of many classes: cross-entropy, hinge and focal loss.

In: one score for each class, (B, K), and class codes, (B,). Out: one loss for each row, (B,). Cross-entropy takes
shares of the classes as well, (B, K).
"""

from __future__ import annotations

import math
from typing import Annotated

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from leadline.core.constraints import NOT_NEGATIVE, POSITIVE, Switch
from leadline.nn.losses.loss import Rows, Scores, loss

LOWEST = -1e38  # stands for minus infinity among float32 scores, without its NaN gradients

Codes = Int[Array, " B"]


def _is_target(scores: Scores, targets: Codes) -> Array:
    """Return True where the column is the row's class, shape (B, K)."""
    return targets[:, None] == jnp.arange(scores.shape[-1])


def _known(rows: Rows, scores: Scores, targets: Codes) -> Rows:
    """Make the loss NaN where a class code is out of range: better to stop a training than to mislead it."""
    return jnp.where((targets >= 0) & (targets < scores.shape[-1]), rows, jnp.nan)


def _lead(scores: Scores, targets: Codes) -> Rows:
    """Return by how much all other classes together lead the right one: ln Σ_{k≠y} exp(s_k) - s_y.

    The probability of the right class is the sigmoid of its negative.
    """
    right = _is_target(scores, targets)
    own = jnp.where(right, scores, 0).sum(axis=-1)
    others = jnp.where(right, LOWEST, scores)
    top = jax.lax.stop_gradient(others.max(axis=-1))
    return (top - own) + jnp.log(jnp.exp(others - top[:, None]).sum(axis=-1))  # exact for huge scores


def _surprises(scores: Scores) -> Scores:
    """Return -ln softmax(s) for every class, exact where it is tiny: it is counted from the highest score."""
    highest = jnp.arange(scores.shape[-1]) == scores.argmax(axis=-1)[:, None]
    top = jnp.where(highest, scores, 0).sum(axis=-1, keepdims=True)
    others = jnp.where(highest, 0, jnp.exp(jnp.where(highest, 0, scores - top))).sum(axis=-1, keepdims=True)
    return top - scores + jnp.log1p(others)


@loss(
    formula="ln Σ_k exp(s_k) - s_y; with shares t_k: Σ_k t_k (ln Σ_j exp(s_j) - s_k)",
    derivative="p_k - t_k",
    year=1990,
    source="Bridle, Probabilistic interpretation of feedforward classification network outputs",
    takes="classes",
    link="softmax",
    smooths=True,
    soft=True,
    likelihood="categorical",
    first=lambda classes: math.log(classes),
)
def cross_entropy(scores: Scores, targets: Codes | Float[Array, "B K"], label_smoothing: float = 0.0) -> Rows:
    """Take the negative log-probability of the right class, for one of many classes: -ln softmax(s)_y.

    It is computed as ln(1 + Σ_{k≠y} exp(s_k - s_y)), which stays exact where the loss is tiny and finite
    where it is huge. With ``label_smoothing`` ε the targets are 1 - ε for the right class plus ε/K for each
    (Szegedy et al., 2016).

    Args:
        scores: Shape (B, K).
        targets: Class codes 0..K-1, shape (B,); one out of range gives NaN. Or the share of each class, shape
            (B, K), rows with the sum 1: one-hot, mixed or uncertain labels.
        label_smoothing: ε in [0, 1).

    Example:
        >>> scores = jnp.array([[3.2, 5.1, -1.7]])
        >>> [round(v, 3) for v in cross_entropy(scores, jnp.array([0])).tolist()]
        [2.04]
        >>> [round(v, 3) for v in cross_entropy(scores, jnp.array([[1.0, 0.0, 0.0]])).tolist()]
        [2.04]
    """
    if targets.ndim == 2:
        shares = targets * (1 - label_smoothing) + label_smoothing / scores.shape[-1]
        return (shares * _surprises(scores)).sum(axis=-1)
    rows = jax.nn.softplus(_lead(scores, targets))
    if label_smoothing:  # the mean over all classes of the loss as if each were right
        own = jnp.where(_is_target(scores, targets), scores, 0).sum(axis=-1)
        rows = rows + label_smoothing * (own - scores.mean(axis=-1))
    return _known(rows, scores, targets)


@loss(
    formula="(1 - p_y)^gamma (-ln p_y), p = softmax(s)",
    derivative="(1 - p_y)^gamma (1 - gamma p_y ln p_y / (1 - p_y)) (p_k - t_k)",
    year=2017,
    source="Lin, Goyal, Girshick, He and Dollár, Focal loss for dense object detection",
    takes="classes",
    link="softmax",
    first=lambda classes, gamma: (1 - 1 / classes) ** gamma * math.log(classes),
)
def focal(scores: Scores, targets: Codes, *, gamma: Annotated[float, NOT_NEGATIVE] = 2.0) -> Rows:
    """Take the cross-entropy, but let rows that are answered well count less: (1 - p_y)^γ (-ln p_y).

    For rare classes among many easy rows. Weights of the classes, the α of its authors, are the recipe's
    ``class_weights``. Its probabilities are too timid: they are no longer those of a likelihood.

    Args:
        scores: Shape (B, K).
        targets: Class codes 0..K-1, shape (B,); one out of range gives NaN.
        gamma: At least 0; 0 is cross-entropy, 2 is what its authors found best.

    Example:
        >>> [round(v, 4) for v in focal(jnp.array([[0.0, 0.0], [3.0, 0.0]]), jnp.array([0, 0])).tolist()]
        [0.1733, 0.0001]
    """
    lead = _lead(scores, targets)
    easy = jnp.exp(-gamma * jax.nn.softplus(-lead))  # (1 - p)^γ by logarithms: no power of a rounded 0
    return _known(easy * jax.nn.softplus(lead), scores, targets)


@loss(
    formula="Σ_{k≠y} max(0, s_k - s_y + margin), each squared if asked",
    derivative="1 for k≠y above the margin, minus their number for y (squared: twice the excess instead of 1)",
    year=1999,
    source="Weston and Watkins, Support vector machines for multi-class pattern recognition",
    takes="classes",
    link="softmax",
    first=lambda classes, margin, squared: (classes - 1) * (margin**2 if squared else margin),
)
def hinge(
    scores: Scores,
    targets: Codes,
    *,
    margin: Annotated[float, POSITIVE] = 1.0,
    squared: Annotated[bool, Switch()] = False,
) -> Rows:
    """Take by how much each wrong class comes within a margin of the right one; beyond it nothing counts.

    Args:
        scores: Shape (B, K).
        targets: Class codes 0..K-1, shape (B,); one out of range gives NaN.
        margin: Above 0; another one only rescales the scores, so 1 is as good as any.
        squared: Square each excess, so that the loss has no kink and far misses count more.

    Example:
        >>> [round(v, 3) for v in hinge(jnp.array([[3.2, 5.1, -1.7]]), jnp.array([0])).tolist()]
        [2.9]
    """
    right = _is_target(scores, targets)
    own = jnp.where(right, scores, 0).sum(axis=-1, keepdims=True)
    over = jnp.where(right, 0, jax.nn.relu(scores - own + margin))
    return _known((jnp.square(over) if squared else over).sum(axis=-1), scores, targets)
