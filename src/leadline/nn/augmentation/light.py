"""Layers that hide a part of each image or change its light while training, and do nothing in use.

In: images (H, W, C). Out: the same shape; the same values unless training. Each row of the batch draws its own.
"""

from __future__ import annotations

import math
from typing import Annotated

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from leadline.core.constraints import NOT_NEGATIVE, RATE
from leadline.nn.augmentation.augmentation import Augmentation, Images
from leadline.nn.base import Pass, needed_key, register


def erased(images: Images, centers: Int[Array, "B 2"], sides: tuple[int, int]) -> Images:
    """Return images with 0 in a rectangle; what stands over an edge is cut off.

    Args:
        images: Shape (B, H, W, C).
        centers: Row and column of each rectangle's center, shape (B, 2); of an even side, the second of the two
            pixels in its middle.
        sides: Its height and width, in pixels.

    Example:
        >>> erased(jnp.ones((1, 1, 4, 1)), jnp.array([[0, 3]]), (1, 2)).ravel().tolist()
        [1.0, 1.0, 0.0, 0.0]
    """
    starts = centers - jnp.array([side // 2 for side in sides])

    def within(axis: int) -> Array:
        from_start = jnp.arange(images.shape[axis + 1]) - starts[:, axis, None]
        return (from_start >= 0) & (from_start < sides[axis])

    return jnp.where(within(0)[:, :, None, None] & within(1)[:, None, :, None], 0, images)


@register(
    "random_erasing",
    formula="x, 0 in a rectangle of sides √share·H and √share·W around a pixel drawn for each image; in use x",
    year=2017,
    source="DeVries and Taylor, Improved regularization of convolutional neural networks with cutout",
)
class RandomErasing(Augmentation):
    """Set one rectangle of each image to 0 while training, so that no single part decides; in use: x.

    Its center is any pixel, each as likely; what stands over the edge is cut off, so that some images lose less
    than the share. All channels lose the same. 0 is the mean of standardized inputs: put it after those.
    DeVries and Taylor, 2017.

    Args:
        share: Of the image's area, what a whole rectangle takes, in [0, 1): sides are √share·H and √share·W,
            rounded to whole pixels, at least 1.

    Raises:
        NetworkError: The share is out of range, the inputs are no images, or there is no key while training.

    Example:
        >>> from leadline.nn import RandomErasing
        >>> RandomErasing(0.25).output_shape((32, 32, 3))
        (32, 32, 3)
    """

    share: Annotated[float, RATE]

    def changed(self, images: Images, how: Pass) -> Images:
        """Return the images, a rectangle of each 0."""
        batch, height, width, _ = images.shape
        centers = jax.random.randint(needed_key(self, how), (batch, 2), 0, jnp.array([height, width]))
        return erased(images, centers, (self._side(height), self._side(width)))

    def _side(self, length: int) -> int:
        """Return how many pixels of an axis a rectangle takes."""
        return max(round(math.sqrt(self.share) * length), 1) if self.share else 0


def _drawn_for_each(layer: Augmentation, images: Images, how: Pass) -> Float[Array, "B 1 1 1"]:
    """Return a normal draw for each image."""
    return jax.random.normal(needed_key(layer, how), (len(images), 1, 1, 1), images.dtype)


@register(
    "random_brightness",
    formula="x + spread·z, one z from N(0, 1) for each image; in use x",
    year=2013,
    source="Howard, Some improvements on deep convolutional neural network based image classification",
)
class RandomBrightness(Augmentation):
    """Make each image brighter or darker by a draw of its own while training: x + spread·z; in use: x.

    One z from N(0, 1) for each image, the same for all its pixels and channels; nothing is clipped. Howard, 2013.

    Args:
        spread: Standard deviation of what is added, in the unit of the inputs, at least 0.

    Raises:
        NetworkError: The spread is out of range, the inputs are no images, or there is no key while training.

    Example:
        >>> from leadline.nn import RandomBrightness
        >>> RandomBrightness(0.2).output_shape((32, 32, 3))
        (32, 32, 3)
    """

    spread: Annotated[float, NOT_NEGATIVE]

    def changed(self, images: Images, how: Pass) -> Images:
        """Return the images, brighter or darker."""
        return images + self.spread * _drawn_for_each(self, images, how)


@register(
    "random_contrast",
    formula="m + (x - m)·exp(spread·z), m the mean of a channel, one z from N(0, 1) for each image; in use x",
    year=2013,
    source="Howard, Some improvements on deep convolutional neural network based image classification",
)
class RandomContrast(Augmentation):
    """Give each image more or less contrast by a draw of its own while training; in use: x.

    Training: m + (x - m)·exp(spread·z), m the mean of each channel of the image, one z from N(0, 1) for the image:
    twice the contrast is as likely as half, and no image becomes its negative. Howard, 2013.

    Args:
        spread: Standard deviation of the factor's logarithm, at least 0; 0.3 means between half and twice, mostly.

    Raises:
        NetworkError: The spread is out of range, the inputs are no images, or there is no key while training.

    Example:
        >>> from leadline.nn import RandomContrast
        >>> RandomContrast(0.3).output_shape((32, 32, 3))
        (32, 32, 3)
    """

    spread: Annotated[float, NOT_NEGATIVE]

    def changed(self, images: Images, how: Pass) -> Images:
        """Return the images, with more or less contrast."""
        mean = images.mean((1, 2), keepdims=True)
        return mean + (images - mean) * jnp.exp(self.spread * _drawn_for_each(self, images, how))
