"""Layers of Keras in the words of Leadline: kinds and activations.

Comes in: layers. Goes out: words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from leadline.adapters.layout import snake

KINDS = {
    "Dense": "dense", "EinsumDense": "dense", "Conv": "conv", "DepthwiseConv": "depthwise_conv",
    "SeparableConv": "separable_conv", "ConvTranspose": "transposed_conv", "BatchNormalization": "batch_norm",
    "LayerNormalization": "layer_norm", "GroupNormalization": "group_norm", "RMSNormalization": "rms_norm",
    "MaxPooling": "max_pool", "AveragePooling": "average_pool", "GlobalMaxPooling": "global_max_pool",
    "GlobalAveragePooling": "global_average_pool", "Dropout": "dropout", "AlphaDropout": "dropout",
    "SpatialDropout": "spatial_dropout", "GaussianNoise": "gaussian_noise", "Flatten": "flatten",
    "Reshape": "reshape", "Permute": "permute", "Identity": "identity", "Embedding": "embedding",
    "Masking": "masking", "SimpleRNN": "rnn", "GRU": "gru", "LSTM": "lstm", "MultiHeadAttention": "attention",
    "GroupedQueryAttention": "attention", "UpSampling": "upsample", "ZeroPadding": "zero_pad", "Add": "add",
    "Concatenate": "concatenate",
}  # fmt: skip
"""By class name, without its dimensions."""

ACTIVATION_LAYERS = {
    "ReLU": "relu", "LeakyReLU": "leaky_relu", "PReLU": "prelu", "ELU": "elu", "Softmax": "softmax",
    "Activation": "",
}  # fmt: skip
OPERATIONS = {
    "Relu": "relu", "Relu6": "relu6", "Sigmoid": "sigmoid", "Tanh": "tanh", "Softmax": "softmax",
    "LogSoftmax": "log_softmax", "Gelu": "gelu", "Elu": "elu", "Selu": "selu", "LeakyRelu": "leaky_relu",
    "Silu": "swish", "Softplus": "softplus", "HardSigmoid": "hard_sigmoid", "HardTanh": "hard_tanh",
}  # fmt: skip
"""Functions of ``keras.ops`` in a functional model, which are no layers."""

STRAIGHT = (
    "Reshape", "Transpose", "Squeeze", "ExpandDims", "Add", "Subtract", "Concatenate", "Mean", "Sum", "GetItem",
    "Cast", "Flatten", "Ravel", "Stack", "InputLayer",
)  # fmt: skip
KEEPS = ("flatten", "reshape", "dropout", "identity", "permute")
"""Kinds that hand their values on in use."""

MERGES = ("dense", "conv", "depthwise_conv", "separable_conv", "transposed_conv")


def kind_of(layer: Any) -> str:
    """Return the kind of a layer; of a wrapper, that of what it wraps.

    Example:
        >>> class Conv2DTranspose: ...
        >>> class SimpleRNN: ...
        >>> kind_of(Conv2DTranspose()), kind_of(SimpleRNN())
        ('transposed_conv', 'rnn')
    """
    name = type(layer).__name__
    if name in ACTIVATION_LAYERS:
        return "activate"
    if name in ("Bidirectional", "TimeDistributed"):
        return kind_of(layer.forward_layer if name == "Bidirectional" else layer.layer)
    return KINDS.get(re.sub(r"[123]D", "", name), snake(name))


def activation_of(layer: Any) -> str:
    """Return the activation that a layer ends in; "linear" where it has none.

    Example:
        >>> class Dense:
        ...     @staticmethod
        ...     def activation(): ...
        >>> Dense.activation.__name__ = "silu"
        >>> activation_of(Dense())
        'swish'
    """
    named = ACTIVATION_LAYERS.get(type(layer).__name__, "")
    if named:
        return named
    if kind_of(layer) in ("rnn", "gru", "lstm"):
        return "tanh" if _named(layer) == "tanh" else "linear"
    return _named(layer)


def _named(layer: Any) -> str:
    activation = getattr(layer, "activation", None)
    if activation is None:
        return "linear"
    name = getattr(activation, "__name__", "") or snake(type(activation).__name__)
    return {"silu": "swish", "relu_6": "relu6"}.get(name, name)


def layers_in(model: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every layer with its path, those of models inside a model too; a layer in two places once."""
    seen: set[int] = set()
    for layer in getattr(model, "layers", ()):
        if id(layer) in seen or type(layer).__name__ == "InputLayer":
            continue
        seen.add(id(layer))
        path = f"{before}{layer.name}"
        if hasattr(layer, "layers"):
            yield from layers_in(layer, f"{path}.")
        else:
            yield path, layer


def end_of(model: Any) -> str | None:
    """Return the activation at the end of a functional or sequential model; None of any other."""
    outputs = getattr(model, "outputs", None)
    if not outputs or not hasattr(outputs[0], "_keras_history"):
        return None
    for _ in range(100):
        operation = outputs[0]._keras_history.operation
        if hasattr(operation, "layers"):
            return end_of(operation)
        name = type(operation).__name__
        if name in OPERATIONS and not hasattr(operation, "trainable_variables"):
            return OPERATIONS[name]
        found = activation_of(operation) if hasattr(operation, "trainable_variables") else "linear"
        passes = kind_of(operation) in KEEPS or name in ("Reshape", "Squeeze", "Flatten")
        if found != "linear" or not passes or not operation._inbound_nodes:
            return found
        outputs = operation._inbound_nodes[0].input_tensors
        if not outputs:
            return found
    return None


def bending_operations(model: Any) -> bool | None:
    """Tell whether a functional model holds functions that are not linear; None of a model that is no graph."""
    operations = getattr(model, "operations", None)
    if operations is None:
        return None
    names = (type(one).__name__ for one in operations if not hasattr(one, "trainable_variables"))
    return any(name not in STRAIGHT for name in names)
