"""Layers side by side on the same inputs, whose outputs are put together: concatenated, added or averaged.

In: anything that all branches take. Out: one array of all their outputs. A branch of several layers is a
``Sequential``; one that carries the inputs themselves is ``Identity()``.
"""

from __future__ import annotations

import abc
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.core.constraints import Interval, OneOf
from leadline.core.errors import NetworkError
from leadline.nn.activations import Activation, linear
from leadline.nn.base import IN_USE, Layer, Member, Params, Pass, Passed, Shape, State, join, register
from leadline.nn.combine import Layers, run_member


class FromTheEnd(Interval):
    """An axis, counted from the end."""

    def __init__(self) -> None:
        super().__init__(high=-1, whole=True)

    def hint(self, value: object) -> str:
        """Say why not from the front."""
        return "-1 is the last axis, channels or features; so it does not matter whether the batch is counted"

    def convert(self, value: float) -> int:
        """Keep it as an int."""
        return int(value)


@dataclass(frozen=True, repr=False)
class Branches(Layer):
    """What all of them share: the branches, and how they are passed."""

    branches: Layers

    @abc.abstractmethod
    def together(self, outputs: list[Array]) -> Array:
        """Return the outputs of all branches put together."""

    def inner(self) -> tuple[Layer, ...]:
        """Return the branches."""
        return tuple(self.branches)

    def members(self, shape: Shape, path: str = "") -> Iterator[Member]:
        """Yield each branch with the same input shape."""
        for index, layer in enumerate(self.branches):
            yield Member(index, layer.kind, layer, shape)

    def shapes(self, shape: Shape, path: str) -> list[Shape]:
        """Return what each branch gives."""
        return [m.layer.output_shape(shape, join(path, m.index, m.name)) for m in self.members(shape)]

    @property
    def nonlinear(self) -> bool:
        """The combination adds nothing to its branches."""
        return False

    def passed(self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass) -> Passed:
        """Return the outputs of all branches put together."""
        each = [run_member((i, b.kind, b), params, state, inputs, how) for i, b in enumerate(self.branches)]
        outputs, new, lengths = zip(*each, strict=True)
        known = [length for length in lengths if length is not None]
        shortest = jnp.stack(known).min(0) if len(known) == len(each) else None
        return self.together(list(outputs)), new, shortest

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the outputs of all branches put together."""
        outputs, after, _ = self.passed(params, state, inputs, how)
        return outputs, after


def _joined(layer: Branches, shape: Shape, path: str, axis: int) -> Shape:
    """Return the shape of the branches' outputs one after another on an axis."""
    shapes = layer.shapes(shape, path)
    if -axis > len(shapes[0]):
        where, must_be = layer.called(path), f"branches that give at least {-axis} axes"
        raise NetworkError.at(where, must_be, _listed(shapes), "axis=-1")
    place = len(shapes[0]) + axis
    if len({(*one[:place], 0, *one[place + 1 :]) for one in shapes}) > 1:
        which = "the last axis" if axis == -1 else f"axis {axis}"
        must_be = f"branches that give shapes that differ in {which} only"
        raise NetworkError.at(layer.called(path), must_be, _listed(shapes), "equal padding and strides")
    first = shapes[0]
    return (*first[:place], sum(one[place] for one in shapes), *first[place + 1 :])


def _equal(layer: Branches, shape: Shape, path: str) -> Shape:
    """Return the one shape that all branches give."""
    shapes = layer.shapes(shape, path)
    if len(set(shapes)) > 1:
        where, must_be = layer.called(path), "branches that give one shape"
        raise NetworkError.at(where, must_be, _listed(shapes), "equal units, channels, padding and strides")
    return shapes[0]


def _listed(shapes: list[Shape]) -> str:
    return ", ".join(map(str, shapes))


def _common_activation(layer: Branches) -> Activation:
    """Return what all outputs went through, if it is the same for all branches."""
    found = {branch.output_activation for branch in layer.branches}
    return found.pop() if len(found) == 1 else linear


