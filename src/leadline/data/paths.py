"""Paths as people type them: found, or refused with the nearest name that is there."""

from __future__ import annotations

from pathlib import Path

from leadline.core.errors import DataError, LeadlineError
from leadline.core.text import did_you_mean, listed


def found(source: str | Path, where: str = "data") -> Path:
    """Return the path of something that exists.

    Raises:
        DataError: Nothing is there; the hint names what is near.
    """
    path = Path(source).expanduser()
    try:
        there = path.exists()
    except OSError:  # e.g. a name longer than the system allows
        there = False
    if not there:
        raise _nothing(path, where)
    return path


def _nothing(path: Path, where: str) -> LeadlineError:
    folder = path.parent
    names = (
        sorted(item.name for item in folder.iterdir() if not item.name.startswith("."))
        if folder.is_dir()
        else []
    )
    hint = did_you_mean(path.name, names).replace("Known:", "There:") if names else ""
    got = "nothing there" if folder.is_dir() else f"no folder {str(folder)!r}"
    return DataError.at(f"{where}, {str(path)!r}", "a file or folder", got, hint)


def found_file(source: str | Path, where: str = "data") -> Path:
    """Return the path of a file.

    Raises:
        DataError: Nothing is there, or it is a folder.
    """
    path = found(source, where)
    if path.is_dir():
        inside = sorted(item.name for item in path.iterdir())
        hint = f"name a file in it: {listed(inside, 6)}" if inside else ""
        raise DataError.at(f"{where}, {str(path)!r}", "a file", "a folder", hint)
    return path


def found_folder(source: str | Path, where: str = "data") -> Path:
    """Return the path of a folder.

    Raises:
        DataError: Nothing is there, or it is a file.
    """
    path = found(source, where)
    if not path.is_dir():
        raise DataError.at(
            f"{where}, {str(path)!r}", "a folder", "a file", f"give its folder: {str(path.parent)!r}"
        )
    return path
