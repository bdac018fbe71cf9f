"""Targets that the loss cannot take.

What it sees
    Targets outside [0, 1] in a binary cross-entropy; class codes that have no output, or shares that are
    negative or do not sum to 1, in a cross-entropy.
Why it hurts
    A binary cross-entropy of a target of 5 rewards the output for going to 1 without end, and falls below 0: it
    is no distance any more. A code without an output gives NaN or is silently cut off.
How it is measured
    The smallest and largest target, and the sums of rows, against what the loss is defined for. No chance is
    involved.
What to do
    Classes: one output for each, softmax and a cross-entropy. Numbers: a linear output and a squared error. Yes
    and no: 0 and 1.
When it is wrong
    Shares between 0 and 1 are targets too and are not flagged.
Source
    Bishop 1995, Neural networks for pattern recognition, chapter 6 (outputs and error functions).
"""

from __future__ import annotations

import numpy as np

from leadline.core.text import short
from leadline.diagnosis.ending import as_written, outputs, suited_end
from leadline.diagnosis.planted import built, dense, program, yes_no
from leadline.record.finding import Finding, Picture
from leadline.record.run import Run

WEIGHT = 82.0  # what the targets are stands before what the network ends in
NEEDS = (
    "loss.name",
    "target.form",
    "target.low",
    "target.high",
)  # without these it is silent
EDGE = 1e-6  # rounding of float32
UNEVEN = 1e-2  # rows of shares that sum to 1 within a percent were rounded


def find(run: Run) -> Finding | None:
    """Return an error where targets lie outside of what the loss is defined for."""
    if not as_written(run) or not run.has("target.low", "target.high"):
        return None
    low, high = float(run["target.low"]), float(run["target.high"])
    told = _told(run, low, high)
    if not told:
        return None
    return Finding(
        fault="targets_outside_loss",
        title="The targets are not what the loss takes",
        severity="error",
        where="targets",
        evidence=told,
        why="",
        remedy=suited_end(run),
        weight=WEIGHT,
        certain=True,
        confidence=1.0,
        meaning="follows from the targets and the loss as written",
        numbers={"lowest": low, "highest": high},
        picture=Picture("ranges", ("targets", "the loss takes"), ((low, high), _domain(run)), "target"),
        stage="A",
    )


def _domain(run: Run) -> tuple[float, float]:
    return (0.0, float(outputs(run) - 1)) if run["loss.labels"] == "codes" else (0.0, 1.0)


def _told(run: Run, low: float, high: float) -> str:
    name, goes = str(run["loss.name"]), f"targets go from {short(low)} to {short(high)}"
    if run["loss.labels"] == "codes":
        return _codes(run, low, high, goes)
    if name == "binary_cross_entropy" and (low < -EDGE or high > 1 + EDGE):
        return f"{goes}; a binary cross-entropy is defined from 0 to 1, and falls without end beyond"
    if (
        name not in ("cross_entropy", "kl_divergence")
        or int(run.get("target.columns", 1)) != outputs(run)
        or outputs(run) == 1
    ):
        return ""
    sums = np.asarray(run.get("target.sums", (1.0, 1.0)), float)
    if low < -EDGE or abs(sums - 1).max() > UNEVEN:
        rows = f"{short(float(sums[0]))} … {short(float(sums[1]))}"
        return f"{goes} and rows sum to {rows}; shares are not below 0 and sum to 1"
    return ""


def _codes(run: Run, low: float, high: float, goes: str) -> str:
    most = outputs(run) - 1
    if run["target.form"] in ("one_hot", "labels") or int(run.get("target.columns", 1)) > 1:
        return ""  # told by label_encoding
    if low < 0 or high > most:
        return f"{goes}; with {most + 1} outputs a code is 0 to {most}"
    return ""


def example() -> Run:
    """Return a run that shows it: the classes of yes and no are called -1 and 1."""
    return program(yes_no(), {"target.low": -1.0}, built(dense(32, "relu"), dense(1, "sigmoid")))
