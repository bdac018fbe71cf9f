"""Arrays that are too large for memory: read slice by slice from a memory-mapped file.

Comes in: an array of any kind that gives slices, mostly a memory-mapped one, with one target for each row. Goes
out: its shards. Slices are small, so that many of them are mixed in the buffer.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leadline.data.as_arrays import (
    channels_last,
    check_not_one_hot,
    fitter,
    gap_of,
    kind_of,
    label_names,
    told_labels,
)
from leadline.data.build_stream import Streamed, prepared_bytes
from leadline.data.dataset import Dataset
from leadline.data.labels import ONE_COLUMN, label_values
from leadline.data.mapped_files import Mapped, Reader, rows_reader
from leadline.data.memory import Budget
from leadline.data.shard_stream import Piece
from leadline.late import pd

SHOWN = 1_000  # rows from which kind and layout are told
SLICE = 1 << 17  # bytes: long enough to be read in one go, short enough that a buffer mixes hundreds


@dataclass(frozen=True, eq=False)
class ArrayShards:
    """Slices of inputs and targets.

    Args:
        name: For messages.
        inputs: Shape (B, ...).
        targets: Shape (B,), or (B, L) of labels.
        groups: Group of each row, whole numbers of shape (B,), or None.
        names: Of the labels, where there are several.
        layout: From inputs as stored to inputs as read, e.g. channels last; keeps the first axis.
    """

    name: str
    inputs: np.ndarray
    targets: np.ndarray
    groups: np.ndarray | None = None
    names: tuple[str, ...] = ()
    layout: Callable[[np.ndarray], np.ndarray] = np.asarray

    @property
    def slice_rows(self) -> int:
        """Rows of a slice."""
        return max(1, SLICE // max(1, self.inputs[:1].nbytes))

    def __len__(self) -> int:
        """Return the number of slices."""
        return (len(self.inputs) + self.slice_rows - 1) // self.slice_rows

    def only_inputs(self, rows: np.ndarray) -> np.ndarray:
        """Return the inputs as they are."""
        return rows

    def pieces(self, order: Sequence[int] | np.ndarray, size: int) -> Generator[Piece, None, None]:
        """Read slices in this order, as many at once as fit into a piece."""
        at_once = max(1, size // max(1, self.slice_rows * self.inputs[:1].nbytes))
        with rows_reader(self.inputs) as inputs, rows_reader(self.targets) as targets:
            for low in range(0, len(order), at_once):
                yield self._piece(self._ranges(np.asarray(order[low : low + at_once])), inputs, targets)
                inputs.forget()
                targets.forget()

    def _ranges(self, shards: np.ndarray) -> list[slice]:
        """Return the rows of some slices; those that follow each other are one, and are not copied."""
        rows, end = self.slice_rows, len(self.inputs)
        if (np.diff(shards) == 1).all():
            return [slice(int(shards[0]) * rows, min(end, (int(shards[-1]) + 1) * rows))]
        return [slice(start, min(end, start + rows)) for start in (shards * rows).tolist()]

    def _piece(self, ranges: list[slice], inputs: Reader, targets: Reader) -> Piece:
        numbers = np.concatenate([np.arange(r.start, r.stop, dtype=np.uint64) for r in ranges])
        labels = targets.rows(ranges)
        return Piece(
            f"{self.name}, rows from {ranges[0].start:,}",
            numbers,
            self.layout(inputs.rows(ranges)),
            pd.DataFrame(labels, columns=list(self.names)) if self.names else labels,
            None if self.groups is None else self.groups[numbers].astype(np.uint64),
        )


def stream_arrays(
    shards: Any,
    inputs: np.ndarray,
    labels: np.ndarray,
    budget: Budget,
    words: tuple[str, ...],
    *,
    features: tuple[str, ...],
    problem: str | None,
    classes: Any,
    kind: str | None,
    scale: bool,
    test: tuple[np.ndarray, np.ndarray] | None,
    **named: Any,
) -> Dataset:
    """Return a data set over shards of arrays.

    Args:
        shards: Without names of labels and layout; these are told here.
        inputs: Some rows as stored, from which kind and layout are told.
        labels: Their targets.
        budget: The bound on memory.
        words: What was decided before.
        features: Names of the features of flat inputs.
        problem: As asked, or None.
        classes: As asked, or None.
        kind: As asked, or None.
        scale: Whether inputs are standardized.
        test: Inputs and targets that are the test part, or None.
        **named: Other fields of :class:`~leadline.data.build_stream.Streamed`.
    """
    kind = kind_of(inputs, kind)
    layout = _pixels if kind == "image" else np.asarray
    told = channels_last(inputs)[1] if kind == "image" else ()
    names = tuple(label_names(labels, problem, classes))
    if names and problem is None:
        check_not_one_hot(
            label_values(pd.DataFrame(labels, columns=list(names)), hint=ONE_COLUMN), labels.shape
        )
        told = (*told, told_labels(named["target_name"], len(names)))
    held_out: tuple[Any, Any] | None = test
    if test is not None:
        held_out = layout(test[0]), pd.DataFrame(test[1], columns=list(names)) if names else test[1]
    return Streamed(
        replace(shards, names=names, layout=layout), budget, kind=kind, problem=problem, several=bool(names),
        classes=None if names else classes, gap=gap_of(labels), words=(*words, *told), test=held_out,
        fit=lambda sample: fitter(sample, kind, scale, features)(sample), **named,
    ).build()  # fmt: skip


def _pixels(images: np.ndarray) -> np.ndarray:
    return channels_last(images)[0]


def needed(inputs: np.ndarray) -> float:
    """Return the bytes that all rows would take: prepared, and raw too where they are in a mapped file.

    Example:
        >>> needed(np.zeros((10, 3), np.uint8))
        120.0
    """
    return prepared_bytes(inputs) + (inputs.nbytes if Mapped.of(inputs) is not None else 0)
