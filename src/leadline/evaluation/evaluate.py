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
from leadline.core.text import count, listed
from leadline.evaluation.baselines import Fitted, fit_baselines, judge_baselines
from leadline.evaluation.calibration import reliability
from leadline.evaluation.intervals import wilson
from leadline.evaluation.metrics import confusion, predicted_classes
from leadline.evaluation.metrics import per_class as each_class
from leadline.evaluation.scores import scores
from leadline.evaluation.several_labels import label_reliability, per_label
from leadline.evaluation.worst import Shown, worst_classified, worst_labeled, worst_predicted
from leadline.record.evaluation import Baseline, ClassScore, Evaluation, Score

if TYPE_CHECKING:
    from leadline.data.dataset import Dataset

PAIRS = 1000
"""Pairs of target and prediction kept for a picture; more would only blacken it."""

_NO_TARGET = {
    "classification": "none of the classes",
    "regression": "not a finite number",
    "several_labels": "not given for every label",
}
"""Why a row cannot be judged, by problem."""

_FITTED: WeakKeyDictionary[Dataset, dict[int, tuple[Fitted, ...]]] = WeakKeyDictionary()
"""Baselines learned on a data set that is still in use: `cure` and `search` judge the same one many times."""


def judge(
    dataset: Dataset, part: str, outputs: np.ndarray, *, seed: int = 0, baselines: bool = True
) -> Evaluation:
    """Judge a model on one part of a data set.

    Args:
        dataset: What it was trained on; the baselines learn from its training part.
        part: "train", "validation" or "test".
        outputs: For every row of the part: probabilities (B, C), also for two classes, of labels (B, L), or
            predictions in the target's own unit (B,).
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
        problem: "classification", "regression" or "several_labels".
        class_names: In the order of the codes and columns; empty in regression.
        targets: Class codes or numbers, shape (B,), or labels as 0 and 1, shape (B, L). Rows whose target is no
            class or not finite are left out and told.
        outputs: Probabilities (B, C) or (B, L), or values (B,).
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
    outputs = outputs.reshape(len(targets)).astype(np.float64) if problem == "regression" else outputs
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
    if problem == "several_labels":
        return Evaluation(
            **common,
            per_label=per_label(class_names, targets, outputs),
            reliability=label_reliability(outputs, targets),
            worst=worst_labeled(class_names, targets, outputs, positions, show),
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
    each = each_class(targets, predicted, len(class_names))
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
    known = np.isfinite(targets)
    return np.asarray(known if known.ndim == 1 else known.all(axis=1))


def _words(problem: str, usable: np.ndarray, outputs: np.ndarray) -> tuple[str, ...]:
    words = []
    if left_out := int((~usable).sum()):
        what = _NO_TARGET[problem]
        words.append(f"{count(left_out, 'row')} left out: the target is {what}.")
    whole = np.isfinite(outputs) if outputs.ndim == 1 else np.isfinite(outputs).all(axis=1)
    if broken := int((~whole).sum()):
        effect = "no score can be given" if problem == "regression" else "counted as wrong"
        words.append(f"{count(broken, 'row')} with outputs that are not finite: {effect}.")
    return tuple(words)


def _nothing(row: int) -> dict[str, str]:
    return {}


def _check(problem: str, class_names: tuple[str, ...], targets: np.ndarray, outputs: np.ndarray) -> None:
    problems = Problems()
    rows, classes = len(targets) if targets.ndim else 0, len(class_names)
    several = problem == "several_labels"
    if problem not in _NO_TARGET:
        raise DataError.at("judge, problem", f"one of {listed(_NO_TARGET)}", repr(problem))
    if targets.ndim != 1 + several or (several and targets.shape[1] != classes):
        wanted = f"(B, {classes}), a column for each label" if several else "(B,)"
        problems.add("judge, targets", f"of shape {wanted}", f"shape {targets.shape}")
    if problem == "regression":
        if outputs.shape not in ((rows,), (rows, 1)):
            wanted = f"one value for each target, shape ({rows},)"
            problems.add("judge, outputs", wanted, f"shape {outputs.shape}")
    elif outputs.shape != (rows, classes):
        each = "label" if several else "class"
        wanted = f"probabilities of shape ({rows}, {classes}), a column for each {each}"
        problems.add("judge, outputs", wanted, f"shape {outputs.shape}")
    elif got := _not_probabilities(outputs, several):
        hint = (
            "give what model.predict_proba(x) or the task's probabilities() returns, not the network's scores"
        )
        wanted = "in [0, 1]" if several else "in [0, 1], every row with the sum 1"
        problems.add("judge, outputs", f"probabilities: {wanted}", got, hint)
    problems.raise_as(DataError)


def _not_probabilities(outputs: np.ndarray, several: bool) -> str:
    """Return what is wrong with finite rows, or ""."""
    known = outputs[np.isfinite(outputs).all(axis=1)]
    if not known.size:
        return ""
    if several:
        return "" if known.min() >= 0 and known.max() <= 1 else f"{known.min():.3g} to {known.max():.3g}"
    sums = known.sum(axis=1, dtype=np.float64)
    # 0.01 lets half precision pass.
    if known.min() < 0 or np.abs(sums - 1).max() > 0.01:
        return f"values from {known.min():.3g} and sums from {sums.min():.3g} to {sums.max():.3g}"
    return ""
