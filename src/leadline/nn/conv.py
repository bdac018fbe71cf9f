"""Convolution layers over sequences (T, F) and images (H, W, C).

In: sequences or images. Out: the same with other channels and, by stride and padding, another length or size.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.core.errors import NetworkError
from leadline.nn.activations import Activation, linear
from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State, activate, register
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
from leadline.nn.convolution import add_bias, convolve
from leadline.nn.initializers import fans, usual_initializer
from leadline.nn.windows import Window, output_lengths

HINT = "floor=True leaves out the last rows, padding='same' always fits, or choose another stride or padding"


def spatial_axes(layer: Layer, shape: Shape, sizes: tuple[int | tuple[int, ...], ...], path: str) -> int:
    """Return how many axes a window slides over: 1 on a sequence (T, F), 2 on an image (H, W, C).

    Raises:
        NetworkError: The inputs are neither, or a tuple of sizes has another length.
    """
    axes = len(shape) - 1
    if axes not in (1, 2):
        raise NetworkError.at(
            layer.called(path),
            "given a sequence (T, F) or images (H, W, C)",
            f"shape {shape}",
            "flat rows go to ll.Dense; put windows before ll.Flatten()",
        )
    for size in sizes:
        if isinstance(size, tuple) and len(size) != axes:
            raise NetworkError.at(
                layer.called(path),
                f"made with one number or {axes} for the axes of its inputs",
                f"{size} on shape {shape}",
                f"{size[0]}",
            )
    return axes


@register(
    "conv",
    formula="a(x * K + b), out = (W - F + 2P)/S + 1",
    year=1989,
    source="LeCun et al., Backpropagation applied to handwritten zip code recognition",
)
class Conv(Layer):
    """Slide kernels over a sequence or an image: activation(x * kernel + b).

    Output size on each axis: out = (W - F + 2P)/S + 1, with padding "same" ceil(W / S).

    Args:
        channels: Number of kernels, which is the number of output channels.
        kernel: Size F of the kernels, one for all axes or a tuple.
        activation: What the sums go through.
        stride: Step S from one position to the next, one for all axes or a tuple.
        padding: Zeros around the input: "same" keeps the size at stride 1 (an odd one goes after the end),
            "valid" is none, a number P is that many on each side.
        initializer: How the kernels begin; by default the one that suits the activation.
        bias: Whether to add a bias to each channel.
        bias_value: What the bias begins with.
        floor: Where the stride does not divide, leave out the last rows instead of an error.

    Raises:
        NetworkError: A choice is out of range, or the window does not fit the inputs.

    Example:
        >>> from leadline.nn import Conv
        >>> Conv(16, 3).output_shape((28, 28, 1)), Conv(8, 3, stride=2, padding=1).output_shape((99, 4))
        ((28, 28, 16), (50, 8))
    """

    has_weights = True

    channels: Count
    kernel: AxisSizes = 3
    activation: ActivationField = linear
    stride: AxisSizes = 1
    padding: PaddingField = "same"
    initializer: InitializerField | None = None
    bias: Flag = True
    bias_value: Number = 0.0
    floor: Flag = False

    @property
    def output_activation(self) -> Activation:
        """Its activation."""
        return self.activation

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the lengths by the formula, and the channels."""
        spatial_axes(self, shape, (self.kernel, self.stride), path)
        lengths = output_lengths(self._windows(shape), self.floor, self.called(path), HINT)
        return (*lengths, self.channels)

    def init(self, key: PRNGKeyArray, shape: Shape) -> tuple[Params, State]:
        """Return kernels of shape (..., input channels, channels) and a bias of shape (channels,)."""
        sums = self.channels * self.activation.pieces
        kernel_shape = (*expanded(self.kernel, len(shape) - 1), shape[-1], sums)
        begin = self.initializer or usual_initializer(self.activation)
        params = {"kernel": begin(key, kernel_shape, *fans(kernel_shape))}
        if self.bias:
            params["bias"] = jnp.full((sums,), self.bias_value, jnp.float32)
        return params | self.activation.start(self.channels), {}

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return activation(x * kernel + b)."""
        windows = self._windows(inputs.shape[1:])
        images, kernel = inputs, params["kernel"]
        if len(windows) == 1:  # a sequence is an image of height 1
            images, kernel = images[:, None], kernel[None]
            windows = (Window(1, 1, 1, "valid"), *windows)
        stride = (windows[0].stride, windows[1].stride)
        sums = convolve(images, kernel, stride, (windows[0].sides, windows[1].sides))
        if self.bias:
            sums = add_bias(sums, params["bias"])
        sums = sums if inputs.ndim == sums.ndim else sums[:, 0]
        return activate(self.activation, sums, params, how), state

    def _windows(self, shape: Shape) -> tuple[Window, ...]:
        axes = len(shape) - 1
        each = zip(shape[:-1], expanded(self.kernel, axes), expanded(self.stride, axes), strict=True)
        return tuple(Window(length, size, stride, self.padding) for length, size, stride in each)
