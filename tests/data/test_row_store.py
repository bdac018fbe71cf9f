"""Rows that a stream keeps on the disk: the same rows, whatever happens to the files, the disk or the order."""

import gc
import itertools
import resource
import shutil
import threading
import time
from collections import namedtuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadline.data as data
from leadline.core.errors import DataError
from leadline.data import row_store, stream_csv, stream_parquet
from leadline.data.row_store import RowStore, folder_for_rows, stored
from leadline.training.devices import Devices
from leadline.training.step import Rows
from leadline.training.streamed import Streamed


def blocks(rows, *shape, seed=0):
    """Prepared rows in blocks of uneven sizes; the first feature is the row's number."""
    inputs = np.random.default_rng(seed).normal(size=(rows, *shape)).astype(np.float32)
    inputs.reshape(rows, -1)[:, 0] = np.arange(rows)
    targets = np.arange(rows, dtype=np.int32)
    ends = np.sort(
        [*np.random.default_rng(seed).integers(0, rows, 3), 0, 0, rows]
    )  # some blocks may be empty
    return [(inputs[a:b], targets[a:b]) for a, b in itertools.pairwise(ends)]


def kept(some, rows):
    """Store blocks; return what was yielded, and the store."""
    filling, waits = stored(iter(some), rows), []
    while True:
        try:
            waits.append(next(filling))
        except StopIteration as end:
            return waits, end.value


@given(
    rows=st.integers(1, 300), shape=st.sampled_from([(1,), (7,), (2, 3, 1)]), slice_bytes=st.integers(1, 2_000),
    size=st.integers(1, 5_000), seed=st.integers(0, 9),
)  # fmt: skip
def test_slices_in_any_order_are_the_rows_that_were_stored(rows, shape, slice_bytes, size, seed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_store, "SLICE", slice_bytes)
        some = blocks(rows, *shape, seed=seed)
        waits, store = kept(some, rows)
    assert [len(targets) for _, targets in waits] == [0] * len(some)
    assert store.rows == rows
    order = np.random.default_rng(seed).permutation(len(store))
    found = list(store.pieces(order, size))
    inputs, targets = (np.concatenate(parts) for parts in zip(*found, strict=True))
    whole = np.concatenate([x for x, _ in some])
    assert sorted(targets.tolist()) == list(range(rows))
    np.testing.assert_array_equal(inputs, whole[targets])
    assert inputs.dtype == np.float32
    assert targets.dtype == np.int32
    store.close()


def test_a_disk_without_room_keeps_nothing(monkeypatch):
    free = namedtuple("free", "total used free")
    some = blocks(100, 10)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: free(0, 0, 2 * 100 * 44))
    assert kept(some, 100)[1] is not None
    monkeypatch.setattr(shutil, "disk_usage", lambda path: free(0, 0, 2 * 100 * 44 - 1))
    assert kept(some, 100)[1] is None


def test_a_disk_that_fills_up_keeps_nothing():
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        waits, store = kept(blocks(10_000, 10), 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert store is None
    assert len(waits) < 4


def test_a_folder_that_cannot_be_written_keeps_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(row_store, "folder_for_rows", lambda: tmp_path / "gone")
    assert kept(blocks(10, 2), 10)[1] is None


def test_large_files_lie_where_the_user_says(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert folder_for_rows() == tmp_path


def test_files_are_given_back_with_the_store(tmp_path):
    store = RowStore(blocks(5, 2)[0], tmp_path)
    files = [column.file for column in store._columns]
    del store
    gc.collect()
    assert all(file.closed for file in files)
    assert not list(tmp_path.iterdir())


def test_rows_that_the_disk_lost_are_told(tmp_path):
    some = np.ones((5, 2), np.float32), np.arange(5)
    store = RowStore(some, tmp_path)
    store.append(some)
    store._columns[0].file.truncate(3)
    with pytest.raises(DataError, match="rows kept on the disk"):
        list(store.pieces([0], 1_000))


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A table of many small shards."""
    monkeypatch.setattr(stream_csv, "SHARD", 2_000)
    monkeypatch.setattr(stream_parquet, "SHARD", 4_000)
    monkeypatch.setattr(row_store, "SLICE", 300)
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"a": np.arange(2000.0), "b": generator.normal(size=2000)})
    frame["kind"] = generator.choice(["x", "y"], 2000)
    path = tmp_path / "things.csv"
    frame.to_csv(path, index=False)
    return path


def rows_of(stream, epoch):
    found = list(stream.blocks(0, epoch))
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


def opened(path):
    return data.table(path, target="kind", stream=True, memory="16MB").stream


def by_row(rows):
    order = np.argsort(rows[0][:, 0])
    return rows[0][order], rows[1][order]


def test_the_files_are_read_once_however_many_epochs_follow(table, monkeypatch):
    stream = opened(table)
    first = rows_of(stream, 1)
    table.unlink()
    second = rows_of(stream, 2)
    assert (first[0] != second[0]).any()
    for one, other in zip(by_row(first), by_row(second), strict=True):
        np.testing.assert_array_equal(one, other)


def test_rows_are_the_same_where_the_disk_has_no_room(table, monkeypatch):
    with_room = by_row(rows_of(opened(table), 1))
    monkeypatch.setattr(row_store, "SHARE", 0.0)
    stream = opened(table)
    for epoch in (1, 2):
        for one, other in zip(with_room, by_row(rows_of(stream, epoch)), strict=True):
            np.testing.assert_array_equal(one, other)
    assert stream.kept.tried
    assert stream.kept.store is None


def test_an_epoch_is_the_same_whatever_was_read_before(table):
    after_others, at_once = opened(table), opened(table)
    for epoch in (1, 2):
        rows_of(after_others, epoch)
    for one, other in zip(rows_of(after_others, 3), rows_of(at_once, 3), strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_preparation_keeps_its_own_rows(table):
    stream = opened(table)
    rows_of(stream, 1)
    again = stream.with_preparation(stream.preparation)
    assert not again.kept.tried
    assert stream.kept.tried


def test_who_waits_for_the_first_rows_can_give_up():
    reading, released = threading.Event(), threading.Event()

    class Slow:
        rows = 1_000

        def blocks(self, seed, epoch):
            def some():
                for block in [blocks(1, 2)[0]] * 1_000:
                    reading.set()
                    time.sleep(0.01)
                    yield block
                released.set()

            yield from stored(some(), 1_000)

    rows = Rows(np.zeros((1, 2), np.float32), np.zeros(1, np.int32))
    feed = Streamed(Slow(), rows, batch=10, chunk=10, seed=0, epochs=1, devices=Devices())
    feed.ahead(1)
    assert reading.wait(5)
    feed.stop()
    assert not released.is_set()
