"""Images as float32: pixels from 0 to 1, then standardized by one mean and one spread for each channel.

Comes in: arrays (B, H, W, C) or paths of image files. Goes out: float32 of the fitted shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np

from leadline.core.errors import DataError, Problems
from leadline.data.image_files import read_image
from leadline.data.prepared import Prepared

_ROWS_AT_ONCE = 4096  # bounds the memory of sums over large sets


@dataclass(frozen=True)
class ImageEncoder:
    """Scales images: (pixel / top − mean) / scale.

    Args:
        shape: H, W and C.
        top: Value of white, 255 for 8-bit images.
        mean: Of each channel, over the training images, pixels in [0, 1].
        scale: Standard deviation of each channel; 1 where all pixels are equal.
    """

    shape: tuple[int, int, int]
    top: float
    mean: tuple[float, ...]
    scale: tuple[float, ...]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Pixels have no names."""
        return ()

    @property
    def input_shape(self) -> tuple[int, ...]:
        """H, W and C."""
        return self.shape

    @property
    def dropped(self) -> Mapping[str, str]:
        """Nothing is left out."""
        return {}

    @property
    def words(self) -> tuple[str, ...]:
        """Nothing to tell."""
        return ()

    def transform(self, raw: np.ndarray | Sequence[str | Path]) -> Prepared:
        """Return images as float32 of shape (B, H, W, C).

        Args:
            raw: Pixels from 0 to ``top`` as (B, H, W, C), (B, H, W), (B, C, H, W) or flat (B, H·W·C); or
                paths of files.

        Raises:
            DataError: Another shape, values out of range, or unreadable files (all are named).
        """
        if not hasattr(raw, "shape") and len(raw) and all(isinstance(item, (str, Path)) for item in raw):
            pixels = read_all([Path(item) for item in cast(Sequence[str], raw)], self.shape)
        else:
            pixels = self._shaped(np.asarray(raw))
        inputs = np.empty(pixels.shape, np.float32)
        factor, offset = self._steps
        np.multiply(pixels, factor, out=inputs, casting="unsafe")
        return Prepared(np.subtract(inputs, offset, out=inputs))

    @cached_property
    def _steps(self) -> tuple[np.ndarray, np.ndarray]:
        """What pixels are multiplied by and what is taken off."""
        scale = np.array(self.scale)
        return (1 / (self.top * scale)).astype(np.float32), (np.array(self.mean) / scale).astype(np.float32)

    def _shaped(self, pixels: np.ndarray) -> np.ndarray:
        """Bring other layouts of the same pixels into the fitted one."""
        height, width, channels = self.shape
        got = pixels.shape[1:]
        if pixels.dtype.kind not in "iufb":
            raise DataError.at("images", "numbers", f"values of type {pixels.dtype}")
        if got == (channels, height, width) and got != self.shape:
            pixels = np.moveaxis(pixels, 1, -1)
        elif got in ((height, width), (height * width * channels,)) and (channels == 1 or len(got) == 1):
            pixels = pixels.reshape(-1, *self.shape)
        elif got != self.shape:
            must = f"of shape (B, {height}, {width}, {channels})"
            raise DataError.at(
                "images", must, str(pixels.shape), "resize them to the size of the training images"
            )
        if self.top == 255 and pixels.dtype.kind == "f" and pixels.size and 0 < np.nanmax(pixels) <= 1:
            must, got_range = "from 0 to 255, as in training", f"floats up to {np.nanmax(pixels):.3g}"
            raise DataError.at("images, values", must, got_range, "multiply them by 255")
        return pixels

    def to_json(self) -> dict[str, Any]:
        """Return what is needed to build it again."""
        return {"kind": "image", **asdict(self)}

    @classmethod
    def from_json(cls, spec: Mapping[str, Any]) -> ImageEncoder:
        """Build the encoder that was written."""
        height, width, channels = (int(n) for n in spec["shape"])
        return cls((height, width, channels), float(spec["top"]), tuple(spec["mean"]), tuple(spec["scale"]))


def read_all(paths: Sequence[Path], shape: tuple[int, int, int]) -> np.ndarray:
    """Return files as uint8 of shape (B, H, W, C).

    Raises:
        DataError: Names every file that cannot be read.
    """
    pixels, problems = np.zeros((len(paths), *shape), np.uint8), Problems()
    for position, path in enumerate(paths):
        try:
            pixels[position] = read_image(path, shape[:2], shape[2])
        except DataError as error:
            problems.take(error)
    problems.raise_as(DataError)
    return pixels


def fit_images(images: np.ndarray, *, top: float = 255.0, scale: bool = True) -> ImageEncoder:
    """Learn mean and spread of each channel from the training images.

    Args:
        images: Shape (B, H, W, C), pixels from 0 to ``top``.
        top: Value of white.
        scale: False leaves the pixels as they are.

    Example:
        >>> encoder = fit_images(np.full((2, 4, 4, 1), 255, np.uint8))
        >>> encoder.mean, encoder.scale
        ((1.0,), (1.0,))
    """
    height, width, channels = images.shape[1:]
    shape = (int(height), int(width), int(channels))
    if not scale:
        return ImageEncoder(shape, 1.0, (0.0,) * channels, (1.0,) * channels)
    total, squares = np.zeros(channels), np.zeros(channels)
    for start in range(0, len(images), _ROWS_AT_ONCE):
        some = images[start : start + _ROWS_AT_ONCE].reshape(-1, channels).astype(np.float32) / np.float32(
            top
        )
        total += some.sum(axis=0, dtype=np.float64)
        squares += np.einsum("ij,ij->j", some, some, dtype=np.float64)
    mean = total / (images.size / channels)
    spread = np.sqrt(np.maximum(squares / (images.size / channels) - mean**2, 0))
    spread[spread < 1e-6] = 1.0
    return ImageEncoder(shape, float(top), tuple(map(float, mean)), tuple(map(float, spread)))
