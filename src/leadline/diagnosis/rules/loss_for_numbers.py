"""A loss for numbers that learns classes.

What it sees
    Squared or absolute error, or one of their kind, where the targets are classes or yes and no.
Why it hurts
    The absolute error asks for the median: where one class is more frequent than all others together, the best
    answer is that class, always. Squared errors behind a sigmoid or softmax have no gradient where the network
    is surely wrong, so that it learns late.
How it is measured
    From the name of the loss and the form of the targets. Absolute errors are a warning, others a hint; it
    becomes an error where a training with the cross-entropy wins.
What to do
    The cross-entropy, or the binary one.
When it is wrong
    Squared error on probabilities is a proper score (Brier's), and squared error on codes is regression where
    they are meant as numbers: neither is more than a hint.
Source
    Golik, Doetsch and Ney 2013, Cross-entropy vs. squared error training; Brier 1950, Verification of forecasts
    expressed in terms of probability.
"""

from __future__ import annotations

import numpy as np

from leadline.diagnosis.ending import OF_NUMBERS, PROBABILITIES, as_written, ends_in, outputs, suited_end
from leadline.diagnosis.planted import program
from leadline.record.finding import Finding, Picture
from leadline.record.run import Run

WEIGHT = 75.0  # behind outputs that cannot be right
NEEDS = (
    "loss.name",
    "target.form",
)  # without these it is silent
MEDIAN = ("mae", "log_cosh", "huber")  # losses whose best answer is, or nears, the median
SURE = ("one_hot", "yes_no")  # forms that only classes have; codes may be meant as numbers
SINGLE = 1  # output


def find(run: Run) -> Finding | None:
    """Return a finding where classes are learned by a loss of numbers."""
    if (
        not as_written(run)
        or run["loss.name"] not in OF_NUMBERS
        or run["target.form"] in ("numbers", "labels")
    ):
        return None
    if run["target.form"] not in SURE and ends_in(run) == "linear" and outputs(run) == SINGLE:
        return None  # codes may be numbers that are meant
    median = run["loss.name"] in MEDIAN
    return Finding(
        fault="loss_for_numbers",
        title="A loss for numbers learns classes",
        severity="warning" if median else "hint",
        where="loss",
        evidence=f"{run['loss.name']} on targets that are {_form(run)}",
        why="",
        remedy=suited_end(run),
        weight=WEIGHT,
        picture=_picture(run),
        stage="A",
    )


def _form(run: Run) -> str:
    classes = int(run.get("target.classes", 2))
    return "yes or no" if run["target.form"] == "yes_no" else f"one of {classes} classes"


def _picture(run: Run) -> Picture | None:
    """Return the gradient of the right score beside that of the cross-entropy, where probabilities are compared."""
    name, right = str(run["loss.name"]), np.arange(99, 0, -1) / 100
    if ends_in(run) not in PROBABILITIES or name not in ("mse", "mae"):
        return None
    slope = right * (1 - right) * (2 * (1 - right) if name == "mse" else 1)
    lines = (tuple(map(float, slope)), tuple(map(float, 1 - right)))
    axis = "gradient of the right score of two, by percent of probability that it lacks"
    return Picture("lines", (name, "cross-entropy"), lines, axis)


def example() -> Run:
    """Return a run that shows it: the absolute error learns three classes."""
    loss = {"loss.name": "mae", "loss.reads": "numbers", "loss.labels": "columns"}
    return program(loss, {"target.form": "one_hot", "target.columns": 3, "target.high": 1.0})
