"""Rows that are read shard by shard: the stream of all kinds of data but image files.

Comes in: shards (slices of an array, row groups of Parquet, ranges of a text file, batches). Goes out: blocks
of prepared training rows. Shards are read in an order drawn by seed and epoch and mixed in a buffer; rows of the
held-out parts, and rows without a usable target, are passed over. Rows that are costly to read are read once, and
lie prepared on the disk from then on.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from leadline.core.errors import DataError
from leadline.core.text import count
from leadline.data.draws import draws
from leadline.data.known_targets import Known
from leadline.data.prepare import Preparation
from leadline.data.row_store import RowStore, stored
from leadline.data.shuffle import shuffled
from leadline.data.splitting import usable_rows
from leadline.data.stream import Block

MOST_ROWS, BLOCK = 1_024, 1 << 23  # rows and bytes of a prepared block


@dataclass(frozen=True, eq=False)
class Piece:
    """Some rows as read.

    Args:
        where: They come from, for people.
        numbers: Of the rows, uint64 of shape (B,): no two rows of the data have the same, and a row always has
            its own.
        inputs: A table or an array, shape (B, ...).
        targets: A column, a table of labels or an array.
        groups: Number of each row's group, uint64 of shape (B,), or None.
    """

    where: str
    numbers: np.ndarray
    inputs: Any
    targets: Any
    groups: np.ndarray | None = None

    def drawn(self, seed: int) -> np.ndarray:
        """Return the draw of each row; rows of one group have the same."""
        return draws(seed, self.numbers if self.groups is None else self.groups)


class Shards(Protocol):
    """Rows that can be read again and again, in pieces."""

    @property
    def name(self) -> str:
        """What they are, for messages."""
        ...

    def __len__(self) -> int:
        """Return the number of shards; 1 where their order cannot be chosen."""
        ...

    def only_inputs(self, rows: Any) -> Any:
        """Return inputs of a piece without what else stands there."""
        ...

    def pieces(self, order: Sequence[int] | np.ndarray, size: int) -> Generator[Piece, None, None]:
        """Read shards in this order.

        Args:
            order: Positions of shards.
            size: Bytes of a piece, about.
        """
        ...


@dataclass
class Kept:
    """What became of the rows that a stream keeps on the disk.

    Args:
        tried: Whether it was tried to keep them.
        store: Where they are; None where the disk has no room.
    """

    tried: bool = False
    store: RowStore | None = None


@dataclass(frozen=True, eq=False)
class ShardStream:
    """A :class:`~leadline.data.stream.Stream` over shards.

    Args:
        shards: Where the rows are.
        preparation: Fitted on the sample.
        known: What the targets are.
        seed: Of the split.
        first: Smallest draw of a training row; the rows below are held out.
        rows: Training rows of one epoch.
        counts: Of each class or label; None in regression.
        buffer: Bytes of the rows that wait to be mixed.
        piece: Bytes that are read at once, about.
        early: Whether rows are prepared before they are mixed, and kept so on the disk (tables, whose rows are
            costly to read and to pick one by one), or after (arrays, which are smaller as they are stored).
        kept: The rows on the disk.
    """

    shards: Shards
    preparation: Preparation
    known: Known
    seed: int
    first: int
    rows: int
    counts: np.ndarray | None
    buffer: int
    piece: int
    early: bool
    kept: Kept = field(default_factory=Kept)

    def with_preparation(self, preparation: Preparation) -> ShardStream:
        """Return the same rows, prepared in another way."""
        return replace(self, preparation=preparation, kept=Kept())

    def blocks(self, seed: int, epoch: int) -> Iterator[Block]:
        """Yield prepared training rows, each once; see :class:`~leadline.data.stream.Stream`."""
        if self.early and not self.kept.tried:
            yield from self._keep()
        generator = np.random.default_rng((seed, epoch))
        seen = 0
        with closing(self._pieces(generator)) as rows:
            for inputs, targets in shuffled(rows, self.buffer, generator, self._block):
                seen += len(targets)
                yield (inputs if self.early else self._prepared(inputs, self.shards.name)), targets
        self._check_all(seen)

    def _keep(self) -> Iterator[Block]:
        """Read all rows in the order of the files, and keep them on the disk where it has room."""
        with closing(self._training_rows(np.arange(len(self.shards)))) as rows:
            store = yield from stored(rows, self.rows)
        if store is not None:
            self._check_all(store.rows)
        self.kept.tried, self.kept.store = True, store

    def _pieces(self, generator: np.random.Generator) -> Generator[Block, None, None]:
        store = self.kept.store
        if store is None:
            yield from self._training_rows(generator.permutation(len(self.shards)))
        else:
            yield from store.pieces(generator.permutation(len(store)), self.piece)

    def _check_all(self, seen: int) -> None:
        if seen != self.rows:
            must = f"{count(self.rows, 'training row')}, as when it was opened"
            raise DataError.at(self.shards.name, must, f"{seen:,}", "open the data again")

    @property
    def _block(self) -> int:
        """Rows of a block: so few that the memory of one serves the next, which is faster."""
        return int(min(MOST_ROWS, max(1, BLOCK // (4 * math.prod(self.preparation.input_shape)))))

    def _training_rows(self, order: np.ndarray) -> Generator[Block, None, None]:
        with closing(self.shards.pieces(order, self.piece)) as pieces:
            for piece in pieces:
                values = self.known.encode(piece.targets, piece.where)
                mine = self._mine(piece, values)
                inputs = _some(piece.inputs, mine)
                if self.early:
                    inputs = self._prepared(inputs, piece.where)
                yield inputs, self.preparation.targets(_some(values, mine))

    def _mine(self, piece: Piece, values: np.ndarray) -> np.ndarray:
        """Return the positions of the training rows in a piece."""
        mine = piece.drawn(self.seed) >= np.uint64(self.first)
        able = usable_rows(values, self.known.problem)
        return np.asarray(able[mine[able]])

    def _prepared(self, inputs: Any, where: str) -> np.ndarray:
        try:
            return self.preparation.transform(inputs).inputs
        except DataError as error:
            raise DataError(*(replace(p, where=f"{where}, {p.where}") for p in error.problems)) from None


def _some(rows: Any, positions: np.ndarray) -> Any:
    """Return rows at positions; all of them are not copied."""
    if len(positions) == len(rows):
        return rows
    return rows[positions] if isinstance(rows, np.ndarray) else rows.iloc[positions]
