"""Convolutions that look at every channel by itself: depthwise, and separable with a mixing step after it.

In: sequences (T, F), images (H, W, C) or volumes (D, H, W, C). Out: the same, with few weights for many channels.
"""

from __future__ import annotations

import math

import jax
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.nn.activations import linear
from leadline.nn.base import IN_USE, Params, Pass, Shape, State, register
from leadline.nn.choices import (
    ActivationField,
    AxisSizes,
    Count,
    Flag,
    InitializerField,
    Number,
    PaddingField,
    expanded,
)
from leadline.nn.convolution.sliding import Sliding
from leadline.nn.initializers import Initializer, usual_initializer


def _kernels(
    key: PRNGKeyArray, begin: Initializer, sizes: tuple[int, ...], channels: int, multiplier: int
) -> Float[Array, "*sizes 1 K"]:
    """Return the starting kernels: each output sees one channel, each channel feeds as many as the multiplier."""
    places = math.prod(sizes)
    kernel: Array = begin(key, (*sizes, 1, channels * multiplier), places, places * multiplier)
    return kernel


@register(
    "depthwise_conv",
    formula="a(x_c * K_c + b), out = (W - (F - 1)·D - 1 + 2P)/S + 1",
    year=2014,
    source="Sifre, Rigid-motion scattering for image classification",
)
class DepthwiseConv(Sliding):
    """Slide kernels over every channel by itself: activation(x_c * kernel_c + b).

    It is a :class:`Conv` with as many groups as channels. Sizes, paddings and lengths of sequences are as there.

    Args:
        kernel: Size F of the kernels, one for all axes or a tuple.
        activation: What the sums go through.
        multiplier: Kernels for each channel; the outputs have C·multiplier channels, those of one side by side.
        stride: Step S from one position to the next, one for all axes or a tuple.
        padding: Zeros around the input: "same", "valid", "causal" (sequences), a number, or a tuple for each axis.
        dilation: Step D from one place under the kernel to the next, one for all axes or a tuple.
        initializer: How the kernels begin; by default the one that suits the activation.
        bias: Whether to add a bias to each channel.
        bias_value: What the bias begins with.
        floor: Where the stride does not divide, leave out the last rows instead of an error.

    Raises:
        NetworkError: A choice is out of range, or the window does not fit the inputs.

    Example:
        >>> from leadline.nn import DepthwiseConv
        >>> DepthwiseConv(3, multiplier=2).output_shape((28, 28, 16))
        (28, 28, 32)
    """

    kernel: AxisSizes = 3
    activation: ActivationField = linear
    multiplier: Count = 1
    stride: AxisSizes = 1
    padding: PaddingField = "same"
    dilation: AxisSizes = 1
    initializer: InitializerField | None = None
    bias: Flag = True
    bias_value: Number = 0.0
    floor: Flag = False

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the lengths by the formula, and the channels times the multiplier."""
        return (*self.positions(shape, path, self.floor), shape[-1] * self.multiplier)

    def init(self, key: PRNGKeyArray, shape: Shape) -> tuple[Params, State]:
        """Return kernels of shape (..., 1, C·multiplier) and a bias of shape (C·multiplier,)."""
        begin = self.initializer or usual_initializer(self.activation)
        sizes = expanded(self.kernel, len(shape) - 1)
        kernel = _kernels(key, begin, sizes, shape[-1], self.multiplier * self.activation.pieces)
        return self.beginning({"kernel": kernel}, shape[-1] * self.multiplier), {}

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return activation(x_c * kernel_c + b)."""
        sums = self.slid(inputs, params["kernel"], how.lengths, groups=inputs.shape[-1])
        return self.finished(sums, params, how), state


@register(
    "separable_conv",
    formula="a(Σ_c (x_c * K_c) W_c + b), out = (W - (F - 1)·D - 1 + 2P)/S + 1",
    year=2017,
    source="Chollet, Xception: deep learning with depthwise separable convolutions",
)
class SeparableConv(Sliding):
    """Slide a kernel over every channel, then mix the channels at each place: activation((x_c * kernel_c) W + b).

    Nothing stands between the two steps. It has F·F·C + C·K weights on images where :class:`Conv` has F·F·C·K.

    Args:
        channels: Number of output channels.
        kernel: Size F of the kernels, one for all axes or a tuple.
        activation: What the mixed sums go through.
        multiplier: Kernels for each input channel.
        stride: Step S from one position to the next, one for all axes or a tuple.
        padding: Zeros around the input: "same", "valid", "causal" (sequences), a number, or a tuple for each axis.
        dilation: Step D from one place under the kernel to the next, one for all axes or a tuple.
        initializer: How kernels and mixing weights begin; by default the one that suits what they lead into.
        bias: Whether to add a bias to each output channel.
        bias_value: What the bias begins with.
        floor: Where the stride does not divide, leave out the last rows instead of an error.

    Raises:
        NetworkError: A choice is out of range, or the window does not fit the inputs.

    Example:
        >>> from leadline.nn import SeparableConv
        >>> SeparableConv(64, 3, stride=2).output_shape((28, 28, 16))
        (14, 14, 64)
    """

    channels: Count
    kernel: AxisSizes = 3
    activation: ActivationField = linear
    multiplier: Count = 1
    stride: AxisSizes = 1
    padding: PaddingField = "same"
    dilation: AxisSizes = 1
    initializer: InitializerField | None = None
    bias: Flag = True
    bias_value: Number = 0.0
    floor: Flag = False

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the lengths by the formula, and the channels."""
        return (*self.positions(shape, path, self.floor), self.channels)

    def init(self, key: PRNGKeyArray, shape: Shape) -> tuple[Params, State]:
        """Return kernels (..., 1, C·multiplier), mixing weights (C·multiplier, channels) and a bias (channels,)."""
        sums, middle = self.channels * self.activation.pieces, shape[-1] * self.multiplier
        slides = self.initializer or usual_initializer(linear)
        mixes = self.initializer or usual_initializer(self.activation)
        first, second = jax.random.split(key)
        sizes = expanded(self.kernel, len(shape) - 1)
        kernels = {
            "kernel": mixes(second, (middle, sums), middle, sums),
            "depthwise_kernel": _kernels(first, slides, sizes, shape[-1], self.multiplier),
        }
        return self.beginning(kernels, self.channels), {}

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return activation((x_c * kernel_c) W + b)."""
        middle = self.slid(inputs, params["depthwise_kernel"], how.lengths, groups=inputs.shape[-1])
        return self.finished(middle @ params["kernel"], params, how), state
