"""Layers that make sequences, images and volumes larger: repeated places, and zeros around.

In: sequences (T, F), images (H, W, C) or volumes (D, H, W, C). Out: the same with more places.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State, register
from leadline.nn.choices import AxisSizes, expanded
from leadline.nn.pooling.pool_windows import sum_windows
from leadline.nn.sequences.lengths import without_padding
from leadline.nn.windows import spatial_axes


@register(
    "upsample",
    formula="each place factor times on every axis, out = W·factor",
    source="none: nearest neighbor",
)
class Upsample(Layer):
    """Repeat each place, on every axis: the nearest one fills what is new. A decoder grows an image by it.

    Args:
        factor: How often, one for all axes or a tuple.

    Raises:
        NetworkError: The factor is out of range, or the inputs are rows.

    Example:
        >>> from leadline.nn import Upsample
        >>> Upsample(2).output_shape((7, 7, 16))
        (14, 14, 16)
    """

    keeps_values = True

    factor: AxisSizes = 2

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the lengths times the factor, and the channels."""
        factors = expanded(self.factor, spatial_axes(self, shape, (self.factor,), path))
        return (*(length * times for length, times in zip(shape[:-1], factors, strict=True)), shape[-1])

    def lengths_after(self, inputs: Float[Array, "B ..."], lengths: Array | None) -> Array | None:
        """Return the lengths times the factor."""
        return None if lengths is None else lengths * expanded(self.factor, inputs.ndim - 2)[0]

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the inputs, each place repeated."""
        for axis, times in enumerate(expanded(self.factor, inputs.ndim - 2), start=1):
            inputs = repeated(inputs, axis, times)
        return inputs, state


@partial(jax.custom_vjp, nondiff_argnums=(1, 2))
def repeated(inputs: Float[Array, "*shape"], axis: int, times: int) -> Float[Array, "*shape"]:
    """Repeat each place along an axis; the gradient is summed by windows, which in a loop is faster than by axes.

    Example:
        >>> repeated(jnp.array([1.0, 2.0]), 0, 2).tolist()
        [1.0, 1.0, 2.0, 2.0]
    """
    return jnp.repeat(inputs, times, axis)


def _forward(inputs: Array, axis: int, times: int) -> tuple[Array, None]:
    return repeated(inputs, axis, times), None


def _backward(axis: int, times: int, _: None, outer: Array) -> tuple[Array]:
    return (sum_windows(outer, axis, times, times),)


repeated.defvjp(_forward, _backward)


@register(
    "zero_pad",
    formula="size zeros on each side, out = W + 2·size",
    source="none: zeros around the inputs",
)
class ZeroPad(Layer):
    """Put zeros around the inputs, on both sides of every axis; of a sequence, before and after its real steps.

    Args:
        size: How many on each side, one for all axes or a tuple.

    Raises:
        NetworkError: The size is out of range, or the inputs are rows.

    Example:
        >>> from leadline.nn import ZeroPad
        >>> ZeroPad((2, 1)).output_shape((28, 28, 1))
        (32, 30, 1)
    """

    size: AxisSizes = 1

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the lengths with both sides, and the channels."""
        sizes = expanded(self.size, spatial_axes(self, shape, (self.size,), path))
        return (*(length + 2 * size for length, size in zip(shape[:-1], sizes, strict=True)), shape[-1])

    def lengths_after(self, inputs: Float[Array, "B ..."], lengths: Array | None) -> Array | None:
        """Return the lengths with both sides."""
        return None if lengths is None else lengths + 2 * expanded(self.size, inputs.ndim - 2)[0]

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the inputs with zeros around."""
        sides = [(size, size) for size in expanded(self.size, inputs.ndim - 2)]
        return jnp.pad(without_padding(inputs, how.lengths), ((0, 0), *sides, (0, 0))), state
