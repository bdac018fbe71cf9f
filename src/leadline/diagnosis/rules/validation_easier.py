"""The validation part is easier than the training part.

What it sees
    A validation loss below the training loss, where nothing that acts in training only explains it.
Why it hurts
    The parts hold rows of different kinds. What is chosen by the validation part, and promised by it, does not
    hold for other rows.
How it is measured
    The validation loss after an epoch, against the training loss of the next epoch, whose weights are no worse;
    the mean over the last third of the epochs, at least 3. The difference must be 0.02, a tenth of the training
    loss, and 3 standard errors of a mean over so many rows; a log-loss is taken to come from few rows that cost 5
    nats each, a squared error to have Laplace tails, both wider than usual. Or the validation score lies above the
    test score by more than their 3-sigma intervals. A warning; a hint where the training is a foreign one, whose
    augmentation may not be seen. Silent with dropout, noise, augmentation, batch norm, class weights, smoothed
    labels or sums over rows, which raise the training loss alone.
What to do
    Draw the parts at random (``split``, ``seed``); keep groups and times in the parts on purpose only. Look for rows
    that stand twice.
When it is wrong
    Parts that follow time or groups on purpose may differ: then it is a fact about the data. Labels that are
    cleaner in the validation part show the same.
Source
    Quiñonero-Candela, Sugiyama, Schwaighofer and Lawrence 2009, Dataset shift in machine learning; Wilson 1927,
    Probable inference.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from leadline.core.text import short
from leadline.diagnosis.chance import finite_curve, wilson
from leadline.diagnosis.planted import EPOCHS, planted
from leadline.diagnosis.reading import choice
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 50.0  # seen in the training, though it is of the data
NEEDS = (
    "curve.loss.train",
    "curve.loss.validation",
    "data.rows.validation",
    "data.rows.train",
)  # else silent
LEAST = 3  # epochs; the mean of fewer is one epoch's luck
THIRD = 3  # of the epochs are late enough to compare two that follow each other
SIGMAS = 3.0  # chance alone in 1 of 700
LEAST_GAP = 0.02  # below that no one would notice: 2% of a standardized variance, or of a nat
OF_LOSS = 0.10  # of the training loss: what an epoch may still learn
COSTS = 5.0  # nats of a row that is got wrong: a probability of under 1%
TAILS = 5.0  # variance of a squared error over its squared mean: 6 - 1, the kurtosis of Laplace errors
# Words in the kinds of layers that act in training only, or otherwise than in use.
ONLY_TRAINING = ("dropout", "noise", "random_", "batch_norm", "stochastic_", "mixed_pool")


def find(run: Run) -> Finding | None:
    """Return a finding where the validation rows are told better than those of another part."""
    rows = [int(run.get(f"data.rows.{part}", 0) or 0) for part in ("train", "validation")]
    train, held = finite_curve(run.get("curve.loss.train")), finite_curve(run.get("curve.loss.validation"))
    epochs = min(train.size, held.size)
    if not all(rows) or run.get("stop.reason") == "not finite":
        return None
    losses = "" if epochs <= LEAST or _explained(run) else _losses(run, train[:epochs], held[:epochs], rows)
    scores = _scores(run)
    if not (losses or scores):
        return None
    shared = int(run.get("data.shared.train_validation", 0) or 0)
    copies = f"{shared:,} validation rows stand in the training part too" if shared else ""
    foreign = choice(run, "training.class_weights") is None
    return Finding(
        fault="validation_easier",
        title=f"The validation part is easier than the {'training' if losses else 'test'} part",
        severity="hint" if foreign and not scores else "warning",
        where="validation part",
        evidence="; ".join(told for told in (losses, scores, copies) if told),
        why="",
        remedy=Remedy(
            "Draw the parts at random, without rows that stand twice; compare what the parts hold."
        ),
        weight=WEIGHT,
        picture=_picture(train[:epochs], held[:epochs]),
        numbers={"shared": float(shared), "rows": float(rows[1])},
    )


def _losses(run: Run, train: np.ndarray, held: np.ndarray, rows: list[int]) -> str:
    """Say by how much the validation loss lies below the training loss of the next epoch; nothing within noise."""
    late = max(LEAST, train.size // THIRD)
    high, low = float(train[-late:].mean()), float(held[:-1][-late:].mean())
    error = SIGMAS * math.hypot(*(_error(run, high, number) for number in rows))
    if high - low < max(LEAST_GAP, OF_LOSS * high, error):
        return ""
    return (
        f"over the last {late} epochs the validation loss is {short(low)} and the training loss of the epoch after "
        f"each {short(high)}, where so few rows explain a difference of {short(error)}"
    )


def _error(run: Run, level: float, rows: int) -> float:
    """Return how far a mean loss of this level may stray over so many rows, at most."""
    squares = "mse" in (run.get("task.loss"), run.get("loss.name"))
    return math.sqrt(TAILS / rows) * level if squares else math.sqrt(COSTS * max(level, 0.0) / rows)


def _explained(run: Run) -> bool:
    """Tell whether something acts in training only, so that the losses cannot be compared."""
    weighed = choice(run, "training.class_weights", "none") != "none"
    smoothed = bool(choice(run, "training.label_smoothing", 0.0))
    kinds = [*run.get("network.kinds", ()), *_kinds(choice(run, "network"))]
    acting = any(word in str(kind) for kind in kinds for word in ONLY_TRAINING)
    return weighed or smoothed or acting or run.get("loss.reduction") == "sum"


def _kinds(spec: Any) -> list[str]:
    """Return the kinds of all layers of a recipe, those within others too."""
    inner = spec.values() if isinstance(spec, Mapping) else spec if isinstance(spec, (list, tuple)) else ()
    own = [str(spec["kind"])] if isinstance(spec, Mapping) and "kind" in spec else []
    return [*own, *(kind for one in inner for kind in _kinds(one))]


def _scores(run: Run) -> str:
    """Say how far the validation accuracy lies above that of the test part; nothing within their intervals."""
    validation, test = run.evaluations.get("validation"), run.evaluations.get("test")
    if validation is None or test is None or not validation.scores or not test.scores:
        return ""
    names = {validation.headline.name, test.headline.name}
    if names != {"accuracy"}:
        return ""
    intervals = [wilson(one.headline.value * one.rows, one.rows, SIGMAS) for one in (validation, test)]
    if intervals[0][0] <= intervals[1][1]:
        return ""
    return (
        f"accuracy {validation.headline.value:.1%} on the validation part (at least {intervals[0][0]:.1%}), "
        f"{test.headline.value:.1%} on the test part (at most {intervals[1][1]:.1%})"
    )


def _picture(train: np.ndarray, held: np.ndarray) -> Picture:
    curves = (tuple(train.tolist()), tuple(held.tolist()))
    return Picture("lines", ("training", "validation"), curves, "loss of each epoch")


def example() -> Run:
    """Return a run that shows it: rows that were sorted by how hard they are leave easy ones to the validation part."""
    at = np.arange(EPOCHS)
    train, held = 0.6 + 1.8 * np.exp(-at / 3), 0.2 + 1.7 * np.exp(-at / 3)
    known = {"training": {"epochs": EPOCHS, "class_weights": "none"}}
    return planted({"recipe": known, "curve.loss.train": train, "curve.loss.validation": held})
