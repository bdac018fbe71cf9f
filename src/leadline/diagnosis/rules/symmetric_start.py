"""Units that begin alike.

What it sees
    A hidden layer whose units have the same weights after the first step.
Why it hurts
    Units with equal weights get equal gradients and stay equal: a layer of any width is a single unit.
How it is measured
    The share of neighboring units whose weights differ by at most a thousandth, after one step, for all seeds.
    Half of a layer is a warning, all of it an error.
What to do
    Draw the initial weights: leave out `initializer`, so that it suits the activation.
When it is wrong
    The last layer may begin with zeros, and a linear classifier too: neither is looked at. Dropout tells units
    apart later, slowly.
Source
    Goodfellow, Bengio, Courville 2016, Deep Learning, section 8.4 (breaking symmetry).
"""

from __future__ import annotations

import numpy as np

from leadline.diagnosis.layers import NO_INITIALIZER, changed_hidden, layer_name, own_start, weighted
from leadline.diagnosis.planted import built, dense, program
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 76.0  # a cause of no gradient and no learning
LATER = "equal_units"  # what a training that was sounded shows of it
NEEDS = (
    "start.equal",
    "network.kinds",
    "network.parameters",
)  # without these it is silent
MANY = 0.5  # of the layer; drawn weights that are equal by chance are none


def find(run: Run) -> Finding | None:
    """Return a finding where units of a hidden layer are alike after the first step."""
    alike, layers = np.asarray(run.get("start.equal", ()), float), weighted(run)[:-1]
    if alike.ndim != 2 or not layers.size:
        return None
    least = np.nan_to_num(alike[:, layers].min(axis=0), nan=0.0)
    at = int(np.argmax(least))
    if least[at] < MANY:
        return None
    whole = bool(least[at] == 1)
    return Finding(
        fault="symmetric_start",
        title="The units of a layer begin alike",
        severity="error" if whole else "warning",
        where=layer_name(run, int(layers[at])),
        evidence=f"{least[at]:.0%} of its units have the weights of their neighbor after the first step",
        why="",
        remedy=Remedy("Draw the initial weights at random.", NO_INITIALIZER, changed_hidden(run, own_start)),
        weight=WEIGHT,
        picture=_picture(run, layers, least),
        certain=whole,
        confidence=1.0,
        meaning="the same for every seed",
        numbers={"share": float(least[at])},
        stage="B",
    )


def _picture(run: Run, layers: np.ndarray, least: np.ndarray) -> Picture:
    names = tuple(layer_name(run, int(at)) for at in layers)
    shares = tuple((float(share),) for share in least)
    return Picture("bars", names, shares, "share of units with the weights of their neighbor", {"half": MANY})


def example() -> Run:
    """Return a run that shows it: the weights of the first layer begin at 0."""
    layers = (dense(32, "relu", initializer="zeros"), dense(32, "relu"), dense(3, "softmax"))
    return program(built(*layers), {"start.equal": np.tile([1.0, 0.0, 0.0], (3, 1))})
