"""One pass of a PyTorch network, layer by layer: hooks that are there for this pass only.

Comes in: the modules that count as layers. Goes out: what came out of each, an activation right after a layer with
weights taken as a part of it, as Leadline takes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from leadline.adapters import torch_kinds as kinds
from leadline.adapters.guard import Guard
from leadline.adapters.layout import Layout, path_of
from leadline.adapters.sounded import rows_to_sound, stride_of_places


@dataclass
class Met:
    """A layer as it was met in a pass.

    Args:
        name: Of the module in the network.
        module: The layer.
        kind: In the words of Leadline.
        activation: That of a module after it, or its own; "" where none was met.
        shape: Of the outputs, the batch included.
        first: Whether their second axis holds the units.
        node: Where the outputs came from in the graph, before an activation.
    """

    name: str
    module: Any
    kind: str
    activation: str
    shape: tuple[int, ...]
    first: bool
    node: Any = field(repr=False, default=None)

    @property
    def path(self) -> str:
        """Where it stands, in the words of a run."""
        return path_of(self.name, self.kind)

    def layout(self, activation: str) -> Layout:
        """Return it as a row of the record.

        Args:
            activation: Found otherwise, where no module told.
        """
        number = sum(one.numel() for one in self.module.parameters())
        shape = kinds.placed(self.shape, self.first)
        return Layout(self.path, self.kind, self.activation or activation, shape, number)


Take = Callable[[Met, Any], None]


def layers_of(model: Any) -> dict[Any, str]:
    """Return every module that counts as a layer, with its name; a module in two places once."""
    found: dict[Any, str] = {}
    inside: tuple[str, ...] = ()
    for name, module in model.named_modules():
        if name.startswith(inside) and inside:
            continue
        if kinds.is_layer(module):
            found[module] = name.replace("_orig_mod.", "").removeprefix("module.")
            if type(module).__name__ in kinds.WHOLE:
                inside = (*inside, f"{name}.")
    return found


class LayerPass:
    """Hooks on every layer for one pass.

    Args:
        modules: Layers with their names.
        take: Called with each layer and its outputs.
        guard: Keeps failures from the training.
    """

    def __init__(self, modules: dict[Any, str], take: Take, guard: Guard) -> None:
        self._names = modules
        self._take = take
        self._waiting: tuple[Met, Any] | None = None
        self._first = False
        called = guard.safe("activations", self._called)
        self._hooks = [module.register_forward_hook(called) for module in modules]

    def end(self) -> None:
        """Take the hooks away."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []
        self._settle()

    def _called(self, module: Any, inputs: tuple[Any, ...], outputs: Any) -> None:
        tensor = kinds.tensor_in(outputs)
        if tensor is None or tensor.dim() < 1:
            return
        kind, activation = kinds.kind_of(module), kinds.activation_of(module)
        if activation and self._waiting is not None and kinds.tensor_in(inputs) is self._waiting[1]:
            met, _ = self._waiting
            met.activation, met.shape = activation, tuple(tensor.shape)
            self._waiting = None
            self._take(met, tensor)
            return
        self._settle()
        self._first = kinds.units_first(kind, tensor.dim(), self._first)
        met = Met(
            self._names[module], module, kind, activation, tuple(tensor.shape), self._first, tensor.grad_fn
        )
        if kind in kinds.MERGES:
            self._waiting = met, tensor
        else:
            self._take(met, tensor)

    def _settle(self) -> None:
        if self._waiting is not None:
            met, tensor = self._waiting
            self._waiting = None
            self._take(met, tensor)


def some_rows(tensor: Any) -> Any:
    """Return as many rows of a tensor as are looked at, apart from its graph."""
    rows = len(tensor)
    return tensor.detach()[: rows_to_sound(rows, tensor.numel() // max(1, rows))]


def array_of(tensor: Any, first: bool) -> np.ndarray:
    """Return rows of a layer's outputs as float32, units last; of images and sequences an even part of the places.

    Args:
        tensor: Shape (B, ...), apart from its graph.
        first: Whether the second axis holds the units.
    """
    if tensor.dim() > 2:
        tensor = tensor.flatten(2).movedim(1, -1) if first else tensor.flatten(1, -2)
        rows, places, units = tensor.shape
        tensor = tensor[:, :: stride_of_places(rows, places, units)]
    array: np.ndarray = tensor.float().cpu().numpy()
    return array


def alive_in(tensor: Any, first: bool) -> np.ndarray | None:
    """Return whether each unit is anything but 0 in any row and place; None where all places are looked at anyway.

    Args:
        tensor: Shape (B, ...), apart from its graph.
        first: Whether the second axis holds the units.
    """
    if tensor.dim() < 3:
        return None
    others = [axis for axis in range(tensor.dim()) if axis != (1 if first else tensor.dim() - 1)]
    array: np.ndarray = ((tensor.amax(others) != 0) | (tensor.amin(others) != 0)).cpu().numpy()
    return array


def kernel_of(module: Any, kind: str) -> np.ndarray | None:
    """Return the weights of a dense or convolutional layer, units last; None for any other."""
    weight = getattr(module, "weight", None)
    if weight is None or weight.dim() < 2 or kind not in ("dense", "conv", "depthwise_conv"):
        return None
    array: np.ndarray = weight.detach().float().cpu().numpy()
    return np.moveaxis(array, 0, -1)
