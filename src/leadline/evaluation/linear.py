"""The linear models that baselines are made of: logistic regression and ridge regression, as scikit-learn defines them.

Comes in: flat inputs and targets. Goes out: models that predict. Both minima are unique, so scikit-learn's own models
are the reference (tests hold it); they are not asked because importing them takes two thirds of a second, more than
learning from most data here, and half of what a small training takes as a whole.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

REMEMBERED = 10
"""Steps that L-BFGS keeps of the past; more hardly help."""
FLAT = 1e-4
"""Largest slope at which a logistic regression is done, of the mean loss: scikit-learn's default."""
SUFFICIENT = 1e-4
"""Share of the slope's promise that a step must keep."""
SHORTEST = 1e-10
"""Step below which rounding alone decides."""

Objective = Callable[[np.ndarray], tuple[float, np.ndarray]]


class Logistic:
    """Logistic regression with an L2 penalty of 1/(2B) on its weights: one of many classes, or labels on their own.

    Mean over rows of ``ln Σ exp s - s[class]``, or of ``Σ ln(1 + exp s) - label · s``, with ``s = x W + b``.

    Args:
        most: Steps of the minimization, at most.
        exclusive: Whether a row has one of several classes, or any number of labels; two classes are one label.

    Example:
        >>> x = np.array([[-1.0], [1.0]])
        >>> Logistic(50, exclusive=False).fit(x, np.array([[0.0], [1.0]])).predict(x).round(1).tolist()
        [[0.3], [0.7]]

    Source: D. C. Liu and J. Nocedal, On the limited memory BFGS method for large scale optimization (1989).
    """

    def __init__(self, most: int, *, exclusive: bool) -> None:
        self.most, self.exclusive = most, exclusive

    def fit(self, x: np.ndarray, targets: np.ndarray) -> Logistic:
        """Learn.

        Args:
            x: Shape (B, F).
            targets: 0 and 1, shape (B, K); of exclusive classes with a single 1 in each row.
        """
        rows, features = x.shape
        shape = (features + 1, targets.shape[1])

        def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
            weights = flat.reshape(shape)
            scores = x @ weights[:-1].astype(x.dtype) + weights[-1]
            losses, said = self._losses(scores, targets)
            wrong = (said - targets) / rows
            slope = np.empty(shape)
            slope[:-1] = x.T @ wrong.astype(x.dtype) + weights[:-1] / rows
            slope[-1] = wrong.sum(axis=0)
            return losses / rows + 0.5 * float((weights[:-1] ** 2).sum()) / rows, slope.ravel()

        flat, self.steps = minimized(objective, np.zeros(shape[0] * shape[1]), self.most)
        self.weights = flat.reshape(shape)
        return self

    def _losses(self, scores: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the sum of the losses, and the probabilities."""
        kept = float((scores * targets).sum())
        if not self.exclusive:
            return float(np.logaddexp(0.0, scores).sum()) - kept, 0.5 * (1 + np.tanh(0.5 * scores))
        top = scores.max(axis=1, keepdims=True)
        powers = np.exp(scores - top)
        total = powers.sum(axis=1, keepdims=True)
        return float((np.log(total) + top).sum()) - kept, powers / total

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return probabilities, shape (B, K)."""
        scores = x @ self.weights[:-1].astype(x.dtype) + self.weights[-1]
        return self._losses(scores, np.zeros_like(scores))[1]


class Ridge:
    """Least squares with the penalty ``‖w‖²``; the mean of the targets is not penalized.

    Example:
        >>> x = np.array([[-1.0], [1.0]])
        >>> Ridge().fit(x, np.array([1.0, 5.0])).predict(x).round(2).tolist()
        [1.67, 4.33]

    Source: A. E. Hoerl and R. W. Kennard, Ridge regression: biased estimation for nonorthogonal problems (1970).
    """

    steps = 0

    def fit(self, x: np.ndarray, targets: np.ndarray) -> Ridge:
        """Learn from inputs (B, F) and numbers (B,)."""
        self.center, self.mean = x.mean(axis=0), float(targets.mean())
        off, aims = x - self.center, targets - self.mean
        if x.shape[1] <= x.shape[0]:
            self.weights = _solved(off.T @ off, off.T @ aims)
        else:  # the same by way of rows, of which there are fewer
            self.weights = off.T @ _solved(off @ off.T, aims)
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return numbers, shape (B,)."""
        return np.asarray((x - self.center) @ self.weights + self.mean, np.float64)


def _solved(gram: np.ndarray, aims: np.ndarray) -> np.ndarray:
    """Return (gram + 1)⁻¹ aims; NaN where the numbers are beyond what can be solved."""
    square = gram.astype(np.float64)
    square[np.diag_indices_from(square)] += 1.0
    try:
        return np.linalg.solve(square, aims.astype(np.float64))
    except np.linalg.LinAlgError:
        return np.full(len(aims), np.nan)


def minimized(objective: Objective, start: np.ndarray, most: int) -> tuple[np.ndarray, int]:
    """Return where a smooth convex function is smallest, and the steps it took, by L-BFGS.

    Args:
        objective: From a point (N,) to the value and the slope there.
        start: First point, shape (N,).
        most: Steps, at most.

    Example:
        >>> at, steps = minimized(lambda x: (float(x @ x), 2 * x), np.ones(3), 20)
        >>> bool(np.abs(at).max() < 1e-4), steps <= 20
        (True, True)
    """
    past: list[tuple[np.ndarray, np.ndarray]] = []
    at = start
    value, slope = objective(at)
    for step in range(most):
        if not np.abs(slope).max() > FLAT:
            return at, step
        way = -_bent(slope, past)
        length = 1.0 if past else min(1.0, 1.0 / float(np.abs(slope).sum()))
        promise = float(slope @ way)
        while True:
            there = at + length * way
            value_there, slope_there = objective(there)
            if value_there <= value + SUFFICIENT * length * promise:
                break
            length /= 2
            if length < SHORTEST:
                return at, step
        moved, turned = there - at, slope_there - slope
        if moved @ turned > 0:
            past = [*past[1 - REMEMBERED :], (moved, turned)]
        at, value, slope = there, value_there, slope_there
    return at, most


def _bent(slope: np.ndarray, past: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Return the slope times the inverse curvature that past steps tell."""
    way, parts = slope.copy(), []
    for moved, turned in reversed(past):
        part = float(moved @ way) / float(moved @ turned)
        way -= part * turned
        parts.append(part)
    if past:
        moved, turned = past[-1]
        way *= float(moved @ turned) / float(turned @ turned)
    for (moved, turned), part in zip(past, reversed(parts), strict=True):
        way += (part - float(turned @ way) / float(moved @ turned)) * moved
    return way
