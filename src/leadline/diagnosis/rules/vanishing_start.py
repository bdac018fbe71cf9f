"""A network through which neither signal nor gradient passes.

What it sees
    Before the first step, the gradient of the first layers is a tiny share of that of the last ones, or what
    differs from row to row is lost on the way.
Why it hurts
    The first layers stay as they were drawn; the last ones see the same for every row.
How it is measured
    For each seed the slope of log10 of the gradient's norm over the layers with weights, at least four of them.
    The interval over seeds (mean and two standard errors) must lie below a loss of a factor 3 for each layer,
    and the first layer must get less than a thousandth of the largest. The same for the signal, on its way
    forward: how much the outputs of a layer differ from row to row must fall by more than 3 for each of at
    least three layers, to less than a twentieth; of the outputs as they are before softmax or sigmoid. A warning
    until a patched network wins.
What to do
    ReLU in place of sigmoid or tanh and weights that suit it; or batch norm, or residual connections.
When it is wrong
    Adam divides by the size of the gradients and may train all the same: hence the proof. A deep network of
    tanh with Glorot's weights loses little and is not told.
Source
    Hochreiter 1991, Untersuchungen zu dynamischen neuronalen Netzen; Glorot and Bengio 2010, Understanding the
    difficulty of training deep feedforward neural networks; Schoenholz, Gilmer, Ganguli and Sohl-Dickstein 2017,
    Deep information propagation.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from leadline.core.text import short
from leadline.diagnosis.ending import ends_in, outputs
from leadline.diagnosis.layers import Spec, changed_hidden, layer_name, own_start, weighted
from leadline.diagnosis.planted import built, dense, program
from leadline.diagnosis.probing import interval
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 66.0  # behind the weights that cause it
LATER = "vanishing_gradients"  # what a training that was sounded shows of it
NEEDS = (
    "start.gradient",
    "network.kinds",
    "network.parameters",
)  # without these it is silent
LEAST_LAYERS = 4  # with fewer, no gradient can vanish through depth
LEAST_PASSED = 3  # for the signal: bad weights of three layers hide the inputs already
FACTOR = math.log10(3.0)  # for each layer; sigmoid loses 4 and more, tanh with Glorot's weights under 1.5
SICK = 1e-3  # of the largest gradient
FAINT = (
    0.05  # of the largest signal: two layers that lose 4 each, as sigmoid does with good weights, keep more
)
SIGMOID = 4.0  # one over its steepest slope
SQUASHING = (
    "sigmoid",
    "hard_sigmoid",
    "tanh",
    "softsign",
    "hard_tanh",
)  # slopes of at most 1, and less elsewhere


def find(run: Run) -> Finding | None:
    """Return a warning where the gradient shrinks on its way back, or the signal on its way forward."""
    layers = weighted(run)
    for way in _ways():
        norms = np.asarray(run.get(way.name, ()), float)
        if norms.ndim != 2 or layers.size < way.least:
            continue
        own = norms[:, layers]
        if not np.isfinite(own).all() or not (own > 0).all():
            continue  # exact zeros are another fault, or a last layer that begins with zeros, which is none
        if not way.back:
            own = np.concatenate([own[:, :-1], own[:, -1:] * _steepness(run)], axis=1)
        along = np.log10(own if way.back else own[:, ::-1])
        slopes = [float(np.polyfit(np.arange(layers.size), row, 1)[0]) for row in along]
        share = float(np.median(own[:, 0 if way.back else -1] / own.max(axis=1)))
        if interval(slopes)[0] > FACTOR and share < way.sick:
            return _finding(run, way, np.median(own, axis=0), float(np.mean(slopes)), share)
    return None


def _steepness(run: Run) -> float:
    """Return what a link divides differences of scores by: a fresh softmax by its classes, a sigmoid by 4."""
    return {"softmax": float(outputs(run)), "sigmoid": SIGMOID}.get(ends_in(run), 1.0)


class _Way(NamedTuple):
    """What is looked at: a quantity, in how many layers at least, and the share of the largest that is too little."""

    name: str
    title: str
    what: str
    least: int
    sick: float
    back: bool


def _ways() -> tuple[_Way, _Way]:
    return (
        _Way(
            "start.gradient",
            "The gradient does not reach the first layers",
            "gradient norm",
            LEAST_LAYERS,
            SICK,
            back=True,
        ),
        _Way(
            "start.signal",
            "The last layers hardly see the inputs",
            "difference between rows",
            LEAST_PASSED,
            FAINT,
            back=False,
        ),
    )


def _finding(run: Run, way: _Way, middle: np.ndarray, slope: float, share: float) -> Finding:
    names = tuple(layer_name(run, int(at)) for at in weighted(run))
    end = 0 if way.back else -1
    direction = "back" if way.back else "forward"
    return Finding(
        fault="vanishing_start",
        title=way.title,
        severity="warning",
        where=f"{names[0]} to {names[-1]}",
        evidence=f"{way.what} {short(float(middle[end]))} at {names[end]}, {short(float(middle.max()))} at the "
        f"largest: times {short(10**-slope, 2)} for each layer on the way {direction}",
        why="",
        remedy=Remedy(
            "ReLU between the layers, with weights that suit it.",
            "ll.Dense(64, ll.relu)",
            changed_hidden(run, _rectified),
        ),
        weight=WEIGHT,
        numbers={"share": share, "slope": slope},
        picture=Picture(
            "bars", names, tuple((float(v),) for v in middle), f"{way.what} before the first step", log=True
        ),
        stage="B",
    )


def _rectified(layer: Spec) -> Spec:
    named = str(layer.get("activation", "")).partition("(")[0]
    return {**own_start(layer), "activation": "relu"} if named in SQUASHING else own_start(layer)


def example() -> Run:
    """Return a run that shows it: six layers of sigmoids, of which each passes a sixth of the gradient."""
    layers = built(*[dense(32, "sigmoid")] * 5, dense(3, "softmax"))
    return program(layers, {"start.gradient": np.tile(0.4 * 6.0 ** -np.arange(5, -1, -1.0), (3, 1))})
