from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
import pytest

from leadline.adapters.layer_course import MOST, Taken, sounding_facts, thinned
from leadline.adapters.rows import Kept, Rows
from leadline.adapters.sounded import BOUNDS, Sounding, equal_neighbors
from leadline.core.named import read
from leadline.nn.activations import activations
from leadline.soundings.activations import NEAR_BOUND, sound
from leadline.soundings.weights import _alike

random = np.random.default_rng(0)


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "linear", "tanh"])
def test_numbers_are_those_of_the_soundings(activation: str) -> None:
    outputs = random.normal(0.3, 2.0, (40, 5, 6)).astype(np.float32)
    outputs[..., 2] = 0
    outputs = np.maximum(outputs, 0) if activation == "relu" else np.tanh(outputs)
    sounding = Sounding(activation)
    for part in np.split(outputs, 4):
        sounding.add(part)
    known = {name: float(value) for name, value in sound(jnp.array(outputs), activation).items()}
    assert sounding.numbers() == pytest.approx(known, rel=1e-4, abs=1e-6, nan_ok=True)
    assert sounding.rows == 40


def test_a_small_spread_about_a_large_mean_keeps_its_digits() -> None:
    sounding = Sounding()
    sounding.add((1e4 + random.normal(0, 0.1, (200, 8))).astype(np.float32))
    assert sounding.numbers()["spread"] == pytest.approx(0.1, rel=0.1)


def test_bounds_are_those_of_the_catalogue() -> None:
    bounds = {name: read(activations, name).bounds for name in activations}
    bounded = {name: ends for name, ends in bounds.items() if all(map(math.isfinite, ends))}
    assert {**bounded, **BOUNDS} == bounded
    assert set(bounded) - set(BOUNDS) == {"step"}
    assert NEAR_BOUND == 0.01


def test_equal_neighbors_are_those_of_the_soundings() -> None:
    kernel = random.normal(size=(3, 4, 7)).astype(np.float32)
    kernel[..., 3] = kernel[..., 2] * (1 + 1e-5)
    assert equal_neighbors(kernel) == pytest.approx(float(_alike(jnp.array(kernel.reshape(-1, 7)))))
    assert math.isnan(equal_neighbors(np.ones((3, 1))))


def test_nothing_taken_in_is_not_a_number() -> None:
    assert all(math.isnan(value) for value in Sounding("relu").numbers().values())


def test_kept_rows_are_spread_over_the_epoch() -> None:
    kept = Kept(most=100)
    for number in range(1_000):
        kept.offer(lambda number=number: np.full((2, 5), number), 2)
    found = np.unique(kept.rows())
    assert kept.seen == 2_000
    assert kept.values <= 100
    assert len(found) >= 5
    assert set(np.diff(found)) == {kept.stride}


def test_one_large_batch_is_thinned() -> None:
    kept = Kept(most=10)
    kept.offer(lambda: np.arange(100.0).reshape(100, 1), 100)
    assert kept.rows().ravel().tolist() == [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]


def test_rows_of_several_shapes_are_told() -> None:
    rows = Rows()
    rows.inputs.offer(lambda: np.ones((4, 3)), 4)
    rows.inputs.offer(lambda: np.ones((4, 5)), 4)
    assert rows.facts()["data.input.shape"] == [3]
    assert rows.words() == ["Inputs were looked at in 4 of 8 rows."]


def test_channels_and_tokens() -> None:
    rows = Rows()
    rows.inputs.offer(lambda: np.stack([np.zeros((2, 4)), np.ones((2, 4))], 1), 2)
    rows.channels = True
    assert rows.facts()["data.input.mean"].tolist() == [0.0, 1.0]
    rows.tokens = True
    assert sorted(rows.facts()) == ["data.input.not_finite", "data.input.shape"]


def test_counts_of_thinned_targets_are_those_of_all() -> None:
    rows = Rows()
    rows.targets.most = 100
    for _ in range(200):
        rows.targets.offer(lambda: np.array([0, 1, 1, 2]), 4)
    rows.codes = True
    assert rows.facts()["data.class_count.train"].tolist() == [200, 400, 200]


def test_no_rows_say_nothing() -> None:
    assert Rows().facts() == {}


def test_soundings_are_thinned_and_the_last_of_an_epoch_counts() -> None:
    taken = [Taken(at, 8, {"mean": {"a": float(at)}}) for at in range(MOST + 10)]
    assert thinned(taken)[-1].at == MOST + 9
    facts = sounding_facts(taken, ["a", "b"], [100, 200, 5_000])
    assert facts["sounding.epochs"].tolist() == [1, 2, 3]
    np.testing.assert_array_equal(
        facts["sounding.activation.mean"], [[99, np.nan], [199, np.nan], [MOST + 9, np.nan]]
    )
    assert sounding_facts([], ["a"], [1]) == {}
