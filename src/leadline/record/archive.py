"""The files a run is made of: versioned strict JSON, and arrays in one archive with a digest.

Comes in: plain data and arrays, or paths. Goes out: bytes, or what was read, or one error by the form that
tells a missing, damaged, foreign or newer file. Nothing is unpickled.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from leadline.core.disk import not_read
from leadline.core.errors import LeadlineError, RunError

UNFIT = (ValueError, LookupError, TypeError, AttributeError, RecursionError, EOFError, zipfile.BadZipFile)


def packed_json(content: Mapping[str, Any]) -> bytes:
    r"""Return strict JSON, ASCII only, so that any word survives any reader.

    Example:
        >>> packed_json({"leadline_run": 1})
        b'{\n "leadline_run": 1\n}\n'
    """
    return (json.dumps(content, indent=1, allow_nan=False) + "\n").encode("ascii")


def packed_arrays(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return the arrays as the bytes of an ``.npz`` file; the same arrays give the same bytes."""
    buffer = io.BytesIO()
    named: dict[str, Any] = dict(arrays)
    np.savez_compressed(buffer, **named)
    return buffer.getvalue()


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def read_json(path: Path, tag: str, newest: int) -> dict[str, Any]:
    """Return what stands in a file written by :func:`packed_json`.

    Args:
        path: Of the file.
        tag: The entry that holds the version and makes the file Leadline's.
        newest: The newest version that can be read.

    Raises:
        RunError: It is missing, damaged, foreign or newer.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        missing = path if path.parent.exists() else path.parent
        raise not_read(error, missing, f"a run's folder with {path.name}", RunError) from error
    with fitting(path):
        content = json.loads(raw)
        version = content[tag]
        if type(version) is not int or version < 1:
            raise TypeError(f"version {version!r}")
    if version > newest:
        hint = "pip install --upgrade leadline"
        raise RunError.at(str(path), f"of version {newest} or older", f"version {version}", hint)
    return dict(content)


def read_arrays(path: Path, sha256: str) -> dict[str, np.ndarray]:
    """Return the arrays of a file that has this digest.

    Raises:
        RunError: It is missing or another file.
    """
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise not_read(error, path, "the arrays of a run", RunError) from error
    if digest(packed) != sha256:
        hint = "copy the folder again from where it came, or train again"
        raise RunError.at(str(path), "the arrays its run.json describes", "a damaged or another file", hint)
    with np.load(io.BytesIO(packed), allow_pickle=False) as loaded:
        return {name: loaded[name] for name in loaded.files}


@contextlib.contextmanager
def fitting(path: Path) -> Iterator[None]:
    """Tell whatever does not fit while a file is read as damage of that file."""
    try:
        yield
    except LeadlineError:
        raise
    except UNFIT as error:
        got = f"a damaged or foreign one ({type(error).__name__}: {error})"
        hint = "copy it again from where it came, or train again"
        raise RunError.at(str(path), f"a {path.name} as Leadline writes it", got, hint) from error
