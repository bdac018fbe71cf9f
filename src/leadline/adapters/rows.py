"""Rows of a foreign training as they went by: a bounded, even sample of them, and what it says.

Comes in: batches, while the first epoch lasts. Goes out: every ``data.input.*`` and ``target.*`` number. Memory is
bounded: where there are too many values, every second batch kept is dropped, and from then on only every second is
taken, so that what is kept stays spread over the epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from leadline.program.facts import rows_facts
from leadline.program.targets import form_of

INPUT_VALUES = 1 << 21  # 8 MB of float32; 2,674 images of 28 x 28
TARGET_VALUES = 1 << 20


class Kept:
    """Batches of rows, evenly thinned out to a number of values.

    Args:
        most: Values to keep.

    Example:
        >>> kept = Kept(most=4)
        >>> for number in range(8):
        ...     kept.offer(lambda: np.full((1, 1), number))
        >>> kept.rows().ravel().tolist(), kept.seen
        ([0, 2, 4, 6], 8)
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.seen = 0
        self.stride = 1
        self.values = 0
        self.mixed = False
        self._parts: list[np.ndarray] = []
        self._batches = 0

    def offer(self, copy: Callable[[], np.ndarray], rows: int = 1) -> None:
        """Take a batch, or pass it by.

        Args:
            copy: Gives rows that nobody else will change; only called where the batch is taken.
            rows: Of the batch.
        """
        self.seen += rows
        self._batches += 1
        if (self._batches - 1) % self.stride:
            return
        part = copy()
        if self._parts and part.shape[1:] != self._parts[0].shape[1:]:
            self.mixed = True
            return
        if part.size > self.most:
            part = part[:: -(-part.size // self.most)]
        self._parts.append(part)
        self.values += part.size
        while self.values > self.most and len(self._parts) > 1:
            self._parts = self._parts[::2]
            self.stride *= 2
            self.values = sum(part.size for part in self._parts)

    def rows(self) -> np.ndarray:
        """Return the rows that were kept."""
        return np.concatenate(self._parts) if self._parts else np.zeros((0, 1), np.float32)


class Rows:
    """Inputs and targets of the first epoch.

    Example:
        >>> rows = Rows()
        >>> rows.inputs.offer(lambda: np.ones((4, 2), np.float32), 4)
        >>> rows.targets.offer(lambda: np.array([0.0, 1.0, 1.0, 0.0]), 4)
        >>> facts = rows.facts()
        >>> facts["data.input.mean"].tolist(), facts["target.form"]
        ([1.0, 1.0], 'yes_no')
    """

    def __init__(self) -> None:
        self.inputs = Kept(INPUT_VALUES)
        self.targets = Kept(TARGET_VALUES)
        self.codes = False
        self.tokens = False
        self.channels = False  # whether the second axis of the inputs holds channels
        self.over = False

    def facts(self) -> dict[str, Any]:
        """Return what the rows say; only of what there is."""
        inputs, targets = self.inputs.rows(), self.targets.rows()
        if not len(inputs) and not len(targets):
            return {}
        if self.channels and inputs.ndim > 2:
            inputs = np.moveaxis(inputs, 1, -1)
        known = len(targets) > 0
        form = form_of(targets if known else np.zeros(1), "classification" if self.codes else "")
        shown = inputs if len(inputs) else np.zeros((1, 1), np.float32)
        facts = rows_facts(shown, targets if known else np.zeros(1), form)
        del facts["data.rows.train"]  # of a sample
        if not len(inputs):
            facts = _without(facts, "data.input.")
        if self.tokens:  # whole numbers that stand for words have no mean
            facts = _without(facts, *(f"data.input.{name}" for name in ("mean", "spread", "low", "high")))
        if not known:
            return {name: value for name, value in facts.items() if name.startswith("data.input.")}
        share = self.targets.seen / len(targets)
        if self.targets.stride > 1 and "data.class_count.train" in facts:
            facts["data.class_count.train"] = np.rint(facts["data.class_count.train"] * share).astype(
                np.int64
            )
        return facts

    def words(self) -> list[str]:
        """Return what of the rows was not looked at."""
        found = []
        for kept, name in ((self.inputs, "Inputs"), (self.targets, "Targets")):
            rows = len(kept.rows())
            if 0 < rows < kept.seen and (kept.stride > 1 or kept.mixed):
                found.append(f"{name} were looked at in {rows:,} of {kept.seen:,} rows.")
        return found


def _without(facts: dict[str, Any], *beginnings: str) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if not name.startswith(beginnings)}
