"""What a network is made of: shapes, parameters and activations, checked and laid out as a table.

In: a network and the shape of one input. Out: a :class:`Summary` that prints, or an error that names the
layer and what came before it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import jax

from leadline.core.errors import NetworkError, Problem
from leadline.core.text import count
from leadline.nn.base import Layer, Shape
from leadline.nn.keys import key_of
from leadline.nn.steps import Step, walk
from leadline.nn.tensors import flatten_params, layer_path


@dataclass(frozen=True)
class Row:
    """One layer of the table.

    Args:
        path: Where it stands, e.g. "0.dense".
        kind: Of the layer.
        activation: Its name; "linear" where there is none.
        shape: Of the outputs, without the batch.
        parameters: How many numbers it learns.
    """

    path: str
    kind: str
    activation: str
    shape: Shape
    parameters: int


@dataclass(frozen=True)
class Summary:
    """The table of a network.

    Args:
        rows: One for each single layer.
        input_shape: Of one input, without the batch.
    """

    rows: tuple[Row, ...]
    input_shape: Shape

    @property
    def total(self) -> int:
        """Number of parameters of the network."""
        return sum(row.parameters for row in self.rows)

    @property
    def output_shape(self) -> Shape:
        """Of the network, without the batch."""
        return self.rows[-1].shape

    def __str__(self) -> str:
        cells = [
            ("layer", "output shape", "activation", "parameters"),
            ("input", _shown(self.input_shape), "", ""),
        ]
        for row in self.rows:
            activation = "" if row.activation == "linear" else row.activation
            cells.append((row.path or row.kind, _shown(row.shape), activation, f"{row.parameters:,}"))
        cells.append(("total", "", "", f"{self.total:,}"))
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            "  ".join([*map(str.ljust, line[:3], widths), line[3].rjust(widths[3])]).rstrip()
            for line in cells
        ]
        rule = "─" * (sum(widths) + 6)
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])

    __repr__ = __str__


def _shown(shape: Shape) -> str:
    return " × ".join(map(str, shape))


def summary(network: Layer, shape: Shape) -> Summary:
    """Return the table of a network: path, output shape, activation and parameters of every layer.

    Args:
        network: The network.
        shape: Of one input, without the batch.

    Raises:
        NetworkError: Shapes do not fit.

    Example:
        >>> from leadline.nn import Dense, Sequential
        >>> print(summary(Sequential([Dense(10)]), (784,)))
        layer    output shape  activation  parameters
        ─────────────────────────────────────────────
        input    784
        0.dense  10                             7,850
        ─────────────────────────────────────────────
        total                                   7,850
    """
    steps = _checked_steps(network, shape)
    params, _ = jax.eval_shape(partial(network.init, shape=shape), key_of(0))
    numbers: dict[str, int] = {}
    for name, array in flatten_params(network, params).items():
        numbers[layer_path(name)] = numbers.get(layer_path(name), 0) + math.prod(array.shape)
    rows = (
        Row(step.path, step.layer.kind, step.layer.activation_name, step.outputs, numbers.get(step.path, 0))
        for step in steps
    )
    return Summary(tuple(rows), shape)


def check(network: Layer, shape: Shape) -> Shape:
    """Return the output shape, or tell which layer does not fit what came before it.

    Args:
        network: The network.
        shape: Of one input, without the batch.

    Raises:
        NetworkError: Names the layer's path, the shape it needs, the shape it got, and what gave it.

    Example:
        >>> from leadline.nn import Conv, Dense, Sequential
        >>> check(Sequential([Conv(8), Dense(10)]), (28, 28, 1))
        (10,)
    """
    _checked_steps(network, shape)
    return network.output_shape(shape)


def _checked_steps(network: Layer, shape: Shape) -> list[Step]:
    steps: list[Step] = []
    try:
        for step in walk(network, shape):
            steps.append(step)  # noqa: PERF402 - the steps before an error are needed
    except NetworkError as error:
        raise NetworkError(*(_with_history(problem, steps, shape) for problem in error.problems)) from None
    return steps


def _with_history(problem: Problem, steps: list[Step], shape: Shape) -> Problem:
    """Say what the layers before gave."""
    before = [f"input {shape}", *(f"{step.path} {step.outputs}" for step in steps)]
    history = f"{problem.got}; {count(len(steps), 'layer')} before it: {' → '.join(before)}"
    return Problem(problem.where, problem.must_be, history, problem.hint)
