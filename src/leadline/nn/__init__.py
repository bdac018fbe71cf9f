"""Networks as frozen values: activations, initializers, layers, losses, tasks, summary.

A layer holds sizes and choices; its numbers are parameters and state outside of it. Networks end in scores;
the :class:`Task` pairs them with a loss. In: shapes and choices. Out: pure functions of parameters and
inputs.
"""

from leadline.nn.activations import (
    Activation,
    activations,
    elu,
    gelu,
    leaky_relu,
    linear,
    relu,
    selu,
    sigmoid,
    softmax,
    softplus,
    swish,
    tanh,
)
from leadline.nn.base import Layer, Pass, Shape, layers, walk
from leadline.nn.combine import Parallel, Residual, Sequential
from leadline.nn.conv import Conv
from leadline.nn.dense import Activate, Dense
from leadline.nn.flatten import Flatten
from leadline.nn.initializers import (
    Initializer,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    initializers,
    lecun_normal,
    normal,
    ones,
    orthogonal,
    uniform,
    usual_initializer,
    zeros,
)
from leadline.nn.linearity import is_nonlinear, weight_layers
from leadline.nn.losses import Loss, losses
from leadline.nn.noise import Dropout, GaussianNoise
from leadline.nn.normalization import BatchNorm
from leadline.nn.penalties import is_weight, l1, l2, penalty, weight_mask, weights_of
from leadline.nn.pooling import AveragePool, GlobalAveragePool, GlobalMaxPool, MaxPool
from leadline.nn.spec import from_spec, to_spec
from leadline.nn.summary import Summary, check, summary
from leadline.nn.tasks import Task, for_problem
from leadline.nn.tensors import flatten_params, layer_path, unflatten

__all__ = [
    "Activate",
    "Activation",
    "AveragePool",
    "BatchNorm",
    "Conv",
    "Dense",
    "Dropout",
    "Flatten",
    "GaussianNoise",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Initializer",
    "Layer",
    "Loss",
    "MaxPool",
    "Parallel",
    "Pass",
    "Residual",
    "Sequential",
    "Shape",
    "Summary",
    "Task",
    "activations",
    "check",
    "elu",
    "flatten_params",
    "for_problem",
    "from_spec",
    "gelu",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "initializers",
    "is_nonlinear",
    "is_weight",
    "l1",
    "l2",
    "layer_path",
    "layers",
    "leaky_relu",
    "lecun_normal",
    "linear",
    "losses",
    "normal",
    "ones",
    "orthogonal",
    "penalty",
    "relu",
    "selu",
    "sigmoid",
    "softmax",
    "softplus",
    "summary",
    "swish",
    "tanh",
    "to_spec",
    "unflatten",
    "uniform",
    "usual_initializer",
    "walk",
    "weight_layers",
    "weight_mask",
    "weights_of",
    "zeros",
]
