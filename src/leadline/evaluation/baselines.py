"""What a model that knows nothing and a linear one reach on the same rows: no score means much without.

Comes in: the arrays of the training part and the rows to judge. Goes out: baselines with their scores, and a
sentence where one had to be left out. The linear one is made quick (about a second) by learning from a share
of the rows; how it was made always stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from leadline.core.text import count, short
from leadline.evaluation.linear import Logistic, Ridge
from leadline.evaluation.scores import scores
from leadline.evaluation.threads import one_thread
from leadline.record.evaluation import Baseline

WORK = 2.4e9
"""Multiplications a logistic regression may take: rows × features × columns of weights × iterations, about
0.8 s on two cores. MNIST then learns from 10,200 of 48,000 rows."""
RIDGE_WORK = 4e10
"""The same for rows × features² (or rows² × features, whichever is less)."""
ITERATIONS = (30, 200)
"""Fewest and most of the logistic regression. After 30 the validation accuracy on MNIST no longer rises."""
ROWS = (500, 20_000)
"""Fewest and most rows a linear baseline learns from."""
TOO_WIDE = 500_000
"""Weights from which even 500 rows take several seconds: no linear baseline then."""
UNSCALED = 100.0
"""Inputs beyond this are standardized for the linear baseline, or its optimizer would not get
far in the time."""

Predict = Callable[[np.ndarray], np.ndarray | None]


@dataclass(frozen=True)
class Fitted:
    """A baseline that has learned, or the reason why there is none.

    Args:
        name: "majority", "mean" or "linear".
        what: How it was made, or why it was left out, in one sentence.
        predict: From flat inputs (B, F) to probabilities (B, C) or values (B,), or None where inputs are not
            finite; None itself where it was left out.
    """

    name: str
    what: str
    predict: Predict | None


def fit_baselines(
    problem: str, class_names: tuple[str, ...], inputs: np.ndarray, targets: np.ndarray, *, seed: int = 0
) -> tuple[Fitted, ...]:
    """Learn the trivial and the linear baseline.

    Args:
        problem: "classification", "regression" or "several_labels".
        class_names: In the order of the codes or labels; empty in regression.
        inputs: Prepared training inputs, shape (B, ...).
        targets: Usable class codes or numbers in the target's own unit, shape (B,); or labels, shape (B, L).
        seed: Chooses the rows the linear one learns from.

    Example:
        >>> x = np.arange(8.0).reshape(8, 1)
        >>> [fitted.name for fitted in fit_baselines("regression", (), x, 2 * x[:, 0])]
        ['mean', 'linear']
    """
    if not len(targets):
        return ()
    if problem == "classification":
        return _majority(class_names, targets), _linear(problem, len(class_names), inputs, targets, seed)
    if problem == "several_labels":
        return _usual_labels(targets), _linear(problem, len(class_names), inputs, targets, seed)
    return _mean(targets), _linear(problem, 1, inputs, targets, seed)


def judge_baselines(
    fitted: tuple[Fitted, ...], problem: str, inputs: np.ndarray, targets: np.ndarray, *, seed: int = 0
) -> tuple[tuple[Baseline, ...], tuple[str, ...]]:
    """Score baselines on rows, and say which were left out.

    Args:
        fitted: What :func:`fit_baselines` gave.
        problem: "classification", "regression" or "several_labels".
        inputs: Prepared inputs, shape (B, ...).
        targets: Usable class codes or numbers in the target's own unit, shape (B,); or labels, shape (B, L).
        seed: Of the intervals.

    Example:
        >>> x = np.arange(8.0).reshape(8, 1)
        >>> fitted = fit_baselines("regression", (), x, 2 * x[:, 0])
        >>> found, words = judge_baselines(fitted, "regression", x, 2 * x[:, 0])
        >>> [round(baseline.scores[0].value, 2) for baseline in found], words
        ([0.0, 1.0], ())
    """
    found, words = [], []
    flat = inputs.reshape(len(inputs), -1) if len(inputs) else np.zeros((0, 1))
    for baseline in fitted if len(inputs) else ():
        if baseline.predict is None:
            words.append(f"No {baseline.name} baseline: {baseline.what}.")
            continue
        outputs = baseline.predict(flat)
        if outputs is None or not np.isfinite(outputs).all():
            words.append(f"No {baseline.name} baseline: some inputs are not finite or too large for it.")
        else:
            found.append(Baseline(baseline.name, baseline.what, scores(problem, targets, outputs, seed=seed)))
    return tuple(found), tuple(words)


def _majority(class_names: tuple[str, ...], targets: np.ndarray) -> Fitted:
    shares = np.bincount(targets, minlength=len(class_names)) / len(targets)
    most = class_names[int(shares.argmax())]
    of = count(len(targets), "training row")
    what = f"always {most!r}, the most frequent class of {of}; class shares as probabilities"
    return Fitted("majority", what, lambda inputs: np.tile(shares, (len(inputs), 1)))


def _usual_labels(targets: np.ndarray) -> Fitted:
    shares = targets.mean(axis=0, dtype=np.float64)
    of = count(len(targets), "training row")
    what = f"for each label whatever most of {of} have; their shares as probabilities"
    return Fitted("majority", what, lambda inputs: np.tile(shares, (len(inputs), 1)))


def _mean(targets: np.ndarray) -> Fitted:
    mean = float(targets.mean())
    what = f"always {short(mean, 4)}, the mean of {count(len(targets), 'training row')}"
    return Fitted("mean", what, lambda inputs: np.full(len(inputs), mean))


def _linear(problem: str, classes: int, inputs: np.ndarray, targets: np.ndarray, seed: int) -> Fitted:
    flat = inputs.reshape(len(inputs), -1)
    if (reason := _reason_against(problem, classes, flat, targets)) is not None:
        return Fitted("linear", reason, None)
    columns = _weight_columns(problem, classes)
    most = _most_rows(problem, flat.shape[1] * columns, flat.shape[1])
    chosen = _spread_rows(targets if problem == "classification" else None, len(flat), most, seed)
    x, y = flat[chosen], targets[chosen]
    center, scale = _scaling(x)
    iterations = int(np.clip(WORK / (x.size * columns), *ITERATIONS))
    with np.errstate(all="ignore"), one_thread():  # an ill-conditioned matrix only makes the baseline weaker
        model, predict = _learned(problem, classes, (x - center) / scale, y, iterations)
    if not np.isfinite(model.weights).all():
        return Fitted("linear", "the training inputs are too large for it", None)
    kind = "ridge regression" if problem == "regression" else "logistic regression"
    kind += " for each label" if problem == "several_labels" else ""
    share = "all" if len(x) == len(flat) else f"{len(x):,} of"
    stopped = f", stopped after {iterations} iterations" if model.steps >= iterations else ""
    what = f"{kind} on {share} {count(len(flat), 'training row')}{stopped}"
    return Fitted("linear", what, lambda rows: _outputs(predict, (rows - center) / scale))


def _reason_against(problem: str, classes: int, flat: np.ndarray, targets: np.ndarray) -> str | None:
    if not flat.shape[1]:
        return "there are no inputs"
    if flat.shape[1] * _weight_columns(problem, classes) > TOO_WIDE:
        return f"{count(flat.shape[1], 'input')} are too many for a quick one"
    if problem == "classification" and len(np.unique(targets)) < 2:
        return "the training part has one class only"
    if problem == "several_labels" and not np.ptp(targets, axis=0).any():
        return "every label is the same in all training rows"
    if not np.isfinite(flat).all():
        return "some training inputs are not finite"
    return None


def _weight_columns(problem: str, classes: int) -> int:
    return classes if (problem == "classification" and classes > 2) or problem == "several_labels" else 1


def _most_rows(problem: str, weights: int, features: int) -> int:
    """Return how many rows may be learned from, in round hundreds."""
    if problem != "regression":
        most = WORK / (ITERATIONS[0] * weights)
    else:
        most = max(RIDGE_WORK / features**2, (RIDGE_WORK / features) ** 0.5)
    return int(np.clip(most // 100 * 100, *ROWS))


def _spread_rows(classes: np.ndarray | None, rows: int, most: int, seed: int) -> np.ndarray:
    """Choose rows at random, each class by its share."""
    if rows <= most:
        return np.arange(rows)
    order = np.random.default_rng(seed).permutation(rows)
    if classes is None:
        return order[:most]
    by_class = order[np.argsort(classes[order], kind="stable")]
    return by_class[np.linspace(0, rows - 1, most).round().astype(np.int64)]


def _scaling(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what to subtract and to divide by: nothing, unless the inputs were left unscaled."""
    if np.abs(x).max() <= UNSCALED:
        return np.zeros(1, x.dtype), np.ones(1, x.dtype)
    wide = x.astype(np.float64)
    spread = wide.std(axis=0)
    return wide.mean(axis=0), np.where(spread > 0, spread, 1.0)


