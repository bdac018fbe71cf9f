"""Anything that is a table, as a pandas DataFrame.

Comes in: files, DataFrames of pandas and polars, dictionaries of columns. Goes out: a DataFrame with one text
name for each column and rows numbered from 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from leadline.core.errors import DataError
from leadline.data.columns import told
from leadline.data.delimited import read_delimited
from leadline.data.paths import found_file

TABLE_ENDINGS = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz", ".parquet", ".pq")


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
        path = found_file(source)
        if path.suffix.lower() in (".parquet", ".pq"):
            frame = _parquet(path)
        else:
            frame, words = read_delimited(path, delimiter)
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


def _parquet(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
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
