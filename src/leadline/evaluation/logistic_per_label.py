"""A logistic regression for each of several labels: their linear baseline.

Comes in: flat inputs and labels. Goes out: probabilities. A label that is the same in all rows learned from gets
that as its probability; scikit-learn's own model for several labels warns there and hides its weights.
"""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression


class LogisticPerLabel:
    """Independent logistic regressions, one for each label.

    Args:
        max_iter: Iterations of each, at most.

    Example:
        >>> x, y = np.array([[-1.0], [1.0]]), np.array([[0, 1], [1, 1]])
        >>> model = LogisticPerLabel(50).fit(x, y)
        >>> model.predict_proba(x).round(1).tolist()
        [[0.3, 1.0], [0.7, 1.0]]
    """

    def __init__(self, max_iter: int) -> None:
        self.max_iter = max_iter

    def fit(self, x: np.ndarray, y: np.ndarray) -> LogisticPerLabel:
        """Learn from inputs (B, F) and labels (B, L)."""
        self.usual = y.mean(axis=0, dtype=np.float64)
        mixed = (self.usual > 0) & (self.usual < 1)
        self.models = {
            int(at): LogisticRegression(max_iter=self.max_iter).fit(x, y[:, at])
            for at in np.flatnonzero(mixed)
        }
        return self

    @property
    def coef_(self) -> np.ndarray:
        """Weights of those that learned, shape (labels, F)."""
        return np.concatenate([model.coef_ for model in self.models.values()])

    @property
    def n_iter_(self) -> int:
        """Iterations of the longest."""
        return max(int(np.max(model.n_iter_)) for model in self.models.values())

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """Return the probability of each label, shape (B, L)."""
        found = np.tile(self.usual, (len(x), 1))
        for at, model in self.models.items():
            found[:, at] = model.predict_proba(x)[:, 1]
        return found
