"""Several labels: the scores of all of them together, and of each one, with intervals.

Comes in: for each row which labels hold, and their probabilities. Goes out: scores. A label is said where its
probability is above one half. Labels of one row depend on each other, so intervals count rows, not labels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from leadline.evaluation.calibration import BINS, calibration_error, calibration_interval, reliability
from leadline.evaluation.intervals import NOTHING, Ends, percentiles, ratio_interval, resampled_means, wilson
from leadline.evaluation.ranking import roc_auc, roc_auc_interval
from leadline.record.evaluation import LabelScore, Score

THRESHOLD = 0.5
"""A label is said above it."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What holds and what is said, bool of shape (B, L). A row whose probabilities are not finite says nothing.

    Args:
        holds: Which labels each row has.
        said: Which ones the model says.
        right: Where both agree; nowhere in a row that is not finite.
    """

    holds: np.ndarray
    said: np.ndarray
    right: np.ndarray

    @property
    def found(self) -> np.ndarray:
        """Labels that hold and are said."""
        return np.asarray(self.holds & self.said)

    @property
    def either(self) -> np.ndarray:
        """Labels that hold or are said."""
        return np.asarray(self.holds | self.said)


def answers(targets: np.ndarray, probabilities: np.ndarray) -> Answers:
    """Return what holds and what is said.

    Args:
        targets: 0 and 1, shape (B, L).
        probabilities: Shape (B, L).

    Example:
        >>> answers(np.array([[1, 0]]), np.array([[0.5, 0.2]])).right.tolist()
        [[False, True]]
    """
    whole = np.isfinite(probabilities).all(axis=1, keepdims=True)
    holds, said = targets > THRESHOLD, whole & (np.where(whole, probabilities, 0) > THRESHOLD)
    return Answers(holds, said, whole & (holds == said))


def row_label_losses(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the mean over labels of -ln of the probability of what holds, in nats; NaN where a row is not finite.

    Probabilities are kept away from 0 as in :func:`leadline.evaluation.metrics.row_log_losses`.

    Args:
        probabilities: Shape (B, L).
        targets: 0 and 1, shape (B, L).

    Example:
        >>> row_label_losses(np.array([[0.5, 1.0]]), np.array([[1, 1]])).round(3).tolist()
        [0.347]
    """
    floor = np.finfo(probabilities.dtype if probabilities.dtype.kind == "f" else np.float64).eps
    given = np.where(targets > THRESHOLD, probabilities, 1 - probabilities).astype(np.float64)
    losses = (-np.log(np.clip(given, floor, 1.0)) + 0.0).mean(axis=1)
    return np.where(np.isfinite(probabilities).all(axis=1), losses, np.nan)


def label_scores(targets: np.ndarray, probabilities: np.ndarray, *, seed: int = 0) -> tuple[Score, ...]:
    """Return Hamming accuracy, exact match, macro and micro F1, log-loss and calibration error.

    Hamming accuracy is the share of all labels of all rows that are right; exact match the share of rows whose
    labels are all right. Macro F1 is the mean over labels, without those that neither occur nor are said; micro F1
    that of all labels taken together.

    Args:
        targets: 0 and 1, shape (B, L).
        probabilities: Shape (B, L). A row that is not finite counts as wrong and makes the last two NaN.
        seed: Of the bootstrap.

    Example:
        >>> found = label_scores(np.eye(2), np.array([[0.9, 0.6], [0.2, 0.8]]))
        >>> [f"{score.name} {score.value:.2f}" for score in found[:4]]
        ['hamming_accuracy 0.75', 'exact_match 0.50', 'macro_f1 0.83', 'micro_f1 0.80']

    Source: G. Tsoumakas and I. Katakis, Multi-label classification: an overview (2007).
    """
    found = answers(targets, probabilities)
    rows, labels = targets.shape
    right, exact = found.right.sum(axis=1), int(found.right.all(axis=1).sum())
    each = ratio_interval(right, np.full(rows, labels))
    hits, trials = found.found.sum(axis=1), found.either.sum(axis=1)
    losses = row_label_losses(probabilities, targets)
    known = rows > 0 and bool(np.isfinite(losses).all())
    ends = percentiles(resampled_means(losses[:, None], seed)[:, 0]) if known else NOTHING
    error, error_ends = _calibration(targets, probabilities, seed) if known else (math.nan, NOTHING)
    return (
        Score("hamming_accuracy", _share(right.sum(), rows * labels), *each),
        Score("exact_match", _share(exact, rows), *wilson(exact, rows)),
        _macro_f1(found),
        Score("micro_f1", *_f1(hits, trials)),
        Score("log_loss", float(losses.mean()) if known else math.nan, *ends, "lower"),
        Score("calibration_error", error, *error_ends, "lower"),
    )


