"""The scores of an evaluation, each with its 95% interval; the same for a model and for its baselines.

Comes in: targets with probabilities or values. Goes out: scores, the headline first.
"""

from __future__ import annotations

import math

import numpy as np

from leadline.evaluation.calibration import calibration_error, calibration_interval
from leadline.evaluation.intervals import (
    NOTHING,
    mean_of_proportions,
    percentiles,
    resampled_means,
    wilson,
)
from leadline.evaluation.metrics import (
    accuracy,
    balanced_accuracy,
    per_class,
    predicted_classes,
    r2,
    regression_parts,
    row_brier,
    row_log_losses,
    target_scale,
)
from leadline.evaluation.several_labels import label_scores
from leadline.record.evaluation import Score

UNKNOWN = (np.full(2, math.nan), np.full((1, 2), math.nan))
"""Means and resampled means of two columns that cannot be known."""


def classification_scores(
    targets: np.ndarray, probabilities: np.ndarray, *, seed: int = 0
) -> tuple[Score, ...]:
    """Return accuracy, balanced accuracy, log-loss, calibration error and Brier score.

    Args:
        targets: Class codes, shape (B,).
        probabilities: Shape (B, C). A row that is not finite counts as wrong and makes the last three NaN.
        seed: Of the bootstrap.

    Example:
        >>> found = classification_scores(np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]))
        >>> [score.name for score in found]
        ['accuracy', 'balanced_accuracy', 'log_loss', 'calibration_error', 'brier']
    """
    classes = probabilities.shape[1]
    predicted = predicted_classes(probabilities)
    each = per_class(targets, predicted, classes)
    losses = np.stack([row_log_losses(probabilities, targets), row_brier(probabilities, targets)], axis=1)
    known = len(targets) > 0 and bool(np.isfinite(losses).all())
    (log_loss, brier), drawn = (losses.mean(axis=0), resampled_means(losses, seed)) if known else UNKNOWN
    right = wilson(int(each.right.sum()), len(targets))
    balanced = balanced_accuracy(targets, predicted, classes)
    error = calibration_error(probabilities, targets)
    return (
        Score("accuracy", accuracy(targets, predicted), *right),
        Score("balanced_accuracy", balanced, *mean_of_proportions(each.right.tolist(), each.rows.tolist())),
        Score("log_loss", float(log_loss), *percentiles(drawn[:, 0]), "lower"),
        Score("calibration_error", error, *calibration_interval(probabilities, targets, seed=seed), "lower"),
        Score("brier", float(brier), *percentiles(drawn[:, 1]), "lower"),
    )


def regression_scores(targets: np.ndarray, values: np.ndarray, *, seed: int = 0) -> tuple[Score, ...]:
    """Return R², mean absolute error and root mean squared error, the last two in the target's unit.

    Args:
        targets: Shape (B,), finite.
        values: Predictions, shape (B,). One that is not finite makes all of them NaN.
        seed: Of the bootstrap.

    Example:
        >>> found = regression_scores(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0]))
        >>> [round(score.value, 3) for score in found]
        [0.5, 0.333, 0.577]
    """
    if not len(targets) or not np.isfinite(values).all():
        return tuple(Score(name, math.nan, *NOTHING, better) for name, better in _REGRESSION)
    parts, scale = regression_parts(values, targets), target_scale(targets)
    means, drawn = parts.mean(axis=0), resampled_means(parts, seed)
    # The normal limit may fall a hair below 0 for an almost perfect model.
    drawn[:, :2] = np.maximum(drawn[:, :2], 0.0)
    mae, rmse = means[0] * scale, math.sqrt(means[1]) * scale
    return (
        Score("r2", float(r2(means)), *percentiles(r2(drawn))),
        Score("mae", float(mae), *percentiles(drawn[:, 0] * scale), "lower"),
        Score("rmse", float(rmse), *percentiles(np.sqrt(drawn[:, 1]) * scale), "lower"),
    )


_REGRESSION = (("r2", "higher"), ("mae", "lower"), ("rmse", "lower"))


_JUDGES = {
    "classification": classification_scores,
    "regression": regression_scores,
    "several_labels": label_scores,
}


def scores(problem: str, targets: np.ndarray, outputs: np.ndarray, *, seed: int = 0) -> tuple[Score, ...]:
    """Return the scores that belong to the problem.

    Args:
        problem: "classification", "regression" or "several_labels".
        targets: Shape (B,), or (B, L) of labels.
        outputs: Probabilities (B, C) or (B, L), or values (B,).
        seed: Of the bootstrap.

    Example:
        >>> scores("regression", np.array([1.0, 2.0]), np.array([1.0, 2.0]))[0].value
        1.0
    """
    judge = _JUDGES[problem]
    return judge(targets, outputs, seed=seed)
