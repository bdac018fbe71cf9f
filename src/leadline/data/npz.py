"""NumPy's own files: an archive of ``x`` and ``y`` (or ``x_train`` and so on), or two arrays, each in a .npy file.

Comes in: .npz or .npy files; pickled objects in them are refused. Goes out: a :class:`Dataset` of kind "image" or
"array". Arrays in .npy files may be larger than memory.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from lzma import LZMAError
from pathlib import Path
from typing import Any

import numpy as np

from leadline.core.errors import DataError
from leadline.core.text import listed
from leadline.data.arrays import arrays
from leadline.data.dataset import Dataset
from leadline.data.mapped_files import mapped
from leadline.data.memory import budget_for
from leadline.data.paths import found_file
from leadline.data.split import SHARE
from leadline.data.stream_arrays import needed

_NAMES = ("class_names", "classes", "label_names")


def npz(
    path: str | Path,
    *,
    problem: str | None = None,
    split: Sequence[float] = SHARE,
    seed: int = 0,
    name: str | None = None,
) -> Dataset:
    """Return a data set from a NumPy archive.

    Args:
        path: Of an .npz file with x and y (X and y), or x_train and y_train, with or without x_test and
            y_test; class names, if any, under class_names or classes.
        problem: "classification" or "regression"; None tells it from the targets.
        split: Shares of train, validation and test; with x_test train and validation share the rest.
        seed: Of the shuffling.
        name: For people; the file's name by default.

    Raises:
        DataError: No archive, other keys (those there are named), pickled objects, or shapes that do not fit.
        RecipeError: The shares are out of range.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.savez(f"{folder}/waves.npz", x=np.eye(40), y=np.arange(40) % 2)
        ...     npz(f"{folder}/waves.npz").split.sizes
        (28, 6, 6)
    """
    file = found_file(path)
    held = read_npz(file)
    lower = {key.lower(): key for key in held}
    train = next((pair for pair in (("x_train", "y_train"), ("x", "y")) if set(pair) <= set(lower)), None)
    if train is None:
        hint = "np.savez('data.npz', x=x, y=y)"
        raise DataError.at(
            str(file), "an archive with x and y, or x_train and y_train", f"keys {listed(held)}", hint
        )
    x, y = (held[lower[key]] for key in train)
    test = (
        tuple(held[lower[key]] for key in ("x_test", "y_test"))
        if {"x_test", "y_test"} <= set(lower)
        else None
    )
    names = next((tuple(map(str, held[key].ravel())) for key in _NAMES if key in held), None)
    data = arrays(
        x, y, test=(test[0], test[1]) if test else None, classes=names if problem != "regression" else None,
        problem=problem, split=split, seed=seed, name=name or file.stem,
    )  # fmt: skip
    source = {"source": Path(path).as_posix(), "split": list(split), "seed": seed}
    return replace(data, source=source | ({"problem": problem} if problem else {}))


def npy(
    path: str | Path,
    *,
    target: str | Path,
    problem: str | None = None,
    stream: bool | None = None,
    memory: str | int | None = None,
    split: Sequence[float] = SHARE,
    seed: int = 0,
    name: str | None = None,
) -> Dataset:
    """Return a data set from two .npy files, which are memory-mapped: rows are read when they are needed.

    Args:
        path: Of the inputs, shape (B, ...).
        target: Path of the targets, shape (B,) or (B, L).
        problem: "classification", "regression" or "several_labels"; None tells it from the targets.
        stream: As in :func:`~leadline.data.arrays`; so are memory, split, seed and name.
        memory: Bound on what a stream keeps in memory, as "2GB".
        split: Shares of train, validation and test.
        seed: Of the split.
        name: For people; the file's name by default.

    Raises:
        DataError: No such file, pickled objects, or shapes that do not fit.
        RecipeError: The shares or the memory are out of range.

    Example:
        >>> np.save("x.npy", np.eye(40))
        >>> np.save("y.npy", np.arange(40) % 2)
        >>> npy("x.npy", target="y.npy").split.sizes
        (28, 6, 6)
    """
    x, y = mapped(path, "data"), mapped(target, "data, target")
    budget, _ = budget_for(stream, memory, needed(x))
    memory = None if budget is None else budget.text
    data = arrays(
        x,
        y,
        problem=problem,
        stream=stream,
        memory=memory,
        split=split,
        seed=seed,
        name=name or Path(path).stem,
    )
    source = {"source": Path(path).as_posix(), "target": Path(target).as_posix(), "split": list(split),
              "seed": seed}  # fmt: skip
    source |= {"problem": problem} if problem else {}
    return replace(data, source=source | ({"stream": True, "memory": memory} if budget is not None else {}))


def read_npz(file: Path) -> Mapping[str, Any]:
    """Return the arrays of an archive by name; a single .npy array is named "x".

    Raises:
        DataError: No archive, or pickled objects in it.
    """
    try:
        with file.open("rb") as stream:  # np.load itself leaves a file open that is no archive
            held = np.load(stream, allow_pickle=False)
            if isinstance(held, np.ndarray):
                return {"x": held}
            return {key: held[key] for key in held.files if not key.startswith("idx_")}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error, LZMAError) as error:
        got = (
            "pickled objects"
            if "pickle" in str(error) and zipfile.is_zipfile(file)
            else f"a damaged or foreign file ({error})"
        )
        raise DataError.at(str(file), "an .npz archive of plain arrays", got) from None
