"""Pooling layers: make sequences and images smaller by the largest or the mean under a window.

In: sequences or images. Out: the same with fewer rows and columns, or none of them (global pooling).
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State, register
from leadline.nn.choices import AxisSizes, Flag, expanded
from leadline.nn.conv import spatial_axes
from leadline.nn.pool_windows import max_of_all, max_windows, mean_windows
from leadline.nn.windows import Window, output_lengths

HINT = "floor=True leaves out the last rows, or choose another size or stride"


def _windows(layer: MaxPool | AveragePool, shape: Shape) -> tuple[Window, ...]:
    axes = len(shape) - 1
    stride = layer.size if layer.stride is None else layer.stride
    each = zip(shape[:-1], expanded(layer.size, axes), expanded(stride, axes), strict=True)
    return tuple(Window(length, size, step, "valid") for length, size, step in each)


def _pooled_shape(layer: MaxPool | AveragePool, shape: Shape, path: str) -> Shape:
    sizes = (layer.size,) if layer.stride is None else (layer.size, layer.stride)
    spatial_axes(layer, shape, sizes, path)
    return (*output_lengths(_windows(layer, shape), layer.floor, layer.called(path), HINT), shape[-1])


@register(
    "max_pool",
    formula="max under the window, out = (W - F)/S + 1",
    year=1992,
    source="Weng, Ahuja and Huang, Cresceptron: a self-organizing neural network which grows adaptively",
)
class MaxPool(Layer):
    """Take the largest under each window, for each channel: out = (W - F)/S + 1 on each axis.

    The gradient is 0 at all places but the largest, the first one of equals.

    Args:
        size: Size F of the window, one for all axes or a tuple.
        stride: Step S; the size by default, so that windows stand side by side.
        floor: Where the windows do not cover the input exactly, leave out the last rows instead of an error.

    Raises:
        NetworkError: A choice is out of range, or the window does not fit the inputs.

    Example:
        >>> from leadline.nn import MaxPool
        >>> MaxPool(2).output_shape((28, 28, 16))
        (14, 14, 16)
    """

    size: AxisSizes = 2
    stride: AxisSizes | None = None
    floor: Flag = False

    @property
    def nonlinear(self) -> bool:
        """Taking the largest is not linear."""
        return True

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the lengths by the formula, and the channels."""
        return _pooled_shape(self, shape, path)

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the largest under each window."""
        outputs = inputs
        axes = list(enumerate(_windows(self, inputs.shape[1:]), start=1))
        for axis, window in reversed(axes):  # along rows first, so that equals are met in reading order
            outputs = max_windows(outputs, axis, window.size, window.stride)
        return outputs, state


@register(
    "average_pool",
    formula="mean under the window, out = (W - F)/S + 1",
    year=1998,
    source="LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition",
)
class AveragePool(Layer):
    """Take the mean under each window, for each channel: out = (W - F)/S + 1 on each axis.

    Args:
        size: Size F of the window, one for all axes or a tuple.
        stride: Step S; the size by default, so that windows stand side by side.
        floor: Where the windows do not cover the input exactly, leave out the last rows instead of an error.

    Raises:
        NetworkError: A choice is out of range, or the window does not fit the inputs.

    Example:
        >>> from leadline.nn import AveragePool
        >>> AveragePool(2).output_shape((100, 8))
        (50, 8)
    """

    size: AxisSizes = 2
    stride: AxisSizes | None = None
    floor: Flag = False

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the lengths by the formula, and the channels."""
        return _pooled_shape(self, shape, path)

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the mean under each window."""
        outputs = inputs
        for axis, window in enumerate(_windows(self, inputs.shape[1:]), start=1):
            outputs = mean_windows(outputs, axis, window.size, window.stride)
        return outputs, state


@register(
    "global_max_pool",
    formula="max over all places",
    year=2015,
    source="Oquab, Bottou, Laptev and Sivic, Is object localization for free?",
)
class GlobalMaxPool(Layer):
    """Take the largest of each channel over all places; the gradient goes to the first of equals.

    Example:
        >>> from leadline.nn import GlobalMaxPool
        >>> GlobalMaxPool().output_shape((7, 7, 32))
        (32,)
    """

    @property
    def nonlinear(self) -> bool:
        """Taking the largest is not linear."""
        return True

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the channels."""
        spatial_axes(self, shape, (), path)
        return shape[-1:]

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B C"], State]:
        """Return the largest of each channel."""
        return max_of_all(inputs.reshape(len(inputs), -1, inputs.shape[-1])), state


@register(
    "global_average_pool",
    formula="mean over all places",
    year=2014,
    source="Lin, Chen and Yan, Network in network",
)
class GlobalAveragePool(Layer):
    """Take the mean of each channel over all places.

    Example:
        >>> from leadline.nn import GlobalAveragePool
        >>> GlobalAveragePool().output_shape((7, 7, 32))
        (32,)
    """

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the channels."""
        spatial_axes(self, shape, (), path)
        return shape[-1:]

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B C"], State]:
        """Return the mean of each channel."""
        return jnp.mean(inputs, axis=tuple(range(1, inputs.ndim - 1))), state
