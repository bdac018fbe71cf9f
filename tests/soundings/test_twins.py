"""Rows in two parts: planted copies are found, natural twins are explained."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadline import data
from leadline.soundings.columns import raw_columns
from leadline.soundings.twins import explained_by_chance, row_hashes, twin_facts

DATA = os.environ.get("LEADLINE_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="LEADLINE_DATA does not name the folder of real data sets")


def slow_twins(dataset, part):
    """Count rows of a part that stand in the training part, by comparing each with each."""
    train = dataset.parts["train"].inputs
    return sum(
        bool((train == row).reshape(len(train), -1).all(1).any()) for row in dataset.parts[part].inputs
    )


def slow_explained(codes, train, shared):
    """Count rows with a training row at Hamming distance 1."""
    return sum(bool(((codes[:, train] != codes[:, [row]]).sum(0) == 1).any()) for row in shared)


def test_copied_images_are_counted():
    dataset = data.digits()
    images, targets = dataset.inputs.copy(), dataset.targets
    images[dataset.split.test[:6]] = images[dataset.split.train[:6]]
    images[dataset.split.validation[0]] = images[dataset.split.train[9]]
    facts = twin_facts(data.arrays(images, targets, kind="image"))
    assert facts["data.shared.train_test"] + facts["data.shared.train_validation"] > 0
    assert facts["data.shared.expected"] == 0


def test_counts_are_those_of_comparing_each_with_each():
    draw = np.random.default_rng(0)
    x, y = draw.integers(0, 4, (400, 3)).astype(float), draw.integers(0, 2, 400)
    dataset = data.arrays(x, y)
    facts = twin_facts(dataset)
    for part in ("validation", "test"):
        assert facts[f"data.shared.train_{part}"] == slow_twins(dataset, part)
    assert facts["data.shared.train_test"] > 0


def test_coarse_data_explain_their_twins_and_copies_are_not_explained():
    draw = np.random.default_rng(0)
    coarse = data.arrays(draw.integers(0, 5, (600, 3)).astype(float), draw.integers(0, 2, 600))
    facts = twin_facts(coarse)
    assert (
        facts["data.shared.expected"]
        == facts["data.shared.train_test"] + facts["data.shared.train_validation"]
    )
    fine = draw.normal(size=(300, 3))
    doubled = data.arrays(np.concatenate([fine, fine]), np.tile(draw.integers(0, 2, 300), 2))
    facts = twin_facts(doubled)
    assert facts["data.shared.train_test"] > 45
    assert facts["data.shared.expected"] == 0


def test_explained_rows_are_those_with_a_neighbor_at_distance_one():
    draw = np.random.default_rng(1)
    codes = draw.integers(0, 3, (5, 300))
    train, others = np.arange(200), np.arange(200, 300)
    shared = np.array([row for row in others if (codes[:, train] == codes[:, [row]]).all(0).any()])
    assert len(shared) > 10
    assert explained_by_chance(codes, train, shared) == slow_explained(codes, train, shared)


def test_hashes_tell_rows_apart_and_join_signed_zeros():
    rows = np.random.default_rng(0).normal(size=(5000, 3)).astype(np.float32)
    assert len(np.unique(row_hashes(rows))) == 5000
    zeros = row_hashes(np.array([[0.0], [-0.0]], np.float32))
    assert zeros[0] == zeros[1]


@needs_data
@pytest.mark.parametrize(("copies", "low", "high"), [(1, 0.0, 0.03), (2, 0.15, 0.4)])
def test_titanic_shares_rows_by_nature_and_more_once_it_is_doubled(copies, low, high):
    table = pd.read_csv(Path(str(DATA)) / "tabular/titanic.csv.gz")
    dataset = data.table(pd.concat([table] * copies, ignore_index=True), target="survived", drop=["alive"])
    facts = twin_facts(dataset)
    shared = facts["data.shared.train_test"] + facts["data.shared.train_validation"]
    held = len(dataset.split.test) + len(dataset.split.validation)
    assert low <= (shared - facts["data.shared.expected"]) / held <= high
    assert shared / held > 0.15


def test_images_have_no_raw_columns():
    assert raw_columns(data.digits()).names == ()