def _learned(
    problem: str, classes: int, x: np.ndarray, y: np.ndarray, iterations: int
) -> tuple[Logistic | Ridge, Callable[[np.ndarray], np.ndarray]]:
    """Return a model, and how it says probabilities of all classes or labels, or values.

    Only what varies in the rows is learned: a class that is not there has probability 0, a label that is the same
    everywhere its share.
    """
    if problem == "regression":
        ridge = Ridge().fit(x, y)
        return ridge, ridge.predict
    labels = y if problem == "several_labels" else np.eye(classes)[y]
    usual = labels.mean(axis=0, dtype=np.float64)
    varied = np.flatnonzero((usual > 0) & (usual < 1))
    two = problem == "classification" and len(varied) == 2
    exclusive = problem == "classification" and not two
    model = Logistic(iterations, exclusive=exclusive).fit(x, labels[:, varied[1:] if two else varied])

    def predict(rows: np.ndarray) -> np.ndarray:
        said = model.predict(rows)
        found = np.tile(usual, (len(rows), 1))
        found[:, varied] = np.hstack([1 - said, said]) if two else said
        return found

    return model, predict


def _outputs(predict: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray | None:
    """Return what a linear model says; None for broken inputs."""
    if not np.isfinite(x).all():
        return None
    with np.errstate(all="ignore"), one_thread():
        return predict(x)
