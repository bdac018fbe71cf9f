"""Measurements of a network's structure: layers, shapes, parameters, and what stands at its end.

Comes in: a network, the shape of one input and its parameters. Goes out: every ``network.*``
number of the vocabulary.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from leadline.nn.base import Layer, Shape
from leadline.nn.linearity import is_nonlinear, weight_layers
from leadline.nn.summary import summary
from leadline.nn.tensors import flatten_params, layer_path
from leadline.soundings.fields import field_facts


def structure_facts(network: Layer, input_shape: Shape, params: Any = None) -> dict[str, Any]:
    """Return every ``network.*`` measurement.

    Args:
        network: The network.
        input_shape: Of one prepared input, without the batch.
        params: Its parameters, to count what is really there; counted by the layers' own account where None.

    Raises:
        NetworkError: The shapes do not fit; names the layer and both shapes.

    Example:
        >>> from leadline.nn import Dense, Sequential, relu
        >>> facts = structure_facts(Sequential([Dense(4, relu), Dense(3), Dense(1)]), (6,))
        >>> facts["network.parameters.total"], facts["network.activations"], facts["network.nonlinear"]
        (47, ['relu', 'linear', 'linear'], 1)
    """
    table = summary(network, input_shape)
    numbers = (
        {row.path: row.parameters for row in table.rows} if params is None else _counted(network, params)
    )
    return {
        "network.layers": [row.path for row in table.rows],
        "network.kinds": [row.kind for row in table.rows],
        "network.activations": [row.activation for row in table.rows],
        "network.shapes": [" x ".join(map(str, row.shape)) for row in table.rows],
        "network.parameters": np.array([numbers.get(row.path, 0) for row in table.rows], np.int64),
        "network.parameters.total": sum(numbers.values()),
        "network.output_activation": network.activation_name,
        "network.outputs": int(table.output_shape[-1]),
        "network.nonlinear": int(is_nonlinear(network)),
        "network.weight_layers": weight_layers(network),
        **field_facts(network, input_shape),
    }


def _counted(network: Layer, params: Any) -> dict[str, int]:
    """Return how many numbers each layer has learned."""
    numbers: dict[str, int] = {}
    for name, array in flatten_params(network, params).items():
        path = layer_path(name)
        numbers[path] = numbers.get(path, 0) + math.prod(array.shape)
    return numbers
