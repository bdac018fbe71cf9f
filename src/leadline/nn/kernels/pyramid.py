"""The Gaussian pyramid: one picture at several sizes, each half as large as the one before.

In: images (B, H, W, C). Out: a tuple of arrays, one for each level; or, as a layer, all levels at full size side
by side as channels. Nothing in it is learned.
"""

from __future__ import annotations

from typing import Annotated

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from leadline.core.errors import NetworkError
from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State, register
from leadline.nn.choices import WholeNumber
from leadline.nn.convolution.convolve import convolve
from leadline.nn.kernels import binomial
from leadline.nn.kernels.filter import check_image, each_channel

REACH = 2  # pixels that the kernel looks to each side
Images = Float[Array, "B H W C"]


def gaussian_pyramid(images: Images, levels: int = 4) -> tuple[Images, ...]:
    """Return images at several sizes: blurred with 1 4 6 4 1 along both axes, then every second row and column.

    Level 0 are the images; a level of H rows is followed by one of ceil(H / 2). Pixels beyond the edge mirror
    those before it, and the edge itself is not repeated, so that a flat picture stays flat.

    Args:
        images: Shape (B, H, W, C).
        levels: How many, the images themselves included, at least 1; no axis may shrink below 1 pixel.

    Returns:
        ``levels`` arrays of shape (B, ceil(H / 2^l), ceil(W / 2^l), C).

    Raises:
        NetworkError: The images have another rank, or there are more levels than halvings.

    Example:
        >>> [level.shape[1:3] for level in gaussian_pyramid(jnp.ones((1, 28, 20, 3)), levels=4)]
        [(28, 20), (14, 10), (7, 5), (4, 3)]

    Source: Burt and Adelson, The Laplacian pyramid as a compact image code (1983), with a = 3/8.
    """
    images = jnp.asarray(images)
    GaussianPyramid(levels).output_shape(images.shape[1:])
    found = [images]
    for _ in range(levels - 1):
        found.append(each_channel(found[-1], _reduced))
    return tuple(found)


def _reduced(maps: Float[Array, "N H W 1"]) -> Float[Array, "N P Q 1"]:
    """Return images of half the size."""
    return _blurred(maps, 1.0, (2, 2))


def _expanded(maps: Float[Array, "N P Q 1"], height: int, width: int) -> Float[Array, "N H W 1"]:
    """Return images of twice the size (or a row or column less): what lies between is filled by the blur."""
    edges = [
        (0, whole - (2 * half - 1), 1) for whole, half in zip((height, width), maps.shape[1:3], strict=True)
    ]
    apart = lax.pad(maps, jnp.zeros((), maps.dtype), [(0, 0, 0), *edges, (0, 0, 0)])
    return _blurred(apart, 4.0, (1, 1))  # three of four pixels are new and zero


def _blurred(maps: Array, scale: float, stride: tuple[int, int]) -> Array:
    padded = jnp.pad(maps, ((0, 0), (REACH, REACH), (REACH, REACH), (0, 0)), mode="reflect")
    kernel = jnp.asarray(scale * binomial.bank()[:, :, None], maps.dtype)
    return convolve(padded, kernel, stride, ((0, 0), (0, 0)))


@register(
    "gaussian_pyramid",
    formula="x, and x blurred with 1 4 6 4 1 and halved once, twice, …, each brought back to full size",
    year=1983,
    source="Burt and Adelson, The Laplacian pyramid as a compact image code",
)
class GaussianPyramid(Layer):
    """See images at several scales at once: all levels of the pyramid, at full size, as channels.

    Each level is brought back by doubling: zeros between its pixels, then the same blur times 4. Out come C·levels
    channels: all levels of the first channel, from fine to coarse, then all of the next. It does not learn.

    Args:
        levels: How many, the images themselves included, at least 1.

    Raises:
        NetworkError: The inputs are no images, or there are more levels than halvings.

    Example:
        >>> from leadline.nn import GaussianPyramid
        >>> GaussianPyramid(3).output_shape((28, 28, 1))
        (28, 28, 3)
    """

    levels: Annotated[int, WholeNumber()] = 4

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the same size, and C·levels channels."""
        check_image(self, shape, path)
        most = 1 + (max(min(shape[:2]), 1) - 1).bit_length()
        if self.levels > most:
            raise NetworkError.at(
                self.called(path),
                f"made with at most {most} levels for its inputs: each is half of the one before",
                f"{self.levels} levels of shape {shape}",
                f"levels={most}",
            )
        return (*shape[:-1], shape[-1] * self.levels)

    def apply(
        self, params: Params, state: State, inputs: Images, how: Pass = IN_USE
    ) -> tuple[Float[Array, "B H W D"], State]:
        """Return all levels at full size."""
        return each_channel(inputs, self._levels), state

    def _levels(self, maps: Float[Array, "N H W 1"]) -> Float[Array, "N H W L"]:
        sizes, level, found = [], maps, [maps]
        for _ in range(self.levels - 1):
            sizes.append(level.shape[1:3])
            level = whole = _reduced(level)
            for height, width in reversed(sizes):
                whole = _expanded(whole, height, width)
            found.append(whole)
        return jnp.concatenate(found, axis=-1)
