import warnings

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits
from sklearn.linear_model import LogisticRegression, Ridge

from leadline.evaluation import baselines
from leadline.evaluation.baselines import fit_baselines, judge_baselines

NAMES = tuple("0123456789")


def digits():
    x, y = load_digits(return_X_y=True)
    return (x / 16).astype(np.float32), y


def judged(problem, names, inputs, targets, at=None, **options):
    at = slice(None) if at is None else at
    fitted = fit_baselines(problem, names, inputs, targets, **options)
    found, words = judge_baselines(fitted, problem, inputs[at], targets[at])
    return {baseline.name: baseline for baseline in found}, words


def test_the_majority_is_always_the_most_frequent_class():
    targets = np.array([1] * 6 + [0] * 3 + [2])
    found, words = judged(
        "classification", ("a", "b", "c"), np.random.default_rng(0).normal(size=(10, 2)), targets
    )
    accuracy, balanced, log_loss, calibration, _ = found["majority"].scores
    shares = np.array([0.3, 0.6, 0.1])
    assert accuracy.value == 0.6
    assert balanced.value == pytest.approx(1 / 3)
    assert log_loss.value == pytest.approx(-(shares * np.log(shares)).sum())  # the entropy of the classes
    assert calibration.value == pytest.approx(0)
    assert "'b'" in found["majority"].what
    assert "10 training rows" in found["majority"].what
    assert words == ()


def test_the_mean_explains_nothing():
    inputs = np.random.default_rng(0).normal(size=(50, 2))
    targets = inputs[:, 0] * 3 + 7
    found, _ = judged("regression", (), inputs, targets)
    r2, mae, rmse = found["mean"].scores
    assert r2.value == pytest.approx(0)
    assert rmse.value == pytest.approx(targets.std())
    assert mae.value == pytest.approx(np.abs(targets - targets.mean()).mean())


def test_the_linear_one_is_scikit_learns_where_all_rows_fit():
    x, y = digits()
    found, _ = judged("classification", NAMES, x[:1200], y[:1200])
    reference = LogisticRegression(max_iter=200).fit(x[:1200], y[:1200])
    assert found["linear"].scores[0].value == pytest.approx(reference.score(x[:1200], y[:1200]))
    assert found["linear"].what == "logistic regression on all 1,200 training rows"
    x, y = load_diabetes(return_X_y=True)
    found, _ = judged("regression", (), x, y)
    assert found["linear"].scores[0].value == pytest.approx(Ridge().fit(x, y).score(x, y))
    assert found["linear"].what == "ridge regression on all 442 training rows"


def test_images_are_flattened():
    x, y = digits()
    flat, _ = judged("classification", NAMES, x[:300], y[:300])
    image, _ = judged("classification", NAMES, x[:300].reshape(-1, 8, 8, 1), y[:300])
    assert flat == image


def test_many_rows_are_thinned_by_class_and_it_is_told(monkeypatch):
    monkeypatch.setattr(baselines, "ROWS", (500, 600))
    x, y = digits()
    found, _ = judged("classification", NAMES, x, y)
    assert found["linear"].what.startswith("logistic regression on 600 of 1,797 training rows")
    assert found["linear"].scores[0].value > 0.93
    chosen = baselines._spread_rows(y, len(y), 600, seed=0)
    assert len(set(chosen.tolist())) == 600
    assert np.abs(np.bincount(y[chosen]) - np.bincount(y) / 3).max() <= 1


def test_too_few_iterations_are_told_and_do_not_warn(monkeypatch):
    monkeypatch.setattr(baselines, "ITERATIONS", (3, 3))
    x, y = digits()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found, _ = judged("classification", NAMES, x, y)
    assert found["linear"].what.endswith(", stopped after 3 iterations")


def test_the_work_stays_in_bounds_whatever_the_size():
    for features, classes in ((2, 2), (784, 10), (3072, 10), (3072, 100), (50_000, 10)):
        rows = baselines._most_rows("classification", features * classes, features)
        assert 500 <= rows <= 20_000
        assert rows * features * classes * 30 <= baselines.WORK or rows == 500
    for features in (1, 784, 3072, 150_000):
        rows = baselines._most_rows("regression", features, features)
        assert rows * features * min(rows, features) <= baselines.RIDGE_WORK or rows == 500


def test_unscaled_inputs_are_standardized_for_it():
    draw = np.random.default_rng(0)
    x = draw.normal(size=(400, 3))
    y = (x[:, 0] + 0.3 * draw.normal(size=400) > 0).astype(int)
    scaled, _ = judged("classification", ("no", "yes"), x, y)
    wild, _ = judged("classification", ("no", "yes"), x * [1, 1e6, 1e-3] + [0, 5e8, 0], y)
    assert wild["linear"].scores[0].value == pytest.approx(scaled["linear"].scores[0].value, abs=0.02)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_training_inputs_that_are_not_finite_leave_it_out_with_a_word(bad):
    x, y = digits()
    x[3, 4] = bad
    found, words = judged("classification", NAMES, x, y)
    assert list(found) == ["majority"]
    assert words == ("No linear baseline: some training inputs are not finite.",)


def test_judged_inputs_that_are_not_finite_leave_it_out_with_a_word():
    x, y = digits()
    fitted = fit_baselines("classification", NAMES, x[:500], y[:500])
    broken = x[500:600].copy()
    broken[0, 0] = np.nan
    found, words = judge_baselines(fitted, "classification", broken, y[500:600])
    assert [b.name for b in found] == ["majority"]
    assert words == ("No linear baseline: some inputs are not finite or too large for it.",)


@pytest.mark.parametrize(
    ("inputs", "targets", "word"),
    [
        (np.zeros((4, 2)), np.zeros(4, int), "one class only"),
        (np.zeros((4, 0)), np.array([0, 1, 0, 1]), "no inputs"),
        (np.zeros((4, baselines.TOO_WIDE + 1), np.float32), np.array([0, 1, 0, 1]), "too many"),
    ],
)
def test_what_a_linear_model_cannot_learn_is_told(inputs, targets, word):
    found, words = judged("classification", ("no", "yes"), inputs, targets)
    assert list(found) == ["majority"]
    assert word in words[0]


def test_huge_finite_inputs_neither_crash_nor_warn():
    x = np.full((20, 2), 3e38, np.float32)
    x[::2] *= -1
    found, words = judged("regression", (), x, np.arange(20.0))
    assert "mean" in found
    assert ("linear" in found) != bool(words)


def test_a_class_missing_from_training_gets_no_probability():
    x, y = digits()
    known = y != 7
    fitted = fit_baselines("classification", NAMES, x[known], y[known])
    probabilities = fitted[1].predict(x)
    assert probabilities.shape == (len(x), 10)
    assert (probabilities[:, 7] == 0).all()
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(x)), abs=1e-5)


def test_no_training_rows_and_no_judged_rows_give_no_baselines():
    assert fit_baselines("regression", (), np.zeros((0, 2)), np.zeros(0)) == ()
    fitted = fit_baselines("regression", (), np.ones((4, 2)), np.arange(4.0))
    assert judge_baselines(fitted, "regression", np.zeros((0, 2)), np.zeros(0)) == ((), ())


def test_one_seed_gives_the_same_bits(monkeypatch):
    monkeypatch.setattr(baselines, "ROWS", (500, 500))
    x, y = digits()
    assert judged("classification", NAMES, x, y, seed=1) == judged("classification", NAMES, x, y, seed=1)
    assert judged("classification", NAMES, x, y, seed=1) != judged("classification", NAMES, x, y, seed=2)
