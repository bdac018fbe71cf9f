"""The score that is followed while training: accuracy, R squared or the share of right labels.

It runs inside the compiled program.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Shaped

from leadline.nn.tasks import Task


def score(task: Task, scores: Float[Array, "B K"], targets: Shaped[Array, "B ..."]) -> Float[Array, ""]:
    """Return accuracy in [0, 1] (classification), R² of at most 1 (regression) or Hamming accuracy (several labels).

    ``R² = 1 - Σ(t - p)² / Σ(t - t̄)²``

    Args:
        task: What is asked.
        scores: Of the network.
        targets: Class codes (B,), numbers (B, 1), or labels (B, L).

    Example:
        >>> from leadline.nn.tasks import for_problem
        >>> task = for_problem("classification", classes=2, outputs=1)
        >>> float(score(task, jnp.array([[3.0], [-1.0]]), jnp.array([1, 1])))
        0.5
    """
    predicted = task.predictions(scores)
    if task.kind == "regression":
        errors, spread = jnp.sum((targets - predicted) ** 2), jnp.sum((targets - targets.mean()) ** 2)
        return 1 - errors / spread
    if task.kind == "several_labels":
        return ((predicted > 0.5) == (targets > 0.5)).mean(dtype=jnp.float32)
    return (predicted.argmax(-1) == targets).mean(dtype=jnp.float32)
