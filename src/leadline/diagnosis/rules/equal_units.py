"""Units of a layer that are all the same.

What it sees
    A layer before the last one whose units still have equal weights after training: they began alike, and nothing
    told them apart.
Why it hurts
    Units with equal weights in and out get equal gradients, so they stay equal for ever: a layer of any width is a
    single unit. Of zeros not even that is left, as often no gradient comes back at all.
How it is measured
    By the weights at the end of the last epoch: the share of neighboring units none of whose weights differs by more
    than a thousandth of the largest. An error where the whole layer is alike, a warning from half of it on. Equal
    weights that a step or a dropout told apart are not counted: what is looked at is the end.
What to do
    Draw the initial weights: leave out `initializer`, so that it suits the activation. Zeros are for biases.
When it is wrong
    Zeros in the last layer are fine, as each class is told something else: a linear classifier, or the last layer of
    a network, may begin with them, and a bias always. Layers with a single unit are not looked at.
Source
    Goodfellow, Bengio, Courville 2016, Deep Learning, section 8.4 (breaking symmetry).
"""

from __future__ import annotations

import numpy as np

from leadline.core.text import count
from leadline.diagnosis.layers import NO_INITIALIZER, changed_hidden, layer_name, own_start, sounded, weighted
from leadline.diagnosis.planted import network, over_epochs, planted, stuck
from leadline.diagnosis.reading import choice
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 76.0  # of the network, before what follows from it: no gradient, dead units, no learning
NEEDS = (
    "sounding.weights.equal",
    "network.kinds",
    "network.parameters",
)  # without these it is silent
MANY = 0.5  # of the layer; drawn weights that are equal by chance are none


def find(run: Run) -> Finding | None:
    """Return a finding where the units of a hidden layer are alike after training."""
    alike, layers = sounded(run, "weights.equal"), weighted(run)[:-1]
    if not len(alike) or not layers.size:
        return None
    last = alike[-1]
    worst = max(layers, key=lambda at: -1.0 if np.isnan(last[at]) else float(last[at]))
    if not last[worst] >= MANY:
        return None
    others = int((last[layers] >= MANY).sum()) - 1
    begins = _initializer(run, int(worst))
    told = f"{last[worst]:.0%} of its units have the weights of their neighbor after {count(len(alike), 'epoch')}"
    return Finding(
        fault="equal_units",
        title="All units of a layer are the same" if last[worst] == 1 else "Units of a layer are the same",
        severity="error" if last[worst] == 1 else "warning",
        where=layer_name(run, int(worst)) + (f" and {count(others, 'other layer')}" if others else ""),
        evidence=told + (f"; it begins with {begins}" if begins else ""),
        why="",
        remedy=Remedy(
            "Draw the initial weights at random.",
            NO_INITIALIZER,
            changed_hidden(run, own_start),
        ),
        weight=WEIGHT,
        picture=_picture(run, last, layers),
    )


def _initializer(run: Run, at: int) -> str:
    """Return how a layer at the top of the network begins, where the recipe says so."""
    index, _, inner = layer_name(run, at).partition(".")
    layers = choice(run, "network.layers")
    if (
        not isinstance(layers, (list, tuple))
        or "." in inner
        or not index.isdigit()
        or int(index) >= len(layers)
    ):
        return ""
    return str(layers[int(index)].get("initializer", ""))


def _picture(run: Run, last: np.ndarray, layers: np.ndarray) -> Picture:
    known = [int(at) for at in layers if np.isfinite(last[at])]
    names, shares = tuple(layer_name(run, at) for at in known), tuple((float(last[at]),) for at in known)
    return Picture("bars", names, shares, "share of units with the weights of their neighbor", {"half": MANY})


def example() -> Run:
    """Return a run that shows it: every weight of the hidden layers begins with the same number."""
    alike = over_epochs("weights.equal", [1.0, 1.0, 1.0, np.nan])
    return planted(network("relu", hidden=3, initializer="constant(0.1)"), stuck(), alike)
