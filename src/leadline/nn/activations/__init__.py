"""Activations: what a unit does with its sum. One entry is one small documented function.

In: an array of any shape. Out: an array of the same shape.
"""

from leadline.nn.activations.activation import Activation, activations
from leadline.nn.activations.rectifiers import elu, leaky_relu, relu, selu
from leadline.nn.activations.smooth import gelu, softplus, swish
from leadline.nn.activations.squashing import linear, sigmoid, softmax, tanh

__all__ = [
    "Activation",
    "activations",
    "elu",
    "gelu",
    "leaky_relu",
    "linear",
    "relu",
    "selu",
    "sigmoid",
    "softmax",
    "softplus",
    "swish",
    "tanh",
]
