"""A layer too narrow for what must pass.

What it sees
    A hidden layer of fewer units than there are outputs, or of one to three units, in a program that stays
    behind a simple model.
Why it hurts
    Everything later layers know goes through it. A single ReLU knows one half-line; where it is dead, nothing
    passes.
How it is measured
    The smallest hidden layer with weights against the outputs, by all values that it gives for a row: channels in
    all their places; a probe that stays behind. A warning until wider layers win.
What to do
    At least as many units as outputs, and 16 or more for anything that is not a line.
When it is wrong
    A bottleneck is the purpose of an autoencoder, whose outputs are its inputs: there nothing is told.
Source
    Johnson 2019, Deep, skinny neural networks are not universal approximators.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from leadline.core.text import count
from leadline.diagnosis.layers import layer_name, weighted
from leadline.diagnosis.planted import built, dense, probe, program
from leadline.diagnosis.probing import underachieves
from leadline.diagnosis.reading import choice
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 55.0  # behind the rate
NEEDS = (
    "probe.score",
    "network.kinds",
    "network.parameters",
)  # without these it is silent
FEW = 3  # units: a corner of three lines
WIDE = 16  # units the remedy gives
SIZES = ("units", "channels")  # how kinds of layers call their number of outputs


def find(run: Run) -> Finding | None:
    """Return a warning where a hidden layer is narrow and the program stays behind."""
    layers, shapes = weighted(run)[:-1], run.get("network.shapes", ())
    if not layers.size or not underachieves(run):
        return None
    widths = [math.prod(map(int, str(shapes[at]).split(" x "))) for at in layers]
    least = min(widths)
    outputs = int(run.get("network.outputs", 1))
    inputs = [int(size) for size in run.get("data.input.shape", ())]
    if least > max(FEW, outputs - 1) or (outputs > 1 and inputs == [outputs]):
        return None
    return Finding(
        fault="narrow_layer",
        title="A layer is too narrow for what must pass",
        severity="warning",
        where=layer_name(run, int(layers[widths.index(least)])),
        evidence=f"{count(least, 'unit')} before {count(outputs, 'output')}, and a simple model does better",
        why="",
        remedy=Remedy(
            f"At least {WIDE} units in each hidden layer.", f"ll.Dense({WIDE})", _changes(run, outputs)
        ),
        weight=WEIGHT,
        picture=_picture(run, layers, widths, outputs),
        numbers={"units": float(least)},
        stage="C",
    )


def _changes(run: Run, outputs: int) -> dict[str, Any]:
    layers = choice(run, "network.layers")
    if not isinstance(layers, (list, tuple)):
        return {}
    sized = [at for at, one in enumerate(layers) if any(name in one for name in SIZES)][:-1]
    wide = [
        {**one, **{name: max(one[name], WIDE, outputs) for name in SIZES if name in one}}
        if at in sized
        else dict(one)
        for at, one in enumerate(layers)
    ]
    return {"network.layers": wide}


def _picture(run: Run, layers: np.ndarray, widths: list[int], outputs: int) -> Picture:
    names = tuple(layer_name(run, int(at)) for at in layers)
    return Picture(
        "bars", names, tuple((float(width),) for width in widths), "units", {"outputs": float(outputs)}
    )


def example() -> Run:
    """Return a run that shows it: all that tells three classes apart must pass two units."""
    return program(built(dense(32, "relu"), dense(2, "relu"), dense(3, "softmax")), probe([0.61, 0.66, 0.58]))
