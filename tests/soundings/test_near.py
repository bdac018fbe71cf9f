"""Near rows against scikit-learn's neighbors, copies that were changed a little, and data that has none by nature."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.neighbors import NearestNeighbors

from leadline import data
from leadline.record.quantities import VOCABULARY
from leadline.record.run import Run
from leadline.soundings.near import dimension, near_facts, nearest_facts

DATA = os.environ.get("LEADLINE_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="LEADLINE_DATA does not name the folder of real data sets")


def rows(number: int, features: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(number, features)).astype(np.float32)


@pytest.mark.parametrize("features", [10, 40])
def test_near_rows_are_those_of_scikit_learn(features):
    train, held = rows(2000, features), rows(300, features, 1)
    held[:40] = train[:40] + 0.01 * rows(40, features, 2)
    facts = nearest_facts(train, held)
    scaled = train / train.std(axis=0)
    near = NearestNeighbors(n_neighbors=1).fit(scaled)
    distance = near.kneighbors(held / train.std(axis=0))[0][:, 0]
    usual = np.median(NearestNeighbors(n_neighbors=2).fit(scaled).kneighbors(scaled)[0][:, 1])
    assert facts["data.near.held"] == (distance < 0.1 * usual).sum() == 40
    assert facts["data.near.rows"] == 300
    # The usual distance comes from a thin sample, and beyond 32 features the nearest is sought in few directions.
    np.testing.assert_allclose(facts["data.near.quantiles"][50], np.median(distance) / usual, rtol=0.2)
    assert set(facts) <= set(VOCABULARY)
    assert Run(facts)["data.near.held"] == 40


@pytest.mark.parametrize("noise", [1e-4, 1e-2])
def test_rows_doubled_before_the_split_are_found_though_all_training_rows_have_copies(noise):
    x = rows(3000, 20)
    both = np.concatenate([x, x + noise * rows(3000, 20, 1)])
    facts = near_facts(data.arrays(both, np.arange(6000) % 2))
    assert facts["data.near.held"] > 0.6 * facts["data.near.rows"]
    assert facts["data.near.expected"] < 1e-6


def test_images_a_little_changed_are_found_and_others_not():
    digits = load_digits().images.astype(np.float32)
    saved = np.clip(digits + np.random.default_rng(0).normal(0, 0.1, digits.shape), 0, 16).astype(np.float32)
    targets = np.tile(load_digits().target, 2)
    facts = near_facts(data.arrays(np.concatenate([digits, saved]), targets, kind="image"))
    assert facts["data.near.held"] > 0.5 * facts["data.near.rows"]
    assert near_facts(data.digits())["data.near.held"] == 0


def test_twins_do_not_count():
    train = rows(1000, 12)
    assert nearest_facts(train, train[:100])["data.near.held"] == 0


def test_what_chance_makes_in_few_dimensions_is_expected():
    draw = np.random.default_rng(0)
    plane = (draw.normal(size=(12000, 2)) @ draw.normal(size=(2, 9))).astype(np.float32)
    facts = nearest_facts(plane[:10000], plane[10000:11000])
    assert facts["data.near.dimension"] == pytest.approx(2, abs=0.3)
    assert facts["data.near.held"] == pytest.approx(facts["data.near.expected"], abs=8)


@pytest.mark.parametrize("d", [1, 3, 6])
def test_the_dimension_is_that_of_a_cube(d):
    cube = np.random.default_rng(d).random((1500, d))
    both = NearestNeighbors(n_neighbors=3).fit(cube).kneighbors(cube)[0]
    assert dimension(both[:, 1], both[:, 2]) == pytest.approx(d, rel=0.15)


def test_coarse_few_or_unread_rows_give_nothing():
    draw = np.random.default_rng(0)
    coarse = draw.integers(0, 4, (500, 12)).astype(np.float32)
    assert nearest_facts(coarse, coarse[:50]) == {}
    assert nearest_facts(rows(500, 5), rows(50, 5)) == {}
    assert nearest_facts(rows(50, 12), rows(50, 12)) == {}
    assert nearest_facts(rows(500, 12), rows(0, 12)) == {}
    assert nearest_facts(draw.integers(0, 99, (500, 12)), draw.integers(0, 99, (50, 12))) == {}
    broken = rows(500, 12)
    broken[3, 4] = np.nan
    assert nearest_facts(broken, rows(50, 12, 1))["data.near.held"] == 0


def test_real_measurements_have_no_near_rows():
    facts = near_facts(data.arrays(*load_breast_cancer(return_X_y=True)))
    assert facts["data.near.held"] == 0
    assert facts["data.near.quantiles"][0] > 0.2


@needs_data
@pytest.mark.parametrize(
    ("name", "target"),
    [("california_housing", "median_house_value"), ("titanic", "survived"), ("ionosphere", "class")],
)
def test_real_tables_have_no_near_rows(name, target):
    table = pd.read_csv(Path(str(DATA)) / f"tabular/{name}.csv.gz")
    target = target if target in table else table.columns[-1]
    assert near_facts(data.table(table, target=target)).get("data.near.held", 0) == 0


def test_it_is_quick():
    train, held = rows(70_000, 100), rows(30_000, 100, 1)
    began = time.process_time()
    nearest_facts(train, held[:1000])
    assert time.process_time() - began < 1.0  # of all cores; 0.2 s of wall time
