"""What each column of a table is, learned from the training rows.

Comes in: the training rows as read. Goes out: a :class:`TableEncoder` that remembers roles, medians, means,
spreads and levels, and says which columns it leaves out and why. Skewed numbers are only standardized: power
and log scales were measured on adult (worse by 0.005 to 0.01 of accuracy) and California housing (no change),
quantile scales helped one and hurt the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from leadline.core.errors import DataError
from leadline.core.text import count, did_you_mean, listed, short
from leadline.data.columns import as_numbers, as_text, check_cells, date_format, told
from leadline.data.prepare_table import MISSING, OTHER, TableEncoder
from leadline.data.roles import STRANGE_SHARE, Column, Number, number_parts
from leadline.late import pd, sklearn

ROLES = ("number", "boolean", "date", "category")
MOST_LEVELS = 30
MIXED_SHARE = 0.2  # fewer numbers than that stand among words by nature, as in "1st floor", "2"
_INDEX_NAMES = ("id", "index", "row", "rowid", "row_id", "unnamed: 0", "rownames", "row_names", "no", "nr")


def fit_table(
    frame: pd.DataFrame, *, ignored: Iterable[str] = (), roles: Mapping[str, str] | None = None
) -> TableEncoder:
    """Learn from the training rows what each column is.

    Args:
        frame: Training rows as read, inputs only.
        ignored: Columns that are known and not inputs, e.g. the target.
        roles: Roles that are stated, by column: "number", "boolean", "date" or "category".

    Raises:
        DataError: A stated role is unknown or does not fit, cells are lists, or no column is left.

    Example:
        >>> encoder = fit_table(pd.DataFrame({"age": [1.0, 2.0, None], "sex": ["f", "m", "f"]}))
        >>> encoder.feature_names
        ('age', 'age missing', 'sex = f', 'sex = m')
    """
    stated = dict(roles or {})
    _check_roles(stated, [str(name) for name in frame.columns])
    columns: list[Column] = []
    numbers: list[Number] = []
    dropped: dict[str, str] = {}
    words: list[str] = []
    for name in map(str, frame.columns):
        found = decide(frame[name], stated.get(name, ""))
        made: list[Number] = []
        if isinstance(found, Column) and found.role == "category":
            if name not in stated:
                _tell_mixed(frame[name], words)
            found = _with_levels(frame[name], found, words)
        elif isinstance(found, Column):
            found, made = _with_numbers(frame[name], found, words)
        if isinstance(found, str):
            dropped[name] = found
            words.append(f"Column {name!r} is left out: {found}.")
        else:
            columns.append(found)
            numbers += made
    if not columns:
        got = "; ".join(f"{name}: {why}" for name, why in dropped.items()) or "no column"
        raise DataError.at("inputs", "at least one column to learn from", got)
    words += _told_missing(columns, numbers)
    return TableEncoder(tuple(columns), tuple(numbers), dropped, tuple(ignored), tuple(words))


def _check_roles(stated: Mapping[str, str], names: list[str]) -> None:
    for name, role in stated.items():
        if name not in names:
            raise DataError.at(
                f"roles, {name!r}", "a column of the inputs", "an unknown one", did_you_mean(name, names)
            )
        if role not in ROLES:
            raise DataError.at(
                f"roles, {name!r}", f"one of {listed(ROLES)}", repr(role), did_you_mean(role, ROLES)
            )


def decide(series: pd.Series, stated: str = "") -> Column | str:
    """Return what a column is, or the reason to leave it out.

    Example:
        >>> decide(pd.Series(["2011-01-01", "2011-01-02"], name="day"))
        Column(name='day', role='date', levels=(), form='ISO8601', words=(), flagged=False)
    """
    check_cells(series)
    name, kind = str(series.name), series.dtype
    if series.isna().all():
        return "it has no value"
    if stated == "category" or (isinstance(kind, pd.CategoricalDtype) and not stated):
        return Column(name, "category")
    if pd.api.types.is_datetime64_any_dtype(kind) or isinstance(kind, pd.PeriodDtype):
        return Column(name, "date")
    if pd.api.types.is_bool_dtype(kind):
        return Column(name, stated or "boolean")
    if pd.api.types.is_numeric_dtype(kind) or kind.kind == "m":
        return _row_number(series) or Column(name, stated or "number")
    return _decide_text(name, as_text(series), series, stated)


def _row_number(series: pd.Series) -> str:
    """Say that whole numbers without repeats under a name such as "id" only number the rows."""
    if (
        str(series.name).strip().lower() not in _INDEX_NAMES
        or series.nunique() != len(series)
        or len(series) < 10
    ):
        return ""
    values = as_numbers(series)[0]
    return "it numbers the rows" if (values == np.round(values)).all() else ""


def _decide_text(name: str, texts: np.ndarray, series: pd.Series, stated: str) -> Column | str:
    given = texts[[text is not None for text in texts]]
    if not len(given):
        return "it has no value"
    levels = np.unique(given.astype(str))
    if stated == "boolean" or {level.lower() for level in levels} <= {"true", "false"}:
        return Column(name, "boolean")
    strange = as_numbers(series)[1]
    if stated == "number" or strange.sum() <= STRANGE_SHARE * len(given):
        return Column(name, "number", words=tuple(sorted({str(text) for text in texts[strange]})))
    form = date_format(levels)
    if stated == "date" and not form:
        raise DataError.at(f"column {name!r}", "dates", repr(levels[0]), "write them as 2011-12-31")
    if form:
        return Column(name, "date", form=form)
    unique = len(levels) / len(given)
    if (unique >= 0.9 and len(given) >= 10) or (unique > 0.5 and len(levels) > MOST_LEVELS):
        return f"text with {len(levels):,} values in {count(len(given), 'row')}, as names and ids have"
    return Column(name, "category")


def _tell_mixed(series: pd.Series, words: list[str]) -> None:
    """Say so where a column that is read as categories holds numbers too."""
    given = int(np.sum([text is not None for text in as_text(series)]))
    strange = int(as_numbers(series)[1].sum())
    if MIXED_SHARE * given <= given - strange < given:
        share = (given - strange) / given
        words.append(
            f"Column {str(series.name)!r} mixes numbers ({share:.0%}) and words: read as categories."
        )


def _with_levels(series: pd.Series, column: Column, words: list[str]) -> Column | str:
    """Learn the levels: the most frequent by name, the others as one."""
    texts = pd.Series(as_text(series), dtype=object)
    counts = texts.value_counts()
    kept = sorted(counts.index)
    if len(counts) > MOST_LEVELS:
        ranked = sorted(counts.index, key=lambda level: (-counts[level], level))
        kept = [*sorted(ranked[:MOST_LEVELS]), OTHER]
        words.append(
            f"Column {column.name!r} has {len(counts):,} levels: the {MOST_LEVELS} most frequent are kept, "
            f"the others are one, '{OTHER}'."
        )
    if texts.isna().any():
        kept.append(MISSING)
    if len(kept) < 2:
        return f"it is always {kept[0]!r}"
    return Column(column.name, "category", tuple(kept))


def _with_numbers(series: pd.Series, column: Column, words: list[str]) -> tuple[Column | str, list[Number]]:
    """Learn median, mean and spread of what the column gives, leaving out what is constant."""
    parts, gone = number_parts(series, column)
    if column.words:
        cells = int(np.isin(as_text(series).astype(str), column.words).sum())
        words.append(f"Column {column.name!r} holds words among its numbers ({told(column.words, 3)}): "
                     f"{count(cells, 'cell')} count as missing.")  # fmt: skip
    if column.form:
        form = "ISO 8601" if column.form == "ISO8601" else column.form
        words.append(f"Column {column.name!r} is read as dates ({form}).")
    if gone.all():
        return "it has no value", []
    made = [
        _number(column, part, values) for part, values in parts.items() if len(np.unique(values[~gone])) > 1
    ]
    if not made and not gone.any():
        if series.nunique() > 1:
            return "its values are the same number in float64", []
        return f"it is always {series.iloc[0]}", []
    return Column(
        column.name, column.role, form=column.form, words=column.words, flagged=bool(gone.any())
    ), made


def _number(column: Column, part: str, values: np.ndarray) -> Number:
    imputer = sklearn.impute.SimpleImputer(strategy="most_frequent" if column.role == "boolean" else "median")
    filled = imputer.fit_transform(values[:, None])
    fill = float(imputer.statistics_[0])
    if column.role == "boolean":
        return Number(column.name, part, fill, 0.0, 1.0)
    scaler = sklearn.preprocessing.StandardScaler().fit(filled)
    return Number(column.name, part, fill, float(scaler.mean_[0]), float(scaler.scale_[0]))


def _told_missing(columns: list[Column], numbers: list[Number]) -> list[str]:
    fills = {n.column: n.fill for n in reversed(numbers) if not n.part}
    gaps = [f"{c.name!r} by {short(fills[c.name])}" for c in columns if c.flagged and c.name in fills]
    return [f"Missing numbers are filled by the training median: {listed(gaps, 6)}."] if gaps else []