def per_label(
    names: tuple[str, ...], targets: np.ndarray, probabilities: np.ndarray
) -> tuple[LabelScore, ...]:
    """Return how each label fares.

    Args:
        names: L names.
        targets: 0 and 1, shape (B, L).
        probabilities: Shape (B, L).

    Example:
        >>> found = per_label(("a", "b"), np.eye(2), np.array([[0.9, 0.6], [0.2, 0.8]]))
        >>> print(found[1].precision, found[1].rows, found[1].said)
        precision 0.5 [0.09453, 0.9055] 1 2
    """
    found = answers(targets, probabilities)
    return tuple(
        _label(name, found.holds[:, at], found.said[:, at], probabilities[:, at])
        for at, name in enumerate(names)
    )


def _label(name: str, holds: np.ndarray, said: np.ndarray, probabilities: np.ndarray) -> LabelScore:
    hits, rows, all_said = int((holds & said).sum()), int(holds.sum()), int(said.sum())
    area = roc_auc(holds, probabilities)
    return LabelScore(
        name,
        rows,
        all_said,
        Score("precision", _share(hits, all_said), *wilson(hits, all_said)),
        Score("recall", _share(hits, rows), *wilson(hits, rows)),
        Score("f1", *_f1(holds & said, holds | said)),
        Score("roc_auc", area, *roc_auc_interval(area, rows, len(holds) - rows)),
    )


def _share(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else math.nan


def _f1(hits: np.ndarray, trials: np.ndarray) -> tuple[float, float, float]:
    """Return F1 with its interval, through the share J of what holds or is said that does both: F1 = 2J/(1 + J)."""
    ends = (_share(hits.sum(), trials.sum()), *ratio_interval(hits, trials))
    value, low, high = (2 * share / (1 + share) for share in ends)
    return value, low, high


def _macro_f1(found: Answers) -> Score:
    """Return the mean F1 over labels, with an interval that counts rows.

    It is the Wilson interval of as many rows as give one proportion the mean's variance, as in
    :func:`leadline.evaluation.intervals.mean_of_proportions`: the linearized one over rows, and for each label what
    its own variance, smoothed as there, has beyond that, so that a rare label without a hit makes it wide. In
    simulations it holds 93% to 96% where labels have 10 rows or more, and 89% where all of them have 6.
    """
    trials = found.either.sum(axis=0).astype(np.float64)
    here = trials > 0
    if not here.any():
        return Score("macro_f1", math.nan, *NOTHING)
    trials, hits = trials[here], found.found.sum(axis=0)[here]
    share, smooth = hits / trials, (hits + 0.5) / (trials + 1)
    moved = (found.found[:, here] - share * found.either[:, here]) / trials * 2 / (1 + share) ** 2
    smoothed = 4 / (1 + smooth) ** 4 * smooth * (1 - smooth) / trials
    beyond = np.maximum(smoothed - (moved**2).sum(axis=0), 0.0)
    variance = float((moved.mean(axis=1) ** 2).sum() + beyond.mean() / trials.size)
    center = float((2 * smooth / (1 + smooth)).mean())
    effective = center * (1 - center) / variance
    value = float((2 * share / (1 + share)).mean())
    return Score("macro_f1", value, *wilson(value * effective, effective))


def _as_answers(targets: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return every label of every row as an answer of its own: no and yes, shape (B·L, 2), and what holds."""
    yes = probabilities.reshape(-1)
    return np.stack([1 - yes, yes], axis=1), (targets.reshape(-1) > THRESHOLD).astype(np.int64)


def _calibration(targets: np.ndarray, probabilities: np.ndarray, seed: int) -> tuple[float, Ends]:
    both, holds = _as_answers(targets, probabilities)
    ends = calibration_interval(both, holds, seed=seed, answers=targets.shape[1])
    return calibration_error(both, holds), ends


def label_reliability(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return mean confidence, share of right answers and rows in equal-width bins of the confidence.

    Every label of every row is an answer; a row counts once in each bin, for its answers depend on each other.

    Args:
        probabilities: Shape (B, L).
        targets: 0 and 1, shape (B, L).

    Returns:
        Shape (15, 3), as :func:`leadline.evaluation.calibration.reliability`.

    Example:
        >>> label_reliability(np.array([[0.9, 0.1]]), np.array([[1, 1]]))[13].tolist()
        [0.9, 0.5, 1.0]
    """
    whole = np.isfinite(probabilities).all(axis=1)
    both, holds = _as_answers(targets[whole], probabilities[whole])
    bins = reliability(both, holds)
    where = np.ceil(both.astype(np.float64).max(axis=1, initial=0.0) * BINS).astype(np.int64) - 1
    met = np.zeros((int(whole.sum()), BINS), bool)
    met[np.repeat(np.arange(len(met)), targets.shape[1]), np.clip(where, 0, BINS - 1)] = True
    bins[:, 2] = met.sum(axis=0)
    return bins
