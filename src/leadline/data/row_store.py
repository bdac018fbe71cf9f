"""Prepared rows in a file without a name, for streams whose rows take longer to read than to learn from.

Comes in: prepared rows, in the order of their source. Goes out: the same rows, slice by slice in any order. The file
takes room on the disk, none in memory, and is gone with the process, however it ends.
"""

from __future__ import annotations

import math
import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedRandom
from pathlib import Path
from typing import Any

import numpy as np

from leadline.core.errors import DataError
from leadline.data.stream import Block

SLICE = 1 << 17  # bytes: long enough to be read in one go, short enough that a buffer mixes hundreds
SHARE = 0.5  # of what is free on the disk, at most
_LARGE_FILES = Path("/var/tmp")  # where systems keep temporary files that memory should not hold


@dataclass(frozen=True, eq=False)
class _Column:
    """Arrays of one kind, one after the other in a file.

    Args:
        file: Without a name.
        shape: Of one row.
        dtype: Of its numbers.
        turn: Held by who moves the file's place.
    """

    file: BufferedRandom
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return self.dtype.itemsize * math.prod(self.shape)

    def append(self, rows: np.ndarray) -> None:
        """Write rows behind the others."""
        self.file.write(np.ascontiguousarray(rows, self.dtype).reshape(-1).view(np.uint8).data)
        self.file.flush()  # a disk that is full says so now

    def read(self, ranges: Sequence[tuple[int, int]]) -> np.ndarray:
        """Return the rows of all ranges, one after the other.

        Raises:
            DataError: The disk does not give back what was written.
        """
        out = np.empty((sum(end - start for start, end in ranges), *self.shape), self.dtype)
        view, low = out.reshape(-1).view(np.uint8).data, 0
        with self.turn:
            for start, end in ranges:
                self.file.seek(start * self.row_bytes)
                high = low + (end - start) * self.row_bytes
                if self.file.readinto(view[low:high]) != high - low:
                    must = "there, as they were written"
                    raise DataError.at("rows kept on the disk", must, "the end of the file", "train again")
                low = high
        return out


class RowStore:
    """Rows on the disk; ``close`` gives the room back, as the store's end does.

    Args:
        like: Some prepared rows, for shapes and types.
        folder: Where the files lie.
    """

    def __init__(self, like: Block, folder: Path) -> None:
        self.rows = 0
        self._columns = tuple(_Column(_unnamed(folder), some.shape[1:], some.dtype) for some in like)
        self._slice = max(1, SLICE // max(1, self._columns[0].row_bytes))
        self.close = weakref.finalize(self, _close, [column.file for column in self._columns])

    def append(self, block: Block) -> None:
        """Write rows behind the others."""
        for column, rows in zip(self._columns, block, strict=True):
            column.append(rows)
        self.rows += len(block[1])

    def __len__(self) -> int:
        """Return the number of slices."""
        return (self.rows + self._slice - 1) // self._slice

    def pieces(self, order: Sequence[int] | np.ndarray, size: int) -> Iterator[Block]:
        """Read slices in this order, as many at once as fit into so many bytes.

        Example:
            >>> store = RowStore((np.zeros((0, 2), np.float32), np.zeros(0, np.int64)), folder_for_rows())
            >>> store.append((np.ones((3, 2), np.float32), np.arange(3)))
            >>> [targets.tolist() for _, targets in store.pieces([0], 1_000_000)]
            [[0, 1, 2]]
        """
        at_once = max(1, size // max(1, self._slice * self._columns[0].row_bytes))
        for low in range(0, len(order), at_once):
            starts = [int(place) * self._slice for place in order[low : low + at_once]]
            ranges = [(start, min(self.rows, start + self._slice)) for start in starts]
            inputs, targets = (column.read(ranges) for column in self._columns)
            yield inputs, targets


def _unnamed(folder: Path) -> BufferedRandom:
    return tempfile.TemporaryFile(dir=folder)


def _close(files: Iterable[BufferedRandom]) -> None:
    """Give the room back."""
    for file in files:
        file.close()


def stored(blocks: Iterable[Block], rows: int) -> Generator[Block, None, RowStore | None]:
    """Store rows, where the disk has room for them.

    Args:
        blocks: All prepared rows.
        rows: How many there will be, about.

    Yields:
        A block without rows for each block stored, so that who waits can give up.

    Returns:
        The store; None where the rows would take more than half of what is free, or could not be written.
    """
    folder, store = folder_for_rows(), None
    for inputs, targets in blocks:
        try:
            if store is None:
                if rows * _row_bytes(inputs, targets) > SHARE * shutil.disk_usage(folder).free:
                    return None
                store = RowStore((inputs, targets), folder)
            store.append((inputs, targets))
        except OSError:  # no room after all, or no right to write
            if store is not None:
                store.close()
            return None
        yield inputs[:0], targets[:0]
    return store


def _row_bytes(*arrays: np.ndarray) -> int:
    return sum(array.dtype.itemsize * math.prod(array.shape[1:]) for array in arrays)


def folder_for_rows() -> Path:
    """Return where large temporary files belong: what ``TMPDIR`` says, else on a disk rather than in memory."""
    asked = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    with suppress(OSError):
        if not asked and os.access(_LARGE_FILES, os.W_OK):
            return _LARGE_FILES
    return Path(tempfile.gettempdir())
