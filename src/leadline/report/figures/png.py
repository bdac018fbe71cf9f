"""A small PNG as a data URI, written by zlib alone, for images shown inside the page."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np

MOST_PIXELS = 96  # per side; larger images are averaged down, so that the page stays small


def data_uri(pixels: object) -> str:
    """Return an image as the data URI of a PNG; empty where it is no image.

    Args:
        pixels: uint8 of shape (H, W), (H, W, 1) or (H, W, 3).

    Example:
        >>> data_uri(np.zeros((2, 3), np.uint8))[:22], data_uri({"age": "7"})
        ('data:image/png;base64,', '')
    """
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        return ""
    image = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[-1] == 1 else pixels
    if image.size == 0 or not (image.ndim == 2 or (image.ndim == 3 and image.shape[-1] == 3)):
        return ""
    return "data:image/png;base64," + base64.b64encode(_png(_reduced(image))).decode()


def _reduced(image: np.ndarray) -> np.ndarray:
    step = -(-max(image.shape[:2]) // MOST_PIXELS)
    if step == 1:
        return image
    height, width = (max(1, size // step) for size in image.shape[:2])
    whole = image[: height * step, : width * step]
    rows, columns = min(step, whole.shape[0]), min(step, whole.shape[1])
    blocks = whole.reshape(height, rows, width, columns, *image.shape[2:])
    return np.asarray(blocks.mean(axis=(1, 3)).round(), dtype=np.uint8)


def _png(image: np.ndarray) -> bytes:
    height, width = image.shape[:2]
    color = 2 if image.ndim == 3 else 0
    rows = np.ascontiguousarray(image).reshape(height, -1)
    filtered = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(filtered, 9))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
