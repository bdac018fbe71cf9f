"""Rows taken and columns standardized, held to scikit-learn: the same rows to the row, the same numbers to rounding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as drawn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from leadline.data import digits
from leadline.data.spread import mean_and_spread
from leadline.data.taking import take


@settings(max_examples=60)
@given(st.lists(st.integers(2, 30), min_size=2, max_size=6), st.integers(0, 1000), st.data())
def test_the_rows_of_a_share_of_each_class_are_scikit_learns(counts, seed, data):
    classes = np.array(data.draw(st.permutations(np.repeat(np.arange(len(counts)), counts).tolist())))
    size = data.draw(st.integers(len(counts), len(classes) - len(counts)))
    left, taken = take(size, seed, classes=classes)
    theirs = train_test_split(np.arange(len(classes)), test_size=size, random_state=seed, stratify=classes)
    np.testing.assert_array_equal(left, theirs[0])
    np.testing.assert_array_equal(taken, theirs[1])


@given(st.integers(2, 200), st.integers(0, 1000), st.data())
def test_rows_taken_from_all_are_scikit_learns(rows, seed, data):
    size = data.draw(st.integers(1, rows - 1))
    left, taken = take(size, seed, rows=rows)
    theirs = train_test_split(np.arange(rows), test_size=size, random_state=seed)
    np.testing.assert_array_equal(left, theirs[0])
    np.testing.assert_array_equal(taken, theirs[1])


NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False) | st.just(np.nan) | st.just(7.25)


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:Degrees of freedom", "ignore:invalid value")
@given(drawn(np.float64, st.tuples(st.integers(1, 30), st.integers(1, 4)), elements=NUMBERS))
def test_mean_and_spread_are_scikit_learns(values):
    mean, spread = mean_and_spread(values)
    theirs = StandardScaler().fit(values)
    np.testing.assert_allclose(mean, np.nan_to_num(theirs.mean_), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(spread, np.nan_to_num(theirs.scale_, nan=1.0), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("value", [0.0, 5.0, 1e15, 0.1])
def test_a_constant_column_is_left_as_wide_as_it_is(value):
    assert mean_and_spread(np.full((1000, 1), value))[1] == 1


def test_digits_are_those_of_scikit_learn():
    read, ours = load_digits(), digits()
    np.testing.assert_array_equal(ours.inputs[..., 0], read.images)
    np.testing.assert_array_equal(ours.targets, read.target)
