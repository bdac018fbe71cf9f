"""Modules of PyTorch in the words of Leadline: kinds, activations, and where their units stand.

Comes in: modules and shapes. Goes out: words, and outputs with units last.
"""

from __future__ import annotations

from typing import Any

from leadline.adapters.layout import snake

ACTIVATIONS = {
    "ReLU": "relu", "ReLU6": "relu6", "Sigmoid": "sigmoid", "Tanh": "tanh", "Softmax": "softmax",
    "Softmax2d": "softmax", "LogSoftmax": "log_softmax", "GELU": "gelu", "ELU": "elu", "CELU": "celu",
    "SELU": "selu", "LeakyReLU": "leaky_relu", "RReLU": "rrelu", "PReLU": "prelu", "SiLU": "swish", "Mish": "mish",
    "Softplus": "softplus", "Softsign": "softsign", "Hardtanh": "hard_tanh", "Hardsigmoid": "hard_sigmoid",
    "Hardswish": "hard_swish", "LogSigmoid": "log_sigmoid", "Tanhshrink": "tanhshrink", "Softmin": "softmin",
    "Hardshrink": "hardshrink", "Softshrink": "softshrink", "Threshold": "threshold", "GLU": "glu",
}  # fmt: skip
KINDS = {
    "Linear": "dense", "LazyLinear": "dense", "Bilinear": "bilinear",
    "BatchNorm": "batch_norm", "SyncBatchNorm": "batch_norm", "LayerNorm": "layer_norm", "GroupNorm": "group_norm",
    "InstanceNorm": "instance_norm", "RMSNorm": "rms_norm",
    "Conv": "conv", "ConvTranspose": "transposed_conv",
    "MaxPool": "max_pool", "FractionalMaxPool": "max_pool", "AvgPool": "average_pool", "LPPool": "lp_pool",
    "AdaptiveAvgPool": "average_pool", "AdaptiveMaxPool": "max_pool",
    "Dropout": "dropout", "AlphaDropout": "dropout", "FeatureAlphaDropout": "spatial_dropout",
    "Flatten": "flatten", "Unflatten": "reshape", "Identity": "identity", "Upsample": "upsample",
    "ZeroPad": "zero_pad", "Embedding": "embedding", "EmbeddingBag": "embedding",
    "RNN": "rnn", "GRU": "gru", "LSTM": "lstm", "RNNCell": "rnn", "GRUCell": "gru", "LSTMCell": "lstm",
    "MultiheadAttention": "attention",
}  # fmt: skip
"""By class name, without the dimensions at its end."""

WHOLE = ("MultiheadAttention",)
"""Modules made of modules that count as one layer."""

CHANNELS_FIRST = (
    "conv", "depthwise_conv", "transposed_conv", "batch_norm", "group_norm", "instance_norm", "max_pool",
    "average_pool", "lp_pool", "global_average_pool", "global_max_pool", "spatial_dropout", "upsample", "zero_pad",
)  # fmt: skip
UNITS_LAST = ("dense", "bilinear", "layer_norm", "rms_norm", "embedding", "rnn", "gru", "lstm", "attention")
KEEPS_PLACES = ("activate", "dropout", "identity")
MERGES = ("dense", "conv", "depthwise_conv", "transposed_conv", "bilinear")
"""Kinds of layers that an activation right after them belongs to."""


def activation_of(module: Any) -> str:
    """Return the activation that a module is, or "" where it is none.

    Example:
        >>> class Sigmoid: ...
        >>> activation_of(Sigmoid()), activation_of(3)
        ('sigmoid', '')
    """
    return ACTIVATIONS.get(type(module).__name__, "")


def kind_of(module: Any) -> str:
    """Return the kind of a module.

    Example:
        >>> class Conv2d: groups, in_channels = 1, 3
        >>> kind_of(Conv2d())
        'conv'
    """
    if activation_of(module):
        return "activate"
    name = type(module).__name__
    plain = name.removeprefix("Lazy").removesuffix("d").rstrip("123") if name.endswith("d") else name
    if plain == "Dropout" and name != "Dropout":
        return "spatial_dropout"
    kind = KINDS.get(plain, snake(name))
    if kind == "conv" and module.groups > 1 and module.groups == module.in_channels:
        return "depthwise_conv"
    if name.startswith("Adaptive") and _is_one(module.output_size):
        return f"global_{kind}"
    return kind


def _is_one(size: Any) -> bool:
    return all(one == 1 for one in size) if isinstance(size, (tuple, list)) else size == 1


def is_layer(module: Any) -> bool:
    """Tell whether a module counts as one layer: it holds no others, or holds parameters of its own."""
    if type(module).__name__ in WHOLE or next(module.children(), None) is None:
        return True
    return next(module.parameters(recurse=False), None) is not None


def units_first(kind: str, dimensions: int, before: bool) -> bool:
    """Tell whether the second axis holds the units: channels of images, and of sequences for convolutions.

    Args:
        kind: Of the layer.
        dimensions: Of its outputs, the batch included.
        before: The answer for the layer before, which activations and dropout keep.

    Example:
        >>> units_first("conv", 4, False), units_first("dense", 3, True), units_first("activate", 3, True)
        (True, False, True)
    """
    if dimensions < 3 or kind in UNITS_LAST:
        return False
    if kind in CHANNELS_FIRST:
        return True
    return before if kind in KEEPS_PLACES else dimensions > 3


def placed(shape: tuple[int, ...], first: bool) -> tuple[int, ...]:
    """Return an output shape without the batch, units last.

    Example:
        >>> placed((64, 8, 28, 28), True)
        (28, 28, 8)
    """
    return (*shape[2:], shape[1]) if first else shape[1:]


def is_compiled(model: Any) -> bool:
    """Tell whether ``torch.compile`` has wrapped the network."""
    return hasattr(model, "_orig_mod") or getattr(model, "_compiled_call_impl", None) is not None


def tensor_in(value: Any) -> Any:
    """Return the first tensor of numbers in what a module gives or takes; None where there is none.

    Of a mapping, "logits" comes first, as transformers name their scores.
    """
    if hasattr(value, "is_floating_point") and hasattr(value, "detach"):
        return value
    if isinstance(value, (tuple, list)) and len(value) == 1:
        return tensor_in(value[0])
    if hasattr(value, "items"):
        value = [*(value[name] for name in ("logits",) if name in value), *(one for _, one in value.items())]
    if isinstance(value, (tuple, list)):
        found = [one for one in map(tensor_in, value) if one is not None]
        return next((one for one in found if one.is_floating_point()), found[0] if found else None)
    return None
