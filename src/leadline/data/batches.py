"""Any source of batches: a list, a loader of another library, a function that returns an iterator.

Comes in: something that gives batches of inputs and targets, again and again, in the same order. Goes out: a
:class:`Dataset` that streams them; rows are mixed by Leadline's own buffer.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from leadline.core.errors import DataError
from leadline.data.as_arrays import as_inputs, as_labels
from leadline.data.dataset import Dataset
from leadline.data.memory import USUAL, Budget, as_bytes, in_words
from leadline.data.shard_stream import Piece
from leadline.data.split import SHARE
from leadline.data.stream_arrays import stream_arrays
from leadline.late import pd

Batches = Iterable[Any] | Callable[[], Iterable[Any]]


def batches(
    source: Batches,
    *,
    problem: str | None = None,
    classes: int | Sequence[str] | None = None,
    kind: str | None = None,
    scale: bool = True,
    test: tuple[Any, Any] | None = None,
    memory: str | int | None = None,
    split: Sequence[float] = SHARE,
    seed: int = 0,
    name: str = "batches",
    target_name: str = "target",
) -> Dataset:
    """Return a data set from batches that are made anew in every epoch.

    Args:
        source: Gives pairs of inputs (B, ...) and targets (B,), arrays of anything that
            :func:`~leadline.data.arrays` takes. A function that returns an iterator, or anything that can be
            iterated again from its beginning; not a generator, which ends after one pass. The targets must
            be the same in every pass: shuffling is done here, of rows in a buffer, and of batches where the
            source has ``__len__`` and ``__getitem__``.
        problem: As in :func:`~leadline.data.arrays`; so are classes, kind, scale, test, split, seed, name and
            target_name.
        classes: Number of classes or their names.
        kind: "image" or "array".
        scale: Whether inputs are standardized.
        test: Inputs and targets that are the test part.
        memory: Bound on what is kept in memory, as "2GB"; 1 GB by default.
        split: Shares of train, validation and test.
        seed: Of the split.
        name: For people.
        target_name: For people.

    Raises:
        DataError: The source gives no pairs, or can be iterated only once, or a batch does not fit the first.
        RecipeError: The shares or the memory are out of range.

    Example:
        >>> def numbers():
        ...     for start in range(0, 1000, 100):
        ...         x = np.arange(start, start + 100.0).reshape(-1, 1)
        ...         yield x, x[:, 0] % 2
        >>> data = batches(numbers)
        >>> data.sizes, sum(len(targets) for _, targets in data.stream.blocks(seed=0, epoch=1))
        ((700, 150, 150), 700)
    """
    shards = BatchShards(name, source)
    inputs, labels = shards.first()
    features = as_inputs(inputs)[1]
    budget = Budget(USUAL if memory is None else as_bytes(memory))
    words = f"Streamed in {in_words(budget.total)} of memory, batch by batch."
    held_out = None
    if test is not None:
        held_out = _pair(test, "test")
    return stream_arrays(
        shards, inputs, labels, budget, (words,), name=name, features=features, problem=problem, classes=classes,
        kind=kind, scale=scale, test=held_out, share=tuple(split), seed=seed, target_name=target_name,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class BatchShards:
    """Batches as shards.

    Args:
        name: For messages.
        source: As :func:`batches` takes it.
        names: Of the labels, where there are several.
        layout: From inputs as they come to inputs as read; keeps the first axis.
        marks: A checksum of the targets of each batch, from the first pass.
    """

    name: str
    source: Batches
    names: tuple[str, ...] = ()
    layout: Callable[[np.ndarray], np.ndarray] = np.asarray
    marks: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        """Return the number of batches where they can be read in any order, else 1."""
        return len(self.source) if self._chosen else 1  # type: ignore[arg-type]  # it has a length

    @property
    def _chosen(self) -> bool:
        """Tell whether batches can be read in any order."""
        return hasattr(self.source, "__len__") and hasattr(self.source, "__getitem__")

    def first(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the first batch.

        Raises:
            DataError: There is none, or it is no pair of inputs and targets.
        """
        for _, batch in self._batches(range(len(self)) if self._chosen else (0,)):
            return _pair(batch, f"{self.name}, batch 0")
        raise DataError.at(self.name, "batches of rows to learn from", "none")

    def only_inputs(self, rows: np.ndarray) -> np.ndarray:
        """Return the inputs as they are."""
        return rows

    def pieces(self, order: Sequence[int] | np.ndarray, size: int) -> Generator[Piece, None, None]:
        """Read batches; in this order where the source lets itself be asked for one."""
        shape: tuple[Any, ...] | None = None
        for number, batch in self._batches(order):
            where = f"{self.name}, batch {number}"
            inputs, labels = _pair(batch, where)
            shape = shape or _form(inputs, labels)
            if _form(inputs, labels) != shape:
                must = f"like the first: {_told(*shape)}"
                raise DataError.at(where, must, _told(*_form(inputs, labels)))
            self._check_same(number, labels, where)
            numbers = (np.uint64(number) << np.uint64(32)) + np.arange(len(inputs), dtype=np.uint64)
            targets = pd.DataFrame(labels, columns=list(self.names)) if self.names else labels
            yield Piece(where, numbers, self.layout(inputs), targets)

    def _batches(self, order: Sequence[int] | np.ndarray) -> Iterator[tuple[int, Any]]:
        if self._chosen:
            yield from ((int(number), self.source[int(number)]) for number in order)  # type: ignore[index]  # told by _chosen
            return
        again = self.source() if callable(self.source) else self.source
        if not callable(self.source) and (not hasattr(again, "__iter__") or iter(again) is again):
            must = "a function, or anything that can be iterated again from its beginning"
            got = f"something of type {type(again).__name__}, which ends after one pass"
            hint = "give the function itself: ll.data.batches(make), not ll.data.batches(make())"
            raise DataError.at(self.name, must, got, hint)
        yield from enumerate(again)

    def _check_same(self, number: int, labels: np.ndarray, where: str) -> None:
        """Refuse a source that shuffles: rows that were held out would be learned from."""
        plain = labels.astype(str) if labels.dtype.kind == "O" else labels
        mark = zlib.crc32(plain.tobytes())
        if number == len(self.marks):
            self.marks.append(mark)
        elif number > len(self.marks) or self.marks[number] != mark:
            hint = "shuffle=False in the source: Leadline mixes the rows itself"
            raise DataError.at(where, "the same targets in every pass", "others than in the first", hint)


def _pair(batch: Any, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and targets of a batch as arrays."""
    if not isinstance(batch, (tuple, list)) or len(batch) != 2:
        size = f" of {len(batch)}" if isinstance(batch, (tuple, list)) else ""
        must = "a pair of inputs and targets"
        raise DataError.at(where, must, f"a {type(batch).__name__}{size}", "yield inputs, targets")
    try:
        inputs, labels = as_inputs(batch[0])[0], as_labels(batch[1])
    except DataError as error:
        raise DataError.at(where, error.problems[0].must_be, error.problems[0].got) from None
    if len(inputs) != len(labels):
        got = f"{len(inputs):,} inputs and {len(labels):,} targets"
        raise DataError.at(where, "as many inputs as targets", got)
    return inputs, labels


def _form(inputs: np.ndarray, labels: np.ndarray) -> tuple[Any, ...]:
    return inputs.shape[1:], inputs.dtype, labels.shape[1:]


def _told(shape: tuple[int, ...], kind: np.dtype[Any], labels: tuple[int, ...]) -> str:
    of = f" and targets of shape (B, {', '.join(map(str, labels))})" if labels else ""
    return f"{kind} of shape (B, {', '.join(map(str, shape))}){of}"
