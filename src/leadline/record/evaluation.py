"""The evaluation: how good a model is on one part of the data, every score with its interval.

Written by the evaluation room, read by rules, report and people. NumPy only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from leadline.record.evaluation_text import as_text


@dataclass(frozen=True)
class Score:
    """A number with its 95% interval.

    Args:
        name: Classification: "accuracy", "balanced_accuracy", "log_loss" (nats), "calibration_error", "brier"
            (0 to 2); of a class: "recall". Regression: "r2", "mae", "rmse" (in the target's own unit). Several
            labels: "hamming_accuracy", "exact_match", "macro_f1", "micro_f1", "log_loss", "calibration_error"; of
            a label: "precision", "recall", "f1", "roc_auc".
        value: The estimate; NaN where it cannot be known.
        low: Lower end of the 95% interval; NaN where it cannot be known.
        high: Upper end.
        better: "higher" or "lower".

    Example:
        >>> print(Score("accuracy", 0.975, 0.949, 0.988))
        accuracy 0.975 [0.949, 0.988]
    """

    name: str
    value: float
    low: float
    high: float
    better: str = "higher"

    def __str__(self) -> str:
        return f"{self.name} {self.value:.4g} [{self.low:.4g}, {self.high:.4g}]"


@dataclass(frozen=True)
class ClassScore:
    """How one class fares.

    Args:
        name: Class name.
        rows: Rows of this class.
        recall: Share of its rows found, with interval. This is the accuracy of the class; NaN without rows.
        precision: Share of its predictions that are right; NaN where it was never predicted.
        f1: Harmonic mean of both; 0 where none is right, NaN where the class neither occurs nor is predicted.
    """

    name: str
    rows: int
    recall: Score
    precision: float
    f1: float


@dataclass(frozen=True)
class LabelScore:
    """How one of several labels fares, where it is said from a probability above 0.5 on.

    Args:
        name: Label name.
        rows: Rows that have it.
        said: Rows the model says it of.
        precision: Share of the rows it is said of that have it, with interval; NaN where it is never said.
        recall: Share of the rows that have it of which it is said; NaN without rows.
        f1: Harmonic mean of both; NaN where it neither occurs nor is said.
        roc_auc: Chance that a row that has it gets a higher probability than one that has not; NaN where all rows
            are alike.
    """

    name: str
    rows: int
    said: int
    precision: Score
    recall: Score
    f1: Score
    roc_auc: Score


@dataclass(frozen=True)
class Baseline:
    """What a trivial or a linear model reaches on the same rows.

    Args:
        name: "majority", "mean" or "linear".
        what: How it was made, in a few words: "logistic regression on 10,200 of 48,000 training rows".
        scores: By the same names as the model's.
    """

    name: str
    what: str
    scores: tuple[Score, ...]


@dataclass(frozen=True)
class Example:
    """One row the model gets most wrong.

    Args:
        row: Position in the data as read, from 0.
        target: What it is; of several labels those that hold, with commas.
        predicted: What the model says; "nothing" where its output is not finite.
        probability: Probability the model gives its prediction; NaN in regression and for several labels.
        loss: Log-loss in nats (of several labels their mean), or absolute error in the target's unit; NaN where the
            output is not finite.
        shown: The raw input: an image of shape (H, W) or (H, W, 3) uint8, or column → text.
    """

    row: int
    target: str
    predicted: str
    probability: float
    loss: float
    shown: Any


@dataclass(frozen=True, repr=False)
class Evaluation:
    """How good a model is on one part.

    Args:
        part: "train", "validation", "test" or a file's name.
        problem: "classification", "regression" or "several_labels".
        rows: Rows judged.
        scores: The headline first: accuracy, R squared, or the share of right labels (Hamming accuracy).
        baselines: Trivial and linear; one that could not be made is missing, and a note says why.
        per_class: One for each class, in the order of the codes (classification).
        confusion: Rows by true class, columns by predicted class, shape (C, C); without the rows that got no
            prediction because the output is not finite.
        reliability: Bins by confidence, shape (bins, 3): mean confidence, accuracy, rows; the first two are
            NaN in an empty bin. Several labels: every label of every row is an answer of its own, and a row is
            counted once in each bin.
        predictions: Sample of at most 1,000 (target, prediction) pairs, shape (n, 2) (regression).
        worst: The rows with the highest loss, at most 12.
        notes: What else a reader must know, one sentence each: rows left out, outputs that are not finite.
        per_label: One for each label, in their order (several labels).

    Example:
        >>> e = Evaluation("test", "classification", 2, (Score("accuracy", 1.0, 0.34, 1.0),))
        >>> e["accuracy"].value
        1.0
        >>> print(e)
        test, 2 rows
        <BLANKLINE>
                  model
        accuracy  1.000 [0.340, 1.000]
    """

    part: str
    problem: str
    rows: int
    scores: tuple[Score, ...]
    baselines: tuple[Baseline, ...] = ()
    per_class: tuple[ClassScore, ...] = ()
    confusion: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    reliability: np.ndarray = field(default_factory=lambda: np.zeros((0, 3)))
    predictions: np.ndarray = field(default_factory=lambda: np.zeros((0, 2)))
    worst: tuple[Example, ...] = ()
    notes: tuple[str, ...] = ()
    per_label: tuple[LabelScore, ...] = ()

    def __getitem__(self, name: str) -> Score:
        return self.by_name[name]

    @property
    def by_name(self) -> Mapping[str, Score]:
        """Scores by their names."""
        return {score.name: score for score in self.scores}

    @property
    def headline(self) -> Score:
        """The score people ask for first."""
        return self.scores[0]

    def __str__(self) -> str:
        return as_text(self)

    def __repr__(self) -> str:
        return as_text(self)
