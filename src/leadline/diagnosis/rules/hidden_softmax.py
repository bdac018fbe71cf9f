"""Softmax between the layers.

What it sees
    A hidden layer whose outputs go through softmax.
Why it hurts
    Its outputs share a sum of 1: the more units, the smaller each, and the units hold each other down. Signals
    shrink by the width of the layer, and gradients with them.
How it is measured
    From the activations as written. Whether it hurts is proved: a warning until ReLU in its place wins.
What to do
    Take ReLU, or another activation of each unit by itself.
When it is wrong
    Attention and gates use softmax on purpose, inside their own layers; those are not looked at.
Source
    Humbatova, Jahangirova, Bavota, Riccio, Stocco and Tonella 2020, Taxonomy of real faults in deep learning
    systems.
"""

from __future__ import annotations

import numpy as np

from leadline.diagnosis.layers import Spec, changed_hidden, hidden, layer_name, weighted
from leadline.diagnosis.planted import built, dense, program
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 72.0  # a cause of vanishing signals
NEEDS = (
    "network.activations",
    "network.kinds",
    "network.parameters",
)  # without these it is silent


def find(run: Run) -> Finding | None:
    """Return a warning where a hidden layer goes through softmax."""
    found = hidden(run, ["softmax"])
    if not found:
        return None
    return Finding(
        fault="hidden_softmax",
        title="Softmax between the layers",
        severity="warning",
        where=", ".join(layer_name(run, at) for at in found),
        evidence=f"{len(found)} hidden layer{'s' if len(found) > 1 else ''} whose outputs sum to 1",
        why="",
        remedy=Remedy("ReLU in its place.", "ll.Dense(64, ll.relu)", changed_hidden(run, _rectified)),
        weight=WEIGHT,
        picture=_picture(run),
        stage="A",
    )


def _rectified(layer: Spec) -> Spec:
    named = str(layer.get("activation", "")).partition("(")[0]
    return {**layer, "activation": "relu"} if named == "softmax" else layer


def _picture(run: Run) -> Picture | None:
    sizes, layers = np.asarray(run.get("start.size", ()), float), weighted(run)[:-1]
    if sizes.ndim != 2:
        return None
    names = tuple(layer_name(run, int(at)) for at in layers)
    values = tuple((float(np.median(sizes[:, at])),) for at in layers)
    return Picture(
        "bars", names, values, "size of the outputs, before any step", {"as the inputs": 1.0}, log=True
    )


def example() -> Run:
    """Return a run that shows it: the first of two hidden layers goes through softmax."""
    layers = (dense(32, "softmax"), dense(32, "relu"), dense(3, "softmax"))
    return program(built(*layers), {"start.size": np.tile([0.045, 0.032, 0.58], (3, 1))})
