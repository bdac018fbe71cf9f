"""Intervals and noise against closed formulas and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, entropy

from leadline.diagnosis.chance import (
    curve_noise,
    expected_first_loss,
    finite_curve,
    frequency_loss,
    majority_share,
    wilson,
)
from leadline.record.run import Run


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_scipys(pair):
    hits, rows = pair
    known = binomtest(hits, rows).proportion_ci(method="wilson")
    assert wilson(hits, rows) == pytest.approx((known.low, known.high), abs=1e-6)


def test_no_rows_say_nothing():
    assert wilson(0, 0) == (0.0, 1.0)


def test_frequency_loss_is_the_entropy():
    assert frequency_loss([7, 2, 1, 0]) == pytest.approx(entropy([0.7, 0.2, 0.1]))
    assert frequency_loss([5, 0]) == 0
    assert np.isnan(frequency_loss([]))


def test_majority_share():
    assert majority_share([1, 3]) == 0.75
    assert np.isnan(majority_share([]))


def test_noise_of_a_curve_is_its_standard_deviation_around_a_smooth_course():
    at = np.linspace(0, 3, 4000)
    noise = np.random.default_rng(0).normal(0, 0.05, at.size)
    assert curve_noise(np.exp(-at) + noise) == pytest.approx(0.05, rel=0.05)
    assert curve_noise([1.0, 2.0]) == 0


def test_a_curve_ends_where_it_is_no_longer_finite():
    assert finite_curve([1.0, 2.0, np.nan, 3.0]).tolist() == [1.0, 2.0]
    assert finite_curve(None).size == 0


def test_expected_first_loss():
    assert expected_first_loss(Run({"task.first_loss": 0.693})) == 0.693
    assert expected_first_loss(Run({"task.loss": "mse", "data.problem": "regression"})) == 1
    assert expected_first_loss(Run({"task.loss": "mae", "data.problem": "regression"})) is None
