"""IDX files, the format of MNIST and Fashion-MNIST, plain or gzipped.

Comes in: a folder with ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte`` and the same for ``t10k``,
the test part. Goes out: a :class:`Dataset` of images. Format: two zero bytes, a byte for the type, a byte for
the number of axes, a big-endian 32-bit length for each axis, then the values (LeCun, Cortes and Burges 1998).
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from leadline.core.errors import DataError, Problems
from leadline.data.arrays import arrays
from leadline.data.dataset import Dataset
from leadline.data.paths import found_folder
from leadline.data.split import SHARE

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_PARTS = {"train": "train", "t10k": "test"}


def read_idx(path: str | Path) -> np.ndarray:
    """Return the array of one IDX file.

    Raises:
        DataError: Another format, a damaged gzip file, or fewer values than its head says.
    """
    data = _bytes(Path(path))
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _TYPES or data[3] == 0:
        raise DataError.at(
            str(path), "an IDX file (its first bytes tell)", f"bytes {data[:4].hex(' ')}", "copy it again"
        )
    start = 4 + 4 * data[3]
    if len(data) < start:
        raise DataError.at(str(path), "a whole IDX file", "one that ends in its head", "copy it again")
    shape = struct.unpack(f">{data[3]}I", data[4:start])
    kind = np.dtype(_TYPES[data[2]])
    wanted = math.prod(shape) * kind.itemsize
    if len(data) - start != wanted:
        raise DataError.at(
            str(path),
            f"{wanted:,} bytes of values, as its head says",
            f"{len(data) - start:,}",
            "copy it again",
        )
    values = np.frombuffer(data, kind, offset=start).reshape(shape)
    return values.astype(kind.newbyteorder("="))


def _bytes(path: Path) -> bytes:
    data = path.read_bytes()
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError.at(
            str(path), "a whole gzip file", f"a damaged one ({error})", "copy it again"
        ) from None


def idx_file(folder: Path, part: str, what: str, axes: int) -> Path | None:
    """Return the file of a part, under any of the usual names, or None."""
    for dot in ("-", "."):
        for end in ("", ".gz"):
            path = folder / f"{part}-{what}{dot}idx{axes}-ubyte{end}"
            if path.is_file():
                return path
    return None


def is_idx_folder(folder: Path) -> bool:
    """Tell whether the folder holds IDX training images."""
    return idx_file(folder, "train", "images", 3) is not None


def idx(
    folder: str | Path,
    *,
    class_names: Sequence[str] | None = None,
    split: Sequence[float] = SHARE,
    seed: int = 0,
    name: str | None = None,
) -> Dataset:
    """Return a data set from a folder of IDX files.

    Args:
        folder: With the four usual files, plain or .gz; without the t10k files the test part is taken from
            the others.
        class_names: In the order of the labels; the numbers themselves by default.
        split: Shares of train, validation and test; with t10k files train and validation share the rest.
        seed: Of the shuffling.
        name: For people; the folder's name by default.

    Raises:
        DataError: Files are missing, damaged, or of different lengths.
        RecipeError: The shares are out of range.

    Example:
        >>> import tempfile
        >>> images = struct.pack(">BBBB3I", 0, 0, 8, 3, 40, 2, 2) + bytes(160)
        >>> labels = struct.pack(">BBBB1I", 0, 0, 8, 1, 40) + bytes([0, 1] * 20)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "train-images-idx3-ubyte").write_bytes(images)
        ...     _ = Path(folder, "train-labels-idx1-ubyte").write_bytes(labels)
        ...     idx(folder).parts["train"].inputs.shape
        (28, 2, 2, 1)
    """
    root = found_folder(folder)
    train = _pair(root, "train", needed=True)
    test = _pair(root, "t10k", needed=False)
    read = partial(
        arrays, kind="image", problem="classification", classes=class_names, split=split, seed=seed
    )
    data = read(*(train or ()), test=test, name=name or root.resolve().name, target_name="label")
    return replace(data, source={"source": Path(folder).as_posix(), "split": list(split), "seed": seed})


def _pair(root: Path, part: str, needed: bool) -> tuple[np.ndarray, np.ndarray] | None:
    """Return images and labels of a part; None where neither is there and they are not needed."""
    paths = {
        "images-idx3-ubyte": idx_file(root, part, "images", 3),
        "labels-idx1-ubyte": idx_file(root, part, "labels", 1),
    }
    if not needed and not any(paths.values()):
        return None
    problems = Problems()
    for name, path in paths.items():
        if path is None:
            problems.add(str(root), f"a folder with {part}-{name} (or .gz)", "no such file")
    problems.raise_as(DataError)
    read = [read_idx(path) for path in paths.values() if path is not None]
    for values, axes, path in zip(read, (3, 1), paths.values(), strict=True):
        if values.ndim != axes:
            problems.add(str(path), f"an array of {axes} axes", f"shape {values.shape}")
    problems.raise_as(DataError)
    return read[0], read[1]
