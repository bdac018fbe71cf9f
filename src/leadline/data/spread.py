"""Mean and spread of columns, as scikit-learn's ``StandardScaler`` fits them.

Comes in: numbers, perhaps with gaps. Goes out: what standardizes them. scikit-learn is the reference (a test holds it)
but is not asked: importing it takes two thirds of a second, half of what a small training takes as a whole.
"""

from __future__ import annotations

import numpy as np


def mean_and_spread(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of each column: what to subtract, and what to divide by.

    Args:
        values: float64, shape (B, F); NaN is passed over.

    Returns:
        Both of shape (F,). A column without a value has mean 0; its spread, and that of a column that is constant up
        to the rounding of its variance, is 1.

    Example:
        >>> mean_and_spread(np.array([[1.0, 5.0], [3.0, 5.0]]))
        (array([2., 5.]), array([1., 1.]))

    Source: T. F. Chan, G. H. Golub and R. J. LeVeque, Algorithms for computing the sample variance (1983), for the
    correction of the second pass and the bound on its rounding.
    """
    known = ~np.isnan(values)
    rows = np.maximum(known.sum(axis=0), 1)
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # beyond float64 is infinite, and told by the diagnosis
        mean = np.where(known, values, 0.0).sum(axis=0) / rows
        off = np.where(known, values - mean, 0.0)
        variance = ((off**2).sum(axis=0) - off.sum(axis=0) ** 2 / rows) / rows
        precision = rows * np.finfo(np.float64).eps
        constant = variance <= precision * variance + (precision * mean) ** 2
        return mean, np.where(constant, 1.0, np.sqrt(variance))
