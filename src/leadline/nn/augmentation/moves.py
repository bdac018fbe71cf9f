"""Layers that move images while training and do nothing in use: flips, shifts, rotations.

In: images (H, W, C); a shift also takes sequences (T, F) and volumes (D, H, W, C). Out: the same shape; the same
values unless training. Each row of the batch draws its own move; beside each layer stands the move by given
amounts, a pure function. What comes from beyond an edge is the pixel at the edge, which is background however
the inputs were scaled; zeros would be black in one preparation and gray in another.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import jax
import jax.numpy as jnp
from jax.scipy.ndimage import map_coordinates
from jaxtyping import Array, Bool, Float, Int

from leadline.core.constraints import Interval
from leadline.core.errors import NetworkError, Problems
from leadline.nn.augmentation.augmentation import Augmentation, Images
from leadline.nn.base import Pass, Shape, needed_key, register
from leadline.nn.choices import Flag, Sizes, expanded
from leadline.nn.windows import AXES, spatial_axes

HEIGHT, WIDTH = 1, 2  # axes of a batch of images


def flipped(images: Images, flips: Bool[Array, " B"], axis: int) -> Images:
    """Return images, those with True read backwards along an axis.

    Example:
        >>> flipped(jnp.array([[[[1.0], [2.0]]]]), jnp.array([True]), WIDTH).ravel().tolist()
        [2.0, 1.0]
    """
    return jnp.where(flips[:, None, None, None], jnp.flip(images, axis), images)


@register(
    "random_flip",
    formula="x(i, W - 1 - j) with probability 1/2, and likewise x(H - 1 - i, j); in use x",
    year=2012,
    source="Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks",
)
class RandomFlip(Augmentation):
    """Mirror each image with probability 1/2 while training; in use: x. Krizhevsky, Sutskever and Hinton, 2012.

    Only where a mirror image shows the same thing: a cat stays a cat, a digit or a letter does not.

    Args:
        horizontal: Exchange left and right.
        vertical: Exchange top and bottom, drawn on its own; off, as most photographs have an up and a down.

    Raises:
        NetworkError: Neither is on, the inputs are no images, or there is no key while training.

    Example:
        >>> from leadline.nn import RandomFlip
        >>> RandomFlip().output_shape((32, 32, 3))
        (32, 32, 3)
    """

    horizontal: Flag = True
    vertical: Flag = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.horizontal or self.vertical):
            must_be, hint = "True where vertical is False: else it flips nothing", "leave the layer out"
            raise NetworkError.at("RandomFlip, horizontal", must_be, "False", hint)

    def changed(self, images: Images, how: Pass) -> Images:
        """Return the images, some of them mirrored."""
        across, down = jax.random.bernoulli(needed_key(self, how), 0.5, (2, len(images)))
        if self.horizontal:
            images = flipped(images, across, WIDTH)
        if self.vertical:
            images = flipped(images, down, HEIGHT)
        return images


def shifted(
    inputs: Float[Array, "B ... C"], pixels: Int[Array, "B A"], lengths: Int[Array, " B"] | None = None
) -> Float[Array, "B ... C"]:
    """Return inputs moved by whole pixels, each row by its own; what comes from beyond the edge is the edge pixel.

    Args:
        inputs: Shape (B, T, F), (B, H, W, C) or (B, D, H, W, C).
        pixels: For each row and axis, towards larger indices (down, right, later) where positive.
        lengths: Real steps of each sequence, shape (B,): these move among themselves, the padding stays; None
            where all are real.

    Example:
        >>> shifted(jnp.array([[[1.0], [2.0], [3.0]]]), jnp.array([[1]])).ravel().tolist()
        [1.0, 1.0, 2.0]
    """
    for axis in range(pixels.shape[1]):
        places = jnp.arange(inputs.shape[axis + 1])
        last = places[-1] if axis > 0 or lengths is None else lengths[:, None] - 1
        source = jnp.clip(places - pixels[:, axis, None], 0, last)
        source = jnp.where(places > last, places, source)
        inputs = jax.vmap(partial(jnp.take, axis=axis, mode="clip"))(inputs, source)
    return inputs


@register(
    "random_shift",
    formula="x(i - s, j - t), s and t whole, uniform in [-pixels, pixels], one pair for each image; in use x",
    year=2003,
    source="Simard, Steinkraus and Platt, Best practices for convolutional neural networks",
)
class RandomShift(Augmentation):
    """Shift each image by whole pixels while training, along every axis by a draw of its own; in use: x.

    A place that comes from beyond the edge shows the pixel at the edge. Sequences shift in time, their real steps
    alone; volumes along all three axes. Simard, Steinkraus and Platt, 2003.

    Args:
        pixels: How far at most in each direction, one for all axes or a tuple; each whole number up to it is
            equally likely. 1 is safe in the smallest pictures; a tenth of the size is usual.

    Raises:
        NetworkError: The pixels are out of range or as many as the axis has, the inputs are rows, or there is no
            key while training.

    Example:
        >>> from leadline.nn import RandomShift
        >>> RandomShift(2).output_shape((28, 28, 1))
        (28, 28, 1)
    """

    pixels: Annotated[int | tuple[int, ...], Sizes(0)] = 1

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the same shape."""
        axes = spatial_axes(self, shape, (self.pixels,), path)
        problems = Problems()
        for axis, most, length in zip(AXES[axes], expanded(self.pixels, axes), shape[:-1], strict=True):
            if most >= length:
                must_be, got = (
                    f"made with fewer pixels than the {axis} of its inputs",
                    f"{most} on shape {shape}",
                )
                problems.add(self.called(path), must_be, got, f"{length - 1} at most; a tenth is usual")
        problems.raise_as(NetworkError)
        return shape

    def changed(self, images: Float[Array, "B ... C"], how: Pass) -> Float[Array, "B ... C"]:
        """Return the images, shifted."""
        most = jnp.array(expanded(self.pixels, images.ndim - 2))
        drawn = jax.random.randint(needed_key(self, how), (len(images), len(most)), -most, most + 1)
        return shifted(images, drawn, how.lengths)


