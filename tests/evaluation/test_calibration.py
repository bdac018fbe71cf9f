import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from leadline.evaluation.calibration import calibration_error, calibration_interval, reliability


def two_classes(confidence, right):
    """Probabilities whose highest is the confidence, and targets that make them right or wrong."""
    return np.stack([confidence, 1 - confidence], axis=1), np.where(right, 0, 1)


def sampled(draw, rows, accuracy_of):
    confidence = 1 / (1 + np.exp(-np.abs(draw.normal(1.5, 1.2, size=rows))))
    return two_classes(confidence, draw.random(rows) < accuracy_of(confidence))


def by_the_definition(probabilities, targets, bins):
    """The sum over bins, written as in the paper."""
    total = 0.0
    for b in range(bins):
        inside = [
            i
            for i, p in enumerate(probabilities)
            if b / bins < p.max() <= (b + 1) / bins or (b == 0 and p.max() == 0)
        ]
        if inside:
            accuracy = np.mean([probabilities[i].argmax() == targets[i] for i in inside])
            confidence = np.mean([probabilities[i].max() for i in inside])
            total += len(inside) / len(targets) * abs(accuracy - confidence)
    return total


cases = st.builds(
    lambda seed, rows, classes: (
        np.random.default_rng(seed).dirichlet(np.full(classes, 0.5), size=rows),
        np.random.default_rng(seed + 1).integers(0, classes, size=rows),
    ),
    st.integers(0, 10_000),
    st.integers(1, 50),
    st.integers(2, 5),
)


@settings(deadline=None, max_examples=50)
@given(cases, st.sampled_from([5, 10, 15]))
def test_the_error_is_the_definition_and_lies_between_0_and_1(case, bins):
    error = calibration_error(*case, bins)
    assert 0 <= error <= 1
    assert error == pytest.approx(by_the_definition(*case, bins), abs=1e-9)


@settings(deadline=None, max_examples=50)
@given(cases)
def test_the_error_is_the_weighted_gap_of_the_reliability(case):
    confidence, accuracy, rows = reliability(*case).T
    assert rows.sum() == len(case[1])
    assert np.nansum(rows * np.abs(confidence - accuracy)) / rows.sum() == pytest.approx(
        calibration_error(*case)
    )


def test_reliability_is_scikit_learns_calibration_curve():
    probabilities, targets = sampled(np.random.default_rng(0), 2000, lambda c: c)
    right = (targets == probabilities.argmax(axis=1)).astype(int)
    accuracy, confidence = calibration_curve(right, probabilities.max(axis=1), n_bins=10)
    found = reliability(probabilities, targets, bins=10)
    found = found[found[:, 2] > 0]
    assert found[:, 0] == pytest.approx(confidence)
    assert found[:, 1] == pytest.approx(accuracy)


@settings(deadline=None, max_examples=50)
@given(cases, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(case, random):
    order = list(range(len(case[1])))
    random.shuffle(order)
    assert calibration_error(case[0][order], case[1][order]) == pytest.approx(calibration_error(*case))


def test_certain_and_wrong_is_1_and_certain_and_right_is_0():
    sure = np.tile([1.0, 0.0], (7, 1))
    assert calibration_error(sure, np.ones(7, int)) == 1
    assert calibration_error(sure, np.zeros(7, int)) == 0


def test_rows_that_are_not_finite_are_left_out_of_the_picture_and_leave_no_error():
    broken = np.array([[np.nan, 0.5], [0.9, 0.1]])
    assert reliability(broken, np.array([0, 0]))[:, 2].sum() == 1
    assert np.isnan(calibration_error(broken, np.array([0, 0])))
    assert np.isnan(calibration_interval(broken, np.array([0, 0]))).all()
    assert np.isnan(calibration_error(np.zeros((0, 2)), np.zeros(0, int)))


@pytest.mark.parametrize(
    "accuracy_of", [lambda c: c, lambda c: c - 0.25 * (c - 0.5)], ids=["calibrated", "overconfident"]
)
@pytest.mark.parametrize("rows", [100, 600])
def test_the_interval_covers_the_truth(accuracy_of, rows):
    many, targets = sampled(np.random.default_rng(9), 300_000, accuracy_of)
    confidence = many.max(axis=1)
    where = np.ceil(confidence * 15).astype(int)
    truth = np.abs(np.bincount(where, weights=accuracy_of(confidence) - confidence)).sum() / len(targets)
    draw = np.random.default_rng(0)
    ends = np.array(
        [calibration_interval(*sampled(draw, rows, accuracy_of), resamples=200) for _ in range(300)]
    )
    covered = np.mean((ends[:, 0] <= truth + 1e-12) & (truth <= ends[:, 1]))
    assert covered > 0.95 - 2 * 0.0126  # 300 samples: standard error 1.26%; wider than needed is stated


@settings(deadline=None, max_examples=50)
@given(cases)
def test_the_interval_holds_the_estimate(case):
    low, high = calibration_interval(*case, resamples=50)
    assert 0 <= low <= calibration_error(*case) + 1e-12 <= high + 2e-12
