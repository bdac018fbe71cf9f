"""Tables as float32: what was learned from the training rows about every column.

Comes in: a DataFrame with the columns it was fitted on, in any order, of any dtype that can be converted.
Goes out: one row of numbers for each row: gaps filled, numbers standardized, levels as columns of 0 and 1, as
scikit-learn's imputer, scaler and one-hot encoder do it (a test holds it). They are not asked, because
importing them takes half a second, and one row takes four times as long with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from leadline.core.errors import DataError, Problems
from leadline.core.text import did_you_mean
from leadline.data.columns import as_text
from leadline.data.prepared import Prepared
from leadline.data.roles import Column, Number
from leadline.data.table_numbers import number_cells, standardized
from leadline.late import pd

OTHER = "(other)"
MISSING = "(missing)"
_NOWHERE = -1  # the position of a level that the column does not have: becomes all zeros


@dataclass(frozen=True)
class TableEncoder:
    """Turns the rows of a table into float32 features: numbers, missing flags, then levels of categories.

    Args:
        columns: Those in use.
        numbers: Prepared features that are numbers.
        dropped: Columns left out, each with the reason.
        ignored: Columns that are known and not inputs: the target, those left out.
        words: What was decided while fitting, one sentence each.
    """

    columns: tuple[Column, ...]
    numbers: tuple[Number, ...]
    dropped: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @cached_property
    def categories(self) -> tuple[Column, ...]:
        """Columns that are categories."""
        return tuple(c for c in self.columns if c.role == "category")

    @cached_property
    def _parts(self) -> dict[str, list[str]]:
        """Parts made of each column, in the order of the features."""
        parts: dict[str, list[str]] = {}
        for number in self.numbers:
            parts.setdefault(number.column, []).append(number.part)
        return parts

    @cached_property
    def flagged(self) -> tuple[Column, ...]:
        """Columns whose missing values are a feature of their own."""
        return tuple(c for c in self.columns if c.flagged)

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the prepared features, e.g. "age", "age missing", "sex = male"."""
        levels = [f"{c.name} = {level}" for c in self.categories for level in c.levels]
        return (*(n.name for n in self.numbers), *(f"{c.name} missing" for c in self.flagged), *levels)

    @cached_property
    def feature_columns(self) -> tuple[str, ...]:
        """Raw column of each prepared feature."""
        levels = [c.name for c in self.categories for _ in c.levels]
        return (*(n.column for n in self.numbers), *(c.name for c in self.flagged), *levels)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Number of features."""
        return (len(self.feature_names),)

    def transform(self, raw: pd.DataFrame) -> Prepared:
        """Return the rows as features, in the order given; columns are matched by name.

        Raises:
            DataError: Columns are missing, or hold what cannot be converted; all of them are named.
        """
        self._check(raw)
        missing: dict[str, int] = {}
        problems, cells, flags = Problems(), [], []
        for column in self.columns:
            if column.role == "category":
                continue
            try:
                parts, gone = number_cells(raw[column.name], column)
            except DataError as error:
                problems.take(error)
                continue
            missing |= {} if gone is None else {column.name: int(gone.sum())}
            cells += [parts[part] for part in self._parts.get(column.name, ())]
            flags += [gone] if column.flagged else []
        problems.raise_as(DataError)
        levels, unknown, empty = self._levels(raw)
        inputs = np.empty((len(raw), len(cells) + len(flags) + levels.shape[1]), np.float32)
        standardized(cells, self.numbers, inputs[:, : len(cells)])
        for place, gone in enumerate(flags, len(cells)):
            inputs[:, place] = 0 if gone is None else gone
        inputs[:, len(cells) + len(flags) :] = levels
        known = {*(c.name for c in self.columns), *self.dropped, *self.ignored}
        return Prepared(
            inputs, unknown, missing | empty, tuple(str(n) for n in raw.columns if n not in known)
        )

    def _check(self, raw: pd.DataFrame) -> None:
        """Refuse anything but a table that has every column."""
        if not isinstance(raw, pd.DataFrame):
            raise DataError.at("rows to prepare", "a table", type(raw).__name__, "give a pandas DataFrame")
        problems, names = Problems(), [str(name) for name in raw.columns]
        needed, often = {c.name for c in self.columns}, Counter(names)
        for column in self.columns:
            if often[column.name] != 1:
                got = "no such column" if not often[column.name] else "several of this name"
                problems.add(
                    f"column {column.name!r}",
                    "in the table once",
                    got,
                    self._hint(column.name, names, needed),
                )
        problems.raise_as(DataError)

    @staticmethod
    def _hint(name: str, names: list[str], needed: set[str]) -> str:
        return did_you_mean(name, [n for n in names if n not in needed] or names)

    def _levels(self, raw: pd.DataFrame) -> tuple[np.ndarray, dict[str, int], dict[str, int]]:
        """Return one column for each level, and the counts of unknown and missing cells."""
        unknown: dict[str, int] = {}
        missing: dict[str, int] = {}
        columns = np.zeros((len(raw), sum(len(c.levels) for c in self.categories)), np.float32)
        first = 0
        for column in self.categories:
            places, strange, gone = _as_levels(as_text(raw[column.name]), column)
            rows = np.flatnonzero(places != _NOWHERE)
            columns[rows, first + places[rows]] = 1
            first += len(column.levels)
            unknown |= {column.name: strange} if strange else {}
            missing |= {column.name: gone} if gone else {}
        return columns, unknown, missing

    def to_json(self) -> dict[str, Any]:
        """Return what is needed to build it again."""
        return {"kind": "table", **asdict(self)}

    @classmethod
    def from_json(cls, spec: Mapping[str, Any]) -> TableEncoder:
        """Build the encoder that was written."""
        columns = tuple(_column(**column) for column in spec["columns"])
        numbers = tuple(Number(**number) for number in spec["numbers"])
        return cls(columns, numbers, dict(spec["dropped"]), tuple(spec["ignored"]), tuple(spec["words"]))


def _as_levels(texts: np.ndarray, column: Column) -> tuple[np.ndarray, int, int]:
    """Return the position of each cell among the levels of the column, and how many were unknown and missing."""
    codes, found = pd.factorize(texts, use_na_sentinel=True)
    known = {level: position for position, level in enumerate(column.levels)}
    other = known.get(OTHER, _NOWHERE)
    strange = np.array([*(level not in known for level in found), False], dtype=bool)
    places = np.array([*(known.get(level, other) for level in found), known.get(MISSING, _NOWHERE)])
    unknown = int(strange[codes].sum()) if other == _NOWHERE else 0
    return places[codes], unknown, int((codes < 0).sum())


def _column(*, levels: Sequence[str], words: Sequence[str], **other: Any) -> Column:
    return Column(levels=tuple(levels), words=tuple(words), **other)
