"""The convolution layer over sequences (T, F), images (H, W, C) and volumes (D, H, W, C).

In: one of these. Out: the same with other channels and, by stride and padding, another length or size.
"""

from __future__ import annotations

import math

from jaxtyping import Array, Float, PRNGKeyArray

from leadline.core.errors import NetworkError
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
from leadline.nn.initializers import fans, usual_initializer


@register(
    "conv",
    formula="a(x * K + b), out = (W - (F - 1)·D - 1 + 2P)/S + 1",
    year=1989,
    source="LeCun et al., Backpropagation applied to handwritten zip code recognition",
)
class Conv(Sliding):
    """Slide kernels over a sequence, an image or a volume: activation(x * kernel + b).

    Output size on each axis: out = (W - F + 2P)/S + 1, with padding "same" ceil(W / S). A dilated kernel
    reaches over (F - 1)·D + 1 places instead of F. Steps after the end of a sequence count as zeros, so that a
    sequence gives the same alone and in a batch of longer ones (but for "same" with a stride, whose zeros depend
    on the length of the batch).

    Args:
        channels: Number of kernels, which is the number of output channels.
        kernel: Size F of the kernels, one for all axes or a tuple.
        activation: What the sums go through.
        stride: Step S from one position to the next, one for all axes or a tuple.
        padding: Zeros around the input: "same" keeps the size at stride 1 (an odd one goes after the end),
            "valid" is none, a number P is that many on each side, less than the kernel reaches; a tuple for each
            axis. "causal" is for sequences: all before the start, so that no output depends on later inputs.
        dilation: Step D from one place under the kernel to the next, one for all axes or a tuple; 1 has no gaps.
        groups: Each of them makes its share of the output channels from its share of the input channels.
        initializer: How the kernels begin; by default the one that suits the activation.
        bias: Whether to add a bias to each channel.
        bias_value: What the bias begins with.
        floor: Where the stride does not divide, leave out the last rows instead of an error.

    Raises:
        NetworkError: A choice is out of range, the window does not fit the inputs, or the groups do not divide
            the channels.

    Example:
        >>> from leadline.nn import Conv
        >>> Conv(16, 3).output_shape((28, 28, 1)), Conv(8, 3, stride=2, padding=1).output_shape((99, 4))
        ((28, 28, 16), (50, 8))
        >>> Conv(8, 2, padding="causal", dilation=4).output_shape((99, 8)), Conv(4, 3).output_shape((5, 6, 7, 2))
        ((99, 8), (5, 6, 7, 4))
    """

    channels: Count
    kernel: AxisSizes = 3
    activation: ActivationField = linear
    stride: AxisSizes = 1
    padding: PaddingField = "same"
    dilation: AxisSizes = 1
    groups: Count = 1
    initializer: InitializerField | None = None
    bias: Flag = True
    bias_value: Number = 0.0
    floor: Flag = False

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the lengths by the formula, and the channels."""
        lengths = self.positions(shape, path, self.floor)
        if shape[-1] % self.groups or self.channels % self.groups:
            raise NetworkError.at(
                self.called(path),
                "made with groups that divide the channels in and the channels out",
                f"groups = {self.groups}, channels in = {shape[-1]}, channels out = {self.channels}",
                f"groups={math.gcd(shape[-1], self.channels, self.groups)}",
            )
        return (*lengths, self.channels)

    def init(self, key: PRNGKeyArray, shape: Shape) -> tuple[Params, State]:
        """Return kernels of shape (..., input channels / groups, channels) and a bias of shape (channels,)."""
        sums = self.channels * self.activation.pieces
        kernel_shape = (*expanded(self.kernel, len(shape) - 1), shape[-1] // self.groups, sums)
        fan_in, fan_out = fans(kernel_shape)
        begin = self.initializer or usual_initializer(self.activation)
        kernel = begin(key, kernel_shape, fan_in, fan_out // self.groups)
        return self.beginning({"kernel": kernel}, self.channels), {}

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return activation(x * kernel + b)."""
        sums = self.slid(inputs, params["kernel"], how.lengths, self.groups)
        return self.finished(sums, params, how), state
