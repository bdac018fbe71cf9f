"""How a data set is split, kept so that it can be split again; and what is fitted on the training part.

Comes in: raw inputs, targets, and a function that fits an encoder. Goes out: the parts and the preparation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadline.data.labels import strata
from leadline.data.prepare import Preparation, fit_preparation
from leadline.data.prepared import Encoder
from leadline.data.raw_rows import rows_of
from leadline.data.split import SHARE, Split, check_share, make_split
from leadline.late import pd


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
        targets: Codes, -1 where unusable, or numbers, NaN where unusable; shape (B,), or (B, L) of labels.
        problem: "classification", "regression" or "several_labels".
        splitting: How to split.
        fit: Fits an encoder on raw training inputs.

    Returns:
        The parts, the preparation, and what was decided, one sentence each.
    """
    usable = usable_rows(targets, problem)
    alike, how = _alike(targets, usable, problem, splitting)
    split = splitting.split(usable, alike)
    encoder = fit(rows_of(inputs, split.train))
    preparation = fit_preparation(encoder, targets[split.train], problem)
    words = f"Rows were split {splitting.words}{how}."
    return split, preparation, (*encoder.words, *split.announcements, words)


def usable_rows(targets: np.ndarray, problem: str) -> np.ndarray:
    """Return the positions of the rows that have a target, all of their labels."""
    known = targets >= 0 if problem == "classification" else np.isfinite(targets)
    return np.flatnonzero(known if known.ndim == 1 else known.all(axis=1))


def _alike(
    targets: np.ndarray, usable: np.ndarray, problem: str, splitting: Splitting
) -> tuple[np.ndarray | None, str]:
    """Return what every part keeps the shares of, for all rows, and how to say it where it is not evident."""
    if problem == "classification":
        return targets, ""
    if problem == "regression" or splitting.groups is not None or splitting.order is not None:
        return None, ""
    codes, how = strata(targets[usable], check_share(splitting.share))
    if codes is None:
        return None, f", {how}"
    whole = np.full(len(targets), -1)
    whole[usable] = codes
    return whole, f", {how}"
