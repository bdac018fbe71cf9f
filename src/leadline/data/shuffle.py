"""Rows mixed through a buffer of bounded size, piece by piece and without a step of Python for each row.

Comes in: pieces of rows in an order drawn from the shards. Goes out: blocks whose rows were picked at random
from all rows in the buffer. A buffer as large as the data gives every order the same chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from leadline.data.stream import Block


def shuffled(
    pieces: Iterable[Block], size: int, generator: np.random.Generator, most: int = 1024
) -> Iterator[Block]:
    """Yield every row once, in blocks.

    The buffer is filled; then each piece takes the places of as many rows, drawn at random, and these go out
    as a block; at the end the rest goes out in random order.

    Args:
        pieces: Inputs (B, ...) and targets (B, ...), of any B.
        size: Bytes of inputs that the buffer holds; at least one row.
        generator: Draws the places.
        most: Rows of a block, at most.

    Example:
        >>> rows = [(np.arange(i, i + 4.0), np.arange(i, i + 4)) for i in range(0, 12, 4)]
        >>> blocks = list(shuffled(rows, 64, np.random.default_rng(0)))
        >>> [len(x) for x, y in blocks], sorted(int(row) for x, y in blocks for row in y)
        ([4, 8], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    """
    buffer: _Buffer | None = None
    for inputs, targets in pieces:
        if not len(inputs):
            continue
        if buffer is None:
            places = max(1, size // max(1, inputs[0].nbytes))
            buffer = _Buffer(inputs, targets, places)
        start = buffer.fill(inputs, targets)
        step = min(most, buffer.places)
        for low in range(start, len(inputs), step):
            yield buffer.swap(inputs[low : low + step], targets[low : low + step], generator)
    if buffer is not None:
        yield from buffer.rest(generator, most)


class _Buffer:
    """Rows that wait: arrays that grow up to a number of places, so that small data takes little memory."""

    def __init__(self, inputs: np.ndarray, targets: np.ndarray, places: int) -> None:
        self.places, self.filled = places, 0
        room = min(places, len(inputs))
        self.inputs = np.empty((room, *inputs.shape[1:]), inputs.dtype)
        self.targets = np.empty((room, *targets.shape[1:]), targets.dtype)

    def fill(self, inputs: np.ndarray, targets: np.ndarray) -> int:
        """Put rows into free places; return how many found one."""
        some = min(self.places - self.filled, len(inputs))
        high = self.filled + some
        if high > len(self.inputs):
            self._grow(high)
        self.inputs[self.filled : high], self.targets[self.filled : high] = inputs[:some], targets[:some]
        self.filled = high
        return some

    def _grow(self, needed: int) -> None:
        """Make at least twice the room, in place: a copy would need the memory twice."""
        room = min(self.places, max(needed, 2 * len(self.inputs)))
        self.inputs.resize((room, *self.inputs.shape[1:]), refcheck=False)
        self.targets.resize((room, *self.targets.shape[1:]), refcheck=False)

    def swap(self, inputs: np.ndarray, targets: np.ndarray, generator: np.random.Generator) -> Block:
        """Put rows into places drawn at random; return those that stood there."""
        places = generator.choice(self.places, len(inputs), replace=False)
        out = self.inputs[places], self.targets[places]
        self.inputs[places], self.targets[places] = inputs, targets
        return out

    def rest(self, generator: np.random.Generator, most: int) -> Iterator[Block]:
        """Yield what is left, in random order."""
        order = generator.permutation(self.filled)
        for low in range(0, self.filled, most):
            places = order[low : low + most]
            yield self.inputs[places], self.targets[places]
