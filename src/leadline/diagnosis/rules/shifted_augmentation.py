"""Augmentation that shows the network another kind of rows than those in use.

What it sees
    Layers at the beginning of the network that change inputs only while training, noise, erasing, light, and change
    them so much that their mean or spread is another one.
Why it hurts
    The network learns on inputs that it never gets in use. What it gets there is foreign to it, and all layers behind
    are set for another size of inputs.
How it is measured
    A batch goes through these layers as while training and as in use, by several seeds. The mean may move by half a
    standard deviation of the rows in use, eight times what the draw of 256 rows does, and the spread change by a factor
    of two: noise that is 1.7 times as large as the inputs themselves. More, for every seed, is a warning.
What to do
    Weaker augmentation: noise of a tenth to a half of the inputs' spread, erasing of a fourth of the image or less.
When it is wrong
    A denoising network is trained on noise that it also gets in use; then noise belongs into the rows.
Source
    Gontijo-Lopes, Smullin, Cubuk and Dyer 2020, Affinity and diversity: quantifying mechanisms of data augmentation;
    Touvron et al. 2019, Fixing the train-test resolution discrepancy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from leadline.core.text import listed, short
from leadline.diagnosis.layers import layer_name
from leadline.diagnosis.planted import built, dense, program
from leadline.diagnosis.reading import KEEPS_VALUES, choice
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 68.0  # of the network: the inputs of all its layers
NEEDS = ("start.augmented.shift", "start.augmented.spread")  # without these it is silent
FAR = 0.5  # standard deviations: the mean of 256 rows is known to 1 / 16
TIMES = 2.0  # of the spread, up or down: noise of sqrt(3) times the inputs
CHANGE = (  # kinds of layers that change values; flips, shifts and turns only move them
    "gaussian_noise", "random_brightness", "random_contrast", "random_erasing", "dropout", "spatial_dropout",
)  # fmt: skip
WEAKER = 0.25  # of noise and shares, for the remedy: a ratio of 2 becomes 1.1


def find(run: Run) -> Finding | None:
    """Return a warning where augmentation makes other rows for every seed."""
    if not run.has(*NEEDS):
        return None
    shift, spread = (np.asarray(run[name], float) for name in NEEDS)
    known = np.isfinite(shift).all() and np.isfinite(spread).all()
    far = (shift > FAR).all()
    if not known or not (far or (spread > TIMES).all() or (spread < 1 / TIMES).all()):
        return None
    moved, times = float(np.median(shift)), float(np.median(spread))
    found = _first(run)
    names = [layer_name(run, at) for at in found]
    return Finding(
        fault="shifted_augmentation",
        title="Augmentation makes other inputs than those in use",
        severity="warning",
        where=listed(names) or "the first layers",
        evidence=f"while training the mean of the inputs is {short(moved)} standard deviations away and their spread "
        f"{short(times)} times that in use",
        why="",
        remedy=Remedy("Leave these layers out, or weaken them.", "", _changes(run, found, weaker=False)),
        weight=WEIGHT,
        picture=Picture(
            "bars",
            ("in use", "in training"),
            ((1.0,), (times,)),
            "spread of the inputs",
            {"twice": TIMES},
        ),
        numbers={"shift": moved, "spread": times},
        others=(Remedy("A fourth of this noise or share.", "", _changes(run, found, weaker=True)),),
        stage="B",
    )


def _first(run: Run) -> list[int]:
    """Return the positions of the layers at the beginning that change values while training."""
    kinds = list(run.get("network.kinds", ()))
    end = next((at for at, kind in enumerate(kinds) if kind not in KEEPS_VALUES), len(kinds))
    return [at for at in range(end) if kinds[at] in CHANGE]


def _changes(run: Run, found: list[int], weaker: bool) -> dict[str, Any]:
    """Return the recipe's layers with these weakened, or without them."""
    layers = choice(run, "network.layers")
    if not isinstance(layers, (list, tuple)) or not found:
        return {}
    if not weaker:
        return {"network.layers": [dict(one) for at, one in enumerate(layers) if at not in found]}
    return {
        "network.layers": [_weaker(dict(one)) if at in found else dict(one) for at, one in enumerate(layers)]
    }


def _weaker(layer: dict[str, Any]) -> dict[str, Any]:
    strengths = ("spread", "share", "rate")
    return {
        name: float(f"{WEAKER * value:.3g}") if name in strengths else value for name, value in layer.items()
    }


def example() -> Run:
    """Return a run that shows it: noise of four times the inputs' own spread."""
    noise = {"kind": "gaussian_noise", "spread": 4.0}
    told = {
        "start.augmented.shift": np.array([0.2, 0.3, 0.2]),
        "start.augmented.spread": np.array([4.1, 4.2, 4.1]),
    }
    return program(built(noise, dense(32, "relu"), dense(3, "softmax")), told)
