"""A ReLU at the end of a classifier.

What it sees
    A network that ends in ReLU (or another function without negative values) before a loss of classes.
Why it hurts
    As scores, none can fall below 0, and one stuck there gets no gradient: a class that is wrongly held down
    stays so. As probabilities, they may lie above 1 or be exactly 0, where the logarithm is not defined.
How it is measured
    From the activation at the end and what the loss reads. No chance is involved.
What to do
    No activation where the loss takes scores; sigmoid or softmax where it takes probabilities.
When it is wrong
    Some such networks train, as long as no score gets stuck: before a loss of scores it is a warning until
    proved.
Source
    Glorot, Bordes and Bengio 2011, Deep sparse rectifier neural networks (units that stop learning).
"""

from __future__ import annotations

import math

import numpy as np

from leadline.diagnosis.ending import BOUNDS, OF_NUMBERS, as_written, ends_in, suited_end
from leadline.diagnosis.planted import built, dense, program
from leadline.diagnosis.reading import output_path
from leadline.record.finding import Finding, Picture
from leadline.record.run import Run

WEIGHT = 78.0  # as an output that is bounded
SIGMAS = 2.0  # standard deviations, for the picture: between them lie 95 outputs of 100
NEEDS = (
    "loss.name",
    "target.form",
)  # without these it is silent
RECTIFIERS = ("relu", "relu6", "softplus", "elu", "leaky_relu")  # what people put there by habit
EXACT = ("relu", "relu6")  # give exact zeros


def find(run: Run) -> Finding | None:
    """Return a finding where a rectifier stands before a loss of classes."""
    name = ends_in(run)
    if not as_written(run) or name not in RECTIFIERS or run["target.form"] == "numbers":
        return None
    if run["loss.name"] in OF_NUMBERS:
        return None
    probabilities = run["loss.reads"] == "probabilities"
    told = (
        "taken for probabilities, it gives 0 and values above 1"
        if probabilities
        else "as a score, it is never below 0"
    )
    return Finding(
        fault="rectified_output",
        title=f"A classifier ends in {name}",
        severity="error" if probabilities else "warning",
        where=output_path(run),
        evidence=f"{name} before {run['loss.name']} of {run['loss.reads']}: {told}",
        why="",
        remedy=suited_end(run),
        weight=WEIGHT,
        picture=_picture(run, name),
        certain=probabilities and name in EXACT,
        confidence=1.0,
        meaning="follows from the network and the loss as written",
        stage="A",
    )


def _picture(run: Run, name: str) -> Picture | None:
    """Return what the outputs are before the first step beside what they should be; None where they are not known."""
    mean, spread = (np.asarray(run.get(f"start.outputs.{part}", ()), float) for part in ("mean", "spread"))
    if not mean.size or mean.shape != spread.shape:
        return None
    bounds = BOUNDS.get(name, (-math.inf, math.inf))
    low = max(bounds[0], float((mean - SIGMAS * spread).min()))
    high = min(bounds[1], float((mean + SIGMAS * spread).max()))
    asked = (0.0, 1.0) if run["loss.reads"] == "probabilities" else (-high, high)
    return Picture("ranges", ("the outputs", str(run["loss.reads"])), ((low, high), asked), "output")


def example() -> Run:
    """Return a run that shows it: relu gives what is taken for probabilities."""
    begins = {
        "start.outputs.mean": np.array([0.4, 0.3, 0.5]),
        "start.outputs.spread": np.array([0.6, 0.4, 0.7]),
    }
    return program(built(dense(32, "relu"), dense(3, "relu")), begins)
