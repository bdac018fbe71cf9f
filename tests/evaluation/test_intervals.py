import time
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from leadline.evaluation import intervals
from leadline.evaluation.intervals import bootstrap, mean_of_proportions, percentiles, resampled_means, wilson

counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(deadline=None, max_examples=50)
@given(counts, st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_is_scipys(count, level):
    successes, trials = count
    reference = stats.binomtest(successes, trials).proportion_ci(level, method="wilson")
    assert wilson(successes, trials, level) == pytest.approx((reference.low, reference.high), abs=1e-12)


@settings(deadline=None, max_examples=50)
@given(counts)
def test_wilson_holds_the_share_and_stays_in_bounds(count):
    low, high = wilson(*count)
    assert 0 <= low <= count[0] / count[1] <= high <= 1


def test_wilson_knows_nothing_without_trials():
    assert np.isnan(wilson(0, 0)).all()


@pytest.mark.parametrize(("share", "rows"), [(0.5, 30), (0.9, 100), (0.97, 360), (0.2, 1000)])
def test_wilson_covers_the_truth_in_19_of_20_samples(share, rows):
    drawn = np.random.default_rng(0).binomial(rows, share, size=4000)
    ends = np.array([wilson(int(k), rows) for k in drawn])
    covered = np.mean((ends[:, 0] <= share) & (share <= ends[:, 1]))
    assert 0.93 < covered < 0.97  # 4,000 samples: standard error 0.35%; the rest is the step of whole counts


@settings(deadline=None, max_examples=50)
@given(counts)
def test_the_mean_of_one_proportion_has_its_wilson_interval(count):
    successes, trials = count
    assert mean_of_proportions([successes], [trials]) == pytest.approx(wilson(successes, trials), abs=1e-9)


@settings(deadline=None, max_examples=50)
@given(st.lists(counts, min_size=1, max_size=8))
def test_the_mean_of_proportions_is_inside_and_ignores_order_and_empty_ones(pairs):
    right, rows = zip(*pairs, strict=True)
    low, high = mean_of_proportions(right, rows)
    assert 0 <= low <= np.mean(np.divide(right, rows)) + 1e-12
    assert np.mean(np.divide(right, rows)) - 1e-12 <= high <= 1
    assert mean_of_proportions((0, *right[::-1]), (0, *rows[::-1])) == pytest.approx((low, high), abs=1e-9)


def test_the_mean_of_no_proportions_is_unknown():
    assert np.isnan(mean_of_proportions([0, 0], [0, 0])).all()


@pytest.mark.parametrize(
    ("shares", "rows"),
    [
        ((0.97,) * 10, (36,) * 10),
        ((0.9,) * 50, (5,) * 50),
        ((0.8, 0.85), (110, 69)),
        ((0.9, 0.5), (200, 10)),
        ((0.98, 0.95, 0.9, 0.85, 0.8), (20,) * 5),
    ],
)
def test_the_mean_of_proportions_covers_the_truth(shares, rows):
    drawn = np.random.default_rng(0).binomial(rows, shares, size=(1500, len(rows)))
    ends = np.array([mean_of_proportions(k, rows) for k in drawn])
    covered = np.mean((ends[:, 0] <= np.mean(shares)) & (np.mean(shares) <= ends[:, 1]))
    assert (
        0.91 < covered < 0.99
    )  # 1,500 samples: standard error 0.6%; the approximation itself gives 93% to 98%


def test_a_rare_class_makes_the_mean_uncertain():
    common = mean_of_proportions([360, 340], [360, 360])
    rare = mean_of_proportions([360, 3], [360, 3])
    assert rare[1] - rare[0] > 3 * (common[1] - common[0])


def test_the_bootstrap_of_a_mean_is_near_students_interval():
    values = np.random.default_rng(0).normal(5, 2, size=500)
    reference = stats.t.interval(0.95, 499, values.mean(), stats.sem(values))
    # The ends of 1,000 resamples themselves wobble by about 7% of the standard error of 0.09.
    assert bootstrap(values) == pytest.approx(reference, abs=0.025)


def test_the_bootstrap_is_near_scipys_for_a_ratio():
    draw = np.random.default_rng(1)
    top, bottom = draw.gamma(2, size=(2, 300))
    reference = stats.bootstrap(
        (top, bottom),
        lambda a, b, axis: a.mean(axis) / b.mean(axis),
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=4000,
        rng=np.random.default_rng(2),
    ).confidence_interval
    found = bootstrap(np.stack([top, bottom], axis=1), lambda means: means[:, 0] / means[:, 1])
    assert found == pytest.approx(tuple(reference), abs=0.02)


def test_the_bootstrap_covers_the_truth_in_19_of_20_samples():
    draw = np.random.default_rng(0)
    samples = draw.normal(size=(400, 300))
    covered = [
        low <= 0 <= high for low, high in (bootstrap(s, seed=i, resamples=400) for i, s in enumerate(samples))
    ]
    assert 0.92 < np.mean(covered) < 0.98  # 400 samples: standard error 1.1%


def test_one_seed_gives_the_same_bits_and_another_does_not():
    values = np.random.default_rng(0).normal(size=(200, 2))
    assert np.array_equal(resampled_means(values, seed=3), resampled_means(values, seed=3))
    assert not np.array_equal(resampled_means(values, seed=3), resampled_means(values, seed=4))


@pytest.mark.parametrize("rows", [400, 30_000])
def test_resampled_means_have_the_mean_and_covariance_of_a_mean(rows):
    values = np.random.default_rng(0).normal(size=(rows, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]])
    means = resampled_means(values, resamples=4000)
    error = np.cov(values.T) / rows
    assert means.mean(axis=0) == pytest.approx(values.mean(axis=0), abs=4 * np.sqrt(error[0, 0] / 4000))
    assert np.cov(means.T) == pytest.approx(error, abs=0.1 * error[0, 0])


def test_above_the_limit_drawing_means_from_their_normal_limit_gives_the_same_ends(monkeypatch):
    losses = (
        np.random.default_rng(0).exponential(size=intervals.NORMAL_FROM) ** 2
    )  # skewed, as log-losses are
    quick = bootstrap(losses)
    monkeypatch.setattr(intervals, "NORMAL_FROM", 10**9)
    ends = np.array([bootstrap(losses, seed=seed) for seed in range(3)])
    wobble = ends.std(axis=0).max()
    width = ends[0, 1] - ends[0, 0]
    assert np.abs(ends.mean(axis=0) - quick).max() < max(4 * wobble, 0.08 * width)


def test_rows_that_are_not_finite_and_no_rows_give_no_interval():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(bootstrap(np.array([1.0, np.nan]))).all()
        assert np.isnan(bootstrap(np.array([]))).all()
        assert bootstrap(np.array([2.0])) == (2.0, 2.0)


def test_resamples_without_a_value_are_left_out():
    assert percentiles(np.array([np.nan, 1.0, np.inf, 1.0])) == (1.0, 1.0)
    assert np.isnan(percentiles(np.array([np.nan]))).all()


def test_ten_thousand_rows_take_less_than_half_a_second():
    parts = np.random.default_rng(0).normal(size=(intervals.NORMAL_FROM - 1, 3))
    # Time of the processor, so that the machine's other work does not count.
    start = time.process_time()
    resampled_means(parts)
    assert time.process_time() - start < 0.5
