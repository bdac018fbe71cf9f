"""A layer of kernels that are given, not learned: edges, Gabor waves or a person's own, before a network.

In: images (B, H, W, C). Out: what every kernel answers on every channel. It has no parameters, so that training
leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from leadline.core.errors import NetworkError
from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State, register
from leadline.nn.choices import AxisSizes, Flag, KernelsField, PaddingField
from leadline.nn.convolution.convolve import convolve
from leadline.nn.convolution.slide import Slide
from leadline.nn.convolution.sliding import HINT
from leadline.nn.kernels import Kernels
from leadline.nn.windows import Window, output_lengths, spatial_axes, windows_over

IMAGE_RANK = 3  # height, width, channels


@register(
    "filter",
    formula="x * K on each channel, K given, out = (W - F + 2P)/S + 1",
    year=1968,
    source="Sobel and Feldman, A 3×3 isotropic gradient operator for image processing",
)
class Filter(Layer):
    """Slide given kernels over each channel of an image; a first layer that does not learn.

    out[p, q, c·K + k] = Σ x[p·s + m, q·s + n, c]·kernel[m, n, k]: C·K channels, all kernels on the first channel,
    then all on the next. Kernels are not mirrored, as in :class:`Conv`.

    Args:
        kernels: Kernels of the catalogue, by themselves or by name, or numbers of shape (M, N) or (M, N, K).
        stride: Step S from one position to the next, one for both axes or a tuple.
        padding: Zeros around the image: "same" keeps the size at stride 1 (an odd one goes after the end), "valid"
            is none, a number P is that many on each side; one for both axes or a tuple.
        floor: Where the stride does not divide, leave out the last rows instead of an error.

    Raises:
        NetworkError: A choice is out of range, the inputs are no images, or the window does not fit.

    Example:
        >>> from leadline.nn import Filter, gabor, sobel
        >>> Filter(sobel).output_shape((28, 28, 1)), Filter(gabor(orientations=6)).output_shape((28, 28, 3))
        ((28, 28, 2), (28, 28, 18))
    """

    kernels: KernelsField
    stride: AxisSizes = 1
    padding: PaddingField = "same"
    floor: Flag = False

    def bank(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return its kernels, shape (M, N, K), float64."""
        if isinstance(self.kernels, Kernels):
            return self.kernels.bank()
        numbers = np.asarray(self.kernels, np.float64)
        return numbers.reshape(*numbers.shape[:2], -1)

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the lengths by the formula, and C·K channels."""
        check_image(self, shape, path)
        spatial_axes(self, shape, (self.stride, self.padding), path)
        bank = self.bank()
        lengths = output_lengths(self._windows(shape, bank), self.floor, self.called(path), HINT)
        return (*lengths, shape[-1] * bank.shape[-1])

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B H W C"], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B P Q D"], State]:
        """Return what every kernel answers on every channel."""
        bank = self.bank()
        slide = Slide.over(self._windows(inputs.shape[1:], bank))
        kernel = jnp.asarray(bank[:, :, None], inputs.dtype)
        return each_channel(inputs, lambda maps: convolve(maps, kernel, *slide)), state

    def _windows(self, shape: Shape, bank: np.ndarray[Any, Any]) -> tuple[Window, ...]:
        return windows_over(shape, bank.shape[:2], self.stride, self.padding)


def check_image(layer: Layer, shape: Shape, path: str) -> None:
    """Raise an error that names the layer where the inputs are no images."""
    if len(shape) != IMAGE_RANK:
        raise NetworkError.at(
            layer.called(path),
            "given images (H, W, C)",
            f"shape {shape}",
            "inputs[..., None] gives gray images their channel",
        )


def each_channel(
    inputs: Float[Array, "B H W C"],
    answer: Callable[[Float[Array, "N H W 1"]], Float[Array, "N P Q K"]],
) -> Float[Array, "B P Q D"]:
    """Return what a function of gray images answers on every channel, D = C·K: all K of a channel together.

    Example:
        >>> each_channel(jnp.ones((2, 4, 4, 3)), lambda maps: jnp.concatenate([maps, -maps], axis=-1)).shape
        (2, 4, 4, 6)
    """
    batch, height, width, channels = inputs.shape
    found = answer(inputs.transpose(0, 3, 1, 2).reshape(batch * channels, height, width, 1))
    each = found.reshape(batch, channels, *found.shape[1:]).transpose(0, 2, 3, 1, 4)
    return each.reshape(*each.shape[:3], -1)
