"""The plan: what it decides for which work on which machine, and what it says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadline as ll
from leadline.core.errors import RecipeError
from leadline.models import mlp
from leadline.nn.work import work_of
from leadline.training.decide import SOUNDED_SHARE, decide, epoch_seconds, sounding_seconds
from leadline.training.plan import Amount, Machine, Plan, plan_of

TWO_CORES = Machine("cpu", 2, 8e9)
CIFAR = ll.Sequential(
    [layer for n in (32, 64, 128) for layer in (*[ll.Conv(n, 3, ll.relu, padding="same")] * 2, ll.MaxPool(2))]
    + [ll.Flatten(), ll.Dense(10)]
)
SMALL = ll.Sequential([ll.Conv(16, 3, ll.relu), ll.Flatten(), ll.Dense(10)])


def chosen(network, shape, wish=None, machine=TWO_CORES, rows=10_000, batch=64, epochs=10, streamed=False):
    row_bytes = 4 * float(np.prod(shape)) + 4
    return decide(
        wish or Plan(), work_of(network, shape), Amount(rows, batch, epochs, row_bytes, streamed), machine
    )


@pytest.mark.parametrize(
    ("network", "shape", "batch", "devices"),
    [
        (CIFAR, (32, 32, 3), 64, 2),
        (CIFAR, (32, 32, 3), 33, 1),  # odd
        (CIFAR, (32, 32, 3), 8, 1),  # too few rows for each
        (SMALL, (8, 8, 1), 32, 1),  # too little work
        (mlp(10, (4096, 4096)), (784,), 128, 1),  # products of matrices
        (ll.Sequential([ll.LSTM(64), ll.Dense(10)]), (100, 16), 32, 2),
    ],
)  # fmt: skip
def test_convolutions_and_recurrent_layers_are_shared_where_it_pays(network, shape, batch, devices):
    assert chosen(network, shape, batch=batch).devices == devices


@given(st.integers(1, 300), st.integers(1, 8), st.integers(1, 8))
def test_devices_always_share_a_batch_equally(batch, devices, wished):
    found = chosen(SMALL, (8, 8, 1), Plan(devices=wished), Machine("cpu", devices, 8e9), batch=batch).devices
    assert batch % found == 0
    assert 1 <= found <= min(devices, wished)


def test_what_is_wished_is_done():
    wish = Plan(devices=1, precision="bfloat16", chunk=640, unroll=2, sounding_every=3)
    found = chosen(CIFAR, (32, 32, 3), wish)
    assert (found.devices, found.precision, found.chunk, found.whole) == (1, "bfloat16", 640, False)
    assert (found.unroll, found.sounding_every) == (2, 3)
    assert all(
        "wished" in found.why[name] for name in ("devices", "precision", "rows", "unroll", "soundings")
    )


def test_rows_that_do_not_fit_come_in_chunks_of_whole_batches():
    small = Machine("gpu", 1, 1e8)
    found = chosen(CIFAR, (32, 32, 3), machine=small, rows=100_000, batch=100)
    assert not found.whole
    assert found.chunk % 100 == 0
    assert found.chunk * 12_292 < small.memory
    assert chosen(CIFAR, (32, 32, 3), rows=100_000, batch=100).whole
    assert not chosen(CIFAR, (32, 32, 3), rows=1000, streamed=True).whole


@given(st.integers(1, 10**6), st.integers(1, 512), st.integers(100, 1000))
def test_soundings_stay_within_their_share_of_the_time(rows, batch, epochs):
    work, amount = work_of(mlp(10, (64, 64)), (64,)), Amount(rows, min(batch, rows), epochs, 260)
    every = decide(Plan(), work, amount, TWO_CORES).sounding_every
    share = sounding_seconds(work) / epoch_seconds(work, amount) / every
    assert share <= SOUNDED_SHARE or every == epochs // 10
    assert every == 1 or sounding_seconds(work) / epoch_seconds(work, amount) / (every - 1) > SOUNDED_SHARE


def test_processes_must_share_the_batch():
    with pytest.raises(RecipeError, match="multiple of the 4 devices") as found:
        chosen(SMALL, (8, 8, 1), machine=Machine("cpu", 4, 8e9, processes=2), batch=33)
    assert found.value.problems[0].hint == "batch_size=36"


def test_all_that_is_wrong_in_a_plan_is_told_at_once():
    with pytest.raises(RecipeError) as found:
        plan_of({"devices": 0, "precision": "float16", "chunks": 3}, "recipe.toml, [plan]")
    assert [problem.where for problem in found.value.problems] == [
        "recipe.toml, [plan]",
        "recipe.toml, [plan], devices",
        "recipe.toml, [plan], precision",
    ]
    assert "chunk" in found.value.problems[0].hint


def test_the_plan_travels_in_the_recipe(tmp_path):
    data = ll.data.bundled("iris")
    result = ll.fit("linear", data, epochs=2, plan=ll.Plan(devices=1, sounding_every=2))
    again = ll.fit_recipe(result.recipe.save(tmp_path / "again.toml"))
    assert again.recipe.plan == result.recipe.plan
    assert again.run["plan.sounding_every"] == 2
    assert again.run["sounding.epochs"].tolist() == [1, 2]
    np.testing.assert_array_equal(again.model.params[0]["kernel"], result.model.params[0]["kernel"])


def test_multiplications_as_counted_by_hand():
    first, second = ll.Conv(6, 5, padding="valid"), ll.Conv(16, 5, padding="valid")
    lenet = ll.Sequential([first, ll.MaxPool(2), second, ll.MaxPool(2), ll.Flatten(), ll.Dense(10)])
    by_hand = 24 * 24 * 6 * (25 + 1) + 8 * 8 * 16 * (25 * 6 + 1) + (256 + 1) * 10
    assert work_of(lenet, (28, 28, 1)).multiplications == by_hand
    painted = work_of(ll.Sequential([ll.TransposedConv(3, 2, stride=2)]), (4, 4, 5))
    assert painted.multiplications == 16 * (4 * 5 * 3 + 3)
    assert work_of(ll.Sequential([ll.GRU(4)]), (9, 3)).on_one_core == 9 * (3 * 4 * (3 + 4 + 1) + 4)


def test_soundings_are_taken_in_the_first_the_last_and_every_so_many_epochs():
    result = ll.fit(
        "mlp", ll.data.bundled("iris"), epochs=11, early_stopping=False, plan=ll.Plan(sounding_every=4)
    )
    assert result.run["sounding.epochs"].tolist() == [1, 4, 8, 11]
    assert result.run["sounding.gradient.norm"].shape == (4, len(result.run["network.layers"]))
    assert np.isfinite(result.run["sounding.activation.mean"]).all()


def test_soundings_do_not_change_what_is_learned():
    data = ll.data.bundled("iris")
    often, seldom = (
        ll.fit("mlp", data, epochs=5, early_stopping=False, plan=ll.Plan(sounding_every=every))
        for every in (1, 5)
    )
    np.testing.assert_array_equal(often.run["curve.loss.train"], seldom.run["curve.loss.train"])
    at = [0, 4]
    np.testing.assert_array_equal(often.run["sounding.update.ratio"][at], seldom.run["sounding.update.ratio"])
