"""What all layers share that slide kernels: where their windows stand, and what happens to their sums.

In: a layer's choices and shapes. Out: windows, lengths, starting biases, activations of sums.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.nn.activations import Activation
from leadline.nn.base import Layer, Params, Pass, Shape, activate
from leadline.nn.choices import ActivationField, AxisSizes, Flag, Number, PaddingField
from leadline.nn.convolution.convolve import convolve
from leadline.nn.convolution.slide import Slide
from leadline.nn.sequences.lengths import steps_after, without_padding
from leadline.nn.windows import Window, output_lengths, spatial_axes, windows_over

HINT = "floor=True leaves out the last rows, padding='same' always fits, or choose another stride or padding"


class Sliding(Layer):
    """A layer whose kernels slide; each member gives these fields its own place and documentation."""

    has_weights = True

    kernel: AxisSizes
    activation: ActivationField
    stride: AxisSizes
    padding: PaddingField
    dilation: AxisSizes
    bias: Flag
    bias_value: Number

    @property
    def output_activation(self) -> Activation:
        """Its activation."""
        return self.activation

    def windows(self, shape: Shape) -> tuple[Window, ...]:
        """Return the window of the kernels on each axis, for inputs of this shape."""
        return windows_over(shape, self.kernel, self.stride, self.padding, self.dilation)

    def lengths_after(self, inputs: Float[Array, "B ..."], lengths: Array | None) -> Array | None:
        """Return how many positions of the kernels belong to each sequence, at least one."""
        return steps_after(self.windows(inputs.shape[1:])[0], lengths)

    def positions(self, shape: Shape, path: str, floor: bool) -> tuple[int, ...]:
        """Return the lengths of the outputs by the formula.

        Raises:
            NetworkError: The inputs have another rank, or the windows do not fit.
        """
        spatial_axes(self, shape, (self.kernel, self.stride, self.padding, self.dilation), path)
        return output_lengths(self.windows(shape), floor, self.called(path), HINT)

    def slid(self, inputs: Array, kernel: Array, lengths: Array | None, groups: int) -> Array:
        """Return the sums under the kernels; steps after the end of a sequence are zeros."""
        slide = Slide.over(self.windows(inputs.shape[1:]))
        return convolve(without_padding(inputs, lengths), kernel, *slide, groups=groups)

    def beginning(self, kernels: Params, outputs: int) -> Params:
        """Return the parameters at the start: kernels, bias, and what the activation learns."""
        bias = {"bias": jnp.full((outputs * self.activation.pieces,), self.bias_value, jnp.float32)}
        return kernels | (bias if self.bias else {}) | self.activation.start(outputs)

    def finished(self, sums: Array, params: Params, how: Pass) -> Array:
        """Return the outputs for sums: with bias, through the activation."""
        return activate(self.activation, sums + params["bias"] if self.bias else sums, params, how)
