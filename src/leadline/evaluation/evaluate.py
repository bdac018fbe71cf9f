"""From what a model says about one part of the data to the evaluation of it.

Comes in: outputs for every row, with the data set or with bare targets. Goes out: an :class:`Evaluation`:
scores with intervals beside baselines, classes, confusion, calibration and the worst rows. Nothing here
raises because a model is bad: outputs that are not finite are counted and told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from leadline.core.errors import DataError, Problems
from leadline.core.text import count
from leadline.evaluation.baselines import Fitted, fit_baselines, judge_baselines
from leadline.evaluation.calibration import reliability
from leadline.evaluation.intervals import wilson
from leadline.evaluation.metrics import confusion, per_class, predicted_classes
from leadline.evaluation.scores import scores
from leadline.evaluation.worst import Shown, worst_classified, worst_predicted
from leadline.record.evaluation import Baseline, ClassScore, Evaluation, Score

if TYPE_CHECKING:
    from leadline.data.dataset import Dataset

PAIRS = 1000
"""Pairs of target and prediction kept for a picture; more would only blacken it."""

_FITTED: WeakKeyDictionary[Dataset, dict[int, tuple[Fitted, ...]]] = WeakKeyDictionary()
"""Baselines learned on a data set that is still in use: `cure` and `search` judge the same one many times."""


def judge(
    dataset: Dataset, part: str, outputs: np.ndarray, *, seed: int = 0, baselines: bool = True
) -> Evaluation:
    """Judge a model on one part of a data set.

    Args:
        dataset: What it was trained on; the baselines learn from its training part.
        part: "train", "validation" or "test".
        outputs: For every row of the part: probabilities (B, C), also for two classes, or predictions in the
            target's own unit (B,).
        seed: Of the intervals and the baselines.
        baselines: Put a trivial and a linear model beside it.

    Raises:
        DataError: The outputs do not fit the part.

    Example:
        >>> from leadline.data import digits
        >>> data = digits()
        >>> guess = np.full((len(data.parts["test"].rows), 10), 0.1)
        >>> judge(data, "test", guess)["calibration_error"].value < 0.05
        True
    """
    if part not in dataset.parts:
        raise DataError.at("judge, part", f"one of {', '.join(dataset.parts)}", repr(part))
    piece = dataset.parts[part]
    targets = dataset.targets[piece.rows]
    found: tuple[Baseline, ...] = ()
    words: tuple[str, ...] = ()
    if baselines:
        usable = _usable(dataset.problem, targets, len(dataset.class_names))
        fitted = _fitted(dataset, seed)
        found, words = judge_baselines(
            fitted, dataset.problem, piece.inputs[usable], targets[usable], seed=seed
        )
    return judge_rows(
        dataset.problem,
        dataset.class_names,
        targets,
        outputs,
        part=part,
        rows=piece.rows,
        shown=dataset.shown,
        baselines=found,
        notes=words,
        seed=seed,
    )


def judge_rows(
    problem: str,
    class_names: tuple[str, ...],
    targets: np.ndarray,
    outputs: np.ndarray,
    *,
    part: str = "rows",
    rows: np.ndarray | None = None,
    shown: Shown | None = None,
    baselines: tuple[Baseline, ...] = (),
    notes: tuple[str, ...] = (),
    seed: int = 0,
) -> Evaluation:
    """Judge outputs beside targets, without a data set.

    Args:
        problem: "classification" or "regression".
        class_names: In the order of the codes and columns; empty in regression.
        targets: Class codes or numbers, shape (B,). Rows whose target is no class or not finite are left out
            and told.
        outputs: Probabilities (B, C) or values (B,).
        part: What the rows are called, e.g. a file's name.
        rows: Positions in the data as read; 0 to B - 1 by default.
        shown: From such a position to an image or column → text; nothing is shown by default.
        baselines: To stand beside the scores.
        notes: To stand below them.
        seed: Of the intervals.

    Raises:
        DataError: Shapes do not fit, or classification is not given probabilities.

    Example:
        >>> judge_rows("classification", ("no", "yes"), np.array([0, 1]), np.eye(2))["accuracy"].value
        1.0
    """
    targets, outputs = np.asarray(targets), np.asarray(outputs)
    _check(problem, class_names, targets, outputs)
    usable = _usable(problem, targets, len(class_names))
    outputs = outputs if problem == "classification" else outputs.reshape(len(targets)).astype(np.float64)
    positions = np.arange(len(targets)) if rows is None else np.asarray(rows)
    targets, outputs, positions = targets[usable], outputs[usable], positions[usable]
    common: dict[str, Any] = {
        "part": part,
        "problem": problem,
        "rows": len(targets),
        "scores": scores(problem, targets, outputs, seed=seed),
        "baselines": baselines,
        "notes": (*_words(problem, usable, outputs), *notes),
    }
    show = shown or _nothing
    if problem == "classification":
        return Evaluation(
            **common, **_classes(class_names, targets.astype(np.int64), outputs, positions, show)
        )
    return Evaluation(**common, **_values(targets, outputs, positions, show, seed))


def _classes(
    class_names: tuple[str, ...],
    targets: np.ndarray,
    probabilities: np.ndarray,
    rows: np.ndarray,
    shown: Shown,
) -> dict[str, Any]:
    predicted = predicted_classes(probabilities)
    each = per_class(targets, predicted, len(class_names))
    columns = zip(class_names, *(column.tolist() for column in each), strict=True)
    return {
        "per_class": tuple(
            ClassScore(name, n, Score("recall", recall, *wilson(right, n)), precision, f1)
            for name, n, right, recall, precision, f1 in columns
        ),
        "confusion": confusion(targets, predicted, len(class_names)),
        "reliability": reliability(probabilities, targets),
        "worst": worst_classified(class_names, targets, probabilities, rows, shown),
    }


def _values(
    targets: np.ndarray, values: np.ndarray, rows: np.ndarray, shown: Shown, seed: int
) -> dict[str, Any]:
    known = np.flatnonzero(np.isfinite(values))
    if len(known) > PAIRS:
        known = np.sort(np.random.default_rng(seed).choice(known, PAIRS, replace=False))
    return {
        "predictions": np.stack([targets[known], values[known]], axis=1).astype(np.float64),
        "worst": worst_predicted(targets, values, rows, shown),
    }


def _fitted(dataset: Dataset, seed: int) -> tuple[Fitted, ...]:
    by_seed = _FITTED.setdefault(dataset, {})
    if seed not in by_seed:
        train = dataset.parts["train"]
        targets = dataset.targets[train.rows]
        usable = _usable(dataset.problem, targets, len(dataset.class_names))
        by_seed[seed] = fit_baselines(
            dataset.problem, dataset.class_names, train.inputs[usable], targets[usable], seed=seed
        )
    return by_seed[seed]


def _usable(problem: str, targets: np.ndarray, classes: int) -> np.ndarray:
    """Tell which rows can be judged."""
    if problem == "classification":
        return np.asarray((targets >= 0) & (targets < classes))
    return np.asarray(np.isfinite(targets))


def _words(problem: str, usable: np.ndarray, outputs: np.ndarray) -> tuple[str, ...]:
    words = []
    if left_out := int((~usable).sum()):
        what = "none of the classes" if problem == "classification" else "not a finite number"
        words.append(f"{count(left_out, 'row')} left out: the target is {what}.")
    whole = np.isfinite(outputs) if outputs.ndim == 1 else np.isfinite(outputs).all(axis=1)
    if broken := int((~whole).sum()):
        effect = "counted as wrong" if problem == "classification" else "no score can be given"
        words.append(f"{count(broken, 'row')} with outputs that are not finite: {effect}.")
    return tuple(words)


def _nothing(row: int) -> dict[str, str]:
    return {}


def _check(problem: str, class_names: tuple[str, ...], targets: np.ndarray, outputs: np.ndarray) -> None:
    problems = Problems()
    rows, classes = targets.size, len(class_names)
    if problem not in ("classification", "regression"):
        problems.add("judge, problem", "'classification' or 'regression'", repr(problem))
    if targets.ndim != 1:
        problems.add("judge, targets", "of shape (B,)", f"shape {targets.shape}")
    if problem == "classification" and outputs.shape != (rows, classes):
        wanted = f"probabilities of shape ({rows}, {classes}), a column for each class"
        problems.add("judge, outputs", wanted, f"shape {outputs.shape}")
    elif problem == "regression" and outputs.shape not in ((rows,), (rows, 1)):
        problems.add(
            "judge, outputs", f"one value for each target, shape ({rows},)", f"shape {outputs.shape}"
        )
    elif problem == "classification" and (got := _not_probabilities(outputs)):
        hint = "give what model.predict() or the task's probabilities() returns, not the network's scores"
        problems.add("judge, outputs", "probabilities: in [0, 1], every row with the sum 1", got, hint)
    problems.raise_as(DataError)


def _not_probabilities(outputs: np.ndarray) -> str:
    """Return what is wrong with finite rows, or ""."""
    known = outputs[np.isfinite(outputs).all(axis=1)]
    if not known.size:
        return ""
    sums = known.sum(axis=1, dtype=np.float64)
    # 0.01 lets half precision pass.
    if known.min() < 0 or np.abs(sums - 1).max() > 0.01:
        return f"values from {known.min():.3g} and sums from {sums.min():.3g} to {sums.max():.3g}"
    return ""
