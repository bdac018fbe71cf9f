"""Whether a probability means what it says: of the rows given 80%, 80% should be right.

Comes in: probabilities and targets. Goes out: confidence beside accuracy in equal bins, and the expected
calibration error with its interval.
"""

from __future__ import annotations

import math

import numpy as np

from leadline.evaluation.intervals import NOTHING, Ends, resampled_means
from leadline.evaluation.metrics import predicted_classes

BINS = 15
"""As in Guo et al. (2017), so that numbers can be compared."""


def _known(
    probabilities: np.ndarray, targets: np.ndarray, bins: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return bin, confidence and right (0 or 1) of the rows that are finite; bins are closed on the right."""
    whole = np.isfinite(probabilities).all(axis=1)
    known = probabilities[whole].astype(np.float64)
    confidence = known.max(axis=1) if len(known) else np.zeros(0)
    right = (predicted_classes(known) == targets[whole]).astype(np.float64)
    where = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    return where, confidence, right


def reliability(probabilities: np.ndarray, targets: np.ndarray, bins: int = BINS) -> np.ndarray:
    """Return mean confidence, accuracy and rows in equal-width bins of the confidence.

    The confidence of a row is its highest probability; bin b holds (b/bins, (b + 1)/bins].

    Args:
        probabilities: Shape (B, C); rows that are not finite are left out.
        targets: Class codes, shape (B,).
        bins: How many.

    Returns:
        Shape (bins, 3); NaN for confidence and accuracy of an empty bin.

    Example:
        >>> reliability(np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([0, 0]), bins=2).tolist()
        [[nan, nan, 0.0], [0.8, 0.5, 2.0]]

    Source: M. P. Naeini, G. F. Cooper and M. Hauskrecht, Obtaining well calibrated probabilities (2015).
    """
    where, confidence, right = _known(probabilities, targets, bins)
    rows = np.bincount(where, minlength=bins)
    with np.errstate(invalid="ignore"):
        sums = [np.bincount(where, weights=column, minlength=bins) / rows for column in (confidence, right)]
    return np.stack([*sums, rows], axis=1)


def calibration_error(probabilities: np.ndarray, targets: np.ndarray, bins: int = BINS) -> float:
    """Return the expected calibration error: Σ over bins of the share of rows × |accuracy - mean confidence|.

    Args:
        probabilities: Shape (B, C).
        targets: Class codes, shape (B,).
        bins: How many.

    Returns:
        In [0, 1]; NaN where a row is not finite or there is none.

    Example:
        >>> round(calibration_error(np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([0, 0]), bins=2), 3)
        0.3

    Source: C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, On calibration of modern neural networks (2017).
    """
    if not len(targets) or not np.isfinite(probabilities).all():
        return math.nan
    where, confidence, right = _known(probabilities, targets, bins)
    return float(np.abs(np.bincount(where, weights=right - confidence, minlength=bins)).sum() / len(targets))


def calibration_interval(
    probabilities: np.ndarray,
    targets: np.ndarray,
    *,
    bins: int = BINS,
    seed: int = 0,
    resamples: int = 1000,
    answers: int = 1,
) -> Ends:
    """Return a 95% interval of the expected calibration error.

    A mean of absolute gaps is too large by the noise in each gap: a perfectly calibrated model scores above
    0, and its resamples higher still, so a plain percentile interval would shut the truth out at the lower
    end. Two errors differ by no more than the distance Σ|gap - resampled gap|, so the lower end is the
    estimate less the 97.5% point of that distance (but not below 0); the upper end is the resamples' own
    97.5% point, which errs to the safe side.

    Args:
        probabilities: Shape (B, C).
        targets: Class codes, shape (B,).
        bins: How many.
        seed: One seed gives the same bits.
        resamples: Of the bootstrap.
        answers: So many that follow each other belong to one row, and are drawn together: its labels.

    Returns:
        NaN at both ends where a row is not finite or there is none.

    Example:
        >>> sure = np.tile([0.8, 0.2], (100, 1))
        >>> low, high = calibration_interval(sure, np.arange(100) % 5 // 4)
        >>> low, 0.04 < high < 0.2
        (0.0, True)
    """
    if not len(targets) or not np.isfinite(probabilities).all():
        return NOTHING
    where, confidence, right = _known(probabilities, targets, bins)
    gaps = np.zeros((len(targets), bins))
    gaps[np.arange(len(targets)), where] = right - confidence
    gaps = gaps[:, np.unique(where)]
    gaps = gaps.reshape(-1, answers, gaps.shape[1]).mean(axis=1)
    estimate, drawn = gaps.mean(axis=0), resampled_means(gaps, seed, resamples)
    distance = float(np.quantile(np.abs(drawn - estimate).sum(axis=1), 0.975))
    error = float(np.abs(estimate).sum())
    return max(0.0, error - distance), max(error, float(np.quantile(np.abs(drawn).sum(axis=1), 0.975)))
