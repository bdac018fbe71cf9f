"""Anything that is a table, as a pandas DataFrame.

Comes in: files, DataFrames of pandas and polars, dictionaries of columns. Goes out: a DataFrame with one text
name for each column and rows numbered from 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leadline.core.errors import DataError
from leadline.data.columns import told
from leadline.data.delimited import GZIP, HEAD, UTF_16, check_text, form_of, read_delimited
from leadline.data.table_files import TABLE_ENDINGS, is_parquet, table_files
from leadline.late import pa, pd


def read_frame(source: Any, *, delimiter: str | None = None) -> pd.DataFrame:
    """Return a table from a file, a DataFrame of pandas or polars, or a dictionary of columns.

    Args:
        source: Path of .csv, .tsv, .txt (plain or .gz) or .parquet, or the table itself.
        delimiter: Of a text file; None finds it.

    Raises:
        DataError: The source cannot be read as a table; says why.

    Example:
        >>> read_frame({"a": [1, 2], "b": ["x", "y"]}).shape
        (2, 2)
    """
    return read_table(source, delimiter)[0]


def read_table(source: Any, delimiter: str | None = None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the table and what was decided while reading it; see :func:`read_frame`."""
    words: tuple[str, ...] = ()
    if isinstance(source, (str, Path)):
        frame, words = _joined(table_files(source), delimiter)
    else:
        frame = _given(source)
    frame = frame.set_axis([str(name) for name in frame.columns], axis=1).reset_index(drop=True)
    twice = [name for name, times in Counter(frame.columns).items() if times > 1]
    if twice:
        raise DataError.at(
            "columns", "a name of its own for each column", f"{told(twice)} more than once", "rename them"
        )
    if not len(frame) or not len(frame.columns):
        raise DataError.at(table_name(source), "a table with rows and columns", f"one of shape {frame.shape}")
    return frame, words


def column_names(source: str | Path, *, delimiter: str | None = None) -> list[str]:
    r"""Return the columns of a table without reading its rows, where that is possible.

    Raises:
        DataError: The source cannot be read as a table; says why.

    Example:
        >>> _ = Path("a.csv").write_text("size,kind\n1,x\n")
        >>> column_names("a.csv")
        ['size', 'kind']
    """
    file = table_files(source)[0]
    if is_parquet(file):
        return list(_parquet(file, rows=False).columns)
    with file.open("rb") as opened:
        head = opened.read(HEAD)
    if head[:2] == GZIP or head[:2] in UTF_16:
        return list(read_table(file, delimiter)[0].columns)
    check_text(file, head)
    return list(form_of(file, head.decode("utf-8-sig", errors="replace"), delimiter).names)


def table_name(source: Any) -> str:
    """Return a name for people: of the file without its ending, else "table".

    Example:
        >>> table_name("data/titanic.csv.gz")
        'titanic'
    """
    if not isinstance(source, (str, Path)):
        return "table"
    name = Path(source).name
    ending = max((end for end in TABLE_ENDINGS if name.lower().endswith(end)), key=len, default="")
    return name[: len(name) - len(ending)] or name


def _joined(files: list[Path], delimiter: str | None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the rows of all files, below each other."""
    read = [(_parquet(file), ()) if is_parquet(file) else read_delimited(file, delimiter) for file in files]
    if len(read) == 1:
        return read[0]
    columns = list(read[0][0].columns)
    for file, (frame, _) in zip(files, read, strict=True):
        if list(frame.columns) != columns:
            must = f"the columns of the first file, {told(map(str, columns))}"
            raise DataError.at(str(file), must, told(map(str, frame.columns)))
    words = (f"Rows of {len(files)} files stand below each other.", *read[0][1])
    return pd.concat([frame for frame, _ in read], ignore_index=True), words


def _parquet(path: Path, rows: bool = True) -> pd.DataFrame:
    try:
        return pd.read_parquet(path) if rows else pa.parquet.read_schema(path).empty_table().to_pandas()
    except Exception as error:  # pyarrow has many kinds
        raise DataError.at(str(path), "a Parquet file", f"a damaged or foreign one ({error})") from None


def _given(source: Any) -> pd.DataFrame:
    """Turn tables in memory into pandas; polars and Arrow bring their own way."""
    if isinstance(source, pd.DataFrame):
        return source
    if hasattr(source, "to_pandas"):
        frame = source.to_pandas()
        if isinstance(frame, pd.DataFrame):
            return frame
    if isinstance(source, Mapping):
        try:
            return pd.DataFrame({name: list(column) for name, column in source.items()})
        except (ValueError, TypeError) as error:
            raise DataError.at("table", "columns of one length", str(error), "check the lengths") from None
    kinds = "a path, a DataFrame of pandas or polars, or a dictionary of columns"
    raise DataError.at("table", kinds, type(source).__name__, "ll.data.arrays(x, y) takes arrays")
