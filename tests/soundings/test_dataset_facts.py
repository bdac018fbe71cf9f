"""Facts of data sets against pandas and NumPy counted by hand."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as any_array

from leadline import data
from leadline.record.quantities import VOCABULARY
from leadline.record.run import Run
from leadline.soundings.correlation import correlation_facts
from leadline.soundings.dataset import dataset_facts, input_statistics

DATA = os.environ.get("LEADLINE_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="LEADLINE_DATA does not name the folder of real data sets")


@pytest.fixture(scope="module")
def frame():
    draw = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": np.where(draw.random(200) < 0.2, np.nan, draw.normal(40, 10, 200)),
            "port": draw.choice(["S", "C", "Q"], 200),
            "ship": "Titanic",
            "fare": np.where(np.arange(200) == 3, np.inf, draw.exponential(30, 200)),
            "survived": draw.integers(0, 2, 200),
        }
    )


def test_every_name_stands_in_the_vocabulary(frame):
    for dataset in (
        data.digits(),
        data.table(frame, target="survived"),
        data.table(frame.drop(columns="fare"), target="age"),
    ):
        facts = dataset_facts(dataset)
        assert set(facts) <= set(VOCABULARY)
        assert Run(facts)["data.name"] == dataset.name


def test_counts_of_digits_are_those_of_its_parts():
    dataset = data.digits()
    facts = dataset_facts(dataset)
    for part in ("train", "validation", "test"):
        targets = dataset.parts[part].targets
        assert facts[f"data.rows.{part}"] == len(targets)
        assert facts[f"data.class_count.{part}"].tolist() == np.bincount(targets, minlength=10).tolist()
    assert facts["data.input.shape"] == [8, 8, 1]
    assert (
        facts["data.shared.train_test"] == facts["data.input.not_finite"] == facts["data.target.outside"] == 0
    )
    assert "data.alone.score" not in facts, "no pixel is judged alone"


def test_columns_of_a_table(frame):
    dataset = data.table(frame, target="survived", drop=["port"])
    facts = dataset_facts(dataset)
    train = frame.iloc[dataset.split.train]
    names = facts["data.columns"]
    assert "survived" not in names
    assert "port" not in names
    assert facts["data.columns.distinct"].tolist() == [train[name].nunique(dropna=False) for name in names]
    assert facts["data.raw.not_finite"] == {"fare": 1}
    assert "port" in facts["data.columns.dropped"]
    assert facts["data.columns.constant"] == ["ship"], "told, though it was left out for it"


def test_statistics_of_prepared_inputs(frame):
    dataset = data.table(frame, target="survived")
    inputs, facts = dataset.parts["train"].inputs.astype(np.float64), dataset_facts(dataset)
    assert len(facts["data.features"]) == inputs.shape[1]
    np.testing.assert_allclose(facts["data.input.mean"], inputs.mean(0), atol=1e-9)
    np.testing.assert_allclose(facts["data.input.spread"], inputs.std(0), atol=1e-9)
    np.testing.assert_array_equal(facts["data.input.low"], inputs.min(0))
    np.testing.assert_array_equal(facts["data.input.high"], inputs.max(0))


@settings(deadline=None, max_examples=60)
@given(
    any_array(
        np.float32, st.tuples(st.integers(1, 8), st.integers(1, 4)), elements=st.floats(-1e6, 1e6, width=32)
    )
)
def test_statistics_are_numpys(inputs):
    mean, spread, low, high = input_statistics(inputs)
    wide = inputs.astype(np.float64)
    np.testing.assert_allclose(mean, wide.mean(0), rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(spread, wide.std(0), rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal([low, high], [wide.min(0), wide.max(0)])


def test_statistics_of_images_are_by_channel_and_leave_out_what_is_not_finite():
    images = np.random.default_rng(0).normal(size=(5, 4, 4, 3)).astype(np.float32)
    images[0, 0, 0, 1] = np.nan
    mean, spread, _, high = input_statistics(images)
    flat = images.reshape(-1, 3).astype(np.float64)
    np.testing.assert_allclose(mean, np.nanmean(flat, 0))
    np.testing.assert_allclose(spread, np.nanstd(flat, 0))
    np.testing.assert_allclose(high, np.nanmax(flat, 0))
    gray = images[..., :1]
    np.testing.assert_allclose(input_statistics(gray)[1], [gray.std(dtype=np.float64)])


@pytest.mark.parametrize("shape", [(7, 3), (85, 3), (1_000, 3), (257, 2), (40, 300), (6, 5, 5, 3), (0, 4)])
def test_statistics_of_rows_that_fill_no_whole_block(shape, monkeypatch):
    monkeypatch.setattr("leadline.soundings.dataset.BLOCK_VALUES", 1_000)
    inputs = np.random.default_rng(0).normal(3, 2, shape).astype(np.float32)
    inputs.reshape(-1, shape[-1])[::5, 0] = np.inf
    flat = inputs.reshape(-1, shape[-1]).astype(np.float64)
    flat[~np.isfinite(flat)] = np.nan
    ours = input_statistics(inputs)
    if not len(flat):
        assert np.isnan(ours).all()
        return
    theirs = np.nanmean(flat, 0), np.nanstd(flat, 0), np.nanmin(flat, 0), np.nanmax(flat, 0)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_a_large_offset_keeps_its_spread():
    values = (1e5 + np.random.default_rng(0).normal(size=(5000, 2))).astype(np.float32)
    np.testing.assert_allclose(input_statistics(values)[1], values.astype(np.float64).std(0), rtol=1e-9)


def test_bad_targets_are_counted():
    x = np.random.default_rng(0).normal(size=(60, 2))
    y = np.arange(60) % 3
    y[:4] = 7
    assert dataset_facts(data.arrays(x, y, classes=3))["data.target.outside"] == 4
    numbers = x[:, 0].copy()
    numbers[:2], numbers[2] = np.inf, np.nan
    assert dataset_facts(data.arrays(x, numbers, problem="regression"))["data.target.not_finite"] == 3
    facts = dataset_facts(data.table(pd.DataFrame({"x": x[:, 1], "y": numbers}), target="y"))
    assert facts["data.target.not_finite"] == 2
    assert facts["data.excluded"]["target missing"] == 1


def test_targets_of_a_regression(frame):
    dataset = data.table(frame.dropna().replace(np.inf, 10.0), target="age")
    facts, train = dataset_facts(dataset), dataset.targets[dataset.split.train]
    assert facts["data.target.mean"] == pytest.approx(train.mean())
    assert facts["data.target.high"] == train.max()
    quantiles = facts["data.target.quantiles"]
    assert quantiles.shape == (101,)
    np.testing.assert_allclose(quantiles[50], np.median(dataset.parts["train"].targets), rtol=1e-6)


def test_the_digest_names_the_data_and_not_the_split(frame):
    digest = dataset_facts(data.table(frame, target="survived"))["data.digest"]
    assert digest == dataset_facts(data.table(frame, target="survived", seed=5))["data.digest"]
    changed = frame.assign(age=frame["age"] + 1)
    assert digest != dataset_facts(data.table(changed, target="survived"))["data.digest"]


def test_correlations_are_those_of_numpy():
    draw = np.random.default_rng(0)
    x = draw.normal(size=(900, 7)) @ draw.normal(size=(7, 7))
    facts = correlation_facts(x)
    assert facts["data.input.condition"] == pytest.approx(np.linalg.cond(np.corrcoef(x.T)), rel=1e-6)
    assert facts["data.input.copies"].tolist() == [-1] * 7
    copied = np.column_stack([x, 2.54 * x[:, 3] + 1e-3, x[:, 3] + 0.01 * draw.normal(size=900), -x[:, 0]])
    assert (np.corrcoef(copied.T)[3, 7:9] > 0.999).all()
    copies = correlation_facts(copied.astype(np.float32))["data.input.copies"]
    assert copies.tolist() == [-1] * 7 + [3, 3, -1], "what is exactly opposite is a level of two, mostly"


def test_levels_of_a_category_are_neither_copies_nor_ill_conditioned():
    levels = np.eye(3)[np.random.default_rng(0).integers(0, 3, 500)]
    two = levels[:, :1]
    facts = correlation_facts(np.column_stack([levels, two, 1 - two, two]))
    assert facts["data.input.copies"].tolist() == [-1] * 6
    assert facts["data.input.condition"] < 5


def test_one_far_row_makes_no_copy():
    x = np.random.default_rng(0).normal(size=(1000, 2))
    x[7] = 1e6
    assert np.corrcoef(x.T)[0, 1] > 0.999
    assert correlation_facts(x)["data.input.copies"].tolist() == [-1, -1]


def test_images_tokens_and_few_rows_have_no_correlations():
    x = np.random.default_rng(0).normal(size=(60, 20))
    assert correlation_facts(x) == correlation_facts(x.reshape(60, 4, 5)) == {}
    assert correlation_facts((100 * x).astype(int)[:, :3]) == correlation_facts(x[:, :1]) == {}
    assert correlation_facts(np.where(np.arange(3) == 1, 1.0, x[:, :3] * 0)) == {}, "nothing varies"
    x[3, 1] = np.nan
    assert correlation_facts(x[:, :3])["data.input.copies"].tolist() == [-1] * 3


def test_facts_of_many_rows_take_less_than_a_second():
    x = np.random.default_rng(0).normal(size=(100_000, 100)).astype(np.float32)
    dataset = data.arrays(x, np.arange(100_000) % 2)
    assert dataset.parts["train"].rows.size
    assert dataset.digest
    for facts, seconds in ((lambda: correlation_facts(x), 0.4), (lambda: dataset_facts(dataset), 3.0)):
        began = time.process_time()  # of all cores
        facts()
        assert time.process_time() - began < seconds


@needs_data
@pytest.mark.parametrize(
    ("name", "seconds"), [("digits", 0.2), ("adult", 1.5)]
)  # of processor time; cores that wait for each other in products of matrices count
def test_facts_are_fast(name, seconds):
    adult = Path(str(DATA)) / "tabular/adult_train.csv.gz"
    dataset = data.digits() if name == "digits" else data.table(adult, target="income")
    assert dataset.parts["train"].rows.size
    assert dataset.digest
    took = []
    for _ in range(3):  # products of matrices wait for cores that others have
        began = time.process_time()
        dataset_facts(dataset)
        took.append(time.process_time() - began)
    assert min(took) < seconds
