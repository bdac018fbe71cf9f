"""One column as numbers, text or dates, whatever dtype it came in.

Comes in: a pandas Series of any dtype, from any file or program, or an array of numbers. Goes out: float64, text or
dates of the same length, with missing cells as NaN, None or NaT. The same functions serve fitting and prediction, so
both read a cell alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product
from typing import TypeAlias

import numpy as np

from leadline.core.errors import DataError
from leadline.core.text import listed
from leadline.late import pd

# What pandas takes as missing in a file, and the question mark of the UCI files.
MISSING_WORDS = (
    "", "?", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>",
    "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
Cells: TypeAlias = "pd.Series | np.ndarray"
HUGE = 1e100  # a variance of larger numbers would overflow; they are taken as infinite
_CELLS = (list, tuple, dict, set, np.ndarray, bytes)
_DAYS = (
    "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%d %b %Y", "%d-%b-%Y",
    "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%d.%m.%y", "%m/%d/%y", "%d/%m/%y",
)  # fmt: skip
_FORMATS = ("ISO8601", *(day + time for day, time in product(_DAYS, ("", " %H:%M", " %H:%M:%S"))))
_LIKE_DATE = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}([T ].*)?|\d{1,4}[./-]\d{1,2}[./-]\d{2,4}( .*)?|.*[A-Za-z]{3,}.*\d{4}.*"
)


def check_cells(column: Cells) -> None:
    """Refuse cells that are lists, arrays, dictionaries or bytes.

    Raises:
        DataError: Names the column and shows the first such cell.
    """
    if isinstance(column, np.ndarray):
        return
    if column.dtype.kind == "c":
        raise DataError.at(
            f"column {column.name!r}", "real numbers", "complex numbers", "give real and imaginary part"
        )
    if column.dtype.kind != "O" or pd.api.types.infer_dtype(column, skipna=True) == "string":
        return
    for position, cell in enumerate(column.array):
        if isinstance(cell, _CELLS):
            kind = (
                "lists"
                if isinstance(cell, (list, tuple, np.ndarray))
                else f"cells of type {type(cell).__name__}"
            )
            shown = str(cell)[:40]
            raise DataError.at(
                f"column {column.name!r}, row {position}", "one number, text or date in each cell",
                f"{kind}, e.g. {shown}", f"drop=[{column.name!r}], or spread it over several columns",
            )  # fmt: skip


def as_text(column: Cells) -> np.ndarray:
    """Return text, None where missing; 3.0 and 3 give the same text.

    Example:
        >>> as_text(pd.Series(["a", "?", None, "b "])).tolist()
        ['a', None, None, 'b']
    """
    if isinstance(column, np.ndarray):
        values, places = np.unique(column, return_inverse=True)
        return np.array([_clean(value) for value in values], dtype=object)[places]
    check_cells(column)
    plain = column.to_numpy(dtype=object) if column.dtype.kind == "O" else column.to_numpy()
    codes, levels = pd.factorize(plain, use_na_sentinel=True)
    texts = np.array([*(_clean(level) for level in levels), None], dtype=object)
    return texts[codes]


def _clean(cell: object) -> str | None:
    if isinstance(cell, (float, np.floating)) and float(cell).is_integer() and abs(float(cell)) < 1e15:
        cell = int(cell)
    text = str(cell).strip()
    return None if text in MISSING_WORDS else text


def as_numbers(column: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Return float64 with NaN where missing, and which cells hold something that is no number.

    Infinities stay as they are; numbers beyond 1e100 become infinite.

    Example:
        >>> values, strange = as_numbers(pd.Series(["1", "two", None]))
        >>> values.tolist(), strange.tolist()
        ([1.0, nan, nan], [False, True, False])
    """
    kind = column.dtype.kind if isinstance(column.dtype, np.dtype) else ""
    if isinstance(column, np.ndarray) or (kind and kind in "iufb"):
        values = np.asarray(column, np.float64)
        strange = np.zeros(len(values), bool)
    elif kind == "m":
        values, strange = column.dt.total_seconds().to_numpy(np.float64) / 86400, np.zeros(len(column), bool)
    elif pd.api.types.is_numeric_dtype(column.dtype) and not isinstance(column.dtype, pd.CategoricalDtype):
        values = column.to_numpy(np.float64, na_value=np.nan)
        strange = np.zeros(len(values), bool)
    else:
        values, strange = _parsed(as_text(column))
    return np.where(np.abs(values) > HUGE, np.copysign(np.inf, values), values), strange


def _parsed(texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    codes, levels = pd.factorize(texts, use_na_sentinel=True)
    numbers = np.array([*(_number(str(level)) for level in levels), np.nan])
    strange = np.array([*(_number(str(level)) != _number(str(level)) for level in levels), False], dtype=bool)
    return numbers[codes], strange[codes]


def _number(text: str) -> float:
    if text in ("True", "False"):
        return float(text == "True")
    try:
        return float(text) if "_" not in text else float("nan")
    except ValueError:
        return float("nan")


def not_finite(column: pd.Series) -> int:
    """Count the infinities of a column.

    Example:
        >>> not_finite(pd.Series([1.0, float("inf"), None]))
        1
    """
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "f":
        return int((np.abs(column.to_numpy(np.float64)) > HUGE).sum())
    if not pd.api.types.is_numeric_dtype(column.dtype) and column.dtype.kind not in "OUT":
        return 0
    return int(np.isinf(as_numbers(column)[0]).sum())


def as_dates(column: pd.Series, form: str = "") -> pd.Series:
    """Return dates without a time zone (UTC where they had one), NaT where missing or not a date.

    Args:
        column: Dates or text.
        form: How text is read: "ISO8601" or a strftime format.
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        dates = column
    elif isinstance(column.dtype, pd.PeriodDtype):
        dates = column.dt.to_timestamp()
    else:
        texts = pd.Series(as_text(column), dtype=object)
        dates = pd.to_datetime(texts, format=form or "ISO8601", errors="coerce", utc=True)
    dates = dates.reset_index(drop=True)
    return dates.dt.tz_convert("UTC").dt.tz_localize(None) if dates.dt.tz is not None else dates


def date_format(levels: Iterable[str]) -> str:
    """Return the format by which at least 95% of the texts are dates, or "".

    Example:
        >>> date_format(["2011-01-01 05:00:00"]), date_format(["24.12.1999"]), date_format(["a"])
        ('ISO8601', '%d.%m.%Y', '')
    """
    texts = [str(level) for level in levels]  # older pandas refuses numpy.str_
    sample = texts[:100]
    if not sample or sum(bool(_LIKE_DATE.fullmatch(text)) for text in sample) < 0.95 * len(sample):
        return ""
    fitting = (form for form in _FORMATS if _share(sample, form) >= 0.95)
    return next((form for form in fitting if _share(texts, form) >= 0.95), "")


def _share(texts: list[str], form: str) -> float:
    dates = pd.to_datetime(pd.Series(texts, dtype=object), format=form, errors="coerce", utc=True)
    return float(dates.notna().mean())


def told(names: Iterable[str], most: int = 6) -> str:
    """List column names in quotes.

    Example:
        >>> told(["age", "fare"])
        "'age', 'fare'"
    """
    return listed([repr(name) for name in names], most)
