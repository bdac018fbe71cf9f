"""No layer gets any gradient.

What it sees
    A first gradient that is exactly 0 in every kernel, for every seed.
Why it hurts
    Nothing will ever change: a constant output, a step function, outputs cut off at a bound, or weights of
    zeros everywhere.
How it is measured
    The share of exact zeros in the first gradient: all of it, in all layers. Chance does not give an exact 0.
What to do
    Look for what stands at the end of the network; the findings beside this one name it where they can.
When it is wrong
    A network that is perfect already has no gradient either.
Source
    Karpathy 2019, A recipe for training neural networks (verify the loss at the start).
"""

from __future__ import annotations

import numpy as np

from leadline.diagnosis.layers import layer_name, weighted
from leadline.diagnosis.planted import built, dense, program, yes_no
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 67.0  # a symptom: its causes weigh more
NEEDS = (
    "start.gradient.zeros",
    "network.kinds",
    "network.parameters",
)  # without these it is silent


def find(run: Run) -> Finding | None:
    """Return an error where the whole gradient is exactly 0 for every seed."""
    zeros, layers = np.asarray(run.get("start.gradient.zeros", ()), float), weighted(run)
    if zeros.ndim != 2 or not layers.size or not (np.nan_to_num(zeros[:, layers], nan=1.0) == 1).all():
        return None
    return Finding(
        fault="no_gradient",
        title="Nothing gets a gradient",
        severity="error",
        where="all layers",
        evidence=f"every entry of the gradient of {layers.size} layers is exactly 0, for {len(zeros)} seeds",
        why="",
        remedy=Remedy("Mend what stands at the end of the network."),
        weight=WEIGHT,
        picture=_picture(run, zeros, layers),
        certain=True,
        confidence=1.0,
        meaning="the same for every seed",
        stage="B",
    )


def _picture(run: Run, zeros: np.ndarray, layers: np.ndarray) -> Picture:
    names = tuple(layer_name(run, int(at)) for at in layers)
    shares = tuple((float(np.nan_to_num(zeros[:, at], nan=1.0).mean()),) for at in layers)
    return Picture("bars", names, shares, "share of the first gradient that is exactly 0")


def example() -> Run:
    """Return a run that shows it: softmax over a single output is always 1, and nothing flows back through it."""
    layers = built(dense(32, "relu"), dense(32, "relu"), dense(1, "softmax"))
    return program(yes_no(), layers, {"start.gradient.zeros": np.ones((3, 3))})
