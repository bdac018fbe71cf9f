"""Simple models reach what scikit-learn's reach on the same rows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.preprocessing import StandardScaler

from leadline.nn import Dense, Sequential
from leadline.program.answers import constant_score
from leadline.program.baselines import NEAREST, RIDGE, simple_scores
from leadline.program.program import Program
from leadline.program.written import Written

MSE = Written("mse")


def halves(x: np.ndarray, y: np.ndarray) -> Program:
    order = np.random.default_rng(0).permutation(len(x))
    own, held = order[::2], order[1::2]
    return Program(Sequential([Dense(1)]), x[own], y[own], MSE, held_out=(x[held], y[held]))


@pytest.mark.parametrize("load", [load_iris, load_breast_cancer, load_digits, load_diabetes])
def test_scores_are_those_of_scikit_learn(load):
    x, y = load(return_X_y=True)
    given = halves(x, y)
    scaler = StandardScaler().fit(given.inputs)
    own, held = scaler.transform(given.inputs), scaler.transform(given.held_out[0])
    penalty = RIDGE * len(own)
    if load is load_diabetes:
        models = Ridge(penalty), KNeighborsRegressor(NEAREST)
    else:
        models = RidgeClassifier(penalty), KNeighborsClassifier(NEAREST)
    wanted = [model.fit(own, given.targets).score(held, given.held_out[1]) for model in models]
    linear, near = simple_scores(given)
    assert linear == pytest.approx(wanted[0], abs=0.005)
    assert near == pytest.approx(wanted[1], abs=0.02)  # ties are broken in another way


def test_every_third_row_is_held_out_where_none_is():
    x, y = load_diabetes(return_X_y=True)
    linear, near = simple_scores(Program(Sequential([Dense(1)]), x, y, MSE))
    assert 0.3 < near < 0.6
    assert 0.3 < linear < 0.6


def test_few_rows_and_constant_columns_do_no_harm():
    x = np.ones((6, 2))
    few = Program(Sequential([Dense(1)]), x, np.arange(6) % 2, MSE)
    assert simple_scores(few) == (constant_score(few),) * 2
    draw = np.random.default_rng(0)
    x = np.concatenate([draw.normal(size=(200, 1)), np.ones((200, 3))], axis=1)
    linear, _ = simple_scores(Program(Sequential([Dense(1)]), x, 2 * x[:, 0] + 1, MSE))
    assert linear > 0.99


def test_many_features_are_drawn_together_and_noise_has_nothing_to_give():
    draw = np.random.default_rng(0)
    x = draw.normal(size=(600, 1200)).astype(np.float32)
    linear, near = simple_scores(Program(Sequential([Dense(1)]), x, draw.integers(0, 2, 600), MSE))
    assert abs(linear - 0.5) < 0.15
    assert abs(near - 0.5) < 0.15


def test_labels_images_and_other_forms_of_classes():
    draw = np.random.default_rng(0)
    x = draw.normal(size=(300, 2, 2, 1))
    labels = (x.reshape(300, 4)[:, :3] > 0).astype(int)
    linear, near = simple_scores(Program(Sequential([Dense(3)]), x, labels, MSE))
    assert min(linear, near) > 0.8
    yes = x[:, 0, 0, 0] > 0
    for targets in (yes * 1, yes * 2 - 1, np.eye(2)[yes * 1], yes * 1.0 + 1):
        assert simple_scores(Program(Sequential([Dense(1)]), x, targets, MSE))[0] > 0.9
