"""Predictions: what a model says of new rows, with what was met on the way.

Comes in: probabilities or numbers. Goes out: labels in the form people gave them, and a table to write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from leadline.late import pd


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model says of each row, in the order of the rows.

    Args:
        target_name: Of what is predicted.
        labels: Class of the highest probability, shape (B,); of several labels 1 where the probability is above
            0.5, else 0, shape (B, L); None in regression.
        probabilities: Of each class or label, float32 of shape (B, C); None in regression.
        values: Numbers in the target's own unit, float64 of shape (B,); None in classification.
        class_names: In the order of the columns of ``probabilities``.
        unknown: Cells by column whose level was not seen in training.
        missing: Cells by column without a usable value; they were filled as in training.
        extra: Names of columns that were not needed.
        files: Path of each row, where the rows are files of images; else empty.
    """

    target_name: str
    labels: np.ndarray | None = None
    probabilities: np.ndarray | None = None
    values: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    unknown: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.predicted)

    @property
    def predicted(self) -> np.ndarray:
        """Labels or numbers, whatever is predicted, shape (B,), or (B, L) of several labels."""
        found = self.values if self.labels is None else self.labels
        return np.empty(0) if found is None else found

    def to_frame(self) -> pd.DataFrame:
        """Return a table: the prediction under the target's name, then "p(CLASS)" for each class.

        Several labels have a column of 0 and 1 each, under their names, instead of one for the target. Where the
        rows are files, their paths come first, under "file".

        Example:
            >>> Predictions("kind", np.array(["a"]), np.array([[0.75, 0.25]]), None, ("a", "b")).to_frame()
              kind  p(a)  p(b)
            0    a  0.75  0.25
        """
        columns: dict[str, Any] = {"file": self.files} if self.files else {}
        said = self.predicted
        columns |= (
            {self.target_name: said} if said.ndim == 1 else dict(zip(self.class_names, said.T, strict=True))
        )
        if self.probabilities is not None:
            names = (f"p({name})" for name in self.class_names)
            columns |= dict(zip(names, self.probabilities.T, strict=True))
        return pd.DataFrame(columns)


def labels_of(probabilities: np.ndarray, class_names: Sequence[str]) -> np.ndarray:
    """Return the name of the most probable class; whole numbers where all names are.

    Args:
        probabilities: Shape (B, C).
        class_names: C names.

    Example:
        >>> labels_of(np.array([[0.1, 0.9]]), ["3", "4"])
        array([4])
        >>> labels_of(np.array([[0.1, 0.9]]), ["no", "yes"])
        array(['yes'], dtype='<U3')
    """
    chosen: np.ndarray = _values(tuple(class_names))[np.argmax(probabilities, axis=1)]
    return chosen


@cache  # one row takes less time than making them
def _values(class_names: tuple[str, ...]) -> np.ndarray:
    names = np.array(class_names, dtype=str)
    try:
        numbers = names.astype(np.int64)
    except (ValueError, OverflowError):
        return names
    return numbers if (numbers.astype(str) == names).all() else names  # "007" is a name
