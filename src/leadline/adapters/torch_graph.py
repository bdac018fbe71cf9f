"""What happened between the layers of a PyTorch network, read off the graph that autograd keeps anyway.

Comes in: the outputs of one pass, and the node that each layer's outputs came from. Goes out: activations that are
functions and no modules, the one at the very end, and whether anything bends between weights. Nothing is run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

ACTIVATIONS = {
    "Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "Softmax": "softmax", "LogSoftmax": "log_softmax",
    "Gelu": "gelu", "Elu": "elu", "LeakyRelu": "leaky_relu", "Silu": "swish", "Mish": "mish", "Softplus": "softplus",
    "Hardtanh": "hard_tanh", "Hardsigmoid": "hard_sigmoid", "Hardswish": "hard_swish", "PreluKernel": "prelu",
    "LogSigmoid": "log_sigmoid", "RreluWithNoise": "rrelu", "SafeSoftmax": "softmax",
}  # fmt: skip
SHAPES = (
    "View", "UnsafeView", "ReshapeAlias", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "T", "Permute", "Alias",
    "Clone", "ToCopy", "Slice", "Expand", "SwapDims", "Contiguous",
)  # fmt: skip
"""Nodes that give the values they get."""

WEIGHTS = (
    "Addmm", "Mm", "Bmm", "Baddbmm", "Convolution", "SlowConv2D", "MkldnnConvolution", "CudnnConvolution",
    "SlowConvDilated2D", "SlowConvTranspose2D", "Linear", "Mv", "Addbmm",
)  # fmt: skip
STRAIGHT = (
    *SHAPES, *WEIGHTS, "AccumulateGrad", "Add", "Sub", "Neg", "Div", "AvgPool1D", "AvgPool2D", "AvgPool3D",
    "AdaptiveAvgPool2D", "AdaptiveAvgPool3D", "MkldnnAdaptiveAvgPool2D", "Mean", "Sum", "Cat", "Stack", "Select",
    "Split", "SplitWithSizes", "Unbind", "Index", "IndexSelect", "Embedding", "EmbeddingBag", "NativeBatchNorm",
    "CudnnBatchNorm", "NativeDropout", "ConstantPadNd", "UpsampleNearest2D", "UpsampleBilinear2D", "Narrow", "Flip",
    "Roll", "Chunk", "Gather", "Repeat", "CopySlices", "MulScalar",
)  # fmt: skip
"""Nodes that are linear in what they get. Batch norm is one in use, dropout the rest of the time; what is not known
here counts as bending, so that nothing is said against a network that only uses an unusual function."""


def name_of(node: Any) -> str:
    """Return what a node computes the gradient of: "ReluBackward0" is of "Relu"."""
    return str(node.name()).rsplit("::", maxsplit=1)[-1].partition("Backward")[0]


def straight(node: Any) -> bool:
    """Tell whether a node is linear in what it gets."""
    name = name_of(node)
    if name == "Mul":  # by a number, or by a mask that nothing learns
        return sum(one is not None for one, _ in node.next_functions) < 2
    return name.rstrip("0123456789") in STRAIGHT or name in STRAIGHT


def activation_at(node: Any) -> str | None:
    """Return the activation that a tensor came through last; None where its graph is hidden.

    Args:
        node: The ``grad_fn`` of the tensor.
    """
    seen = 0
    while node is not None and name_of(node) in SHAPES and seen < 100:
        node, seen = node.next_functions[0][0], seen + 1
    if node is None or hidden(node):
        return None
    return _activation(node) or "linear"


def hidden(node: Any) -> bool:
    """Tell whether a node stands for a whole compiled function."""
    return name_of(node).startswith(("Compiled", "DDPSink"))


def _activation(node: Any) -> str:
    name = ACTIVATIONS.get(name_of(node), "")
    if name == "hard_tanh" and getattr(node, "_saved_min_val", -1) == 0:
        return "relu6"
    return name


class Graph:
    """The nodes behind an output, from the end to the beginning.

    Args:
        end: The ``grad_fn`` of the network's outputs.
    """

    def __init__(self, end: Any) -> None:
        self.order: list[Any] = []
        self.users: dict[Any, list[Any]] = {}
        todo, met = [end], {end}
        while todo:
            node = todo.pop()
            self.order.append(node)
            for inner, _ in node.next_functions:
                if inner is None:
                    continue
                self.users.setdefault(inner, []).append(node)
                if inner not in met:
                    met.add(inner)
                    todo.append(inner)

    def activation_after(self, node: Any) -> str:
        """Return the activation that alone uses what a node gives; "" where there is none."""
        users = self.users.get(node, [])
        while len(users) == 1 and name_of(users[0]) in SHAPES:
            users = self.users.get(users[0], [])
        return _activation(users[0]) if len(users) == 1 else ""

    @property
    def hidden(self) -> bool:
        """Whether part of it is compiled away."""
        return any(map(hidden, self.order))

    def bends(self) -> bool:
        """Tell whether something that is not linear stands between weights."""
        below = self._reached(self.users.get, self._weights())  # towards the end
        above = self._reached(lambda node: [one for one, _ in node.next_functions if one], self._weights())
        return any(node in below and node in above and not straight(node) for node in self.order)

    def _weights(self) -> list[Any]:
        return [node for node in self.order if name_of(node) in WEIGHTS]

    @staticmethod
    def _reached(step: Callable[[Any], Iterable[Any] | None], begin: Iterable[Any]) -> set[Any]:
        """Return every node that steps from these lead to."""
        reached: set[Any] = set()
        todo = [inner for node in begin for inner in step(node) or ()]
        while todo:
            node = todo.pop()
            if node not in reached:
                reached.add(node)
                todo.extend(step(node) or ())
        return reached
