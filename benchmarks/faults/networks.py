"""Networks of cases: a list of Keras' operations becomes layers of this library, with Keras' defaults.

Comes in: operations and the shape of a row. Goes out: a :class:`leadline.Sequential`. Activations stand in the layers
where Keras has them, kernels begin as Keras' do, and what does not fit under the last window is left out as there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import leadline as ll
from benchmarks.faults.cases import CaseError
from benchmarks.faults.layer_text import KNOWN_OPS, Op
from leadline.core.text import did_you_mean
from leadline.nn.activations import Activation, activations
from leadline.nn.base import Layer
from leadline.nn.initializers import Initializer, initializers

IN_A_LAYER, AS_A_LAYER = 0.2, 0.3  # slopes below zero that Keras' leaky ReLU has by default
ALSO = {"silu": "swish"}
INITIALIZERS: dict[str, Callable[[], Initializer]] = {
    "uniform": lambda: initializers["uniform"](limit=0.05),
    "random_uniform": lambda: initializers["uniform"](limit=0.05),
    "normal": lambda: initializers["normal"](spread=0.05),
    "random_normal": lambda: initializers["normal"](spread=0.05),
    "truncated_normal": lambda: initializers["truncated_normal"](spread=0.05),
    "custom_uniform": lambda: initializers["lecun_uniform"](
        gain=1 / math.sqrt(3)
    ),  # U(-1/sqrt(n), 1/sqrt(n))
    "variance_scaling_2_fan_in_uniform": lambda: initializers["he_uniform"],
    "variance_scaling_2_fan_in_normal": lambda: initializers["he_normal"],
    "variance_scaling_2_fan_in": lambda: initializers["he_normal"],
}
NUMBERED = re.compile(r"(normal|uniform|truncated_normal|constant)_?(?:std|limit|spread)?_?\(?(\d*\.?\d+)\)?")


def initializer_of(name: str) -> Initializer:
    """Return what a kernel begins with, by the name of a case.

    Example:
        >>> initializer_of("normal_std1"), initializer_of("glorot_uniform")
        ('normal(spread=1.0)', 'glorot_uniform')
    """
    if name in INITIALIZERS:
        return INITIALIZERS[name]()
    if name in initializers:
        return initializers[name]
    if found := NUMBERED.fullmatch(name):
        setting = {"uniform": "limit", "constant": "value"}.get(found[1], "spread")
        made: Initializer = initializers[found[1]](**{setting: float(found[2])})
        return made
    known = [*INITIALIZERS, *initializers]
    raise CaseError.at("initializer", "one that is known", repr(name), did_you_mean(name, known))


def activation_of(name: str | None, alone: bool = False) -> Activation:
    """Return the activation of a name; Keras' leaky ReLU has another slope as a layer of its own."""
    name = ALSO.get(name or "linear", name or "linear")
    if name == "leaky_relu":
        leaky: Activation = activations[name](slope=AS_A_LAYER if alone else IN_A_LAYER)
        return leaky
    if name not in activations:
        raise CaseError.at(
            "activation", "one that is known", repr(name), did_you_mean(name, list(activations))
        )
    return activations[name]


def network_of(
    ops: Sequence[Op], shape: tuple[int, ...], begin: str = "", bias_value: float = 0.0
) -> ll.Sequential:
    """Return the network of a list of operations.

    Args:
        ops: As a case has them.
        shape: Of a row.
        begin: What kernels begin with that name nothing themselves; Keras' own by default.
        bias_value: What biases begin with.

    Raises:
        CaseError: An operation, activation or initializer is unknown.
        NetworkError: The layers do not fit the rows.
    """
    layers: list[Layer] = []
    for op in ops:
        made = layer_of(op, shape, begin, bias_value)
        if made is not None:
            layers.append(made)
            shape = made.output_shape(shape)
    return ll.Sequential(layers)


def layer_of(op: Op, shape: tuple[int, ...], begin: str = "", bias_value: float = 0.0) -> Layer | None:
    """Return the layer of one operation; None for a flatten that does nothing."""
    name = op["op"]
    if name == "dense":
        return _dense(op, shape, begin, bias_value)
    if name.startswith("conv"):
        return _conv(op, begin, bias_value)
    if name.startswith(("maxpool", "avgpool")):
        kind = ll.MaxPool if name.startswith("max") else ll.AveragePool
        return kind(op["size"], op.get("stride") or op["size"], op.get("padding", "valid"), floor=True)
    simple: dict[str, Callable[[], Layer | None]] = {
        "flatten": lambda: ll.Flatten() if len(shape) > 1 else None,
        "dropout": lambda: ll.Dropout(op["rate"]),
        "batchnorm": lambda: ll.BatchNorm(momentum=op.get("momentum") or 0.99, epsilon=1e-3),
        "activation": lambda: ll.Activate(activation_of(op["act"], alone=True)),
        "global_avg_pool": ll.GlobalAveragePool,
        "global_max_pool": ll.GlobalMaxPool,
        "reshape": lambda: ll.Reshape(tuple(op["shape"])),
    }
    if name not in simple:
        raise CaseError.at("op", "one that is known", repr(name), did_you_mean(name, KNOWN_OPS))
    return simple[name]()


def _finish(op: Op, begin: str, bias_value: float) -> dict[str, Any]:
    return {
        "activation": activation_of(op.get("act")),
        "initializer": initializer_of(op.get("init") or begin or "glorot_uniform"),
        "bias": op.get("bias", True),
        "bias_value": bias_value,
    }


def _dense(op: Op, shape: tuple[int, ...], begin: str, bias_value: float) -> Layer:
    """Weigh the last axis, as Keras does; ours would lay an image in one row, and a window of 1 does not."""
    finish = _finish(op, begin, bias_value)
    if len(shape) == 3:
        return ll.Conv(op["units"], 1, **finish)
    return ll.Dense(op["units"], **finish)


def _conv(op: Op, begin: str, bias_value: float) -> Layer:
    where = {"stride": op.get("stride", 1), "padding": op.get("padding", "valid"), "floor": True}
    return ll.Conv(op["filters"], op["kernel"], **where, **_finish(op, begin, bias_value))


def has_images(ops: Sequence[Op]) -> bool:
    """Tell whether the network takes images as they are: by a convolution, or by laying them in a row itself."""
    return any(op["op"].startswith(("conv", "maxpool", "avgpool", "flatten")) for op in ops)
