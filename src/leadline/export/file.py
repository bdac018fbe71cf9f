"""The model file ``*.leadline``: everything a prediction needs, in one file that runs no code when read.

Comes in: the contents of a model. Goes out: the file, whole or not there, and the contents again. Network and tensors
are checked by who builds them: ``numpy_network.py`` where NumPy can say all of it, else ``learned.py``.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from leadline.core.disk import not_read, not_written, replace_file
from leadline.core.errors import LeadlineError, ModelFileError
from leadline.data.prepare import Preparation
from leadline.export.container import pack, unpack
from leadline.record.plain import Arrays, from_plain, to_plain

AGAIN = "save the model again with this version of Leadline"


@dataclass(frozen=True, eq=False)
class Contents:
    """What a model file holds, as plain data.

    Args:
        network: Sizes and choices, as :func:`leadline.nn.to_spec` gives them.
        task: What the scores mean: the fields of a :class:`leadline.nn.Task`, and its link.
        tensors: Parameters and state, float32, by names such as "params/0.dense/kernel".
        preparation: From raw inputs to the network's, and targets back to their own unit.
        class_names: In the order of the classes; empty in regression.
        target_name: Of what is predicted.
        reference: Statistics of the training data by the names of the run's vocabulary, as plain numbers.
        about: Versions, time and words on the training.
    """

    network: Mapping[str, Any]
    task: Mapping[str, Any]
    tensors: Mapping[str, np.ndarray]
    preparation: Preparation
    class_names: tuple[str, ...] = ()
    target_name: str = "target"
    reference: Mapping[str, Any] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)


def write(contents: Contents, path: Path | str) -> Path:
    """Write a model file and return its path. The old file stays whole until the new one is.

    Args:
        contents: What it shall hold.
        path: Usually ending in ``.leadline``.

    Raises:
        ModelFileError: It cannot be written, e.g. because the disk is full; what was there stays.
    """
    path = Path(path)
    try:
        words = to_plain(words_of(contents), Arrays())
    except TypeError as error:
        raise ModelFileError.at(str(path), "a model of numbers and words", str(error)) from error
    try:
        replace_file(path, pack(words, contents.tensors, str(path)))
    except OSError as error:
        raise not_written(error, path, ModelFileError) from error
    return path


def read(path: Path | str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the words and tensors of a model file; none was changed since it was written.

    Args:
        path: Of the file.

    Raises:
        ModelFileError: It is missing, damaged, foreign or newer.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            words, tensors = unpack(file, os.fstat(file.fileno()).st_size, str(path))
    except OSError as error:
        raise not_read(error, path, "a model file", ModelFileError) from error
    with inside(path):
        return from_plain(Any, words, {}), tensors


def words_of(contents: Contents) -> dict[str, Any]:
    """Return all but the tensors, by the names of the file."""
    return {
        "network": contents.network,
        "input_shape": contents.preparation.input_shape,
        "preparation": contents.preparation.to_json(),
        "task": contents.task,
        "class_names": contents.class_names,
        "target_name": contents.target_name,
        "reference": contents.reference,
        "about": contents.about,
    }


def parts_of(words: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Contents:
    """Return the contents that words and tensors make; network and tensors are taken as they are."""
    return Contents(
        words["network"],
        words["task"],
        tensors,
        Preparation.from_json(words["preparation"]),
        tuple(str(name) for name in words["class_names"]),
        str(words["target_name"]),
        words["reference"],
        words["about"],
    )


@contextmanager
def inside(path: Path | str) -> Iterator[None]:
    """Tell whatever goes wrong in what a file holds as a :class:`ModelFileError` that names the file."""
    try:
        yield
    except ModelFileError:
        raise
    except LeadlineError as error:
        told = (dataclasses.replace(p, where=f"{path}, {p.where}") for p in error.problems)
        raise ModelFileError(*told) from error
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        got = f"one that lacks it ({type(error).__name__}: {error})"
        raise ModelFileError.at(str(path), "a model file with all that a model needs", got, AGAIN) from error
