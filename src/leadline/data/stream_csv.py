"""Text files with a row on each line, read by ranges of bytes that begin and end with a row.

Comes in: paths of plain text files. Goes out: chunks of their rows, read as whole files are: same missing words,
same numbers. Where the rows begin is found in one quick pass; a line break between quotation marks is none. Which
columns hold words is told from ranges all over the files, so that "007" stays a word wherever it stands.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from leadline.core.errors import DataError
from leadline.core.text import did_you_mean, listed
from leadline.data.delimited import GZIP, HEAD, UTF_16, Form, check_text, form_of, parsed
from leadline.data.table_shards import SHARD, Chunk, Unchanged
from leadline.late import pd

LONGEST_ROW = 64 * SHARD  # a range without an end of a row is no table: a quotation mark stands alone
DECODED = 4  # bytes of a table for each byte of its text: "0," becomes eight
SHOWN = 64  # ranges from which the columns that hold words are told
_MARK = b"\xef\xbb\xbf"  # of UTF-8, at the beginning of a file


@dataclass(frozen=True)
class _Range:
    """Some rows of a file: their bytes, the number of the first, how many there seem to be."""

    file: Path
    start: int
    size: int
    rows: int

    @property
    def where(self) -> str:
        return f"{self.file.name}, bytes {self.start:,} to {self.start + self.size:,}"


class TextFrames:
    """Rows of text files.

    Args:
        files: With the same columns.
        delimiter: Between columns; None finds it.

    Raises:
        DataError: A file is compressed, binary, UTF-16 or empty, or its columns differ from those of the first.
    """

    def __init__(self, files: Sequence[Path], delimiter: str | None = None) -> None:
        self._unchanged = Unchanged(files)
        self._ranges: list[_Range] = []
        self._encoding = "utf-8"
        self._form: Form | None = None
        for file in files:
            self._add(file, delimiter)
        if not self._ranges:
            raise DataError.at(str(files[0]), "rows below the header", "only a header")
        self.columns = self.form.names
        latin = () if self._encoding == "utf-8" else ("The file is not UTF-8; it is read as Latin-1.",)
        self.words = (*latin, *self.form.words)
        self._texts: tuple[str, ...] = ()
        self._texts = self._shown()

    @property
    def form(self) -> Form:
        """How the files are written."""
        assert self._form is not None
        return self._form

    def _add(self, file: Path, delimiter: str | None) -> None:
        with file.open("rb") as opened:
            head = opened.read(HEAD)
        if head[:2] == GZIP or head[:2] in UTF_16:
            kind, hint = ("gzip", "gunzip it") if head[:2] == GZIP else ("UTF-16", "save it as UTF-8")
            must = "a plain text file, to be read piece by piece"
            raise DataError.at(str(file), must, f"a {kind} file", f"{hint}, write Parquet, or stream=False")
        check_text(file, head)
        start = len(_MARK) if head.startswith(_MARK) else 0
        form = form_of(file, _head(head[start:]), delimiter)
        self._form = self._form or form
        if form.names != self.form.names:
            missing = [name for name in self.form.names if name not in form.names] or list(form.names)
            must = f"the columns of the first file in their order, {listed(self.form.names, 8)}"
            raise DataError.at(str(file), must, listed(form.names, 8), did_you_mean(missing[0], form.names))
        self._find(file, start)

    def _find(self, file: Path, start: int) -> None:
        """Find where rows begin and end; the first row is the header."""
        header = True
        with file.open("rb") as opened:
            opened.seek(start)
            rest = b""
            while data := opened.read(SHARD):
                block = rest + data
                if header and (end := _row_end(block, first=True)):
                    start, block, header = start + end, block[end:], False
                end = 0 if header else _row_end(block)
                rest = block[end:]
                if len(rest) > LONGEST_ROW:
                    where, got = f"{file}, byte {start + end:,}", f"none in {LONGEST_ROW:,} bytes"
                    raise DataError.at(where, "an end of the row", got, "a quotation mark stands alone")
                start = self._note(file, start, block[:end])
            self._note(file, start, b"" if header else rest)

    def _note(self, file: Path, start: int, data: bytes) -> int:
        """Note a range of rows; return where the next one begins."""
        if self._encoding == "utf-8":
            try:
                data.decode("utf-8")
            except UnicodeDecodeError:
                self._encoding = "latin-1"
        if data.strip():
            rows = data.count(b"\n") + (not data.endswith(b"\n"))
            self._ranges.append(_Range(file, start, len(data), rows))
        return start + len(data)

    def _shown(self) -> tuple[str, ...]:
        """Return the columns that hold words in any of some ranges."""
        places = np.unique(np.linspace(0, len(self._ranges) - 1, SHOWN).astype(int))
        texts: set[str] = set()
        for place in places:
            frame = self._frame([self._ranges[place]], self.columns)
            texts.update(str(name) for name, kind in frame.dtypes.items() if kind.kind in "OUT")
        return tuple(sorted(texts))

    def __len__(self) -> int:
        """Return the number of ranges."""
        return len(self._ranges)

    @property
    def largest(self) -> float:
        """Bytes of the largest range as a table, about."""
        return float(DECODED * max(part.size for part in self._ranges))

    def chunks(
        self, order: Sequence[int] | np.ndarray, columns: Sequence[str], size: int
    ) -> Generator[Chunk, None, None]:
        """Read ranges in this order, as many at once as fit into a chunk."""
        at_once = max(1, size // (DECODED * SHARD))
        for low in range(0, len(order), at_once):
            some = [int(place) for place in order[low : low + at_once]]
            ranges = [self._ranges[place] for place in some]
            frame = self._frame(ranges, columns)
            if len(frame) == sum(part.rows for part in ranges):
                rows = [part.rows for part in ranges]
                yield Chunk(ranges[0].where, _numbers(some, rows), frame)
                continue
            for place, part in zip(some, ranges, strict=True):  # empty lines, or line breaks within cells
                frame = self._frame([part], columns)
                yield Chunk(part.where, _numbers([place], [len(frame)]), frame)

    def _frame(self, ranges: Sequence[_Range], columns: Sequence[str]) -> pd.DataFrame:
        data = b"".join(self._bytes(part) for part in ranges)
        where = (
            ranges[0].where if len(ranges) == 1 else f"{ranges[0].where}, and {len(ranges) - 1} more ranges"
        )
        texts = {name: str for name in self._texts if name in columns}
        frame = parsed(where, data, self.form, encoding=self._encoding, header=None, dtype=texts)
        return frame[list(columns)]

    def _bytes(self, part: _Range) -> bytes:
        self._unchanged.check(part.file)
        with part.file.open("rb") as opened:
            opened.seek(part.start)
            data = opened.read(part.size)
        return data if data.endswith(b"\n") else data + b"\n"


def _numbers(places: Sequence[int], rows: Sequence[int]) -> np.ndarray:
    """Return the numbers of rows: their range, and their place in it."""
    return np.concatenate(
        [(np.uint64(place) << np.uint64(32)) + np.arange(size, dtype=np.uint64)
         for place, size in zip(places, rows, strict=True)]
    )  # fmt: skip


def _row_end(block: bytes, first: bool = False) -> int:
    """Return where the last (or the first) row of a block that begins with a row ends; 0 where none does.

    A row ends with a line break before which the quotation marks are even.
    """
    end = block.find(b"\n") if first else block.rfind(b"\n")
    quotes = block.count(b'"', 0, end + 1)
    while end >= 0 and quotes % 2:
        if first:
            last, end = end, block.find(b"\n", end + 1)
            quotes += block.count(b'"', last, end + 1) if end >= 0 else 0
        else:
            last, end = end, block.rfind(b"\n", 0, end)
            quotes -= block.count(b'"', end + 1, last)
    return end + 1


def _head(data: bytes) -> str:
    """Decode the beginning of a file, which may end within a character."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        cut = len(data) - error.start < 4
        return data[: error.start].decode("utf-8") if cut else data.decode("latin-1")
