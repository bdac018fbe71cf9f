"""Rows in chunks: the same training as with all rows on the device, from memory or from a stream."""

import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import leadline as ll
from leadline.core.errors import DataError, RunError
from leadline.nn.tasks import for_problem
from leadline.training.checkpoint import Keeper
from leadline.training.devices import Devices
from leadline.training.feed import epoch_order
from leadline.training.loop import Course
from leadline.training.moment import unwatched
from leadline.training.step import Problem, Rows
from leadline.training.stopping import Stopping
from leadline.training.streamed import InMemory, Streamed
from leadline.training.train import chosen_for, prepare, train

NETWORK = ll.Sequential([ll.Dense(8, ll.tanh), ll.Dropout(0.1), ll.Dense(3)])


def rows(number=203):
    random = np.random.default_rng(2)
    inputs = random.normal(size=(number, 5)).astype(np.float32)
    return Rows(inputs, inputs[:, :3].argmax(1).astype(np.int32))


def trained(some, epochs=3, batch=16, stream=None, rate=1e-2, stopping=None, **plan):
    task = for_problem("classification", 3, 3)
    problem = Problem(NETWORK, task, ll.adam(rate).build(lambda step: rate))
    course = Course(epochs, batch, 4, stopping)
    chosen = chosen_for(problem, course, some, stream, ll.Plan(**plan))
    return train(problem, course, some, some, unwatched, None, chosen, stream)


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "leadline-feed"]


@pytest.mark.parametrize(("number", "chunk"), [(203, 64), (192, 64), (193, 64), (16, 16), (40, 1000)])
def test_chunks_give_the_losses_of_all_rows_at_once(number, chunk, monkeypatch):
    monkeypatch.setattr("leadline.training.decide.SHORT_EPOCH", 0)
    some = rows(number)
    whole, parts = trained(some), trained(some, chunk=chunk)
    np.testing.assert_allclose(parts.values["curve.loss.train"], whole.values["curve.loss.train"], rtol=1e-6)
    np.testing.assert_allclose(parts.params[0]["kernel"], whole.params[0]["kernel"], rtol=1e-5, atol=1e-6)
    assert not threads()


@settings(max_examples=25)
@given(st.integers(1, 120), st.integers(1, 20), st.integers(1, 60), st.integers(1, 50))
def test_every_row_is_in_one_step_of_an_epoch(number, batch, chunk, block):
    batch = min(batch, number)
    some = Rows(np.arange(number, dtype=np.float32)[:, None], np.arange(number, dtype=np.int32))
    feed = Streamed(InMemory(some, block), Rows(*(a[:1] for a in some)), batch, chunk, 7, 2, Devices())
    try:
        for epoch in (1, 2):
            met = []
            for each in feed.chunks(epoch):
                assert each.rows.inputs.shape == (feed.chunk, 1)
                met.extend(np.asarray(each.rows.targets)[each.batches[: each.full]].ravel().tolist())
                if each.last is not None:
                    assert 1 <= len(each.last) <= batch
                    met.extend(np.asarray(each.rows.targets)[each.last].tolist())
            assert met == epoch_order(7, epoch, number).tolist()
    finally:
        feed.stop()
    assert not threads()


class Short:
    """A stream that gives fewer rows than it says from the second epoch on, as a file that was cut."""

    rows = 100

    def blocks(self, seed, epoch):
        some = rows(100 if epoch == 1 else 90)
        yield some.inputs, some.targets


def test_a_stream_that_ends_early_is_told_and_leaves_no_thread():
    with pytest.raises(DataError, match=r"100 training rows every epoch.*90 rows in epoch 2"):
        trained(rows(10), stream=Short(), chunk=32)
    assert not threads()


class Broken(Short):
    def blocks(self, seed, epoch):
        yield from ((rows(50).inputs, rows(50).targets),)
        raise DataError.at("file 3", "readable", "not")


def test_an_error_of_the_stream_reaches_the_caller():
    with pytest.raises(DataError, match="file 3"):
        trained(rows(10), stream=Broken(), chunk=32)
    assert not threads()


def test_a_start_that_fails_ends_the_thread(tmp_path):
    task = for_problem("classification", 3, 3)
    problem = Problem(NETWORK, task, ll.adam(0.01).build(lambda step: 0.01))
    some, course = rows(100), Course(2, 16, 4, None)
    (tmp_path / "foreign.npz").write_bytes(b"no checkpoint")
    with pytest.raises(RunError, match="damaged or foreign"):
        prepare(
            problem, course, some, some, unwatched, Keeper(tmp_path / "foreign.npz", {}),
            chosen_for(problem, course, some, None, ll.Plan(chunk=32)),
        )  # fmt: skip
    assert not threads()


def test_early_stopping_ends_the_thread():
    some = rows()
    random = np.random.default_rng(0)
    noise = Rows(some.inputs, random.integers(0, 3, len(some.inputs)).astype(np.int32))
    result = trained(noise, epochs=500, rate=0.05, stopping=Stopping(3), chunk=32)
    assert result.values["stop.reason"] == "early stopping"
    assert not threads()


def test_a_loss_that_is_not_finite_falls_back_over_the_edge_of_a_chunk(monkeypatch):
    """The weights before the first step of a chunk come from the last but one step of the chunk before."""
    monkeypatch.setattr("leadline.training.decide.SHORT_EPOCH", 0)
    some = rows(160)
    order = epoch_order(4, 1, 160)
    some.inputs[order[64]] = np.nan  # first row of the fifth step, at 16 rows a step
    whole, parts = trained(some), trained(some, chunk=32)
    for each in (whole, parts):
        assert each.values["stop.not_finite_step"] == 5
        assert np.isfinite(each.params[0]["kernel"]).all()
    np.testing.assert_allclose(parts.params[0]["kernel"], whole.params[0]["kernel"], rtol=1e-5, atol=1e-6)


class Slow(Short):
    """Each block takes a while, as from a disk."""

    def blocks(self, seed, epoch):
        for begin in range(0, 100, 10):
            time.sleep(0.01)
            some = rows(100)
            yield some.inputs[begin : begin + 10], some.targets[begin : begin + 10]


def test_the_next_chunks_are_filled_while_the_device_learns():
    feed = Streamed(Slow(), Rows(*(a[:1] for a in rows(1))), 10, 20, 0, 3, Devices())
    try:
        list(feed.chunks(1))
        time.sleep(0.2)  # the device is busy
        began = time.perf_counter()
        next(feed.chunks(2))
        assert time.perf_counter() - began < 0.01
    finally:
        feed.stop()
