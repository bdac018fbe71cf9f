"""Fully connected layers and activations as layers of their own.

In: rows of features, or anything whose last axis holds them. Out: one output for each unit.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.core.errors import NetworkError
from leadline.nn.activations import Activation, linear
from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State, activate, register
from leadline.nn.choices import ActivationField, Count, Flag, InitializerField, Number
from leadline.nn.initializers import usual_initializer

IMAGE_RANK = 3  # height, width, channels


@register(
    "dense",
    formula="a(x W + b)",
    year=1958,
    source="Rosenblatt, The perceptron: a probabilistic model for information storage and organization",
)
class Dense(Layer):
    """Weigh all inputs and sum, for each unit: activation(x W + b).

    It acts on the last axis: a row (F,) gives (units,), a sequence (T, F) gives (T, units). An image (H, W,
    C) is flattened first, so that a dense network takes images as they are.

    Args:
        units: Number of outputs, at least 1.
        activation: What the sums go through; the sums themselves by default.
        initializer: How the kernel begins; by default the one that suits the activation.
        bias: Whether to add a bias.
        bias_value: What the bias begins with. Slightly positive (0.01) keeps rectifiers alive at the start.

    Raises:
        NetworkError: A choice is out of range.

    Example:
        >>> from leadline.nn import Dense, relu
        >>> Dense(10, relu).output_shape((784,))
        (10,)
    """

    has_weights = True

    units: Count
    activation: ActivationField = linear
    initializer: InitializerField | None = None
    bias: Flag = True
    bias_value: Number = 0.0

    @property
    def output_activation(self) -> Activation:
        """Its activation."""
        return self.activation

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the shape with the last axis (of an image: all axes) replaced by the units."""
        if not 1 <= len(shape) <= IMAGE_RANK:
            raise NetworkError.at(
                self.called(path),
                "given inputs of 1, 2 or 3 axes",
                f"shape {shape}",
                "put ll.Flatten() before it",
            )
        return (*_features_last(shape)[:-1], self.units)

    def init(self, key: PRNGKeyArray, shape: Shape) -> tuple[Params, State]:
        """Return a kernel of shape (features, units), a bias of shape (units,), and what the activation learns."""
        features = _features_last(shape)[-1]
        begin = self.initializer or usual_initializer(self.activation)
        sums = self.units * self.activation.pieces
        params = {"kernel": begin(key, (features, sums), features, sums)}
        if self.bias:
            params["bias"] = jnp.full((sums,), self.bias_value, jnp.float32)
        return params | self.activation.start(self.units), {}

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return activation(x W + b)."""
        sums = inputs.reshape(len(inputs), *_features_last(inputs.shape[1:])) @ params["kernel"]
        return activate(self.activation, sums + params["bias"] if self.bias else sums, params, how), state


def _features_last(shape: Shape) -> Shape:
    """Return the shape whose last axis is weighed: an image is one row."""
    return (math.prod(shape),) if len(shape) == IMAGE_RANK else shape


@register(
    "activate",
    formula="a(x)",
    source="none: an activation as a layer of its own",
)
class Activate(Layer):
    """Put inputs through an activation; between batch norm and the next layer, for instance.

    Args:
        activation: Which one.

    Example:
        >>> from leadline.nn import Activate, relu
        >>> Activate(relu).output_shape((8, 8, 16))
        (8, 8, 16)
    """

    activation: ActivationField

    @property
    def output_activation(self) -> Activation:
        """Its activation."""
        return self.activation

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the same shape; maxout takes several features for one."""
        pieces = self.activation.pieces
        if pieces > 1 and shape[-1] % pieces:
            raise NetworkError.at(
                self.called(path),
                f"given features that {pieces} divides, the pieces of its activation",
                f"shape {shape}",
                f"{pieces * -(-shape[-1] // pieces)} features in the layer before it",
            )
        return (*shape[:-1], shape[-1] // pieces)

    def init(self, key: PRNGKeyArray, shape: Shape) -> tuple[Params, State]:
        """Return what the activation learns; nothing for most."""
        return self.activation.start(shape[-1] // self.activation.pieces if shape else 1), {}

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return activation(x)."""
        return activate(self.activation, inputs, params, how), state
