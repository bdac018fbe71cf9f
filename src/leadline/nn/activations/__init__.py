"""Activations: what a unit does with its sum. One entry is one small documented function.

In: an array of any shape. Out: an array of the same shape; maxout gives one number for several.
"""

# isort: off
# The order of the families here is their order in the catalogue, and so in every table made from it.
from leadline.nn.activations.activation import Activation, activations
from leadline.nn.activations.squashing import (
    hard_sigmoid,
    hard_tanh,
    linear,
    sigmoid,
    softsign,
    step,
    tanh,
)
from leadline.nn.activations.rectifiers import leaky_relu, maxout, relu, relu6, rrelu, vlrelu
from leadline.nn.activations.learned import apl, prelu
from leadline.nn.activations.smooth import centered_softplus, elu, gelu, mish, selu, softplus, swish
from leadline.nn.activations.shares import log_softmax, softmax
# isort: on

__all__ = [
    "Activation",
    "activations",
    "apl",
    "centered_softplus",
    "elu",
    "gelu",
    "hard_sigmoid",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_softmax",
    "maxout",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "rrelu",
    "selu",
    "sigmoid",
    "softmax",
    "softplus",
    "softsign",
    "step",
    "swish",
    "tanh",
    "vlrelu",
]
