"""The transposed convolution: makes sequences, images and volumes larger, as a decoder needs it.

In: what a convolution gives. Out: what it could have been given: the sizes are those of its inputs, and as a linear
map it is the adjoint of that convolution.
"""

from __future__ import annotations

import math
from typing import Annotated

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.core.errors import NetworkError, Problems
from leadline.nn.activations import linear
from leadline.nn.base import IN_USE, Params, Pass, Shape, State, register
from leadline.nn.choices import (
    ActivationField,
    AxisSizes,
    Count,
    Flag,
    InitializerField,
    Number,
    PaddingChoice,
    Sizes,
    expanded,
)
from leadline.nn.convolution.convolve import spread
from leadline.nn.convolution.slide import Slide
from leadline.nn.convolution.sliding import Sliding
from leadline.nn.initializers import usual_initializer
from leadline.nn.sequences.lengths import without_padding
from leadline.nn.windows import AXES, Window, spatial_axes, windows_over

EvenPadding = Annotated[str | int | tuple[str | int, ...], PaddingChoice(("same", "valid"))]
Rows = Annotated[int | tuple[int, ...], Sizes(0)]


@register(
    "transposed_conv",
    formula="a(Kᵀ x + b), out = (W - 1)·S - 2P + (F - 1)·D + 1",
    year=2010,
    source="Zeiler, Krishnan, Taylor and Fergus, Deconvolutional networks",
)
class TransposedConv(Sliding):
    """Let every input paint its kernel into a larger output and add up: the adjoint of a convolution.

    Output size on each axis: out = (W - 1)·S - 2P + F + output_padding, with padding "same" W·S. It is the size of
    an input from which :class:`Conv` of the same kernel, stride and padding makes W, and with its last two axes
    exchanged the same kernel makes ⟨conv(x), y⟩ = ⟨x, transposed(y)⟩. A dilated kernel reaches over (F - 1)·D + 1
    places instead of F.

    Args:
        channels: Number of output channels.
        kernel: Size F of the kernels, one for all axes or a tuple. A multiple of the stride paints all places
            equally often; others leave a pattern of squares.
        activation: What the sums go through.
        stride: Step S between what neighbors paint, one for all axes or a tuple.
        padding: What is cut off the edges: "same" makes the size W·S, "valid" cuts nothing, a number P that many
            rows on each side, fewer than the kernel reaches; a tuple for each axis.
        output_padding: Rows more at the end, fewer than the stride: several sizes lead to one under a stride, and
            without it the smallest is made.
        dilation: Step D from one place of the kernel to the next, one for all axes or a tuple.
        initializer: How the kernels begin; by default the one that suits the activation, for the C·F/S inputs
            that meet in one output.
        bias: Whether to add a bias to each channel.
        bias_value: What the bias begins with.

    Raises:
        NetworkError: A choice is out of range, or nothing is left of the outputs.

    Example:
        >>> from leadline.nn import TransposedConv
        >>> TransposedConv(8, 4, stride=2).output_shape((7, 7, 32))
        (14, 14, 8)
        >>> TransposedConv(8, 3, stride=2, padding=1).output_shape((50, 16))
        (99, 8)
    """

    channels: Count
    kernel: AxisSizes = 3
    activation: ActivationField = linear
    stride: AxisSizes = 1
    padding: EvenPadding = "same"
    output_padding: Rows = 0
    dilation: AxisSizes = 1
    initializer: InitializerField | None = None
    bias: Flag = True
    bias_value: Number = 0.0

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the lengths by the formula, and the channels."""
        sizes = (self.kernel, self.stride, self.padding, self.output_padding, self.dilation)
        axes = spatial_axes(self, shape, sizes, path)
        problems, windows = Problems(), self.windows(shape)
        each = zip(AXES[axes], windows, expanded(self.output_padding, axes), strict=True)
        for axis, window, more in each:
            if more and (more >= window.stride or window.padding == "same"):
                must_be = f"output_padding less than the stride on the {axis}, and 0 with padding 'same'"
                got = f"output_padding = {more}, S = {window.stride}, padding = {window.padding!r}"
                problems.add(self.called(path), must_be, got, "output_padding=0")
            elif window.length < 1:
                must_be = (
                    f"left with an output: out = (W - 1)·S - 2P + (F - 1)·D + 1 of at least 1 for the {axis}"
                )
                problems.add(self.called(path), must_be, f"out = {window.length}", "less padding")
        problems.raise_as(NetworkError)
        self.positions(shape, path, floor=True)
        return (*(window.length for window in windows), self.channels)

    def windows(self, shape: Shape) -> tuple[Window, ...]:
        """Return the windows on its outputs, one for each of its inputs, for inputs of this shape."""
        alone = windows_over(shape, self.kernel, self.stride, self.padding, self.dilation)
        more = expanded(self.output_padding, len(shape) - 1)
        lengths = (painted(w.length, w) + extra for w, extra in zip(alone, more, strict=True))
        shape = (*map(int, lengths), shape[-1])
        return windows_over(shape, self.kernel, self.stride, self.padding, self.dilation)

    def lengths_after(self, inputs: Float[Array, "B ..."], lengths: Array | None) -> Array | None:
        """Return how many steps the inputs of each sequence paint, at least one."""
        if lengths is None:
            return None
        window = self.windows(inputs.shape[1:])[0]
        more = expanded(self.output_padding, inputs.ndim - 2)[0]
        return jnp.maximum(painted(lengths, window) + more, 1)

    def init(self, key: PRNGKeyArray, shape: Shape) -> tuple[Params, State]:
        """Return kernels of shape (..., input channels, channels) and a bias of shape (channels,)."""
        axes, sums = len(shape) - 1, self.channels * self.activation.pieces
        sizes, strides = expanded(self.kernel, axes), expanded(self.stride, axes)
        places = math.prod(sizes)
        fan_in = max(1, places * shape[-1] // math.prod(strides))
        begin = self.initializer or usual_initializer(self.activation)
        kernel = begin(key, (*sizes, shape[-1], sums), fan_in, places * sums)
        return self.beginning({"kernel": kernel}, self.channels), {}

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return activation(Kᵀ x + b)."""
        windows = self.windows(inputs.shape[1:])
        lengths = tuple(window.length for window in windows)
        seen = without_padding(inputs, how.lengths)
        sums = spread(seen, params["kernel"], Slide.over(windows), lengths)
        return self.finished(sums, params, how), state


def painted(length: int | Array, window: Window) -> int | Array:
    """Return over how many places windows reach that stand side by side, without what the padding cuts off.

    Args:
        length: How many windows.
        window: Its size, stride, padding and dilation.

    Example:
        >>> painted(5, Window(5, 3, 2, "valid")), painted(5, Window(5, 3, 2, 1)), painted(5, Window(5, 3, 2, "same"))
        (11, 9, 10)
    """
    if window.padding == "same":
        return length * window.stride
    return (length - 1) * window.stride + window.reach - sum(window.sides)
