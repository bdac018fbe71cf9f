"""Image files as uint8 arrays: every mode that PNG and JPEG have, one size, one number of channels.

Comes in: paths. Goes out: arrays of shape (H, W, C) with C 1 (grayscale) or 3 (RGB). Pillow does the work; it
comes with the extra ``images``.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from leadline.core.errors import DataError, LeadlineError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
_ORIENTATION = 0x0112  # tag of Exif 2.3
_GRAY_MODES = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N")


def pillow(where: str = "images") -> Any:
    """Return Pillow's Image module.

    Raises:
        DataError: Pillow is not installed; the hint says how.
    """
    try:
        return import_module("PIL.Image")
    except ImportError:
        hint = "pip install 'leadline[images]'"
        raise DataError.at(where, "read with Pillow", "no Pillow in this environment", hint) from None


def size_and_gray(path: Path) -> tuple[int, int, bool]:
    """Return height and width as shown, and whether the file is grayscale; reads the head of the file only.

    Raises:
        DataError: The file is no image.
    """
    with _opened(path) as image:
        width, height = image.size
        gray = image.mode in _GRAY_MODES
        try:
            turned = image.getexif().get(_ORIENTATION, 1) >= 5  # photographed upright: rows are columns
        except Exception as error:  # PNG holds it behind the pixels: a torn file ends before
            raise _unreadable(path, error) from None
        return (width, height, gray) if turned else (height, width, gray)


def read_image(path: Path, size: tuple[int, int], channels: int) -> np.ndarray:
    """Return one image as uint8 of shape (H, W, C).

    16-bit gray is scaled to 8 bits; what is transparent becomes white; the camera's orientation is applied.

    Args:
        path: Of the file.
        size: H and W in pixels.
        channels: 1 or 3.

    Raises:
        DataError: The file is no image, or is damaged.
    """
    with _opened(path) as image:
        try:
            plain = _plain(image, "L" if channels == 1 else "RGB")
        except Exception as error:  # Pillow's decoders raise many kinds
            raise _unreadable(path, error) from None
        if plain.size != (size[1], size[0]):
            plain = plain.resize((size[1], size[0]), pillow().Resampling.BILINEAR, reducing_gap=3.0)
        return np.asarray(plain, np.uint8).reshape(*size, channels)


def _plain(image: Any, mode: str) -> Any:
    """Return the image in one of the two modes."""
    kind = pillow()
    image = import_module("PIL.ImageOps").exif_transpose(image)
    if image.mode == "F" or image.mode.startswith("I"):
        numbers = np.asarray(image, np.float64)
        numbers = numbers / 257 if image.mode != "F" or numbers.max(initial=0) > 255 else numbers
        image = kind.fromarray(np.clip(np.round(numbers), 0, 255).astype(np.uint8))
    if image.mode in ("LA", "La", "RGBA", "RGBa", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = kind.alpha_composite(kind.new("RGBA", image.size, (255, 255, 255, 255)), image)
    return image.convert(mode)


def _opened(path: Path) -> Any:
    kind = pillow(str(path))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", kind.DecompressionBombWarning)
            return kind.open(path)
    except Exception as error:  # a foreign file makes Pillow raise many kinds
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> LeadlineError:
    got = (
        "an unknown format"
        if type(error).__name__ == "UnidentifiedImageError"
        else str(error) or type(error).__name__
    )
    return DataError.at(
        str(path), "an image that can be read", got, "open it in a viewer; remove or replace it"
    )
