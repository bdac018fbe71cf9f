"""Files that are whole or not there: written beside, forced to the disk, then put in place by one rename.

Comes in: a path and its bytes. Goes out: the file, or an error by the form with the old file untouched.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path

from leadline.core.errors import LeadlineError
from leadline.core.text import nearest

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that at any moment it is the old one or the new one, whole.

    Args:
        path: Where; a link is followed.
        content: All of it.

    Raises:
        OSError: It could not be written; the old file stays, nothing is left beside it.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     replace_file(Path(folder) / "a.txt", b"deep")
        ...     (Path(folder) / "a.txt").read_text()
        'deep'
    """
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        write_through(beside, content)
        beside.replace(target)
    except BaseException:  # an interrupt too must leave nothing behind
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    sync_folder(target.parent)


def write_through(path: Path, content: bytes) -> None:
    """Write a new file and force it to the disk.

    Raises:
        OSError: It exists, or it could not be written.
    """
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Force a folder's entries to the disk, where the system can."""
    with contextlib.suppress(OSError):  # not every file system lets a folder be opened
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def not_written(error: OSError, path: Path, kind: type[LeadlineError]) -> LeadlineError:
    """Tell people why a file could not be written.

    Example:
        >>> print(not_written(OSError(errno.ENOSPC, "No space left on device"), Path("a.bin"), LeadlineError))
        a.bin – must be on a disk with room for it – got No space left on device
        <BLANKLINE>
        hint: free some space or choose another disk; what stood there before is unchanged
    """
    got = error.strerror or str(error)
    if error.errno in FULL:
        hint = "free some space or choose another disk; what stood there before is unchanged"
        return kind.at(str(path), "on a disk with room for it", got, hint)
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return kind.at(str(path), "in a folder that exists", got, f"mkdir -p {path.parent}")
    return kind.at(str(path), "a place that can be written", got, "choose another folder")


def not_read(error: OSError, path: Path, what: str, kind: type[LeadlineError]) -> LeadlineError:
    """Tell people why a file could not be read, naming the nearest one beside it where it is missing.

    Args:
        error: What the system said.
        path: Of the file.
        what: What it must be, e.g. "a model file".
        kind: The error to make.
    """
    if not isinstance(error, FileNotFoundError):
        return kind.at(str(path), f"{what} that can be read", error.strerror or str(error))
    close = ""
    with contextlib.suppress(OSError):
        close = nearest(path.name, sorted(p.name for p in path.parent.iterdir()))
    hint = f"did you mean '{path.with_name(close)}'?" if close else "check the path"
    return kind.at(str(path), what, "nothing there", hint)
