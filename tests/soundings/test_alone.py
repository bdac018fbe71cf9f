"""One column alone: 0 for noise, 1 for a copy, near scikit-learn's tree between."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from sklearn.model_selection import cross_val_predict
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from leadline import data
from leadline.soundings.alone import alone_facts
from leadline.soundings.columns import raw_columns

ROWS = 2000


def scores(columns, target, **choices):
    dataset = data.table(pd.DataFrame({**columns, "target": target}), target="target", **choices)
    facts = alone_facts(dataset)
    return dict(zip(raw_columns(dataset).names, facts["data.alone.score"], strict=True)), facts[
        "data.alone.rows"
    ]


def test_copies_give_one_and_noise_gives_none():
    draw = np.random.default_rng(0)
    target = draw.integers(0, 3, ROWS)
    columns = {
        "word": np.array(["x", "y", "z"])[target],
        "number": target * 10.0,
        "shifted": target + draw.uniform(0, 0.9, ROWS),
        "noise": draw.normal(size=ROWS),
        "letters": draw.choice(list("abcdef"), ROWS),
    }
    found, rows = scores(columns, target)
    assert rows == 1700
    assert found["word"] == found["number"] == 1
    assert found["shifted"] > 0.99
    assert found["noise"] < 0.06
    assert found["letters"] < 0.06


def test_a_rare_class_is_found_by_its_threshold():
    draw = np.random.default_rng(0)
    amount = draw.normal(size=4000)
    found, _ = scores({"amount": amount, "noise": draw.normal(size=4000)}, (amount > 2.2).astype(int))
    assert found["amount"] > 0.9


def test_a_missing_cell_can_give_the_target_away():
    draw = np.random.default_rng(0)
    target = draw.integers(0, 2, ROWS)
    paid = np.where(target == 1, np.nan, draw.normal(100, 30, ROWS))
    assert scores({"paid": paid, "noise": draw.normal(size=ROWS)}, target)[0]["paid"] == 1


@pytest.mark.parametrize("noise", [0.0, 0.5, 2.0])
def test_regression_is_near_a_tree(noise):
    draw = np.random.default_rng(0)
    x = draw.normal(size=ROWS)
    y = np.sin(2 * x) + noise * draw.normal(size=ROWS)
    found = scores({"x": x, "other": draw.normal(size=ROWS)}, y, problem="regression")[0]
    tree = DecisionTreeRegressor(min_samples_leaf=20, max_leaf_nodes=64, random_state=0)
    guess = cross_val_predict(tree, x[:, None], y, cv=2)
    expected = max(0.0, 1 - ((y - guess) ** 2).mean() / y.var())
    assert found["x"] == pytest.approx(expected, abs=0.05)
    assert found["other"] < 0.02


def test_classes_lie_between_a_tree_and_the_best_possible():
    draw = np.random.default_rng(0)
    x = draw.normal(size=ROWS)
    y = (np.abs(x + 0.5 * draw.normal(size=ROWS)) > 1).astype(int)
    found = scores({"x": x, "other": draw.normal(size=ROWS)}, y)[0]
    tree = DecisionTreeClassifier(min_samples_leaf=20, max_leaf_nodes=64, random_state=0)
    right = (cross_val_predict(tree, x[:, None], y, cv=2) == y).mean()
    chance = norm.sf((1 - x) / 0.5) + norm.cdf((-1 - x) / 0.5)  # P(y = 1 | x)
    best = np.maximum(chance, 1 - chance).mean()
    majority = max(y.mean(), 1 - y.mean())
    low, high = ((accuracy - majority) / (1 - majority) for accuracy in (right, best))
    assert low - 0.05 < found["x"] < high + 0.05


def test_times_count_as_numbers_and_flat_arrays_have_columns():
    draw = np.random.default_rng(0)
    day = pd.Timestamp("2020-01-01") + pd.to_timedelta(draw.integers(0, 2000, ROWS), "D")
    target = (day > pd.Timestamp("2022-06-01")).astype(int)
    found = scores({"day": day, "noise": draw.normal(size=ROWS)}, target)[0]
    assert found["day"] > 0.98
    x = draw.normal(size=(500, 3))
    facts = alone_facts(data.arrays(x, (x[:, 1] > 0).astype(int)))
    assert facts["data.alone.score"].argmax() == 1


def test_the_test_part_is_not_looked_at():
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"a": draw.normal(size=400), "b": draw.normal(size=400), "y": draw.integers(0, 2, 400)}
    )
    dataset = data.table(frame, target="y")
    before = alone_facts(dataset)["data.alone.score"]
    dataset.targets[dataset.split.test] = 0
    assert alone_facts(dataset)["data.alone.score"].tolist() == before.tolist()


def test_images_are_not_judged():
    assert alone_facts(data.digits()) == {}