@register(
    "concatenate",
    formula="[f_1(x), f_2(x), …] on one axis",
    year=2015,
    source="Szegedy et al., Going deeper with convolutions",
)
class Concatenate(Branches):
    """Layers side by side on the same inputs, whose outputs are laid one after another on an axis.

    Args:
        branches: At least one layer; ``Identity()`` carries the inputs past the others.
        axis: Counted from the end: -1 is channels or features, -2 the axis before it.

    Raises:
        NetworkError: The branches' output shapes differ elsewhere; or sequences of unequal lengths would be laid one
            after another in time, with padding between them.

    Example:
        >>> from leadline.nn import Concatenate, Conv, Identity
        >>> Concatenate([Conv(8, 3), Identity()]).output_shape((28, 28, 3))
        (28, 28, 11)
    """

    axis: Annotated[int, FromTheEnd()] = -1

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the branches' shape with their sizes on the axis summed."""
        return _joined(self, shape, path, self.axis)

    @property
    def output_activation(self) -> Activation:
        """The branches' activation, where all have the same."""
        return _common_activation(self)

    def together(self, outputs: list[Array]) -> Array:
        """Return the outputs one after another."""
        return jnp.concatenate(outputs, axis=self.axis)

    def passed(self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass) -> Passed:
        """Return the outputs of all branches one after another."""
        outputs, new, lengths = super().passed(params, state, inputs, how)
        if lengths is not None and len(self.branches) > 1 and self.axis == 1 - outputs.ndim:
            where, must_be = self.called(how.path), "on another axis than time where sequences have lengths"
            raise NetworkError.at(
                where, must_be, f"axis={self.axis}: padding would stand in between", "axis=-1"
            )
        return outputs, new, lengths


@register(
    "add",
    formula="f_1(x) + f_2(x) + …",
    year=2015,
    source="He, Zhang, Ren and Sun, Deep residual learning for image recognition",
)
class Add(Branches):
    """Layers side by side on the same inputs, whose outputs are added.

    Args:
        branches: At least one layer; ``Identity()`` adds the inputs themselves.

    Raises:
        NetworkError: The branches do not give one shape.

    Example:
        >>> from leadline.nn import Add, Dense, Identity, relu
        >>> Add([Dense(16, relu), Identity()]).output_shape((16,))
        (16,)
    """

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the one shape that all branches give."""
        return _equal(self, shape, path)

    def together(self, outputs: list[Array]) -> Array:
        """Return the sum."""
        return sum(outputs[1:], start=outputs[0])


@register(
    "parallel",
    formula="f_1(x), f_2(x), … put together",
    year=2015,
    source="Szegedy et al., Going deeper with convolutions",
)
class Parallel(Branches):
    """Layers side by side on the same inputs, put together by a word: ``Concatenate``, ``Add``, or their mean.

    Args:
        branches: At least one layer; a branch of several layers is a ``Sequential``.
        combine: "concatenate" along the last axis, "add" or "mean".

    Raises:
        NetworkError: The branches' output shapes cannot be put together.

    Example:
        >>> from leadline.nn import Conv, Parallel
        >>> Parallel([Conv(8, 1), Conv(8, 3)]).output_shape((28, 28, 1))
        (28, 28, 16)
    """

    combine: Annotated[str, OneOf("concatenate", "add", "mean")] = "concatenate"

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the shape of the outputs put together."""
        return _joined(self, shape, path, -1) if self.combine == "concatenate" else _equal(self, shape, path)

    @property
    def output_activation(self) -> Activation:
        """The branches' activation, where all have the same and outputs are not added."""
        return _common_activation(self) if self.combine == "concatenate" else linear

    def together(self, outputs: list[Array]) -> Array:
        """Return the outputs concatenated, added or averaged."""
        if self.combine == "concatenate":
            return jnp.concatenate(outputs, axis=-1)
        total: Array = sum(outputs[1:], start=outputs[0])
        return total / len(outputs) if self.combine == "mean" else total
