"""Small healthy runs on which the examples of rules plant their fault; pages and pictures are made from these.

Comes in: what to change. Goes out: a run like one that a training of 20 epochs on a thousand digits writes, or like
what a look at a program as somebody wrote it gives: its loss and targets, its start, and a probe by three seeds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from leadline.record.run import Run

EPOCHS = 20
CLASSES = 10
SEEDS = 3
STEPS = 240
FEATURES = 8


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


def program(*changes: Mapping[str, Any]) -> Run:
    """Return what a look at a healthy program tells, with changes: three classes told apart by a small network.

    Args:
        changes: Quantities with their values, later ones over earlier ones; None takes one away.

    Example:
        >>> program()["loss.name"], program(numbers(-2.0, 2.0))["loss.name"]
        ('cross_entropy', 'mse')
    """
    values: dict[str, Any] = {**_kinds(), **built(dense(32, "relu"), dense(32, "relu"), dense(3, "softmax"))}
    for each in changes:
        values.update(each)
    return Run({name: value for name, value in values.items() if value is not None})


def dense(units: int, activation: str = "linear", **choices: Any) -> dict[str, Any]:
    """Return a dense layer as it stands in a recipe.

    Example:
        >>> dense(3), dense(8, "relu")["activation"]
        ({'kind': 'dense', 'units': 3}, 'relu')
    """
    named = {} if activation == "linear" else {"activation": activation}
    return {"kind": "dense", "units": units, **named, **choices}


def built(
    *layers: Mapping[str, Any], optimizer: str = "adam", rate: float = 0.01, **training: Any
) -> dict[str, Any]:
    """Return what is known of a program's network of these layers, and how it begins where it is healthy.

    Args:
        layers: As in a recipe; those without units keep the number of outputs before them.
        optimizer: Name of the optimizer.
        rate: Its learning rate.
        training: Further settings of the training.

    Example:
        >>> built(dense(8, "relu"), {"kind": "dropout", "rate": 0.5}, dense(3))["network.shapes"]
        ['8', '8', '3']
    """
    units, parameters = [FEATURES], []
    for layer in layers:
        units.append(layer.get("units", units[-1]))
        parameters.append((units[-2] + 1) * units[-1] if "units" in layer else 0)
    ends = [layer.get("activation", "linear") for layer in layers]
    alike = np.ones((SEEDS, len(layers)))
    return {
        "recipe": {
            "training": {"epochs": 40, "batch_size": 32, **training},
            "optimizer": {"name": optimizer, "learning_rate": rate},
            "network": {"kind": "sequential", "layers": [dict(layer) for layer in layers]},
        },
        "network.layers": [f"{at}.{layer['kind']}" for at, layer in enumerate(layers)],
        "network.kinds": [layer["kind"] for layer in layers],
        "network.activations": ends,
        "network.shapes": [str(size) for size in units[1:]],
        "network.parameters": np.array(parameters),
        "network.parameters.total": sum(parameters),
        "network.output_activation": ends[-1],
        "network.outputs": units[-1],
        "network.weight_layers": sum(number > 0 for number in parameters),
        "network.nonlinear": int(any(end != "linear" for end in ends[:-1])),
        "start.size": 0.9 ** np.arange(len(layers)) * alike,
        "start.dead": 0.04 * alike,
        "start.equal": 0.0 * alike,
        "start.gradient": 0.3 * alike,
        "start.gradient.zeros": 0.2 * alike,
        "start.ratio": 0.01 * alike,
        "probe.ratio": 0.004 * alike,
    }


def numbers(low: float, high: float) -> dict[str, Any]:
    """Return targets that are numbers, spread evenly from low to high, and the squared error.

    Example:
        >>> numbers(0.0, 2.0)["target.mean"]
        1.0
    """
    return {
        "loss.name": "mse",
        "loss.reads": "numbers",
        "loss.labels": "numbers",
        "program.problem": "regression",
        "target.form": "numbers",
        "target.classes": 0,
        "target.low": low,
        "target.high": high,
        "target.mean": (low + high) / 2,
        "target.spread": (high - low) / 12**0.5,
        "target.distinct": 1280,
        "target.quantiles": np.linspace(low, high, 101),
    }


def yes_no(reads: str = "probabilities") -> dict[str, Any]:
    """Return targets that are yes or no, and the binary cross-entropy.

    Args:
        reads: What the loss takes the outputs for: probabilities or scores.

    Example:
        >>> yes_no("scores")["loss.reads"]
        'scores'
    """
    return {
        "loss.name": "binary_cross_entropy",
        "loss.reads": reads,
        "loss.labels": "columns",
        "target.form": "yes_no",
        "target.classes": 2,
        "target.high": 1.0,
        "target.distinct": 2,
    }


def probe(
    scores: Any, losses: Any = None, linear: float = 0.94, near: float = 0.92, constant: float = 0.35
) -> dict[str, Any]:
    """Return what a short training by three seeds told, beside simple models on the same rows.

    Args:
        scores: Accuracy on rows to judge by, by seed.
        losses: Loss of each step, the same for every seed; without it one that falls.
        linear: Score of a linear model.
        near: Score of the nearest rows.
        constant: Score of always answering the same.

    Example:
        >>> probe([0.5, 0.5, 0.6])["probe.loss"].shape
        (3, 240)
    """
    falling = 0.1 + np.exp(-np.arange(STEPS) / 30)
    return {
        "probe.steps": STEPS,
        "probe.loss": np.tile(falling if losses is None else np.asarray(losses, float), (SEEDS, 1)),
        "probe.score": scores,
        "probe.score.own": scores,
        "probe.score.constant": constant,
        "probe.score.linear": linear,
        "probe.score.near": near,
        "probe.one_batch": np.ones(SEEDS),
    }


def _kinds() -> dict[str, Any]:
    inputs = {"mean": 0.0, "spread": 1.0, "low": -2.0, "high": 2.0, "held.mean": 0.0, "held.spread": 1.0}
    return {
        **{f"data.input.{name}": np.full(FEATURES, value) for name, value in inputs.items()},
        **probe([0.97, 0.98, 0.97]),
        "data.rows.train": 1280,
        "data.rows.validation": 320,
        "data.input.shape": [FEATURES],
        "loss.name": "cross_entropy",
        "loss.reads": "probabilities",
        "loss.labels": "codes",
        "loss.reduction": "mean",
        "loss.clip": 1e-7,
        "loss.normalizes": 0,
        "loss.expands": 1,
        "loss.axis": "classes",
        "target.form": "codes",
        "target.columns": 1,
        "target.dimensions": 1,
        "target.classes": 3,
        "target.low": 0.0,
        "target.high": 2.0,
        "target.distinct": 3,
        "program.problem": "classification",
        "program.updates": 1600,
        "program.batch": 32,
        "start.losses": np.full(SEEDS, 1.15),
        "start.doubled": np.ones(SEEDS),
        "start.slope": np.full(SEEDS, 0.4),
        "start.curvature": np.full(SEEDS, 0.2),
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
