"""One device or two: the same seed gives the same losses, batch normalization, dropout and ragged batches included."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadline as ll
from leadline.nn.tasks import for_problem
from leadline.training.devices import ALIGNMENT, Devices, aligned, empty_aligned
from leadline.training.loop import Course
from leadline.training.moment import unwatched
from leadline.training.step import Problem, Rows
from leadline.training.train import chosen_for, prepare, train

TWO = pytest.mark.skipif(jax.device_count() < 2, reason="JAX was told to have one device")
NETWORK = ll.Sequential(
    [
        ll.Conv(4, 3, bias=False),
        ll.BatchNorm(),
        ll.Activate(ll.relu),
        ll.MaxPool(2),
        ll.Dropout(0.2),
        ll.Flatten(),
        ll.Dense(3),
    ]
)
RECURRENT = ll.Sequential([ll.LSTM(5, sequence=True), ll.GRU(4), ll.Dense(3)])


def rows(shape, number=75):
    random = np.random.default_rng(3)
    inputs = random.normal(size=(number, *shape)).astype(np.float32)
    return Rows(inputs, random.integers(0, 3, number).astype(np.int32))


def problem(network):
    task = for_problem("classification", 3, 3)
    return Problem(network, task, ll.adam(1e-2).build(lambda step: 1e-2))


def trained(network, some, devices, **plan):
    ours, course = problem(network), Course(4, 16, 5, None)
    chosen = chosen_for(ours, course, some, None, ll.Plan(devices=devices, **plan))
    assert chosen.devices == devices
    return train(ours, course, some, some, unwatched, None, chosen)


@TWO
@pytest.mark.parametrize(
    ("network", "shape"), [(NETWORK, (10, 10, 2)), (RECURRENT, (7, 2))], ids=["conv", "lstm"]
)
@pytest.mark.parametrize("way", ["swept", "watched"])
def test_two_devices_give_the_losses_of_one(network, shape, way, monkeypatch):
    if way == "watched":
        monkeypatch.setattr("leadline.training.decide.SHORT_EPOCH", 0)
    some = rows(shape)
    one, two = trained(network, some, 1), trained(network, some, 2)
    for name in ("curve.loss.train", "curve.loss.validation", "start.gradient.norm", "sounding.update.ratio"):
        np.testing.assert_allclose(two.values[name], one.values[name], rtol=1e-5, err_msg=name)
    for ours, theirs in zip(jax.tree.leaves(two.state), jax.tree.leaves(one.state), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@TWO
def test_each_of_two_devices_computes_a_part_of_the_batch():
    """A program that computed everything twice would give the same losses, and gain nothing."""
    some = rows((10, 10, 2))
    course = Course(1, 16, 5, None)
    found = {}
    for devices in (1, 2):
        ours = problem(NETWORK)
        chosen = chosen_for(ours, course, some, None, ll.Plan(devices))
        loop = prepare(ours, course, some, some, unwatched, None, chosen)
        text = loop.programs.sweep.as_text()
        found[devices] = "f32[16,10,10,2]" in text, "f32[8,10,10,2]" in text, "all-reduce" in text
    assert found == {
        1: (True, False, False),
        2: (False, True, True),
    }  # whole batches; halves, and sums over both


@TWO
def test_rows_lie_in_memory_once_for_all_cores():
    if jax.default_backend() != "cpu":
        pytest.skip("only cores share a memory")
    held = aligned(np.ones((1000, 50), np.float32))
    put = Devices.of(2).put(held)
    assert {shard.data.unsafe_buffer_pointer() for shard in put.addressable_shards} == {held.ctypes.data}


@given(st.lists(st.integers(0, 5), max_size=3), st.sampled_from([np.float32, np.int32, np.uint8]))
def test_aligned_arrays_hold_the_same(shape, dtype):
    array = np.random.default_rng(0).integers(0, 9, shape).astype(dtype)
    ours = aligned(array)
    assert empty_aligned(tuple(shape), dtype).shape == ours.shape == array.shape
    assert ours.dtype == dtype
    assert array.size == 0 or ours.ctypes.data % ALIGNMENT == 0
    np.testing.assert_array_equal(ours, array)


def test_bfloat16_learns_about_the_same_and_keeps_float32_weights():
    some = rows((10, 10, 2))
    full, half = trained(NETWORK, some, 1), trained(NETWORK, some, 1, precision="bfloat16")
    assert {str(leaf.dtype) for leaf in jax.tree.leaves((half.params, half.state))} == {"float32"}
    np.testing.assert_allclose(half.values["curve.loss.train"], full.values["curve.loss.train"], rtol=0.05)
    assert not np.array_equal(half.values["curve.loss.train"], full.values["curve.loss.train"])


def test_bfloat16_leaves_tokens_whole():
    """Beyond 256 bfloat16 knows every second number only: 301 would become 300."""
    tokens = np.random.default_rng(0).integers(300, 304, (64, 4)).astype(np.float32)
    labels = (tokens[:, 0] == 301).astype(np.int32)
    network = ll.Sequential([ll.Embedding(400, 8), ll.Flatten(), ll.Dense(3)])
    some = Rows(tokens, labels)
    ours, course = problem(network), Course(60, 16, 5, None)
    chosen = chosen_for(ours, course, some, None, ll.Plan(precision="bfloat16"))
    assert (
        train(ours, course, some, some, unwatched, None, chosen).values["curve.score.validation"][-1] == 1.0
    )
