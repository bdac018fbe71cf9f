"""Reading the soundings of layers: which of them are hidden, and how much harm is seen at the end.

Comes in: a run. Goes out: tables by epoch and layer, positions of layers, new layers for a remedy. A run without
soundings gives empty ones, so that a rule that reads them stays silent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from leadline.diagnosis.reading import choice
from leadline.diagnosis.rules import not_learning, unscaled_inputs, worse_than_baseline
from leadline.record.run import Run

BESIDE = ("activate", "norm")  # words in kinds of layers whose parameters are not weights
KERNELS = ("dense", "conv", "rnn", "gru", "lstm")  # words in kinds of layers that begin with an initializer

NO_INITIALIZER = 'leave out initializer=..., or initializer="he_normal"'
PLAIN = (
    "zeros",
    "ones",
    "constant",
    "normal",
    "uniform",
)  # initializers that do not look at the layer's size
WITHIN = ("layers", "branches")  # where the table of a layer holds those it is made of


def sounded(run: Run, name: str) -> np.ndarray:
    """Return a sounding, one row for each epoch that was sounded, one column for each layer; empty where none was.

    Example:
        >>> sounded(Run({"sounding.gradient.norm": [[1.0, 2.0]]}), "gradient.norm").shape
        (1, 2)
    """
    values = np.asarray(run.get(f"sounding.{name}", ()), float)
    return values if values.ndim == 2 else np.zeros((0, 0))


def weighted(run: Run) -> np.ndarray:
    """Return the positions of the layers with weights, in the order of computation.

    Example:
        >>> weighted(Run({"network.kinds": ["dense", "batch_norm"], "network.parameters": [12, 8]})).tolist()
        [0]
    """
    kinds, numbers = run.get("network.kinds", ()), np.asarray(run.get("network.parameters", ()))
    found = [
        at
        for at, (kind, number) in enumerate(zip(kinds, numbers, strict=False))
        if number > 0 and not any(word in kind for word in BESIDE)
    ]
    return np.array(found, int)


def hidden(run: Run, activations: Sequence[str]) -> list[int]:
    """Return the positions of layers before the last one with weights that have one of these activations.

    Args:
        run: The run.
        activations: Names, without settings.

    Example:
        >>> kinds, parameters = ["dense", "dense"], [12, 8]
        >>> network = {"network.activations": ["relu", "relu"], "network.kinds": kinds}
        >>> hidden(Run({**network, "network.parameters": parameters}), ["relu"])
        [0]
    """
    last = weighted(run)[-1:]
    own = [str(name).partition("(")[0] for name in run.get("network.activations", ())]
    return [at for at in range(min(int(last[0]), len(own)) if last.size else 0) if own[at] in activations]


def layer_name(run: Run, at: int) -> str:
    """Return the path of a layer."""
    paths = run.get("network.layers", ())
    return str(paths[at]) if at < len(paths) else f"layer {at}"


def kept_sounding(run: Run, taken: int) -> int:
    """Return the position of the sounding nearest before the end of the epoch whose weights were kept.

    Args:
        run: What was measured.
        taken: How many soundings there are, at least 1.

    Example:
        >>> kept_sounding(Run({"stop.best_epoch": 3}), 5), kept_sounding(Run({}), 5)
        (2, 4)
        >>> kept_sounding(Run({"stop.best_epoch": 7, "sounding.epochs": [1, 5, 10]}), 3)
        1
    """
    epochs = np.asarray(run.get("sounding.epochs", np.arange(1, taken + 1)))[:taken]
    kept = int(run.get("stop.best_epoch", 0) or 0)
    before = int(np.searchsorted(epochs, kept, side="right")) if kept else taken
    return max(0, min(before, taken) - 1)


def severity(run: Run) -> str:
    """Return how grave something is that hurts only where the network does not do its work.

    What is odd in a network that learns well is a hint. It is a warning where a simple model does better, and an
    error where nothing is learned; but no more than a warning where inputs are not scaled, which is the cause then.
    """
    if not_learning.find(run) is not None or run.get("stop.reason") == "not finite":
        return "error" if unscaled_inputs.find(run) is None else "warning"
    return "hint" if worse_than_baseline.find(run) is None else "warning"


Spec = dict[str, Any]


def changed_hidden(run: Run, change: Callable[[Spec], Spec]) -> dict[str, list[Spec]]:
    """Return the recipe's layers with every layer before the last one with weights changed; empty where none is.

    Args:
        run: With a recipe.
        change: From the table of a layer with weights to its new one.

    Example:
        >>> layers = [{"kind": "dense", "initializer": "zeros"}, {"kind": "dense"}]
        >>> run = Run({"recipe": {"network": {"kind": "sequential", "layers": layers}}})
        >>> changed_hidden(run, lambda layer: {"kind": layer["kind"]})
        {'network.layers': [{'kind': 'dense'}, {'kind': 'dense'}]}
    """
    layers = choice(run, "network.layers")
    if not isinstance(layers, (list, tuple)):
        return {}
    last = max((at for at, layer in enumerate(layers) if _has_weights(layer)), default=0)
    changed = [_changed(layer, change) if at < last else dict(layer) for at, layer in enumerate(layers)]
    return {} if changed == [dict(layer) for layer in layers] else {"network.layers": changed}


def own_start(layer: Spec) -> Spec:
    """Return a layer that begins as suits its activation, where a size of its own was given to its weights.

    Example:
        >>> own_start({"kind": "dense", "initializer": "normal(spread=1.0)"})
        {'kind': 'dense'}
        >>> own_start({"kind": "dense", "initializer": "he_normal"})
        {'kind': 'dense', 'initializer': 'he_normal'}
    """
    return {
        name: value for name, value in layer.items() if not (name.endswith("initializer") and _plain(value))
    }


def _plain(initializer: object) -> bool:
    return str(initializer).partition("(")[0] in PLAIN


def _has_weights(layer: Mapping[str, Any]) -> bool:
    inner = [one for name in WITHIN for one in layer.get(name, ())]
    return any(word in str(layer.get("kind", "")) for word in KERNELS) or any(map(_has_weights, inner))


def _changed(layer: Mapping[str, Any], change: Callable[[Spec], Spec]) -> Spec:
    inner = {name: [_changed(one, change) for one in layer[name]] for name in WITHIN if name in layer}
    if inner or not _has_weights(layer):
        return {**layer, **inner}
    return change(dict(layer))
