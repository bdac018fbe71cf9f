"""A first loss far from what ignorance gives.

What it sees
    A loss before the first step far above ln C (or, in regression, the spread of the targets), or far below
    what the class frequencies alone allow.
Why it hurts
    Far above: the untrained network is sure and wrong, so the first epochs are spent on shrinking the
    output, and the way is often bumpy. Far below: the network knows something it was never told.
How it is measured
    The loss of the first batch against the task's expected one. Scores of variance v add about v/2 nats,
    and usual initial weights on scaled inputs give v near 1; 3 times the expected loss needs v over 4 even
    for two classes. In regression outputs of unit variance double the loss; 10 times is told, the farthest
    target in the batch allowed for. Below: under half the entropy of the class frequencies. Batches of
    under 8 rows say too little; weights from another run are left alone.
What to do
    Scale the inputs; let initial weights be chosen from the activation; end the network in scores; mean,
    not sum, over the batch. Below: look for rows or columns that give the answer away.
When it is wrong
    A bias set to the class frequencies starts at their entropy, below ln C, and is not flagged.
Source
    Karpathy 2019, A recipe for training neural networks (verify loss at init).
"""

from __future__ import annotations

import math

import numpy as np

from leadline.diagnosis.chance import constant_loss, expected_first_loss
from leadline.diagnosis.planted import planted
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 50.0  # seen at the start, so it stands before what is seen later
ABOVE_CLASSES = 3.0  # times ln C, see above
ABOVE_REGRESSION = 10.0  # times the loss of answering the mean: outputs of three times the targets' spread
BELOW = 0.5  # times the entropy; with 32 rows and scores of unit variance over 5 standard errors away
NEEDS = ("start.loss",)  # without these it is silent
LEAST_ROWS = 8  # the mean of fewer losses varies too much


def find(run: Run) -> Finding | None:
    """Return a warning where the first loss is far from the expected one."""
    start, expected, rows = (
        run.get("start.loss"),
        expected_first_loss(run),
        int(run.get("start.rows", LEAST_ROWS)),
    )
    if (
        start is None
        or expected is None
        or not math.isfinite(start)
        or run.get("warm.start")
        or rows < LEAST_ROWS
    ):
        return None
    classes = run.get("task.kind") != "regression"
    told = f"first loss {start:.3g}; {expected:.3g} is expected of a network that knows nothing"
    if start > (ABOVE_CLASSES * expected if classes else ABOVE_REGRESSION * (expected + _outlier(run, rows))):
        words = "Scale the inputs, and let the initial weights be chosen from the activations."
        return _finding("The first loss is far too high", told, words, _picture(start, expected))
    known = constant_loss(run)
    if classes and not math.isnan(known) and start < BELOW * min(known, expected):
        words = (
            "Look for rows shared with other data, weights loaded by accident, or a loss that is not a mean."
        )
        told += f", {known:.3g} of the class frequencies"
        return _finding("The first loss is far too low", told, words, _picture(start, expected, known))
    return None


def _outlier(run: Run, rows: int) -> float:
    """Return what the farthest target alone adds to the mean squared error of a batch that holds it."""
    quantiles = np.asarray(run.get("data.target.quantiles", ()), float)
    return float(np.abs(quantiles).max()) ** 2 / rows if quantiles.size else 0.0


def _picture(start: float, expected: float, known: float | None = None) -> Picture:
    losses = {"first loss": start, "knowing nothing": expected}
    losses |= {} if known is None else {"class frequencies": known}
    return Picture("bars", tuple(losses), tuple((float(loss),) for loss in losses.values()), "loss")


def _finding(title: str, evidence: str, words: str, picture: Picture) -> Finding:
    return Finding(
        "first_loss",
        title,
        "warning",
        "before the first step",
        evidence,
        "",
        Remedy(words),
        weight=WEIGHT,
        picture=picture,
        stage="B",
    )


def example() -> Run:
    """Return a run that shows it: weights drawn ten times too large make the untrained network sure and wrong."""
    return planted({"start.loss": 31.7})
