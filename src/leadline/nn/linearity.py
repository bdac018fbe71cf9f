"""Whether a network can do more than one linear layer."""

from __future__ import annotations

from leadline.nn.base import Layer


def is_nonlinear(network: Layer) -> bool:
    """Tell whether a non-linearity stands between the first and the last layer with weights.

    Without one, the whole network equals one linear layer: the product of its matrices. An activation that is
    not linear counts, and so does taking the largest; what follows the last layer with weights does not.

    Args:
        network: A layer or a whole network.

    Example:
        >>> from leadline.nn import Dense, Sequential, relu
        >>> is_nonlinear(Sequential([Dense(64), Dense(10)]))
        False
        >>> is_nonlinear(Sequential([Dense(64, relu), Dense(10)]))
        True
    """
    marks = _marks(network)
    weighted = [index for index, (has_weights, _) in enumerate(marks) if has_weights]
    return bool(weighted) and any(nonlinear for _, nonlinear in marks[weighted[0] : weighted[-1]])


def weight_layers(network: Layer) -> int:
    """Return the number of layers with weights.

    Example:
        >>> from leadline.nn import Dense, Dropout, Sequential
        >>> weight_layers(Sequential([Dense(64), Dropout(0.5), Dense(10)]))
        2
    """
    return sum(has_weights for has_weights, _ in _marks(network))


def _marks(layer: Layer) -> list[tuple[bool, bool]]:
    """Return for every layer whether it has weights and is non-linear; a combination comes last."""
    inside = [mark for inner in layer.inner() for mark in _marks(inner)]
    return [*inside, (layer.has_weights, layer.nonlinear)]
