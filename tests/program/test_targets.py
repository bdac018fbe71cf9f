"""What targets look like is told by their values alone, whatever their type, order and shape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_diabetes, load_digits, load_iris

from leadline.program.targets import codes_of, form_of, target_facts

SEEDS = st.integers(0, 999)
TYPES = st.sampled_from([np.int32, np.int64, np.uint8, np.float32, np.float64])


@given(SEEDS, TYPES, st.integers(3, 12), st.integers(0, 1))
def test_consecutive_whole_numbers_that_come_again_are_codes(seed, kind, classes, first):
    draw = np.random.default_rng(seed)
    codes = np.concatenate([np.arange(classes)] * 3 + [draw.integers(0, classes, 20)])
    targets = draw.permutation(codes + first).astype(kind)
    form = form_of(targets)
    assert (form.kind, form.columns, form.classes, form.values) == (
        "codes",
        1,
        classes,
        (first, first + classes - 1),
    )
    assert form_of(targets[:, None]) == form
    np.testing.assert_array_equal(codes_of(targets, form), targets.astype(int) - first)


@given(SEEDS, st.floats(-5, 5), st.floats(0.1, 5))
def test_two_values_are_yes_and_no_whatever_they_are(seed, low, apart):
    yes = np.random.default_rng(seed).permutation(np.arange(20) % 2)
    targets = low + apart * yes
    form = form_of(targets)
    assert (form.kind, form.classes) == ("yes_no", 2)
    np.testing.assert_array_equal(codes_of(targets, form), yes)
    assert form_of(targets, "regression").kind == "numbers"


@given(SEEDS, st.integers(2, 9))
def test_one_1_in_each_row_is_one_hot_and_others_are_labels(seed, classes):
    draw = np.random.default_rng(seed)
    codes = draw.integers(0, classes, 15)
    one_hot = np.eye(classes)[codes]
    assert form_of(one_hot).kind == form_of(one_hot.astype(bool)).kind == "one_hot"
    np.testing.assert_array_equal(codes_of(one_hot, form_of(one_hot)), codes)
    labels = one_hot.copy()
    labels[0] = 1
    assert form_of(labels).kind == "labels"
    assert form_of(one_hot * 0.9).kind == "numbers"


@given(SEEDS, st.sampled_from(["normal", "counts", "few rows", "gaps", "from 2", "columns"]))
def test_all_else_is_numbers(seed, how):
    draw = np.random.default_rng(seed)
    targets = {
        "normal": draw.normal(size=50),
        "counts": draw.permutation(np.arange(50)),  # each comes once
        "few rows": np.arange(3),
        "gaps": np.repeat([0, 1, 3, 7], 10),
        "from 2": np.repeat([2, 3, 4], 10),
        "columns": draw.normal(size=(50, 3)),
    }[how]
    form = form_of(targets)
    assert (form.kind, form.classes) == ("numbers", 0)
    assert not form.of_classes


@given(SEEDS)
def test_rows_that_are_not_finite_are_passed_over_and_counted(seed):
    draw = np.random.default_rng(seed)
    targets = draw.permutation(np.arange(30) % 3).astype(float)
    holes = targets.copy()
    holes[:2] = np.nan, np.inf
    assert form_of(holes) == form_of(targets[2:])
    facts = target_facts(holes, form_of(holes))
    assert facts["data.target.not_finite"] == 2
    assert facts["data.class_count.train"].sum() == 28


@given(SEEDS, st.sampled_from([(40,), (40, 1), (40, 3)]))
def test_facts_are_those_of_numpy(seed, shape):
    targets = np.random.default_rng(seed).normal(size=shape)
    facts = target_facts(targets, form_of(targets))
    assert facts["target.dimensions"] == len(shape)
    assert facts["target.mean"] == pytest.approx(targets.mean())
    assert facts["target.spread"] == pytest.approx(targets.std())
    assert (facts["target.low"], facts["target.high"]) == (targets.min(), targets.max())
    sums = targets.reshape(40, -1).sum(axis=1)
    np.testing.assert_allclose(facts["target.sums"], [sums.min(), sums.max()])
    assert facts["target.quantiles"].shape == (101,)


def test_nothing_but_nan_has_no_numbers():
    targets = np.full(9, np.nan)
    facts = target_facts(targets, form_of(targets))
    assert (facts["target.form"], facts["data.target.not_finite"]) == ("numbers", 9)
    assert "target.mean" not in facts


def test_codes_of_a_part_are_those_of_the_whole_though_it_lacks_a_class():
    whole = np.repeat([0, 1, 2, 3], 5)
    form = form_of(whole)
    np.testing.assert_array_equal(codes_of(np.array([0, 3, 2, 3]), form, whole), [0, 3, 2, 3])
    np.testing.assert_array_equal(codes_of(np.array([1, 4]), form_of(whole + 1), whole + 1), [0, 3])


def test_a_problem_that_is_told_wins_over_looks():
    assert form_of(np.array([3, 7, 7, 12]), "classification").kind == "codes"
    assert form_of(np.array([0.0, 1.0]), "classification").kind == "yes_no"
    assert form_of(np.array([0.0, 1.0])).kind == "numbers"  # two rows say nothing


def test_real_targets():
    kinds = [form_of(load(return_X_y=True)[1]).kind for load in (load_iris, load_digits, load_diabetes)]
    assert kinds == ["codes", "codes", "numbers"]
