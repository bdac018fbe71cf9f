"""Shards of a table: frames of rows taken apart into inputs, targets and groups.

Comes in: files that give frames shard by shard (Parquet, text). Goes out: pieces for the stream.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from leadline.core.errors import DataError
from leadline.core.text import count
from leadline.data.columns import as_text
from leadline.data.shard_stream import Piece
from leadline.late import pd

SHARD = 1 << 20  # bytes: large enough to be read at speed, small enough that a buffer mixes many


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some rows of a file.

    Args:
        where: They come from, for people.
        numbers: Of the rows, uint64, shape (B,).
        frame: The rows.
    """

    where: str
    numbers: np.ndarray
    frame: pd.DataFrame


class Frames(Protocol):
    """Files of a table that are read in chunks."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all columns."""
        ...

    @property
    def words(self) -> tuple[str, ...]:
        """What was decided, one sentence each."""
        ...

    @property
    def largest(self) -> float:
        """Bytes of the largest shard as a table, about."""
        ...

    def __len__(self) -> int:
        """Return the number of shards."""
        ...

    def chunks(
        self, order: Sequence[int] | np.ndarray, columns: Sequence[str], size: int
    ) -> Generator[Chunk, None, None]:
        """Read shards in this order, in chunks of about so many bytes."""
        ...


@dataclass(frozen=True, eq=False)
class TableShards:
    """Rows of a table as pieces.

    Args:
        name: For messages.
        frames: The files.
        inputs: Columns to learn from.
        targets: Columns to learn; several are labels.
        group: Column whose groups are kept whole, or None.
    """

    name: str
    frames: Frames
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    group: str | None = None

    def __len__(self) -> int:
        """Return the number of shards."""
        return len(self.frames)

    def pieces(self, order: Sequence[int] | np.ndarray, size: int) -> Generator[Piece, None, None]:
        """Read shards in this order."""
        columns = [*self.inputs, *self.targets, *([self.group] if self.group is not None else [])]
        for chunk in self.frames.chunks(order, columns, size):
            frame = chunk.frame
            targets = frame[list(self.targets)] if len(self.targets) > 1 else frame[self.targets[0]]
            yield Piece(chunk.where, chunk.numbers, frame, targets, self._groups(chunk))

    def only_inputs(self, rows: Any) -> Any:
        """Return the columns to learn from; pieces have the others too, for to leave them out takes time."""
        return rows[list(self.inputs)]

    def _groups(self, chunk: Chunk) -> np.ndarray | None:
        if self.group is None:
            return None
        texts = as_text(chunk.frame[self.group])
        gaps = sum(text is None for text in texts)
        if gaps:
            where, got = f"{chunk.where}, group, column {self.group!r}", f"{count(gaps, 'row')} without one"
            raise DataError.at(where, "given for every row", got, "fill it, or drop these rows")
        return np.asarray(pd.util.hash_array(texts), np.uint64)


class Unchanged:
    """Files that must stay as they were when the data set was opened."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._states = {file: self._state(file) for file in files}

    @staticmethod
    def _state(file: Path) -> tuple[int, int] | None:
        try:
            found = file.stat()
        except OSError:
            return None
        return found.st_size, found.st_mtime_ns

    def check(self, file: Path) -> None:
        """Raise where a file is not what it was.

        Raises:
            DataError: It is gone or was written to.
        """
        now = self._state(file)
        if now != self._states[file]:
            got = "no such file any more" if now is None else "one that was written to since"
            raise DataError.at(str(file), "the file that was opened", got, "open the data again")
