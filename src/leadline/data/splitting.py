"""How a data set is split, kept so that it can be split again; and what is fitted on the training part.

Comes in: raw inputs, targets, and a function that fits an encoder. Goes out: the parts and the preparation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from leadline.data.prepare import Preparation, fit_preparation
from leadline.data.prepared import Encoder
from leadline.data.raw_rows import rows_of
from leadline.data.split import SHARE, Split, make_split


@dataclass(frozen=True, eq=False)
class Splitting:
    """How rows are shared between the parts.

    Args:
        share: Of train, validation and test.
        seed: Of the shuffling.
        groups: Group of every row as read, or None.
        order: A number of every row as read that grows in time, or None.
        test_rows: Positions given as the test part, or None.
    """

    share: Sequence[float] = SHARE
    seed: int = 0
    groups: np.ndarray | None = None
    order: np.ndarray | None = None
    test_rows: np.ndarray | None = None

    def split(self, usable: np.ndarray, classes: np.ndarray | None) -> Split:
        """Return the parts of the usable rows."""
        return make_split(
            usable, stratify=classes, groups=self.groups, order=self.order, share=self.share, seed=self.seed,
            test_rows=self.test_rows,
        )  # fmt: skip

    @property
    def words(self) -> str:
        """How, in words."""
        if self.order is not None:
            return "in time, the latest rows for the test"
        how = "by group" if self.groups is not None else f"by seed {self.seed}"
        return f"{how}, test rows as given" if self.test_rows is not None else how


def fit_parts(
    inputs: pd.DataFrame | np.ndarray,
    targets: np.ndarray,
    problem: str,
    splitting: Splitting,
    fit: Callable[[Any], Encoder],
) -> tuple[Split, Preparation, tuple[str, ...]]:
    """Split the rows that have a target and fit the preparation on the training part.

    Args:
        inputs: Raw inputs.
        targets: Codes, -1 where unusable, or numbers, NaN where unusable; shape (B,).
        problem: "classification" or "regression".
        splitting: How to split.
        fit: Fits an encoder on raw training inputs.

    Returns:
        The parts, the preparation, and what was decided, one sentence each.
    """
    classes = targets if problem == "classification" else None
    usable = np.flatnonzero(np.isfinite(targets) if classes is None else targets >= 0)
    split = splitting.split(usable, classes)
    encoder = fit(rows_of(inputs, split.train))
    preparation = fit_preparation(encoder, targets[split.train], problem)
    return split, preparation, (*encoder.words, *split.announcements, f"Rows were split {splitting.words}.")
