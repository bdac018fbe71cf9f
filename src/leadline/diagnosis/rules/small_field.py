"""Convolutions that see a small part of the image each, and a pooling that forgets where.

What it sees
    A network on images that ends in a global pooling, in which no number before that pooling depends on more than a
    part of the image.
Why it hurts
    The pooling keeps how much of each pattern there is, not where: a network like that sees a bag of small patches.
    What only the arrangement of distant parts tells, it cannot learn, however long it is trained.
How it is measured
    By arithmetic: the field grows with each window by (size - 1) times all strides before it. A hint where the
    largest field before the pooling is less than half of the image's larger side: two things in different halves
    then meet in no number. Sequences are left out, where short patterns often tell enough.
What to do
    Pool or stride between the convolutions, add some, dilate them; or flatten instead of the global pooling.
When it is wrong
    Textures are told by patches alone, and bags of patches classify photographs well; so this is a hint.
Source
    Araujo, Norris and Sim 2019, Computing receptive fields of convolutional neural networks; Brendel and Bethge
    2019, Approximating CNNs with bag-of-local-features models works surprisingly well on ImageNet.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from leadline.diagnosis.layers import layer_name
from leadline.diagnosis.planted import program
from leadline.diagnosis.reading import choice
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 60.0  # the mildest of the network
NEEDS = ("network.field", "network.kinds", "data.input.shape")  # without these it is silent
PART = 0.5  # of the larger side: less, and things in different halves meet in no number
IMAGE = 3  # numbers in the shape of an image: height, width, channels
POOLS = ("global_average_pool", "global_max_pool")  # forget where


def find(run: Run) -> Finding | None:
    """Return a hint where all fields before a global pooling are small."""
    if not run.has(*NEEDS) or len(run["data.input.shape"]) != IMAGE:
        return None
    kinds, fields = list(run["network.kinds"]), np.asarray(run["network.field"], float)
    pooled = [at for at, kind in enumerate(kinds) if kind in POOLS]
    side = max(int(size) for size in run["data.input.shape"][:-1])
    before = fields[: pooled[-1]] if pooled else fields[:0]
    if not any("conv" in kind for kind in kinds[: len(before)]) or not before.max() < PART * side:
        return None
    largest = int(before.max())
    layers = [at for at in range(len(before)) if at == 0 or before[at] > before[:at].max()]
    return Finding(
        fault="small_field",
        title="No part of the network sees more than a patch",
        severity="hint",
        where=layer_name(run, pooled[-1]),
        evidence=f"what is pooled over all places sees {largest} of {side} pixels",
        why="",
        remedy=Remedy(
            "Pool between the convolutions, or add and dilate some; or flatten instead of the global pooling.",
            "ll.Flatten()",
            _changes(run, pooled[-1]),
        ),
        weight=WEIGHT,
        picture=Picture(
            "bars",
            tuple(layer_name(run, at) for at in layers),
            tuple((float(before[at]),) for at in layers),
            "pixels that one output sees",
            {"the image": float(side)},
        ),
        numbers={"field": float(largest), "side": float(side)},
        stage="A",
    )


def _changes(run: Run, pool: int) -> dict[str, Any]:
    """Return the recipe's layers with a flattening for the pooling."""
    layers, place = choice(run, "network.layers"), layer_name(run, pool).partition(".")
    if not isinstance(layers, (list, tuple)) or not place[0].isdigit() or "." in place[2]:
        return {}
    at = int(place[0])
    return {"network.layers": [{"kind": "flatten"} if i == at else dict(one) for i, one in enumerate(layers)]}


def example() -> Run:
    """Return a run that shows it: two convolutions of 3 × 3 on 28 pixels, then the mean over all places."""
    return program(
        {
            "data.input.shape": [28, 28, 1],
            "network.layers": ["0.conv", "1.conv", "2.global_average_pool", "3.dense"],
            "network.kinds": ["conv", "conv", "global_average_pool", "dense"],
            "network.shapes": ["28 x 28 x 16", "28 x 28 x 16", "16", "3"],
            "network.activations": ["relu", "relu", "linear", "softmax"],
            "network.parameters": np.array([160, 2320, 0, 51]),
            "network.field": np.array([3.0, 5.0, 32.0, 32.0]),
            "recipe": None,
            **dict.fromkeys(("start.size", "start.dead", "start.equal", "start.gradient")),
            **dict.fromkeys(("start.gradient.zeros", "start.ratio", "probe.ratio")),
        }
    )
