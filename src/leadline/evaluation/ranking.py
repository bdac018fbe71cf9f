"""How well a probability puts the rows that have a label before those that have not: the area under the ROC curve.

Comes in: who has the label, and the probability of each row. Goes out: the area with its interval.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from leadline.evaluation.intervals import NOTHING, Ends

HALVINGS = 60
"""Of the search for an end of the interval; more than float64 can tell."""


def roc_auc(has: np.ndarray, values: np.ndarray) -> float:
    """Return the chance that a row that has the label gets a higher value than one that has not; ties are half.

    From the rank sum of the rows that have it: (Σ ranks - m(m + 1)/2) / (m n).

    Args:
        has: Shape (B,), bool.
        values: Shape (B,); NaN is returned where one is not finite, or where all rows are alike.

    Example:
        >>> roc_auc(np.array([False, True, False, True]), np.array([0.1, 0.4, 0.35, 0.8]))
        1.0

    Source: J. A. Hanley and B. J. McNeil, The meaning and use of the area under a receiver operating
    characteristic curve (1982).
    """
    have = int(has.sum())
    lack = len(has) - have
    if not have or not lack or not np.isfinite(values).all():
        return math.nan
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    ranks = np.cumsum(times) - (times - 1) / 2
    return float((ranks[place][has].sum() - have * (have + 1) / 2) / (have * lack))


def roc_auc_interval(area: float, have: int, lack: int, level: float = 0.95) -> Ends:
    """Return an interval of the area: all θ with |area - θ| ≤ z √V(θ).

    V(θ) = θ(1 - θ)[1 + (N - 1)(1 - θ)/(2 - θ) + (N - 1)θ/(1 + θ)] / (m n) with N = (m + n)/2. As with Wilson's, the
    variance is that of the end, not of the estimate: it stays in [0, 1] and has a width at 1.

    Args:
        area: In [0, 1], or NaN.
        have: Rows m that have the label.
        lack: Rows n that have not.
        level: Coverage, in (0, 1).

    Example:
        >>> low, high = roc_auc_interval(1.0, 10, 10)
        >>> round(low, 3), high
        (0.8, 1.0)

    Source: R. G. Newcombe, Confidence intervals for an effect size measure based on the Mann-Whitney statistic,
    part 2 (2006), method 5.
    """
    if math.isnan(area) or not have or not lack:
        return NOTHING
    z = NormalDist().inv_cdf((1 + level) / 2)
    return _lower(area, have, lack, z), 1 - _lower(1 - area, have, lack, z)


def _lower(area: float, have: int, lack: int, z: float) -> float:
    """Return the lower end; the upper one is that of the mirrored area."""
    low, high = 0.0, area
    more = (have + lack) / 2 - 1
    for _ in range(HALVINGS):
        end = (low + high) / 2
        inner = 1 + more * (1 - end) / (2 - end) + more * end / (1 + end)
        variance = end * (1 - end) * inner / (have * lack)
        low, high = (end, high) if area - end > z * math.sqrt(variance) else (low, end)
    return low
