"""New rows for a model: read from a file or folder as its preparation takes them.

Comes in: a path, or rows in memory. Goes out: a DataFrame, an array, or paths of image files, for
``transform``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from leadline.core.errors import DataError, Problems
from leadline.core.text import did_you_mean, listed
from leadline.data.frames import read_frame
from leadline.data.idx import read_idx
from leadline.data.image_files import SUFFIXES
from leadline.data.npz import read_npz
from leadline.data.paths import found
from leadline.data.prepare import Preparation
from leadline.data.prepare_table import TableEncoder
from leadline.data.table_files import TABLE_ENDINGS
from leadline.late import pd

_INPUTS = ("x", "x_test", "x_new", "inputs", "images")


def new_rows(source: Any, preparation: Preparation) -> pd.DataFrame | np.ndarray | list[Path]:
    """Return new rows as the preparation takes them.

    Args:
        source: A table (file or in memory) for a model of tables; for others an .npz or .npy file, an IDX
            file, an image, a folder of images (in the order of their names), or an array.
        preparation: Of the model.

    Raises:
        DataError: Nothing there, another kind of file than the model takes, or columns are missing.

    Example:
        >>> from leadline.data import table
        >>> data = table({"size": range(40), "kind": ["a", "b"] * 20}, target="kind")
        >>> new_rows({"size": [1, 2]}, data.preparation).shape
        (2, 1)
    """
    if isinstance(preparation.encoder, TableEncoder):
        return read_frame(source)
    if isinstance(source, dict) or (hasattr(source, "columns") and isinstance(source, pd.DataFrame)):
        return _features(read_frame(source), preparation.feature_names)
    if not isinstance(source, (str, Path)):
        return np.asarray(source)
    path = found(source, "new rows")
    name = path.name.lower()
    if path.is_dir() or name.endswith(SUFFIXES):
        return _images(path)
    if name.endswith(TABLE_ENDINGS):
        return _features(read_frame(path), preparation.feature_names)
    if name.endswith((".npz", ".npy")):
        return _archived(path)
    return read_idx(path)


def _images(path: Path) -> list[Path]:
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES)
    if not files:
        raise DataError.at(str(path), f"a folder with images ({listed(SUFFIXES)})", "none of them")
    return files


def _archived(path: Path) -> np.ndarray:
    held = read_npz(path)
    lower = {key.lower(): key for key in held}
    name = next((lower[key] for key in _INPUTS if key in lower), None)
    if name is None and len(held) != 1:
        raise DataError.at(str(path), "an archive with x", f"keys {listed(held)}", "np.savez('new.npz', x=x)")
    return np.asarray(held[name or next(iter(held))])


def _features(frame: pd.DataFrame, names: tuple[str, ...]) -> np.ndarray:
    """Return the columns of these names as numbers, shape (B, F)."""
    if not names:
        raise DataError.at(
            "new rows", "images or arrays, as in training", "a table", "give an .npz file or a folder"
        )
    problems = Problems()
    for name in names:
        if name not in frame.columns:
            problems.add(
                f"column {name!r}", "in the table", "no such column", did_you_mean(name, list(frame.columns))
            )
        elif not pd.api.types.is_numeric_dtype(frame[name].dtype):
            problems.add(f"column {name!r}", "numbers", f"values of type {frame[name].dtype}")
    problems.raise_as(DataError)
    return np.asarray(frame[list(names)].to_numpy(np.float64, na_value=np.nan))
