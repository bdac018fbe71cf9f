"""Rows that are too many for the device, chunk by chunk.

Comes in: blocks of rows, from a stream or from memory. Goes out: chunks on the device, all of one shape. A thread
of its own fills the next chunk while the device learns from this one.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import jax
import numpy as np

from leadline.core.errors import DataError
from leadline.core.text import count
from leadline.training.devices import Devices, empty_aligned
from leadline.training.feed import Chunk, epoch_order
from leadline.training.program import epoch_steps
from leadline.training.step import Rows

AHEAD = 1  # chunks that wait for the device, beside the one it learns from and the one being filled


class Blocks(Protocol):
    """Rows that come in blocks, as those of :class:`leadline.data.stream.Stream`."""

    @property
    def rows(self) -> int:
        """Rows of one epoch."""

    def blocks(self, seed: int, epoch: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield inputs and targets in an order drawn by seed and epoch."""


@dataclass(frozen=True)
class InMemory:
    """Rows in memory that are too many for the device, as a stream of blocks in the order of the epoch.

    Args:
        held: Of NumPy.
        block: Rows taken at a time.
    """

    held: Rows
    block: int = 8192

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.held.inputs)

    def blocks(self, seed: int, epoch: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield inputs and targets, the same order as where all rows are on the device."""
        order = epoch_order(seed, epoch, self.rows)
        for begin in range(0, self.rows, self.block):
            some = order[begin : begin + self.block]
            yield np.asarray(self.held.inputs)[some], np.asarray(self.held.targets)[some]


class Streamed:
    """Rows that come chunk by chunk, filled by a thread while the device learns.

    Args:
        stream: Gives blocks of prepared rows.
        like: A few rows, for shapes and types.
        batch: Rows of a step.
        chunk: Rows on the device at a time, a multiple of the batch.
        seed: Of the order.
        epochs: After which no more chunks are wanted.
        devices: That learn.
    """

    def __init__(
        self, stream: Blocks, like: Rows, batch: int, chunk: int, seed: int, epochs: int, devices: Devices
    ) -> None:
        self.stream, self.like, self.batch, self.chunk = (
            stream,
            like,
            batch,
            max(batch, chunk // batch * batch),
        )
        self.seed, self.epochs, self.devices = seed, epochs, devices
        self._filling: _Filling | None = None
        self._expected = 0  # epoch whose chunks come next

    @property
    def rows(self) -> int:
        """Rows of one epoch."""
        return self.stream.rows

    def shapes(self) -> tuple[Any, tuple[int, int]]:
        """Return shapes and types of a chunk, and of its batches."""
        rows = (jax.ShapeDtypeStruct((self.chunk, *some.shape[1:]), some.dtype) for some in self.like)
        return self.devices.like(Rows(*rows)), (self.chunk // self.batch, self.batch)

    def a_step(self) -> Chunk:
        """Return rows of the first chunk, which is still there for the first epoch."""
        self.ahead(1)
        assert self._filling is not None
        rest = epoch_steps(self.rows, self.batch)[1]
        return Chunk(self._filling.peek(), np.zeros(0, np.int32), 0, np.arange(rest, dtype=np.int32), 1)

    def chunks(self, epoch: int) -> Iterator[Chunk]:
        """Yield the chunks of an epoch; they are being filled since the epoch before."""
        self.ahead(epoch)
        assert self._filling is not None
        batches = np.arange(self.chunk, dtype=np.int32).reshape(-1, self.batch)
        full, rest = epoch_steps(self.rows, self.batch)
        per_chunk = len(batches)
        for first in range(0, full + 1, per_chunk):
            rows = self._filling.next()
            here = min(per_chunk, full - first)
            ends = first + per_chunk > full
            last = np.arange(here * self.batch, here * self.batch + rest, dtype=np.int32) if ends else None
            if ends:
                self._expected = epoch + 1
            yield Chunk(rows, batches, here, last, epoch, first)

    def ahead(self, epoch: int) -> None:
        """Begin to fill from an epoch on, where that is not under way."""
        if epoch > self.epochs or (self._filling is not None and self._expected == epoch):
            return
        self.stop()
        self._filling, self._expected = _Filling(self, epoch), epoch

    def stop(self) -> None:
        """End the thread that fills."""
        if self._filling is not None:
            self._filling.stop()
            self._filling = None


class _Filling:
    """The thread that fills chunks from one epoch on."""

    def __init__(self, feed: Streamed, epoch: int) -> None:
        self._feed, self._epoch = feed, epoch
        self._ready: queue.Queue[Rows | BaseException] = queue.Queue(AHEAD)
        self._ended = threading.Event()
        self._seen: Rows | None = None  # peeked at
        self._thread = threading.Thread(target=self._run, name="leadline-feed", daemon=True)
        self._thread.start()

    def peek(self) -> Rows:
        """Return the next chunk and leave it there."""
        self._seen = self.next()
        return self._seen

    def next(self) -> Rows:
        """Return the next chunk, or raise what went wrong while filling it."""
        if self._seen is not None:
            seen, self._seen = self._seen, None
            return seen
        while True:
            try:
                found = self._ready.get(timeout=0.25)  # short waits let Ctrl-C through
            except queue.Empty:
                continue
            if isinstance(found, BaseException):
                raise found
            return found

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            for epoch in range(self._epoch, self._feed.epochs + 1):
                for rows in _filled(self._feed, epoch, self._ended):
                    if not self._offer(rows):
                        return
        except BaseException as error:
            self._offer(error)

    def _offer(self, found: Rows | BaseException) -> bool:
        """Hand over; tell whether anybody still waits."""
        while not self._ended.is_set():
            try:
                self._ready.put(found, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False


def _filled(feed: Streamed, epoch: int, ended: threading.Event) -> Iterator[Rows]:
    """Yield an epoch's rows in chunks on the device; the last one is filled up with what lies there."""
    blocks = feed.stream.blocks(feed.seed, epoch)
    try:
        given, filled, rows = 0, 0, _empty(feed)
        for inputs, targets in blocks:
            if ended.is_set():
                return
            taken = 0
            while taken < len(inputs):
                some = min(len(inputs) - taken, feed.chunk - filled)
                rows.inputs[filled : filled + some] = inputs[taken : taken + some]
                rows.targets[filled : filled + some] = targets[taken : taken + some]
                taken, filled = taken + some, filled + some
                if filled == feed.chunk:
                    yield feed.devices.put(rows)
                    filled, rows = 0, _empty(feed)
            given += len(inputs)
        _check_number(feed, given, epoch)
        if filled:
            yield feed.devices.put(rows)
    finally:
        close = getattr(blocks, "close", None)
        if close is not None:
            close()


def _empty(feed: Streamed) -> Rows:
    made = [empty_aligned((feed.chunk, *some.shape[1:]), some.dtype) for some in feed.like]
    for array in made:
        array[...] = 0
    return Rows(*made)


def _check_number(feed: Streamed, given: int, epoch: int) -> None:
    if given != feed.rows:
        must_be = f"one that gives {count(feed.rows, 'training row')} every epoch"
        got = f"{count(given, 'row')} in epoch {epoch}"
        raise DataError.at("stream of training rows", must_be, got, "leave the files alone while training")
