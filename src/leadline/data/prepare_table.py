"""Tables as float32: what was learned from the training rows about every column.

Comes in: a DataFrame with the columns it was fitted on, in any order, of any dtype that can be converted.
Goes out: one row of numbers for each row. scikit-learn's imputer, scaler and one-hot encoder do the work;
they are built from plain numbers and words, so an encoder written as JSON and read again gives the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from leadline.core.errors import DataError, Problems
from leadline.core.text import did_you_mean
from leadline.data.columns import as_text
from leadline.data.prepared import Prepared
from leadline.data.roles import Column, Number, number_parts

OTHER = "(other)"
MISSING = "(missing)"
_FAR = 1e30  # keeps a value far from all seen ones within float32
_NOWHERE = "\0"  # a level no column has: becomes all zeros


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
        problems, values, flags = Problems(), [], []
        for column in self.columns:
            if column.role == "category":
                continue
            try:
                parts, gone = number_parts(raw[column.name], column)
            except DataError as error:
                problems.take(error)
                continue
            missing |= {column.name: int(gone.sum())} if gone.any() else {}
            values += [parts[part] for part in self._parts.get(column.name, ())]
            flags += [gone] if column.flagged else []
        problems.raise_as(DataError)
        levels, unknown, empty = self._levels(raw)
        missed = np.array(flags, np.float32).reshape(len(flags), len(raw)).T
        inputs = np.ascontiguousarray(np.hstack([self._scaled(values, len(raw)), missed, levels]), np.float32)
        known = {*(c.name for c in self.columns), *self.dropped, *self.ignored}
        return Prepared(
            inputs, unknown, missing | empty, tuple(str(n) for n in raw.columns if n not in known)
        )

    def _check(self, raw: pd.DataFrame) -> None:
        """Refuse anything but a table that has every column."""
        if not isinstance(raw, pd.DataFrame):
            raise DataError.at("rows to prepare", "a table", type(raw).__name__, "give a pandas DataFrame")
        problems, names = Problems(), [str(name) for name in raw.columns]
        needed = {c.name for c in self.columns}
        for column in self.columns:
            if names.count(column.name) != 1:
                got = "no such column" if column.name not in names else "several of this name"
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

    def _scaled(self, values: list[np.ndarray], rows: int) -> np.ndarray:
        if not values or not rows:
            return np.zeros((rows, len(values)))
        imputer, scaler = self._number_steps
        scaled = scaler.transform(imputer.transform(np.column_stack(values)))
        return np.asarray(np.clip(scaled, -_FAR, _FAR))

    @cached_property
    def _number_steps(self) -> tuple[SimpleImputer, StandardScaler]:
        """Build the imputer by fitting it on its own medians, the scaler by its documented attributes."""
        fills = np.array([[n.fill for n in self.numbers]])
        scaler = StandardScaler()
        scaler.mean_ = np.array([n.center for n in self.numbers])
        scaler.scale_ = np.array([n.scale for n in self.numbers])
        scaler.var_ = scaler.scale_**2
        scaler.n_features_in_, scaler.n_samples_seen_ = len(self.numbers), 1
        return SimpleImputer(strategy="median").fit(fills), scaler

    def _levels(self, raw: pd.DataFrame) -> tuple[np.ndarray, dict[str, int], dict[str, int]]:
        """Return one column for each level, and the counts of unknown and missing cells."""
        unknown: dict[str, int] = {}
        missing: dict[str, int] = {}
        if not self.categories or not len(raw):
            return np.zeros((len(raw), sum(len(c.levels) for c in self.categories))), unknown, missing
        cells = np.empty((len(raw), len(self.categories)), dtype=object)
        for position, column in enumerate(self.categories):
            cells[:, position], strange, gone = _as_levels(as_text(raw[column.name]), column)
            unknown |= {column.name: strange} if strange else {}
            missing |= {column.name: gone} if gone else {}
        return np.asarray(self._one_hot.transform(cells)), unknown, missing

    @cached_property
    def _one_hot(self) -> OneHotEncoder:
        levels = [np.array(c.levels, dtype=object) for c in self.categories]
        encoder = OneHotEncoder(
            categories=levels, handle_unknown="ignore", sparse_output=False, dtype=np.float32
        )
        return encoder.fit(np.array([[names[0] for names in levels]], dtype=object))

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
    """Replace what is not a level of the column; return the cells and how many were unknown and missing."""
    codes, found = pd.factorize(texts, use_na_sentinel=True)
    other = OTHER if OTHER in column.levels else _NOWHERE
    strange = np.array([*(level not in column.levels for level in found), False], dtype=bool)
    names = [*(level if level in column.levels else other for level in found)]
    names.append(MISSING if MISSING in column.levels else _NOWHERE)
    unknown = int(strange[codes].sum()) if other == _NOWHERE else 0
    return np.array(names, dtype=object)[codes], unknown, int((codes < 0).sum())


def _column(*, levels: Sequence[str], words: Sequence[str], **other: Any) -> Column:
    return Column(levels=tuple(levels), words=tuple(words), **other)
