"""Layers made of layers: one after another, and around a shortcut.

Each member stands under its step ("0.dense") in parameters, state, paths and files. Taps are called for the
single layers inside, never for the combinations themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from jaxtyping import Array, Float

from leadline.core.errors import NetworkError
from leadline.nn.activations import Activation, linear
from leadline.nn.base import IN_USE, Layer, Member, Params, Pass, Passed, Shape, State, join, register
from leadline.nn.choices import Flag, PlainActivationField
from leadline.nn.convolution.conv import Conv
from leadline.nn.dense import Dense

LINE = 88  # characters up to which a network is written on one line


@dataclass(frozen=True)
class SomeLayers:
    """At least one layer, in a list or tuple."""

    def allows(self, value: object) -> bool:
        """Tell whether it is a list or tuple of layers."""
        if not isinstance(value, list | tuple) or not value:
            return False
        return all(isinstance(layer, Layer) for layer in value)

    def words(self) -> str:
        """Complete the words "must be"."""
        return "a list of at least one layer"

    def hint(self, value: object) -> str:
        """Say how to make a layer of what is none."""
        for item in value if isinstance(value, list | tuple) else [value]:
            if isinstance(item, Activation):
                return f"an activation becomes a layer by ll.Activate({item!r})"
            if isinstance(item, type):
                return f"make the layer: ll.{item.__name__}(...)"
        return "ll.Sequential([ll.Dense(64, ll.relu), ll.Dense(10)])"

    def convert(self, value: Sequence[Layer]) -> tuple[Layer, ...]:
        """Keep a tuple."""
        return tuple(value)


Layers = Annotated[Sequence[Layer], SomeLayers()]


def run_member(
    member: tuple[int, str, Layer], params: Params, state: State, inputs: Array, how: Pass
) -> Passed:
    """Apply one member with its own parameters, state, path and key, and tell those who listen."""
    index, name, layer = member
    inside, own = how.into(index, name), params[index]
    if how.before is not None and not layer.inner():
        own = how.before(layer, own, state[index], inputs, inside)
    outputs, after, lengths = layer.passed(own, state[index], inputs, inside)
    if how.tap is not None and not layer.inner():
        how.tap(inside.path, layer, outputs)
    return outputs, after, lengths


def _run_chain(
    layers: Sequence[Layer], params: Params, state: State, inputs: Array, how: Pass
) -> tuple[Array, tuple[State, ...], Array | None]:
    outputs, new = inputs, []
    for index, layer in enumerate(layers):
        outputs, after, lengths = run_member((index, layer.kind, layer), params, state, outputs, how)
        new.append(after)
        how = replace(how, lengths=lengths)
    return outputs, tuple(new), how.lengths


def _chain(layers: Sequence[Layer], shape: Shape, path: str) -> Iterator[Member]:
    for index, layer in enumerate(layers):
        yield Member(index, layer.kind, layer, shape)
        shape = layer.output_shape(shape, join(path, index, layer.kind))


def _chain_shape(layers: Sequence[Layer], shape: Shape, path: str) -> Shape:
    for index, layer in enumerate(layers):
        shape = layer.output_shape(shape, join(path, index, layer.kind))
    return shape


def _last_activation(layers: Sequence[Layer]) -> Activation:
    """Return what the outputs of a chain went through last; dropout and flattening change no value in use."""
    last = next((layer for layer in reversed(layers) if not layer.keeps_values), None)
    return linear if last is None else last.output_activation


class Chain(Layer):
    """What layers with a chain inside share."""

    layers: Layers

    def inner(self) -> tuple[Layer, ...]:
        """Return the layers of the chain."""
        return tuple(self.layers)

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the outputs and the new state."""
        outputs, after, _ = self.passed(params, state, inputs, how)
        return outputs, after


