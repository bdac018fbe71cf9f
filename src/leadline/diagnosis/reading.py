"""Reading a run: the choices of its recipe, and what a remedy would put in their place.

Comes in: a run. Goes out: single choices by their dotted names, and new values for a remedy's ``changes``.
A run of a foreign loop has no recipe; every function then gives its default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadline.core.text import listed
from leadline.record.run import Run

PARTS = ("train", "validation", "test")
KEEPS_VALUES = (
    "dropout", "flatten", "gaussian_noise", "identity", "masking", "permute", "random_brightness",
    "random_contrast", "random_erasing", "random_flip", "random_rotation", "random_shift", "reshape",
    "spatial_dropout", "upsample",
)  # fmt: skip
"""Kinds of layers that pass values on in use; a test holds the list to what the layers say of themselves."""


def choice(run: Run, name: str, default: Any = None) -> Any:
    """Return a choice of the recipe by its dotted name, or the default where it does not stand there.

    Example:
        >>> choice(Run({"recipe": {"training": {"epochs": 30}}}), "training.epochs")
        30
    """
    value: Any = run.get("recipe") or {}
    for key in name.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return default
        value = value[key]
    return value


def linear_output(run: Run) -> dict[str, Any]:
    """Return the change that lets the network end in scores: its layers without the last activation.

    Empty where the recipe does not hold the layers, or where no activation stands at their end.

    Example:
        >>> layers = [{"kind": "dense", "units": 3, "activation": "softmax"}]
        >>> linear_output(Run({"recipe": {"network": {"kind": "sequential", "layers": layers}}}))
        {'network.layers': [{'kind': 'dense', 'units': 3}]}
    """
    network = choice(run, "network")
    if not isinstance(network, Mapping):
        return {}
    if "layers" not in network:
        return {"network.activation": "linear"} if "activation" in network else {}
    changed = _ending_in_scores(network["layers"])
    return {} if changed is None else {"network.layers": changed}


def _ending_in_scores(layers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]] | None:
    """Return layers without the last activation, or None where there is none to take away."""
    if not layers:
        return None
    *before, last = (dict(layer) for layer in layers)
    if last.get("kind") == "activate":
        return before or None
    if last.get("kind") == "sequential":
        inner = _ending_in_scores(last.get("layers", ()))
        return None if inner is None else [*before, {**last, "layers": inner}]
    if last.pop("activation", "linear") != "linear":
        return [*before, last]
    changed = _ending_in_scores(before) if last.get("kind") in KEEPS_VALUES else None
    return None if changed is None else [*changed, last]


def other_rate(run: Run, factor: float) -> dict[str, Any]:
    """Return the change that multiplies the learning rate; empty where the rate is not known.

    Example:
        >>> other_rate(Run({"recipe": {"optimizer": {"learning_rate": 0.1}}}), 0.1)
        {'optimizer.learning_rate': 0.01}
    """
    rate = choice(run, "optimizer.learning_rate")
    return (
        {"optimizer.learning_rate": float(f"{rate * factor:.3g}")} if isinstance(rate, (int, float)) else {}
    )


def rate_option(changes: Mapping[str, Any]) -> str:
    """Return the option of the command line for a changed learning rate."""
    rate = changes.get("optimizer.learning_rate")
    return "" if rate is None else f"--learning-rate {rate:g}"


def output_path(run: Run) -> str:
    """Return the path of the network's last layer, or "output"."""
    paths = run.get("network.layers")
    return str(paths[-1]) if paths is not None and len(paths) else "output"


def feature_name(run: Run, position: int) -> str:
    """Return the name of a prepared feature, or its position."""
    names = run.get("data.features")
    if names is not None and position < len(names):
        return f"'{names[position]}'"
    return f"input {position}"


def quoted(names: Any, most: int = 6) -> str:
    """List names in single quotes.

    Example:
        >>> quoted(["a", "b"])
        "'a', 'b'"
    """
    return listed([f"'{name}'" for name in names], most)


def class_name(run: Run, code: int) -> str:
    """Return the name of a class, or its code where names are not known."""
    names = run.get("data.classes")
    return str(names[code]) if names is not None and code < len(names) else str(code)
