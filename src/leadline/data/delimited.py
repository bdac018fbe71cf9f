"""Text files with a row on each line (CSV, TSV), as people have them: any usual delimiter and encoding.

Comes in: a path, plain or gzipped. Goes out: a DataFrame and what had to be decided.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import warnings
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from leadline.core.errors import DataError
from leadline.data.columns import MISSING_WORDS, told
from leadline.late import pd

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
HEAD = 100_000  # characters from which the form of a file is told
GZIP, UTF_16 = b"\x1f\x8b", (b"\xff\xfe", b"\xfe\xff")
_COMMA_NUMBER = re.compile(r"-?\d+,\d+")
_MAGIC = {
    b"PAR1": "Parquet",
    b"PK\x03\x04": "ZIP or Excel",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"%PDF": "PDF",
}


def read_delimited(path: Path, delimiter: str | None = None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the table of a text file, and what was decided.

    Args:
        path: Of the file; gzip is recognized by its first bytes.
        delimiter: None finds it: comma, semicolon, tab or bar.

    Raises:
        DataError: Empty, binary, damaged, only a header, two columns of one name, or lines of different
        lengths.
    """
    text, words = _text(path)
    form = form_of(path, text[:HEAD], delimiter)
    frame = parsed(str(path), text, form)
    frame.columns = pd.Index(form.names)
    if not len(frame):
        raise DataError.at(str(path), "rows below the header", "only a header")
    return frame, (*words, *form.words)


@dataclass(frozen=True)
class Form:
    """How a text file is written.

    Args:
        names: Of the columns.
        delimiter: Between columns.
        decimal: "." or ",".
        words: What was decided, one sentence each.
    """

    names: tuple[str, ...]
    delimiter: str
    decimal: str
    words: tuple[str, ...]


def form_of(path: Path, text: str, delimiter: str | None) -> Form:
    """Return how a file is written, told from its first lines.

    Args:
        path: For messages.
        text: The beginning of the file.
        delimiter: None finds it.

    Raises:
        DataError: Empty, or two columns of one name.
    """
    lines = [line for line in text.splitlines()[:51] if line.strip()]
    if not lines:
        raise DataError.at(str(path), "a table with a header line", "an empty file")
    mark = delimiter or _delimiter(lines)
    words = []
    if mark != "," and delimiter is None:
        words.append(f"Columns are separated by {DELIMITERS[mark]}s.")
    rows = list(csv.reader(lines, delimiter=mark, skipinitialspace=True))
    names = tuple(name.strip() for name in rows[0])
    _check_header(path, names)
    decimal = _decimal(rows[1:]) if mark != "," else "."
    if decimal == ",":
        words.append("Numbers have a decimal comma.")
    return Form(names, mark, decimal, tuple(words))


def _text(path: Path) -> tuple[str, list[str]]:
    """Read and decode the file: UTF-8, with or without mark, UTF-16 with mark, else Latin-1."""
    data = path.read_bytes()
    if data[:2] == GZIP:
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError.at(
                str(path), "a whole gzip file", f"a damaged one ({error})", "copy it again"
            ) from None
    if data[:2] in UTF_16:
        return data.decode("utf-16", errors="replace"), ["The file is UTF-16."]
    check_text(path, data)
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return data.decode("latin-1"), ["The file is not UTF-8; it is read as Latin-1."]


def check_text(path: Path, data: bytes) -> None:
    """Refuse what is no text by its first bytes.

    Raises:
        DataError: A binary file; says which kind where it is known.
    """
    for start, kind in _MAGIC.items():
        if data.startswith(start):
            hint = "give it the ending .parquet" if kind == "Parquet" else "export it as CSV"
            raise DataError.at(str(path), "a text file with delimiters", f"a {kind} file", hint)
    if b"\0" in data[:8192]:
        raise DataError.at(
            str(path), "a text file with delimiters", "a binary file", "export it as CSV or Parquet"
        )


def _delimiter(lines: list[str]) -> str:
    """Return the delimiter that splits the header, and most lines alike."""
    best, most = ",", (0.0, 0)
    for mark in DELIMITERS:
        try:
            lengths = [len(row) for row in csv.reader(lines, delimiter=mark, skipinitialspace=True)]
        except csv.Error:
            continue
        alike = sum(length == lengths[0] for length in lengths) / len(lengths)
        if lengths[0] > 1 and (alike, lengths[0]) > most:
            best, most = mark, (alike, lengths[0])
    return best


def _check_header(path: Path, names: Sequence[str]) -> None:
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        hint = "rename them in the file"
        raise DataError.at(
            f"{path}, header", "a name of its own for each column", f"{told(twice)} more than once", hint
        )


def _decimal(rows: list[list[str]]) -> str:
    cells = [cell for row in rows for cell in row]
    commas = sum(bool(_COMMA_NUMBER.fullmatch(cell.strip())) for cell in cells)
    points = sum(bool(re.fullmatch(r"-?\d+\.\d+", cell.strip())) for cell in cells)
    return "," if commas and not points else "."


def parsed(
    where: str,
    text: str | bytes,
    form: Form,
    *,
    encoding: str = "utf-8",
    header: int | None = 0,
    dtype: Mapping[str, type] | None = None,
) -> pd.DataFrame:
    """Return the table that a text holds.

    Args:
        where: For messages.
        text: Lines of the file.
        form: How they are written.
        encoding: Of bytes.
        header: Position of the header line; None where the text has none.
        dtype: Of columns that are not told from their cells.

    Raises:
        DataError: Lines of different lengths.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                io.StringIO(text) if isinstance(text, str) else io.BytesIO(text),
                encoding=encoding,
                sep=form.delimiter,
                decimal=form.decimal,
                header=header,
                names=None if header == 0 else list(form.names),
                dtype=None if dtype is None else dict(dtype),
                index_col=False,
                low_memory=False,
                skipinitialspace=True,
                keep_default_na=False,
                na_values=list(MISSING_WORDS),
            )
    except (ValueError, OverflowError, pd.errors.ParserWarning) as error:
        got = str(error).strip().replace("Error tokenizing data. C error: ", "")
        hint = "give the delimiter, e.g. delimiter=';', or mend these lines"
        raise DataError.at(where, "a table with lines of one length", got, hint) from None
