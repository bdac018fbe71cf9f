"""Parquet files read by row groups.

Comes in: paths. Goes out: chunks of their rows. Small row groups that follow each other are one shard; a large one
is read a bounded number of rows at a time, together with others, so that rows from several places are mixed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from leadline.core.errors import DataError
from leadline.core.text import did_you_mean, listed
from leadline.data.build_stream import prepared_bytes
from leadline.data.table_shards import SHARD, Chunk, Unchanged
from leadline.late import pa

AT_ONCE = 2  # shards that are read in turn where one is more than a chunk; each holds its pages in memory
_TEXT = 60  # bytes of a short text in memory, about


@dataclass(frozen=True)
class _Shard:
    """Row groups that follow each other: where they are, and the number of their first row."""

    file: Path
    groups: tuple[int, ...]
    first: int
    rows: int

    @property
    def where(self) -> str:
        """Of the rows, for people."""
        last = f" to {self.groups[-1]}" if len(self.groups) > 1 else ""
        return f"{self.file.name}, row group{'s' if last else ''} {self.groups[0]}{last}"


class ParquetFrames:
    """Rows of Parquet files.

    Args:
        files: With the same columns.

    Raises:
        DataError: A file is no Parquet file, or its columns differ from those of the first.
    """

    words: tuple[str, ...] = ()

    def __init__(self, files: Sequence[Path]) -> None:
        self._unchanged = Unchanged(files)
        self._shards: list[_Shard] = []
        self._known: dict[Path, Any] = {}
        self.columns: tuple[str, ...] = ()
        self._row_bytes = 8.0
        first = 0
        for file in files:
            first = self._add(file, first)
        self._rows = first

    def _add(self, file: Path, first: int) -> int:
        """Note the row groups of a file; return the number of the next row."""
        with closing(_opened(file)) as opened:
            empty = opened.schema_arrow.empty_table().to_pandas()
            names = tuple(map(str, empty.columns))
            self._known[file] = opened.metadata
        if not self.columns:
            self.columns = names
            texts = sum(kind.kind in "OUT" for kind in empty.dtypes)
            self._row_bytes = max(1.0, 8.0 * (len(names) - texts) + _TEXT * texts)
            self._prepared = prepared_bytes(empty.reindex(range(1)))
        problem = [name for name in self.columns if name not in names]
        if problem:
            must = f"the columns of the first file, {listed(self.columns, 8)}"
            raise DataError.at(str(file), must, f"no {listed(problem, 6)}", did_you_mean(problem[0], names))
        at_once = max(1, int(SHARD / self._row_bytes))
        groups: list[int] = []
        rows = 0
        sizes = [self._known[file].row_group(i).num_rows for i in range(self._known[file].num_row_groups)]
        for group, size in enumerate(sizes):
            groups.append(group)
            rows += size
            if rows >= at_once or group == len(sizes) - 1:
                self._shards.append(_Shard(file, tuple(groups), first, rows))
                groups, first, rows = [], first + rows, 0
        return first

    def __len__(self) -> int:
        """Return the number of shards."""
        return len(self._shards)

    @property
    def largest(self) -> float:
        """Bytes of the largest row group, or run of small ones, as a table."""
        return max(shard.rows for shard in self._shards) * self._row_bytes

    def needed(self) -> float:
        """Return the bytes that all rows would take in memory, raw and prepared, estimated."""
        return self._rows * (self._row_bytes + self._prepared)

    def chunks(
        self, order: Sequence[int] | np.ndarray, columns: Sequence[str], size: int
    ) -> Generator[Chunk, None, None]:
        """Read shards in this order: small ones many at once, large ones a few in turn."""
        rows = max(1, int(size / self._row_bytes))
        shards = [self._shards[int(place)] for place in order]
        if max(shard.rows for shard in shards) > rows:
            yield from self._in_turn(shards, columns, rows)
            return
        some: list[_Shard] = []
        for shard in shards:
            if some and sum(other.rows for other in some) + shard.rows > rows:
                yield from self._together(some, columns)
                some = []
            some.append(shard)
        yield from self._together(some, columns)
        pa.default_memory_pool().release_unused()  # it keeps what it freed

    def _together(self, shards: Sequence[_Shard], columns: Sequence[str]) -> Generator[Chunk, None, None]:
        """Read shards whole; those of one file at once, which is several times as fast as one by one."""
        for file in dict.fromkeys(shard.file for shard in shards):
            mine = [shard for shard in shards if shard.file == file]
            groups = [group for shard in mine for group in shard.groups]
            where = mine[0].where if len(mine) == 1 else f"{mine[0].where} and {len(mine) - 1} more places"
            numbers = [np.arange(shard.first, shard.first + shard.rows, dtype=np.uint64) for shard in mine]
            with self._file(file) as opened, _told(where):
                frame = _plain(opened.read_row_groups(groups, columns=list(columns))).to_pandas()
            pa.default_memory_pool().release_unused()
            yield Chunk(where, np.concatenate(numbers), frame)

    def _in_turn(
        self, shards: Sequence[_Shard], columns: Sequence[str], rows: int
    ) -> Generator[Chunk, None, None]:
        """Read some rows of a shard, then of the next; a shard that is read to its end makes place for another."""
        waiting = iter(shards)
        reading = deque(self._read(shard, columns, rows) for shard in islice(waiting, AT_ONCE))
        try:
            while reading:
                turn = reading.popleft()
                chunk = next(turn, None)
                if chunk is not None:
                    reading.append(turn)
                    yield chunk
                elif (shard := next(waiting, None)) is not None:
                    reading.append(self._read(shard, columns, rows))
        finally:
            for turn in reading:
                turn.close()
            pa.default_memory_pool().release_unused()

    def _read(self, shard: _Shard, columns: Sequence[str], rows: int) -> Generator[Chunk, None, None]:
        first = shard.first
        with self._file(shard.file) as opened:
            batches = opened.iter_batches(rows, row_groups=list(shard.groups), columns=list(columns))
            while True:
                with _told(shard.where):
                    batch = next(batches, None)
                    frame = None if batch is None else _plain(pa.Table.from_batches([batch])).to_pandas()
                if frame is None:
                    return
                del batch
                pa.default_memory_pool().release_unused()  # else it grows by a third of the bound
                yield Chunk(shard.where, np.arange(first, first + len(frame), dtype=np.uint64), frame)
                first += len(frame)

    def _file(self, file: Path) -> AbstractContextManager[Any]:
        self._unchanged.check(file)
        return closing(_opened(file, self._known[file]))


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Say where rows cannot be read."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        got = f"a damaged part ({error})"
        raise DataError.at(where, "rows that can be read", got, "write the file again") from None


def _plain(table: Any) -> Any:
    """Return rows without what pandas wrote about them: reading that takes longer than the rows."""
    return table.replace_schema_metadata(None)


def _opened(file: Path, metadata: Any = None) -> Any:
    try:
        return pa.parquet.ParquetFile(file, metadata=metadata, pre_buffer=False)
    except Exception as error:  # pyarrow has many kinds
        raise DataError.at(str(file), "a Parquet file", f"a damaged or foreign one ({error})") from None
