import numpy as np
import pytest

from leadline.evaluation.intervals import wilson
from leadline.evaluation.scores import classification_scores, regression_scores, scores


def by_name(found):
    return {score.name: score for score in found}


def classified(seed=0, rows=300, classes=3):
    draw = np.random.default_rng(seed)
    targets = draw.integers(0, classes, size=rows)
    scores_ = draw.normal(size=(rows, classes))
    scores_[np.arange(rows), targets] += 2
    return targets, np.exp(scores_) / np.exp(scores_).sum(axis=1, keepdims=True)


def test_the_headline_comes_first_and_the_direction_is_told():
    found = classification_scores(*classified())
    assert [s.name for s in found] == [
        "accuracy",
        "balanced_accuracy",
        "log_loss",
        "calibration_error",
        "brier",
    ]
    assert [s.better for s in found] == ["higher", "higher", "lower", "lower", "lower"]
    found = regression_scores(np.arange(9.0), np.arange(9.0) ** 1.1)
    assert [(s.name, s.better) for s in found] == [("r2", "higher"), ("mae", "lower"), ("rmse", "lower")]


@pytest.mark.parametrize("rows", [5, 300, 12_000])
def test_every_interval_holds_its_score(rows):
    draw = np.random.default_rng(0)
    targets = draw.normal(50, 5, size=rows)
    for score in (
        *classification_scores(*classified(rows=rows)),
        *regression_scores(targets, targets + draw.normal(size=rows)),
    ):
        assert score.low <= score.value <= score.high, score


def test_accuracy_has_wilsons_interval():
    targets, probabilities = classified()
    accuracy = by_name(classification_scores(targets, probabilities))["accuracy"]
    assert (accuracy.low, accuracy.high) == wilson(round(accuracy.value * 300), 300)


def test_regression_intervals_cover_the_truth():
    truth = {"r2": 1 - 0.49 / 1.49, "mae": 0.7 * np.sqrt(2 / np.pi), "rmse": 0.7}
    draw = np.random.default_rng(0)
    covered = dict.fromkeys(truth, 0)
    for seed in range(200):
        inputs = draw.normal(size=200)
        targets = inputs + 0.7 * draw.normal(size=200)
        for name, score in by_name(regression_scores(targets, inputs, seed=seed)).items():
            covered[name] += score.low <= truth[name] <= score.high
    # 200 samples: standard error 1.5%; percentile intervals of 200 rows themselves hold 92% to 95%.
    assert all(0.89 < hits / 200 < 0.99 for hits in covered.values()), covered


def test_a_perfect_model_of_many_rows_has_no_width():
    targets = np.random.default_rng(0).normal(size=30_000)
    found = by_name(regression_scores(targets, targets))
    assert (found["r2"].low, found["r2"].value, found["r2"].high) == pytest.approx((1, 1, 1))
    assert (found["rmse"].low, found["rmse"].value, found["rmse"].high) == (0, 0, 0)


def test_units_scale_the_errors_and_leave_r2():
    draw = np.random.default_rng(0)
    targets = draw.normal(size=100)
    values = targets + draw.normal(size=100)
    one, thousand = (
        by_name(regression_scores(targets, values)),
        by_name(regression_scores(1000 * targets, 1000 * values)),
    )
    assert thousand["r2"].value == pytest.approx(one["r2"].value)
    assert thousand["rmse"].high == pytest.approx(1000 * one["rmse"].high)
    assert thousand["mae"].low == pytest.approx(1000 * one["mae"].low)


def test_outputs_that_are_not_finite_are_wrong_or_unknown():
    targets, probabilities = classified()
    clean = by_name(classification_scores(targets, probabilities))
    right = np.flatnonzero(probabilities.argmax(axis=1) == targets)[:30]
    probabilities[right] = np.nan
    found = by_name(classification_scores(targets, probabilities))
    assert found["accuracy"].value == pytest.approx(clean["accuracy"].value - 0.1)
    assert found["balanced_accuracy"].value < clean["balanced_accuracy"].value
    for name in ("log_loss", "calibration_error", "brier"):
        assert np.isnan([found[name].value, found[name].low, found[name].high]).all()
    found = regression_scores(np.arange(3.0), np.array([0.0, np.inf, 2.0]))
    assert np.isnan([(s.value, s.low, s.high) for s in found]).all()


def test_no_rows_give_no_numbers_and_no_warning():
    found = (
        *scores("classification", np.zeros(0, int), np.zeros((0, 3))),
        *scores("regression", np.zeros(0), np.zeros(0)),
    )
    assert np.isnan([(s.value, s.low, s.high) for s in found]).all()


def test_one_row_and_equal_targets_leave_r2_unknown():
    assert np.isnan(regression_scores(np.array([1.0]), np.array([2.0]))[0].value)
    r2, mae, rmse = regression_scores(np.full(10, 4.0), np.full(10, 4.5))
    assert np.isnan([r2.value, r2.low, r2.high]).all()
    assert (mae.value, rmse.value) == (0.5, 0.5)


def test_one_seed_gives_the_same_bits():
    targets, probabilities = classified()
    assert scores("classification", targets, probabilities) == scores(
        "classification", targets, probabilities
    )
    assert scores("classification", targets, probabilities, seed=1) != scores(
        "classification", targets, probabilities
    )
