"""Any source by what it is: a bundled name, a folder of images, IDX files, an archive or a table.

Comes in: the ``[data]`` section of a recipe, e.g. ``{"source": "titanic.csv", "target": "survived"}``. Goes
out: a :class:`Dataset` whose own ``source`` opens the same again.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from leadline.core.errors import DataError, LeadlineError, Problems, RecipeError
from leadline.core.text import did_you_mean, listed
from leadline.data.bundled import NAMES, bundled
from leadline.data.dataset import Dataset
from leadline.data.downloads import REMOTES, fashion_mnist, mnist
from leadline.data.frames import column_names
from leadline.data.idx import idx, is_idx_folder
from leadline.data.images import images
from leadline.data.npz import npy, npz
from leadline.data.paths import found
from leadline.data.table_files import TABLE_ENDINGS, is_table_folder, table_files
from leadline.data.tables import table

Reader = Callable[..., Dataset]
_DOWNLOADED: Mapping[str, Reader] = {"mnist": mnist, "fashion_mnist": fashion_mnist}


def open_source(spec: Mapping[str, Any]) -> Dataset:
    """Open a data set by a recipe's ``[data]`` section.

    Args:
        spec: ``source`` (a path or a bundled name) and the options of its reader: target, problem, drop,
            group, time, roles, test, delimiter (tables), size (images), folder (mnist), stream, memory (tables,
            images and .npy), split, seed. None stands for the default.

    Raises:
        DataError: Nothing of this name, an unknown kind of file, or the data cannot be used.
        RecipeError: An option is unknown or does not belong to this kind of source.

    Example:
        >>> open_source({"source": "digits", "seed": 1}).split.sizes
        (1257, 270, 270)
    """
    options = {key: value for key, value in spec.items() if value is not None and key != "source"}
    source = spec.get("source")
    if not isinstance(source, (str, Path)) or not str(source).strip():
        must = "a path, or the name of a bundled set"
        raise DataError.at("data, source", must, repr(source), f'source = "digits"; bundled: {listed(NAMES)}')
    what, reader = _reader(str(source))
    _check_options(what, reader, options)
    if reader is table and "target" not in options:
        columns = column_names(source, delimiter=options.get("delimiter"))
        hint = f"choose one of {listed(columns, 30)}"
        raise DataError.at("data, target", "the column to predict", "none", hint)
    if reader is npy and "target" not in options:
        must, hint = "the .npy file of the targets", f"target = {str(Path(source).with_name('y.npy'))!r}"
        raise DataError.at("data, target", must, "none", hint)
    return reader(**options) if isinstance(reader, partial) or what in REMOTES else reader(source, **options)


def _reader(source: str) -> tuple[str, Reader]:
    """Return what the source is, in words, and the function that reads it."""
    if source in NAMES:
        return source, partial(bundled, source)
    if source in _DOWNLOADED:
        return source, _DOWNLOADED[source]
    if "*" in source and not Path(source).expanduser().exists():
        table_files(source)  # refuses a pattern that names no tables
        return "tables", table
    try:
        path = found(source)
    except DataError as error:
        raise _unknown(source, error) from None
    if path.is_dir() and is_table_folder(path):
        return "a folder of tables", table
    if path.is_dir():
        return ("a folder of IDX files", idx) if is_idx_folder(path) else ("a folder of images", images)
    name = path.name.lower()
    if name.endswith(".npz"):
        return "an archive of arrays", npz
    if name.endswith(".npy"):
        return "an array", npy
    if name.endswith(TABLE_ENDINGS):
        return "a table", table
    must = f"a folder, .npz, .npy or a table ({listed(TABLE_ENDINGS)})"
    raise DataError.at(
        f"data, {source!r}", must, f"a file that ends in {path.suffix!r}", "export it as CSV or Parquet"
    )


def _unknown(source: str, error: DataError) -> LeadlineError:
    """Name the nearest bundled set where the source looks like a name, else what stands near the path."""
    if "." in source or "/" in source:
        return error
    hint = did_you_mean(source, [*NAMES, *_DOWNLOADED])
    return DataError.at(
        f"data, {source!r}", "a file, a folder or a bundled set", "nothing of this name", hint
    )


def _check_options(what: str, reader: Reader, options: Mapping[str, Any]) -> None:
    allowed = [
        name for name, of in inspect.signature(reader).parameters.items() if of.kind == of.KEYWORD_ONLY
    ]
    allowed += ["folder"] if what in _DOWNLOADED else []
    allowed = [name for name in allowed if name not in ("name", "class_names")]
    problems = Problems()
    for name, value in options.items():
        if name not in allowed:
            problems.add(
                f"data, {name}", f"an option of {what}", "an unknown one", did_you_mean(name, allowed)
            )
        elif name == "seed" and (
            not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 0
        ):
            problems.add("data, seed", "a whole number of at least 0", repr(value))
    problems.raise_as(RecipeError)
