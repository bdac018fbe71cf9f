"""Flatten: from images and sequences to rows."""

from __future__ import annotations

import math

from jaxtyping import Array, Float

from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State, register


@register(
    "flatten",
    formula="(H, W, C) → (H·W·C)",
    source="none: all numbers of an input in one row",
)
class Flatten(Layer):
    """Lay all numbers of an input in one row.

    Example:
        >>> from leadline.nn import Flatten
        >>> Flatten().output_shape((28, 28, 1))
        (784,)
    """

    keeps_values = True

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the number of numbers."""
        return (math.prod(shape),)

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B F"], State]:
        """Return rows."""
        return inputs.reshape(len(inputs), math.prod(inputs.shape[1:])), state
