"""Initial weights that make signals die or explode.

What it sees
    Layers that shrink or enlarge what passes through them many times, before anything was learned.
Why it hurts
    Too small: what is left of the inputs drowns in the biases, and gradients shrink by the same factor on their
    way back. Too large: units saturate, scores are sure of nonsense, and the first losses throw the weights
    about.
How it is measured
    The root mean square of each layer's outputs over that of its inputs, in one batch, over seeds: weights that
    suit their layer give 0.3 to 2. A layer below 0.1 or above 5 for all seeds is told, with the mean factor of
    all layers. It is a warning until weights drawn by the activation win.
What to do
    Leave out `initializer`: He for ReLU, Glorot for the others.
When it is wrong
    The first layer also scales inputs that were not: large inputs are told by unscaled_inputs. A last layer
    that begins small is a good habit and is not told.
Source
    He, Zhang, Ren and Sun 2015, Delving deep into rectifiers; Glorot and Bengio 2010, Understanding the
    difficulty of training deep feedforward neural networks.
"""

from __future__ import annotations

import numpy as np

from leadline.core.text import short
from leadline.diagnosis.layers import layer_name, own_start, weighted
from leadline.diagnosis.planted import built, dense, program
from leadline.diagnosis.reading import choice
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 68.0  # before gradients that vanish, which follow from it
NEEDS = (
    "start.size",
    "data.input.mean",
    "data.input.spread",
    "network.kinds",
    "network.parameters",
)  # without these it is silent
LEAST, MOST = 0.1, 5.0  # He and Glorot keep 0.3 to 2 for layers of 4 units and more
TINY = 1e-12  # keeps a logarithm finite
LARGE_INPUTS = 20.0  # as unscaled_inputs: then the first layer's factor says nothing of its weights
MARKS = {"shrinks": LEAST, "explodes": MOST}  # of the picture


def find(run: Run) -> Finding | None:
    """Return a warning where a layer's outputs are far smaller or larger than its inputs."""
    sizes, layers = np.asarray(run.get("start.size", ()), float), weighted(run)
    if sizes.ndim != 2 or not layers.size or not run.has("data.input.mean", "data.input.spread"):
        return None
    factors = _factors(run, sizes, layers)
    small, large = factors.max(axis=0) < LEAST, factors.min(axis=0) > MOST
    small[-1] &= len(layers) == 1
    if not (small | large).any():
        return None
    middle = np.median(factors, axis=0)
    at = int(np.argmax(np.where(small | large, np.abs(np.log(np.maximum(middle, TINY))), -1)))
    changes = _changes(run)
    if not changes and LEAST < float(np.exp(np.log(np.maximum(middle, TINY)).mean())) < MOST:
        return None  # weights that suit their layer shrink one wide layer and enlarge the next
    kind = "small" if small[at] else "large"
    return Finding(
        fault="start_scale",
        title=f"Initial weights are too {kind}",
        severity="warning" if changes else "hint",
        where=layer_name(run, int(layers[at])),
        evidence=f"its outputs are {short(float(middle[at]))} times the size of its inputs, before the first step",
        why="",
        remedy=Remedy("Let the initial weights be chosen from the activation.", "leave out initializer=...", changes),
        weight=WEIGHT,
        numbers={"factor": float(middle[at])},
        picture=Picture(
            "bars", tuple(layer_name(run, int(one)) for one in layers), tuple((float(v),) for v in middle),
            "outputs over inputs, root mean square", MARKS, log=True,
        ),
        stage="B",
    )  # fmt: skip


def _factors(run: Run, sizes: np.ndarray, layers: np.ndarray) -> np.ndarray:
    mean, spread = (np.asarray(run[f"data.input.{name}"], float) for name in ("mean", "spread"))
    whole = np.sqrt(np.nanmean(mean**2 + spread**2))
    first = np.full((len(sizes), 1), whole if 0 < whole <= LARGE_INPUTS else np.nan)
    before = np.hstack([first, sizes])[:, layers]  # what the layer before gave, with weights or without
    with np.errstate(invalid="ignore", divide="ignore"):
        factors = sizes[:, layers] / before
    return np.asarray(np.nan_to_num(factors, nan=1.0, posinf=1.0))


def _changes(run: Run) -> dict[str, object]:
    layers = choice(run, "network.layers")
    if not isinstance(layers, (list, tuple)):
        return {}
    changed = [own_start(dict(layer)) for layer in layers]
    return {} if changed == [dict(layer) for layer in layers] else {"network.layers": changed}


def example() -> Run:
    """Return a run that shows it: weights are drawn with a spread of 1, whatever the size of their layer."""
    layers = (
        dense(64, "relu", initializer="normal(spread=1.0)"),
        dense(64, "relu", initializer="normal(spread=1.0)"),
    )
    return program(built(*layers, dense(3, "softmax")), {"start.size": np.tile([2.0, 11.3, 0.5], (3, 1))})