def rotated(images: Images, degrees: Float[Array, " B"]) -> Images:
    """Return images turned about their center, each by its own angle, counterclockwise where positive.

    A pixel (i, j) shows the place (i cos a + j sin a, j cos a - i sin a) of the image, counted from the center and
    read between its four neighbors in proportion (bilinear); beyond the edge, the edge goes on.

    Args:
        images: Shape (B, H, W, C).
        degrees: Angles, shape (B,).

    Example:
        >>> image = jnp.array([[1.0, 2.0], [3.0, 4.0]])
        >>> rotated(image[None, :, :, None], jnp.array([90.0])).round().astype(int).ravel().tolist()
        [2, 4, 1, 3]
    """
    _, height, width, _ = images.shape
    exact = jnp.promote_types(images.dtype, jnp.float32)  # places in half precision would be pixels apart
    down, right = ((jnp.arange(n, dtype=exact) - (n - 1) / 2) for n in (height, width))
    down = down[:, None]

    def turned(image: Float[Array, "H W C"], angle: Float[Array, ""]) -> Float[Array, "H W C"]:
        sine, cosine = jnp.sin(angle), jnp.cos(angle)
        rows, columns = down * cosine + right * sine, right * cosine - down * sine
        places = [rows + (height - 1) / 2, columns + (width - 1) / 2]
        read = partial(map_coordinates, coordinates=places, order=1, mode="nearest")
        found: Array = jax.vmap(read, in_axes=-1, out_axes=-1)(image)
        return found

    return jax.vmap(turned)(images, jnp.deg2rad(degrees.astype(exact)))


@register(
    "random_rotation",
    formula="x turned about its center by an angle uniform in [-degrees, degrees], bilinear; in use x",
    year=2003,
    source="Simard, Steinkraus and Platt, Best practices for convolutional neural networks",
)
class RandomRotation(Augmentation):
    """Turn each image about its center by an angle of its own while training; in use: x.

    What lies between pixels is read from the four around it (bilinear); a place from beyond the edge shows the
    pixel at the edge. Simard, Steinkraus and Platt, 2003.

    Args:
        degrees: The largest angle in either direction, in [0, 180]; all up to it are equally likely. 10 leaves
            digits and letters what they are; a 6 upside down is a 9.

    Raises:
        NetworkError: The angle is out of range, the inputs are no images, or there is no key while training.

    Example:
        >>> from leadline.nn import RandomRotation
        >>> RandomRotation(15).output_shape((28, 28, 1))
        (28, 28, 1)
    """

    degrees: Annotated[float, Interval(0, 180)] = 10

    def changed(self, images: Images, how: Pass) -> Images:
        """Return the images, turned."""
        exact = jnp.promote_types(images.dtype, jnp.float32)
        drawn = jax.random.uniform(
            needed_key(self, how), images.shape[:1], exact, -self.degrees, self.degrees
        )
        return rotated(images, drawn)