@register(
    "sequential",
    formula="f_n(…f_2(f_1(x)))",
    source="none: layers one after another",
)
class Sequential(Chain):
    """Layers one after another; the usual network.

    Args:
        layers: At least one layer.

    Raises:
        NetworkError: It holds something else than layers, or shapes do not fit.

    Example:
        >>> from leadline.nn import Dense, Sequential, relu
        >>> Sequential([Dense(64, relu), Dense(10)])
        ll.Sequential([ll.Dense(64, ll.relu), ll.Dense(10)])
    """

    layers: Layers

    def members(self, shape: Shape, path: str = "") -> Iterator[Member]:
        """Yield each layer with the shape that the one before gives."""
        return _chain(self.layers, shape, path)

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the last layer's output shape."""
        return _chain_shape(self.layers, shape, path)

    @property
    def output_activation(self) -> Activation:
        """What the last layer's outputs went through."""
        return _last_activation(self.layers)

    @property
    def nonlinear(self) -> bool:
        """The combination adds nothing to its layers."""
        return False

    def passed(self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass) -> Passed:
        """Return what the last layer gives."""
        return _run_chain(self.layers, params, state, inputs, how)

    def __repr__(self) -> str:
        line = super().__repr__()
        if len(line) <= LINE:
            return line
        inside = "".join(f"    {layer!r},\n".replace("\n", "\n    ").rstrip(" ") for layer in self.layers)
        return f"ll.Sequential([\n{inside}])"


@register(
    "residual",
    formula="a(f(x) + x)",
    year=2015,
    source="He, Zhang, Ren and Sun, Deep residual learning for image recognition",
)
class Residual(Chain):
    """Layers around which the inputs are carried and added: activation(f(x) + x).

    Where f changes the shape, the carried inputs must be projected: a convolution with kernel 1 and the
    fitting stride, or a dense layer on rows, both without bias. He, Zhang, Ren and Sun, 2015.

    Args:
        layers: f, at least one layer.
        activation: What the sum goes through.
        project: Add the projection where shapes differ, instead of an error.

    Raises:
        NetworkError: f changes the shape and ``project`` is not set, or no projection can make it.

    Example:
        >>> from leadline.nn import Conv, Residual, relu
        >>> Residual([Conv(16, 3, relu), Conv(16, 3)], relu).output_shape((8, 8, 16))
        (8, 8, 16)
    """

    layers: Layers
    activation: PlainActivationField = linear
    project: Flag = False

    def projection(self, inputs: Shape, outputs: Shape) -> Layer | None:
        """Return the layer that brings the inputs to the outputs' shape; None if not needed or possible."""
        if inputs == outputs or len(inputs) != len(outputs):
            return None
        if len(inputs) == 1:
            return Dense(outputs[0], bias=False)
        stride = tuple(-(-a // b) for a, b in zip(inputs[:-1], outputs[:-1], strict=True))
        layer = Conv(outputs[-1], 1, stride=stride, bias=False)
        return layer if layer.output_shape(inputs) == outputs else None

    def members(self, shape: Shape, path: str = "") -> Iterator[Member]:
        """Yield the layers of f, then the projection if there is one."""
        yield from _chain(self.layers, shape, path)
        projection = self.projection(shape, self.output_shape(shape, path))
        if projection is not None:
            yield Member(len(self.layers), "project", projection, shape)

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the output shape of f, to which the inputs can be added."""
        outputs = _chain_shape(self.layers, shape, path)
        if shape == outputs or (self.project and self.projection(shape, outputs) is not None):
            return outputs
        raise NetworkError.at(
            self.called(path),
            f"layers that keep the shape {shape}, so that the inputs can be added",
            f"shape {outputs}",
            "no projection makes this shape"
            if self.project
            else "project=True adds a projection of the inputs",
        )

    @property
    def output_activation(self) -> Activation:
        """Its activation."""
        return self.activation

    def passed(self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass) -> Passed:
        """Return activation(f(x) + x)."""
        outputs, new, lengths = _run_chain(self.layers, params, state, inputs, how)
        projection = self.projection(inputs.shape[1:], outputs.shape[1:])
        if projection is not None:
            member = len(self.layers), "project", projection
            inputs, after, _ = run_member(member, params, state, inputs, how)
            new = (*new, after)
        return self.activation(outputs + inputs), new, lengths
