"""One pass of a Keras network, layer by layer, whatever computes it; and what its weights are.

Comes in: a model and some rows. Goes out: what came out of each layer, in use. The pass is made for this; it is made
without a gradient, and nothing is compiled.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadline.adapters import frameworks
from leadline.adapters import keras_kinds as kinds
from leadline.adapters.layout import UNKNOWN, Ending, Layout, bends
from leadline.adapters.sounded import Sounding, stride_of_places


@dataclass
class Met:
    """A layer as it was met.

    Args:
        path: Where it stands.
        layer: The layer.
        kind: In the words of Leadline.
        activation: What its outputs went through, a layer right after it included.
        outputs: Of the last pass, as the framework holds them.
    """

    path: str
    layer: Any
    kind: str
    activation: str
    outputs: Any = None

    def layout(self) -> Layout:
        """Return it as a row of the record."""
        shape = tuple(int(one) for one in getattr(self.outputs, "shape", ())[1:])
        if _channels_first(self.layer) and len(shape) > 1:
            shape = (*shape[1:], shape[0])
        return Layout(self.path, self.kind, self.activation, shape, int(self.layer.count_params()))


def pass_through(model: Any, rows: Any) -> tuple[list[Met], Any]:
    """Return every layer that a pass in use meets, in the order of computation, and the outputs at the end.

    Args:
        model: The network.
        rows: A few of them.
    """
    met: list[Met] = []
    named = {layer: path for path, layer in kinds.layers_in(model)}

    def took(layer: Any, given: tuple[Any, ...], outputs: Any) -> None:
        kind, activation = kinds.kind_of(layer), kinds.activation_of(layer)
        outputs = outputs[0] if isinstance(outputs, (tuple, list)) else outputs
        last = met[-1] if met else None
        merges = last is not None and last.kind in kinds.MERGES and last.activation == "linear"
        if kind == "activate" and last is not None and merges and given and given[0] is last.outputs:
            last.activation, last.outputs = activation, outputs
        elif all(layer is not one.layer for one in met):
            met.append(Met(named[layer], layer, kind, activation, outputs))

    with _tapped(list(named), took), _without_gradients():
        outputs = model(rows, training=False)
    return met, outputs


@contextmanager
def _tapped(layers: list[Any], took: Any) -> Iterator[None]:
    """Let layers tell of their calls, for as long as this lasts."""

    def telling(layer: Any, call: Any) -> Any:
        def told(*given: Any, **named: Any) -> Any:
            outputs = call(*given, **named)
            took(layer, given, outputs)
            return outputs

        return told

    try:
        for layer in layers:
            object.__setattr__(layer, "call", telling(layer, layer.call))
        yield
    finally:
        for layer in layers:
            layer.__dict__.pop("call", None)


@contextmanager
def _without_gradients() -> Iterator[None]:
    if frameworks.keras().backend.backend() != "torch":
        yield
        return
    with frameworks.torch().no_grad():
        yield


def layouts(model: Any, met: list[Met], outputs: Any) -> tuple[list[Layout], Ending, list[str]]:
    """Return layers and ending of a network from a pass, and words on what cannot be seen."""
    found = [one.layout() for one in met]
    ending, words = kinds.end_of(model), []
    if ending is None and met and met[-1].outputs is outputs:
        ending = met[-1].activation
    bending = bends(found)
    if not bending:
        bending = kinds.bending_operations(model)
    if bending is None:
        words.append(
            "Whether functions stand between the layers was not seen: the network is no graph of layers."
        )
    size = getattr(outputs, "shape", None)
    number = int(size[-1]) if size is not None and len(size) > 1 else None
    return found, Ending(ending, number, bending), words


def built_layouts(model: Any) -> tuple[list[Layout], Ending]:
    """Return what a model says of its layers without a pass; shapes only where it is a graph."""
    found = []
    for path, layer in kinds.layers_in(model):
        shape: tuple[int, ...] = ()
        try:
            shape = tuple(int(one or 0) for one in layer.output.shape[1:])
        except (AttributeError, ValueError, TypeError):  # not a graph
            shape = ()
        number = int(layer.count_params()) if layer.built else 0
        found.append(Layout(path, kinds.kind_of(layer), kinds.activation_of(layer), shape, number))
    graph = getattr(model, "outputs", None)
    outputs = int(graph[0].shape[-1]) if graph and graph[0].shape[-1] else None
    bending = bends(found) or kinds.bending_operations(model)
    return found, Ending(kinds.end_of(model), outputs, bending)


def sound(met: list[Met]) -> dict[str, dict[str, float]]:
    """Return the numbers of each layer's outputs, by path."""
    numbers = {}
    for one in met:
        array = array_of(one.outputs).astype(np.float32)
        if _channels_first(one.layer) and array.ndim > 2:
            array = np.moveaxis(array, 1, -1)
        sounding = Sounding("linear" if one.activation == UNKNOWN else one.activation)
        table = array.reshape(len(array), -1, array.shape[-1])
        alive = (table != 0).any(axis=(0, 1))
        sounding.add(table[:, :: stride_of_places(*table.shape)], alive)
        numbers[one.path] = sounding.numbers()
    return numbers


def array_of(tensor: Any) -> np.ndarray:
    """Return a tensor of any backend as NumPy."""
    return np.asarray(frameworks.keras().ops.convert_to_numpy(tensor))


def weights_of(layer: Any) -> list[np.ndarray]:
    """Return what a layer learns, as copies."""
    return [array_of(one.value).copy() for one in layer.trainable_variables]


def gradients_of(layer: Any) -> list[np.ndarray]:
    """Return the last gradients of a layer's weights; only PyTorch keeps them."""
    found = [getattr(one.value, "grad", None) for one in layer.trainable_variables]
    return [array_of(one) for one in found if one is not None]


def kernel_of(met_kind: str, layer: Any) -> np.ndarray | None:
    """Return the kernel of a dense or convolutional layer, units last; None for any other."""
    kernel = getattr(layer, "kernel", None) if met_kind in ("dense", "conv") else None
    return None if kernel is None else array_of(kernel.value)


def norm(arrays: list[np.ndarray]) -> float:
    """Return the Euclidean norm of arrays taken together.

    Example:
        >>> norm([np.array([3.0]), np.array([4.0])])
        5.0
    """
    return float(np.sqrt(sum(float(np.sum(np.square(one, dtype=np.float64))) for one in arrays)))


def _channels_first(layer: Any) -> bool:
    return getattr(layer, "data_format", None) == "channels_first"
