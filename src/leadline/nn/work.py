"""How much arithmetic a network asks for, counted from its shapes.

In: a network and the shape of one input. Out: multiplications of one row on the way forward, layer by layer. The way
backward takes about twice as many: one product for the inputs' gradient and one for the kernels'.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import jax

from leadline.nn.base import Layer, Shape
from leadline.nn.convolution.sliding import Sliding
from leadline.nn.convolution.transposed import TransposedConv
from leadline.nn.keys import key_of
from leadline.nn.sequences.attention import Attention
from leadline.nn.sequences.embedding import Embedding
from leadline.nn.sequences.recurrence import Recurrent
from leadline.nn.steps import Step, walk
from leadline.nn.tensors import flatten_params, layer_path

ONE_CORE = (Sliding, Recurrent)
"""Layers that leave cores idle on a processor: XLA gives some convolutions a single core, and the small products of a
recurrence are over before a second core has begun. Products of dense layers use all cores by themselves."""


@dataclass(frozen=True)
class Work:
    """The arithmetic of one row.

    Args:
        multiplications: On the way forward, of all layers.
        on_one_core: The part of it in convolutions and recurrent layers.
        parameters: Numbers learned.
        layers: Single layers.
        values: Numbers that all layers give.
        convolutions: How many layers slide kernels.

    Example:
        >>> from leadline.models import mlp
        >>> work_of(mlp(10, (32,)), (64,)).multiplications == (64 + 1) * 32 + (32 + 1) * 10
        True
    """

    multiplications: int
    on_one_core: int
    parameters: int
    layers: int
    values: int
    convolutions: int = 0


def work_of(network: Layer, shape: Shape) -> Work:
    """Count the arithmetic of a network for one row.

    Each parameter of a layer is used once for every place of its outputs, a recurrent one once a step, and attention
    compares every step with every other. Biases count like kernels.

    Args:
        network: The network.
        shape: Of one input, without the batch.

    Example:
        >>> from leadline.nn import Conv, LSTM
        >>> work_of(Conv(4, 3), (10, 10, 1)).multiplications == 10 * 10 * (3 * 3 * 1 * 4 + 4)
        True
        >>> work_of(LSTM(2), (100, 3)).multiplications == 100 * (3 + 2 + 1) * 4 * 2
        True
    """
    params, _ = jax.eval_shape(partial(network.init, shape=shape), key_of(0))
    parameters: dict[str, int] = {}
    for name, array in flatten_params(network, params).items():
        parameters[layer_path(name)] = parameters.get(layer_path(name), 0) + math.prod(array.shape)
    steps = list(walk(network, shape))
    made = [(step, _multiplications(step, parameters.get(step.path, 0))) for step in steps]
    return Work(
        multiplications=sum(number for _, number in made),
        on_one_core=sum(number for step, number in made if isinstance(step.layer, ONE_CORE)),
        parameters=sum(parameters.values()),
        layers=len(steps),
        values=sum(math.prod(step.outputs) for step in steps),
        convolutions=sum(isinstance(step.layer, Sliding) for step in steps),
    )


def _multiplications(step: Step, parameters: int) -> int:
    layer = step.layer
    if isinstance(layer, Recurrent):
        return parameters * step.inputs[0]
    if isinstance(layer, TransposedConv):  # every input paints its kernel once
        return parameters * math.prod(step.inputs[:-1])
    if isinstance(layer, Embedding):
        return 0  # a table that is looked up
    comparing = 2 * step.inputs[0] * math.prod(step.inputs) if isinstance(layer, Attention) else 0
    return parameters * math.prod(step.outputs[:-1]) + comparing
