"""A loss that is summed over the batch.

What it sees
    A loss that adds up its rows, seen in how it is written, or because twice as many rows give twice the loss.
Why it hurts
    The gradient grows with the batch, so that the rate is really the rate times the batch: with 100 rows a rate
    of 0.01 is one of 1. Another batch size is another training.
How it is measured
    The loss of a batch of twice the rows over the mean of its halves: 1 for a mean, 2 for a sum. Over 1.9 for
    all seeds is a sum. Plain gradient descent feels it: an error where a mean wins; Adam divides by the size of
    the gradient.
What to do
    The mean, or the rate divided by the rows of a batch.
When it is wrong
    With Adam and its kind only the penalties and the clipping change: a hint. A likelihood is a sum by right,
    with a rate that suits.
Source
    Goyal et al. 2017, Accurate, large minibatch SGD, section 3 (subtleties: normalize by the batch).
"""

from __future__ import annotations

import numpy as np

from leadline.core.text import short
from leadline.diagnosis.planted import built, dense, numbers, program
from leadline.diagnosis.reading import choice
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 60.0  # before the rate, which it explains
SUM = 1.9  # a sum gives 2, a mean 1; the noise of a batch is the same in both
PLAIN = ("sgd", "momentum", "nesterov")  # optimizers that feel the size of the gradient


def find(run: Run) -> Finding | None:
    """Return a finding where the loss grows with the batch."""
    doubled = np.asarray(run.get("start.doubled", ()), float)
    written = run.get("loss.reduction") == "sum"
    grows = doubled.size > 0 and np.isfinite(doubled).all() and doubled.min() > SUM
    batch = int(run.get("program.batch", 1))
    if not (written or grows) or batch == 1:
        return None
    rate, feels = choice(run, "optimizer.learning_rate", 0.0), choice(run, "optimizer.name") in PLAIN
    told = (
        f"the loss adds up {batch} rows"
        if written
        else f"twice the rows give {short(float(doubled.mean()))} times the loss"
    )
    if feels and isinstance(rate, (int, float)):
        told += f": the rate of {short(float(rate))} is really one of {short(float(rate) * batch)}"
    return Finding(
        fault="sum_reduction",
        title="The loss is a sum, not a mean",
        severity="warning" if feels else "hint",
        where="loss",
        evidence=told,
        why="",
        remedy=Remedy("Take the mean over the rows.", 'reduction="mean"', {"loss.reduction": "mean"}),
        weight=WEIGHT,
        picture=_picture(doubled),
        numbers={"batch": float(batch)},
        stage="A",
    )


def _picture(doubled: np.ndarray) -> Picture | None:
    if not doubled.size or not np.isfinite(doubled).all():
        return None
    names, values = ("once", "with every row twice"), ((1.0,), (float(doubled.mean()),))
    return Picture("bars", names, values, "loss of a batch, in losses of the batch", {"of a mean": 1.0})


def example() -> Run:
    """Return a run that shows it: squared errors are added up, and the rate was chosen for their mean."""
    written = {"loss.reduction": "sum", "start.doubled": np.full(3, 2.0)}
    layers = (dense(32, "relu"), dense(1))
    return program(numbers(-1.5, 1.5), built(*layers, optimizer="sgd", rate=0.05), written)
