"""A small healthy run on which the examples of rules plant their fault; pages and pictures are made from these.

Comes in: what to change. Goes out: a run like one that a training of 20 epochs on a thousand digits writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from leadline.record.run import Run

EPOCHS = 20
CLASSES = 10


def planted(*changes: Mapping[str, Any]) -> Run:
    """Return a healthy run with changes.

    Args:
        changes: Quantities with their values, later ones over earlier ones; None takes one away.

    Example:
        >>> planted({"start.loss": 9.0})["start.loss"], planted(network("tanh"))["network.activations"][0]
        (9.0, 'tanh')
    """
    values: dict[str, Any] = {**_digits(), **network("relu")}
    for each in changes:
        values.update(each)
    return Run({name: value for name, value in values.items() if value is not None})


def network(activation: str, hidden: int = 5, units: int = 64, **choices: Any) -> dict[str, Any]:
    """Return what a run says of a network of equal hidden layers, and healthy soundings of it.

    Args:
        activation: Of the hidden layers.
        hidden: How many there are.
        units: Of each.
        choices: Further settings of the hidden layers, as in a recipe.

    Example:
        >>> network("relu", hidden=1)["network.layers"]
        ['0.dense', '1.dense']
    """
    layer = {"kind": "dense", "units": units, "activation": activation, **choices}
    layers = [*[layer] * hidden, {"kind": "dense", "units": CLASSES}]
    return {
        "recipe": {
            "training": {"epochs": EPOCHS},
            "optimizer": {"name": "adam", "learning_rate": 0.001},
            "network": {"kind": "sequential", "layers": layers},
        },
        "network.layers": [f"{at}.dense" for at in range(hidden + 1)],
        "network.kinds": ["dense"] * (hidden + 1),
        "network.activations": [activation] * hidden + ["linear"],
        "network.shapes": [str(units)] * hidden + [str(CLASSES)],
        "network.parameters": np.full(hidden + 1, 4160),
        "sounding.gradient.norm": np.ones((EPOCHS, hidden + 1)),
        "sounding.update.ratio": np.full((EPOCHS, hidden + 1), 1e-3),
        "sounding.rows": 128,
    }


def over_epochs(name: str, shares: Any) -> dict[str, Any]:
    """Return one sounding that is the same after every epoch.

    Example:
        >>> over_epochs("activation.dead", [0.1, 0.9])["sounding.activation.dead"].shape
        (20, 2)
    """
    return {f"sounding.{name}": np.tile(np.asarray(shares, float), (EPOCHS, 1))}


def stuck() -> dict[str, Any]:
    """Return the curves of a network that learns nothing.

    Example:
        >>> stuck()["curve.loss.train"].round(3)[-1].item()
        2.303
    """
    flat = np.full(EPOCHS, np.log(CLASSES))
    return {
        "curve.loss.train": flat + 0.002 * 0.7 ** np.arange(EPOCHS),
        "curve.loss.validation": flat + 0.001,
        "curve.score.validation": np.full(EPOCHS, 1 / CLASSES),
    }


def _digits() -> dict[str, Any]:
    at = np.arange(EPOCHS)
    return {
        "data.name": "digits",
        "data.kind": "array",
        "data.problem": "classification",
        "data.target": "digit",
        "data.rows.train": 1257,
        "data.rows.validation": 270,
        "data.rows.test": 270,
        "data.input.shape": [8],
        "data.features": [f"x{i}" for i in range(8)],
        "data.classes": [str(i) for i in range(CLASSES)],
        "data.class_count.train": np.array([124, 128, 124, 128, 127, 127, 127, 125, 122, 125]),
        "data.input.mean": np.zeros(8),
        "data.input.spread": np.ones(8),
        "data.input.low": np.full(8, -2.0),
        "data.input.high": np.full(8, 2.0),
        "task.kind": "one_of_many",
        "task.loss": "cross_entropy",
        "task.loss.usual": "cross_entropy",
        "task.first_loss": float(np.log(CLASSES)),
        "start.loss": 2.41,
        "start.rows": 32,
        "curve.loss.train": 0.03 + 2.0 * np.exp(-at / 2.5),
        "curve.loss.validation": 0.10 + 1.6 * np.exp(-at / 2.5),
        "curve.score.validation": 0.97 - 0.4 * np.exp(-at / 2),
        "stop.reason": "epochs",
        "stop.best_epoch": EPOCHS,
        "stop.not_finite_step": 0,
    }
