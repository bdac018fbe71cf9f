"""What foreign layers are, in the words of a run.

Comes in: layers as an adapter met them, in the order of computation. Goes out: every ``network.*`` number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

UNKNOWN = "unknown"
WEIGHTED = (
    "dense", "conv", "depthwise_conv", "separable_conv", "transposed_conv", "rnn", "gru", "lstm", "attention",
    "bilinear",
)  # fmt: skip
BENDING = ("max_pool", "global_max_pool", "maxout")
BENDING_WITHIN = ("rnn", "gru", "lstm", "attention")


@dataclass
class Layout:
    """One layer as it was met.

    Args:
        path: Where it stands.
        kind: In the words of Leadline; the class's own name where Leadline has none.
        activation: What its outputs went through; "linear" where nothing, "unknown" where it cannot be seen.
        shape: Of its outputs, without the batch, units last.
        parameters: Numbers in it.

    Example:
        >>> Layout("0.dense", "dense", shape=(4,)).shown
        '4'
    """

    path: str
    kind: str
    activation: str = "linear"
    shape: tuple[int, ...] = ()
    parameters: int = 0

    @property
    def shown(self) -> str:
        """The shape as text."""
        return " x ".join(map(str, self.shape))


@dataclass
class Ending:
    """What is known of a network as a whole.

    Args:
        activation: At the very end; None where it cannot be seen.
        outputs: Number of scores; None where unknown.
        nonlinear: Whether a non-linearity stands between weights; None where it cannot be seen.
    """

    activation: str | None = None
    outputs: int | None = None
    nonlinear: bool | None = None


def path_of(name: str, kind: str) -> str:
    """Return the path of a layer: a number alone gets its kind beside it.

    Example:
        >>> path_of("net.0", "dense"), path_of("fc1", "dense"), path_of("", "dense")
        ('net.0.dense', 'fc1', 'dense')
    """
    return kind if not name else f"{name}.{kind}" if name.split(".")[-1].isdigit() else name


def snake(name: str) -> str:
    """Return a class's name as a word.

    Example:
        >>> snake("PatchEmbed"), snake("MLP")
        ('patch_embed', 'mlp')
    """
    text = ""
    for at, letter in enumerate(name):
        starts = letter.isupper() and at > 0 and not name[at - 1].isupper() and name[at - 1] != "_"
        text += ("_" if starts else "") + letter.lower()
    return text


def bends(layers: Sequence[Layout]) -> bool | None:
    """Tell whether layers hold a non-linearity between the first and the last with weights; None where one may hide.

    Example:
        >>> bends([Layout("0", "dense", "relu"), Layout("1", "dense")])
        True
        >>> bends([Layout("0", "dense"), Layout("1", "dense")])
        False
    """
    weighted = [at for at, layer in enumerate(layers) if layer.kind in WEIGHTED]
    between = layers[weighted[0] : weighted[-1]] if weighted else ()
    if any(layer.kind in BENDING_WITHIN for layer in layers):
        return True
    if any(layer.activation not in ("linear", UNKNOWN) or layer.kind in BENDING for layer in between):
        return True
    return None if any(layer.activation == UNKNOWN for layer in between) else False


def network_facts(layers: Sequence[Layout], ending: Ending, total: int) -> dict[str, Any]:
    """Return every ``network.*`` number that is known.

    Args:
        layers: In the order of computation.
        ending: What is known of the whole.
        total: Parameters, each counted once.

    Example:
        >>> facts = network_facts([Layout("0.dense", "dense", shape=(3,), parameters=9)], Ending("linear", 3, False), 9)
        >>> facts["network.shapes"], facts["network.weight_layers"]
        (['3'], 1)
    """
    known = {
        "network.output_activation": ending.activation,
        "network.outputs": ending.outputs,
        "network.nonlinear": None if ending.nonlinear is None else int(ending.nonlinear),
    }
    return {
        "network.layers": [layer.path for layer in layers],
        "network.kinds": [layer.kind for layer in layers],
        "network.activations": [layer.activation for layer in layers],
        "network.shapes": [layer.shown for layer in layers],
        "network.parameters": np.array([layer.parameters for layer in layers], np.int64),
        "network.parameters.total": total,
        "network.weight_layers": sum(layer.kind in WEIGHTED for layer in layers),
        **{name: value for name, value in known.items() if value is not None},
    }
