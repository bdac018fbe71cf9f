"""Rows of memory-mapped files, read without keeping pages of the file in memory.

Comes in: arrays, mapped or not. Goes out: copies of ranges of their rows. Reading through the map would bring
megabytes around every range into the process; reading the file takes what is asked for, and is faster.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from leadline.core.errors import DataError
from leadline.data.paths import found_file


@dataclass(frozen=True, eq=False)
class Mapped:
    """Where the bytes of a mapped array are.

    Args:
        pages: The map.
        file: That is mapped.
        offset: Of the array's first byte in the file.
    """

    pages: mmap.mmap
    file: Path
    offset: int

    @staticmethod
    def of(array: np.ndarray) -> Mapped | None:
        """Return where an array is; None where it is not mapped, or not row after row, or changed in memory only.

        Example:
            >>> np.save("x.npy", np.eye(3))
            >>> rows = np.load("x.npy", mmap_mode="r")
            >>> Mapped.of(rows[1:]).offset - Mapped.of(rows).offset
            24
            >>> Mapped.of(np.eye(3)) is None
            True
        """
        root: Any = array
        while isinstance(root, np.ndarray) and not isinstance(root.base, mmap.mmap):
            root = root.base
        if not isinstance(root, np.memmap) or root.mode == "c" or root.filename is None:
            return None
        if not array.flags.c_contiguous:
            return None
        return Mapped(root.base, Path(root.filename), root.offset + array.ctypes.data - root.ctypes.data)  # type: ignore[arg-type]  # asked above

    def forget(self) -> None:
        """Give pages of the file back; they can be read again."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self.pages.madvise(mmap.MADV_DONTNEED)


@contextmanager
def rows_reader(array: np.ndarray) -> Iterator[Reader]:
    """Open what an array's rows are read by.

    Example:
        >>> with rows_reader(np.arange(6)) as reader:
        ...     reader.rows([slice(4, 6), slice(0, 1)]).tolist()
        [4, 5, 0]
    """
    place = Mapped.of(array)
    if place is None:
        yield Reader(array)
        return
    try:
        opened = place.file.open("rb", buffering=0)
    except OSError as error:
        raise DataError.at(str(place.file), "the file that was opened", str(error), "open it again") from None
    with opened:
        yield Reader(array, place, opened)


@dataclass(frozen=True, eq=False)
class Reader:
    """Reads ranges of rows.

    Args:
        array: Shape (B, ...).
        place: Of a mapped array.
        opened: Its file.
    """

    array: np.ndarray
    place: Mapped | None = None
    opened: Any = None

    def rows(self, ranges: Sequence[slice]) -> np.ndarray:
        """Return the rows of all ranges, one after the other; a single range is not copied.

        Raises:
            DataError: The file has become shorter.
        """
        if len(ranges) == 1:
            return self.array[ranges[0]]
        if self.place is None:
            return np.concatenate([self.array[rows] for rows in ranges])
        sizes = [rows.stop - rows.start for rows in ranges]
        out = np.empty((sum(sizes), *self.array.shape[1:]), self.array.dtype)
        low, each = 0, self.array[:1].nbytes
        for rows, size in zip(ranges, sizes, strict=True):
            self.opened.seek(self.place.offset + rows.start * each)
            part = out[low : low + size].reshape(-1).view(np.uint8)
            if self.opened.readinto(part) != part.nbytes:
                where, must = f"{self.place.file}, rows from {rows.start:,}", "there, as when it was opened"
                raise DataError.at(where, must, "the end of the file", "open the data again")
            low += size
        return out

    def forget(self) -> None:
        """Give pages of the file back."""
        if self.place is not None:
            self.place.forget()


def mapped(value: Any, where: str) -> Any:
    """Return the array of a .npy file, memory-mapped; anything else as it is.

    Raises:
        DataError: No such file, or no array of numbers in it.

    Example:
        >>> np.save("x.npy", np.eye(3))
        >>> mapped("x.npy", "x").shape
        (3, 3)
    """
    if not isinstance(value, (str, Path)):
        return value
    path = found_file(value, where)
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        got = "pickled objects" if "Python object" in str(error) or "pickle" in str(error) else str(error)
        raise DataError.at(str(path), "a .npy file of numbers", got, "np.save('x.npy', x)") from None
