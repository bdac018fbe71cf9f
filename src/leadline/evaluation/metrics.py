"""The numbers themselves: of classification and of regression, each a plain function of arrays.

Comes in: targets with probabilities or values. Goes out: one number, one for each class, or one for each row.
What can be a mean over rows is given for each row, so that the same numbers carry the interval;
scikit-learn's metrics are the reference in the tests. Rows whose outputs are not finite count as wrong where
right and wrong are counted, and make every other number NaN.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

NO_CLASS = -1
"""Stands for the prediction of a row whose probabilities are not finite."""


def predicted_classes(probabilities: np.ndarray) -> np.ndarray:
    """Return the most probable class of each row; the first of several, -1 where a row is not finite.

    Args:
        probabilities: Shape (B, C).

    Example:
        >>> predicted_classes(np.array([[0.2, 0.8], [0.5, 0.5], [np.nan, 1.0]])).tolist()
        [1, 0, -1]
    """
    whole = np.isfinite(probabilities).all(axis=1)
    return np.where(whole, np.argmax(np.where(whole[:, None], probabilities, 0), axis=1), NO_CLASS)


def confusion(targets: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Count rows by true class (rows) and predicted class (columns); rows without a prediction are not in it.

    Args:
        targets: Class codes, shape (B,).
        predicted: Class codes, shape (B,); -1 where there is none.
        classes: Number of classes C.

    Returns:
        int64, shape (C, C).

    Example:
        >>> confusion(np.array([0, 1, 1]), np.array([0, 0, 1]), 2).tolist()
        [[1, 0], [1, 1]]
    """
    told = predicted != NO_CLASS
    cells = targets[told].astype(np.int64) * classes + predicted[told]
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def accuracy(targets: np.ndarray, predicted: np.ndarray) -> float:
    """Return the share of rows that are right; NaN without rows.

    Example:
        >>> accuracy(np.array([0, 1]), np.array([0, 0]))
        0.5
    """
    return float(np.mean(targets == predicted)) if len(targets) else np.nan


class PerClass(NamedTuple):
    """Counts and shares of each class, every array of shape (C,).

    Args:
        rows: Rows of the class.
        right: Rows of the class that were found.
        recall: right / rows; NaN without rows.
        precision: right / predictions of the class; NaN where it was never predicted.
        f1: 2 right / (rows + predictions); NaN where the class neither occurs nor is predicted.
    """

    rows: np.ndarray
    right: np.ndarray
    recall: np.ndarray
    precision: np.ndarray
    f1: np.ndarray


def per_class(targets: np.ndarray, predicted: np.ndarray, classes: int) -> PerClass:
    """Return how each class fares.

    Args:
        targets: Class codes, shape (B,).
        predicted: Class codes, shape (B,); -1 where there is none.
        classes: Number of classes C.

    Example:
        >>> per_class(np.array([0, 1, 1]), np.array([0, 0, 1]), 3).recall.tolist()
        [1.0, 0.5, nan]
    """
    rows = np.bincount(targets, minlength=classes)
    right = np.bincount(targets[targets == predicted], minlength=classes)
    said = np.bincount(predicted[predicted != NO_CLASS], minlength=classes)
    with np.errstate(invalid="ignore"):
        return PerClass(rows, right, right / rows, right / said, 2 * right / (rows + said))


def balanced_accuracy(targets: np.ndarray, predicted: np.ndarray, classes: int) -> float:
    """Return the mean recall over the classes that occur; NaN without rows.

    Example:
        >>> balanced_accuracy(np.array([0, 0, 0, 1]), np.array([0, 0, 0, 0]), 2)
        0.5
    """
    recall = per_class(targets, predicted, classes).recall
    known = recall[np.isfinite(recall)]
    return float(known.mean()) if known.size else np.nan


def row_log_losses(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return -ln of the probability of the true class, in nats; NaN where a row is not finite.

    Probabilities are kept away from 0 by the precision of their type (float32: 1.2e-7), so that one certain
    mistake costs much (15.9) but not infinitely much.

    Args:
        probabilities: Shape (B, C).
        targets: Class codes, shape (B,).

    Example:
        >>> row_log_losses(np.array([[0.5, 0.5], [0.0, 1.0]]), np.array([0, 1])).round(3).tolist()
        [0.693, 0.0]
    """
    floor = np.finfo(probabilities.dtype if probabilities.dtype.kind == "f" else np.float64).eps
    given = probabilities[np.arange(len(targets)), targets].astype(np.float64)
    # Adding 0 turns the -0 of a certain, right row into 0.
    losses = -np.log(np.clip(given, floor, 1.0)) + 0.0
    return np.where(np.isfinite(probabilities).all(axis=1), losses, np.nan)


def row_brier(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return Σ over classes (probability - [class is true])², in [0, 2]; NaN where a row is not finite.

    Args:
        probabilities: Shape (B, C).
        targets: Class codes, shape (B,).

    Example:
        >>> row_brier(np.array([[0.5, 0.5], [0.0, 1.0]]), np.array([0, 1])).tolist()
        [0.5, 0.0]

    Source: G. W. Brier, Verification of forecasts expressed in terms of probability (1950).
    """
    whole = np.isfinite(probabilities).all(axis=1)
    gap = np.where(whole[:, None], probabilities, np.nan).astype(np.float64)
    gap[np.arange(len(targets)), targets] -= 1.0
    return np.asarray((gap * gap).sum(axis=1))


def row_errors(values: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return value - target of each row in the target's unit; NaN where a value is not finite.

    Example:
        >>> row_errors(np.array([2.0, np.inf]), np.array([1.5, 1.0])).tolist()
        [0.5, nan]
    """
    known = np.isfinite(values)
    return np.asarray(np.where(known, values, np.nan) - targets)


def regression_parts(values: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return what each row adds to the scores of regression, shape (B, 4): |e|, e², t, t².

    Errors e and targets t are divided by the targets' spread and t is measured from the targets' mean, so
    that no digits are lost where targets are large.

    Args:
        values: Predictions, shape (B,).
        targets: Shape (B,), finite.

    Example:
        >>> regression_parts(np.array([1.0, 2.0]), np.array([1.0, 3.0])).tolist()
        [[0.0, 0.0, -1.0, 1.0], [1.0, 1.0, 1.0, 1.0]]
    """
    scale = target_scale(targets)
    errors = row_errors(values, targets) / scale
    offset = (targets - targets.mean()) / scale
    return np.stack([np.abs(errors), errors**2, offset, offset**2], axis=1)


def target_scale(targets: np.ndarray) -> float:
    """Return the spread of the targets; 1 where they are all the same.

    Example:
        >>> target_scale(np.array([1.0, 3.0])), target_scale(np.array([2.0, 2.0]))
        (1.0, 1.0)
    """
    return float(targets.std()) or 1.0


def r2(means: np.ndarray) -> np.ndarray:
    """Return 1 - Σe² / Σ(t - mean t)² from means of :func:`regression_parts`; NaN for equal targets.

    Args:
        means: Shape (..., 4).

    Example:
        >>> float(r2(np.array([0.5, 0.5, 0.0, 1.0])))
        0.5
    """
    spread = means[..., 3] - means[..., 2] ** 2
    # A resample of equal targets leaves rounding, not a spread.
    return np.asarray(1 - means[..., 1] / np.where(spread > 1e-12, spread, np.nan))
