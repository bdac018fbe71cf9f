"""A network through which neither signal nor gradient passes.

What it sees
    Before the first step, the gradient of the first layers is a tiny share of that of the last ones, or what
    differs from row to row is lost on the way.
Why it hurts
    The first layers stay as they were drawn; the last ones see the same for every row.
How it is measured
    For each seed the slope of log10 of the gradient's norm over the layers with weights, at least four of them.
    The interval over seeds (mean and two standard errors) must lie below a loss of a factor 3 for each layer,
    and the first layer must get less than a thousandth of the largest. A warning until a patched network wins.
What to do
    ReLU in place of sigmoid or tanh and weights that suit it; or batch norm, or residual connections.
When it is wrong
    Adam divides by the size of the gradients and may train all the same: hence the proof. A deep network of
    tanh with Glorot's weights loses little and is not told.
Source
    Hochreiter 1991, Untersuchungen zu dynamischen neuronalen Netzen; Glorot and Bengio 2010, Understanding the
    difficulty of training deep feedforward neural networks.
"""

from __future__ import annotations

import math

import numpy as np

from leadline.core.text import short
from leadline.diagnosis.layers import Spec, changed_hidden, layer_name, own_start, weighted
from leadline.diagnosis.planted import built, dense, program
from leadline.diagnosis.probing import interval
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 66.0  # behind the weights that cause it
NEEDS = (
    "start.gradient",
    "network.kinds",
    "network.parameters",
)  # without these it is silent
LEAST_LAYERS = 4  # with fewer, nothing can vanish through depth
FACTOR = math.log10(3.0)  # for each layer; sigmoid loses 4 and more, tanh with Glorot's weights under 1.5
SICK = 1e-3  # of the largest gradient
SQUASHING = (
    "sigmoid",
    "hard_sigmoid",
    "tanh",
    "softsign",
    "hard_tanh",
)  # slopes of at most 1, and less elsewhere


def find(run: Run) -> Finding | None:
    """Return a warning where the gradient shrinks from layer to layer on its way back."""
    norms, layers = np.asarray(run.get("start.gradient", ()), float), weighted(run)
    if norms.ndim != 2 or layers.size < LEAST_LAYERS:
        return None
    own = norms[:, layers]
    if not np.isfinite(own).all() or not (own.max(axis=1) > 0).all():
        return None
    slopes = [np.polyfit(np.arange(layers.size), np.log10(np.maximum(row, 1e-30)), 1)[0] for row in own]
    low, _ = interval(slopes)
    share = float(np.median(own[:, 0] / own.max(axis=1)))
    if not (low > FACTOR and share < SICK):
        return None
    middle = np.median(own, axis=0)
    names = tuple(layer_name(run, int(at)) for at in layers)
    return Finding(
        fault="vanishing_start",
        title="The gradient does not reach the first layers",
        severity="warning",
        where=f"{names[0]} to {names[-1]}",
        evidence=f"gradient norm {short(float(middle[0]))} at {names[0]}, {short(float(middle.max()))} at the largest: "
        f"times {short(10 ** -float(np.mean(slopes)), 2)} for each layer on the way back",
        why="",
        remedy=Remedy(
            "ReLU between the layers, with weights that suit it.",
            "ll.Dense(64, ll.relu)",
            changed_hidden(run, _rectified),
        ),
        weight=WEIGHT,
        numbers={"share": share, "slope": float(np.mean(slopes))},
        picture=Picture(
            "bars", names, tuple((float(v),) for v in middle), "gradient norm before the first step", log=True
        ),
        stage="B",
    )


def _rectified(layer: Spec) -> Spec:
    named = str(layer.get("activation", "")).partition("(")[0]
    return {**own_start(layer), "activation": "relu"} if named in SQUASHING else layer


def example() -> Run:
    """Return a run that shows it: six layers of sigmoids, of which each passes a sixth of the gradient."""
    layers = built(*[dense(32, "sigmoid")] * 5, dense(3, "softmax"))
    return program(layers, {"start.gradient": np.tile(0.4 * 6.0 ** -np.arange(5, -1, -1.0), (3, 1))})
