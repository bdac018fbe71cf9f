"""The linear models of the baselines, held to scikit-learn's: minima that are unique, so both must find the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import linear_model
from sklearn.datasets import load_breast_cancer, load_digits, load_iris

from leadline.evaluation import linear
from leadline.evaluation.linear import Logistic, Ridge, minimized


def standardized(load):
    x, y = load(return_X_y=True)
    return ((x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-3)).astype(np.float32), y


@pytest.mark.parametrize("load", [load_iris, load_digits, load_breast_cancer])
def test_the_minimum_is_that_of_scikit_learn(load, monkeypatch):
    monkeypatch.setattr(linear, "FLAT", 1e-6)
    x, y = standardized(load)
    classes = int(y.max()) + 1
    targets = np.eye(classes)[y] if classes > 2 else np.eye(2)[y][:, 1:]
    ours = Logistic(1000, exclusive=classes > 2).fit(x, targets).predict(x)
    theirs = (
        linear_model.LogisticRegression(tol=1e-7, max_iter=2000).fit(x.astype(np.float64), y).predict_proba(x)
    )
    np.testing.assert_allclose(ours, theirs[:, -ours.shape[1] :], atol=1e-3)


def test_by_default_it_is_as_near_to_the_minimum_as_scikit_learn_and_takes_about_as_many_steps():
    x, y = standardized(load_digits)
    ours = Logistic(200, exclusive=True).fit(x, np.eye(10)[y])
    theirs = linear_model.LogisticRegression(max_iter=200).fit(x, y)

    def cost(weights, offset):
        scores = x @ weights + offset
        losses = np.log(np.exp(scores - scores.max(axis=1, keepdims=True)).sum(axis=1)) + scores.max(axis=1)
        return (losses - scores[np.arange(len(y)), y]).mean() + (weights**2).sum() / (2 * len(y))

    assert cost(ours.weights[:-1], ours.weights[-1]) <= cost(theirs.coef_.T, theirs.intercept_) + 1e-4
    assert ours.steps <= 1.5 * theirs.n_iter_[0]


@pytest.mark.parametrize("shape", [(50, 7), (7, 50), (20, 20)])
def test_ridge_is_that_of_scikit_learn_whether_rows_or_features_are_more(shape):
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=shape), draw.normal(size=shape[0])
    theirs = linear_model.Ridge().fit(x, y)
    np.testing.assert_allclose(Ridge().fit(x, y).predict(x), theirs.predict(x), rtol=1e-9, atol=1e-9)


def test_labels_are_learned_each_on_its_own():
    draw = np.random.default_rng(1)
    x = draw.normal(size=(120, 4))
    labels = (x[:, :2] + draw.normal(size=(120, 2)) > 0).astype(float)
    both = Logistic(200, exclusive=False).fit(x, labels).predict(x)
    for place in (0, 1):
        alone = Logistic(200, exclusive=False).fit(x, labels[:, [place]]).predict(x)
        np.testing.assert_allclose(both[:, [place]], alone, atol=5e-3)


@settings(max_examples=30)
@given(st.integers(1, 12), st.integers(0, 1000))
def test_the_lowest_point_of_a_bowl_is_found(size, seed):
    draw = np.random.default_rng(seed)
    turn = np.linalg.qr(draw.normal(size=(size, size)))[0]
    bowl, bottom = turn * draw.uniform(0.1, 30, size) @ turn.T, draw.normal(size=size)
    at, _ = minimized(
        lambda x: (0.5 * (x - bottom) @ bowl @ (x - bottom), bowl @ (x - bottom)), np.zeros(size), 500
    )
    assert np.abs(bowl @ (at - bottom)).max() <= linear.FLAT


def test_steps_are_counted_and_bounded():
    x, y = standardized(load_digits)
    assert Logistic(5, exclusive=True).fit(x, np.eye(10)[y]).steps == 5


def test_numbers_beyond_what_can_be_solved_are_not_finite_instead_of_a_crash():
    x = np.outer([1.0, 2.0, 3.0, 4.0], [1e200, 2e200])
    with np.errstate(all="ignore"):
        assert not np.isfinite(Ridge().fit(x, np.ones(4)).weights).all()
