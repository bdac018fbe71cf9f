"""Scores where the loss takes probabilities.

What it sees
    A network without an activation at its end (or with one that goes below 0 or above 1) and a loss that takes
    the logarithm of its outputs.
Why it hurts
    The logarithm of a negative number is not defined; libraries cut the outputs at 0 and 1, and whatever is cut
    gets no gradient. Half of all outputs begin there.
How it is measured
    From the activation at the end and what the loss reads. No chance is involved.
What to do
    Sigmoid or softmax at the end, or the loss that takes scores (from_logits).
When it is wrong
    Where outputs happen to stay within 0 and 1 it can train; nothing keeps them there.
Source
    Schoop, Huang and Hartmann 2021, UMLAUT: debugging deep learning programs using program structure and model
    behavior.
"""

from __future__ import annotations

import math

import numpy as np

from leadline.diagnosis.ending import BOUNDS, PROBABILITIES, as_written, ends_in, outputs, suited_end
from leadline.diagnosis.planted import built, dense, program, yes_no
from leadline.diagnosis.reading import output_path
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 77.0  # behind labels and a constant output
SIGMAS = 2.0  # standard deviations, for the picture: between them lie 95 outputs of 100
NEEDS = (
    "loss.name",
    "target.form",
)  # without these it is silent
RECTIFIERS = ("relu", "relu6", "softplus", "elu", "leaky_relu")  # told by rectified_output


def find(run: Run) -> Finding | None:
    """Return an error where the outputs are taken for probabilities and are none."""
    name = ends_in(run)
    if (
        not as_written(run)
        or run["loss.reads"] != "probabilities"
        or name in PROBABILITIES
        or name in RECTIFIERS
    ):
        return None
    if run["target.form"] == "numbers" and run.get("target.high", 1.0) > 1:
        return None  # numbers in a loss of classes: told by targets_outside_loss
    ends = "nothing" if name == "linear" else name
    scores = {"loss.reads": "scores", **({"loss.name": "binary_cross_entropy"} if outputs(run) == 1 else {})}
    return Finding(
        fault="missing_output_activation",
        title="The loss takes scores for probabilities",
        severity="error",
        where=output_path(run),
        evidence=f"the network ends in {ends}, and {run['loss.name']} takes the logarithm of its outputs",
        why="",
        remedy=suited_end(run),
        weight=WEIGHT,
        picture=_picture(run, name),
        certain=True,
        confidence=1.0,
        meaning="follows from the network and the loss as written",
        others=(Remedy("Use the loss that takes scores.", "from_logits=True", scores),),
        stage="A",
    )


def _picture(run: Run, name: str) -> Picture | None:
    """Return what the outputs are beside what probabilities can be, where either is known."""
    low, high = BOUNDS.get(name, (-math.inf, math.inf))
    mean, spread = (np.asarray(run.get(f"start.outputs.{part}", ()), float) for part in ("mean", "spread"))
    if not math.isfinite(low) and mean.size and mean.shape == spread.shape:
        low, high = float((mean - SIGMAS * spread).min()), float((mean + SIGMAS * spread).max())
    if not math.isfinite(low) or not math.isfinite(high):
        return None
    return Picture("ranges", ("the outputs", "probabilities"), ((low, high), (0.0, 1.0)), "output")


def example() -> Run:
    """Return a run that shows it: a linear output meets the binary cross-entropy of probabilities."""
    begins = {"start.outputs.mean": np.array([0.04]), "start.outputs.spread": np.array([0.71])}
    return program(yes_no(), built(dense(32, "relu"), dense(1)), begins)
