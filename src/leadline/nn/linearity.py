"""Whether a network can do more than one linear layer, and where that comes from."""

from __future__ import annotations

from collections.abc import Iterator

from leadline.nn.base import Layer, join


def is_nonlinear(network: Layer) -> bool:
    """Tell whether a non-linearity stands between the first and the last layer with weights.

    Without one, the whole network equals one linear layer: the product of its matrices. An activation that is
    not linear counts, and so does taking the largest; what follows the last layer with weights does not. A
    recurrent layer and attention have theirs between kernels of their own.

    Args:
        network: A layer or a whole network.

    Example:
        >>> from leadline.nn import Dense, Sequential, relu
        >>> is_nonlinear(Sequential([Dense(64), Dense(10)]))
        False
        >>> is_nonlinear(Sequential([Dense(64, relu), Dense(10)]))
        True
    """
    every = _every(network)
    weighted = [index for index, layer in enumerate(every) if layer.has_weights]
    between = every[weighted[0] : weighted[-1]] if weighted else []
    return any(layer.nonlinear for layer in between) or any(layer.bends_within for layer in every)


def weight_layers(network: Layer) -> int:
    """Return the number of layers with weights.

    Example:
        >>> from leadline.nn import Dense, Dropout, Sequential
        >>> weight_layers(Sequential([Dense(64), Dropout(0.5), Dense(10)]))
        2
    """
    return sum(layer.has_weights for layer in _every(network))


def nonlinearities(network: Layer) -> dict[str, str]:
    """Return every place that is not linear, by its path, and what makes it so: an activation or a kind of layer.

    Args:
        network: A layer or a whole network. A layer by itself stands under its kind.

    Example:
        >>> from leadline.nn import Conv, Dense, MaxPool, Sequential, relu
        >>> nonlinearities(Sequential([Conv(8, 3, relu), MaxPool(2), Dense(10)]))
        {'0.conv': 'relu', '1.max_pool': 'max_pool'}
    """
    return dict(_bends(network, ""))


def _bends(layer: Layer, path: str) -> Iterator[tuple[str, str]]:
    for index, inner in enumerate(layer.inner()):
        yield from _bends(inner, join(path, index, inner.kind))
    if layer.nonlinear or layer.bends_within:
        own = layer.activation_name
        yield path or layer.kind, layer.kind if own == "linear" else own


def _every(layer: Layer) -> list[Layer]:
    """Return the layer after all that it is made of."""
    return [*(found for inner in layer.inner() for found in _every(inner)), layer]
