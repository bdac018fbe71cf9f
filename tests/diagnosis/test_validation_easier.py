"""A validation part that is easier than the rows that were learned from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from tests.diagnosis.courses import curves, fit

import leadline as ll
from leadline.diagnosis.rules import validation_easier
from leadline.record.evaluation import Evaluation, Score
from leadline.record.run import Run


def easier(train=0.6, held=0.2, epochs=20):
    fell = 1.8 * np.exp(-np.arange(epochs) / 3)
    return curves(train + fell, held + fell)


def judged_run(make, validation, test, rows=400):
    def of(part, share):
        return Evaluation(
            part, "classification", rows, (Score("accuracy", share, share - 0.02, share + 0.02),)
        )

    run = make()
    return Run(run.values, {"validation": of("validation", validation), "test": of("test", test)})


def test_validation_easier_found_beyond_what_so_few_rows_explain(digits):
    found = validation_easier.find(digits({**easier(), "data.rows.validation": 900}))
    assert (found.severity, found.where) == ("warning", "validation part")
    assert "so few rows explain a difference of" in found.evidence
    assert validation_easier.find(digits({**easier(), "data.rows.validation": 40})) is None


def test_validation_easier_found_tells_of_rows_that_stand_twice(digits):
    found = validation_easier.find(digits({**easier(), "data.shared.train_validation": 12}))
    assert "12 validation rows stand in the training part too" in found.evidence


def test_validation_easier_found_as_hint_in_a_foreign_training(digits):
    recipe = {"training": {"epochs": 20, "batch_size": 32}}
    assert validation_easier.find(digits({**easier(), "recipe": recipe})).severity == "hint"


def test_validation_easier_found_against_the_test_part(digits):
    found = validation_easier.find(judged_run(digits, 0.96, 0.80))
    assert (found.severity, found.title) == ("warning", "The validation part is easier than the test part")
    assert "96.0% on the validation part" in found.evidence


def test_validation_easier_quiet_where_scores_agree_or_the_test_is_easier(digits):
    for validation, test in ((0.96, 0.92), (0.80, 0.96), (0.99, 0.97)):
        assert validation_easier.find(judged_run(digits, validation, test)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"network.kinds": ["flatten", "dense", "dropout", "dense"]},
        {"network.kinds": ["random_shift", "conv", "dense"]},
        {"network.kinds": ["dense", "batch_norm", "dense"]},
        {"recipe": {"training": {"class_weights": "balanced"}}},
        {"recipe": {"training": {"class_weights": "none", "label_smoothing": 0.1}}},
        {"recipe": {"training": {"class_weights": "none"}, "network": {"layers": [
            {"kind": "residual", "layers": [{"kind": "spatial_dropout", "rate": 0.2}]}]}}},
        {"loss.reduction": "sum"},
        {"stop.reason": "not finite"},
        {"data.rows.validation": 0},
    ],
)  # fmt: skip
def test_validation_easier_quiet_where_something_explains_it(digits, change):
    assert validation_easier.find(digits(easier())) is not None
    assert validation_easier.find(digits({**easier(), **change})) is None


def test_validation_easier_quiet_while_the_loss_falls_fast(digits):
    at = np.arange(12)
    train = 2.3 * np.exp(-(at - 0.5) / 6)  # the mean over an epoch lags by half of it
    held = 2.3 * np.exp(-at / 6)
    assert (held < train).all()
    assert validation_easier.find(digits(curves(train, held))) is None


def test_validation_easier_real_against_rows_of_another_kind():
    """The test part is given, and shows the same digits shifted by a pixel: the validation part promises too much."""
    x, y = load_digits(return_X_y=True)
    images = x.reshape(-1, 8, 8).astype(np.uint8)
    own, other = slice(0, 1200), slice(1200, None)
    data = ll.data.arrays(
        images[own], y[own], test=(np.roll(images[other], 1, axis=2), y[other]), split=(0.7, 0.3, 0.0)
    )
    result = fit(data, ll.Dense(32, ll.relu), ll.Dense(10), optimizer=ll.adam(3e-3), epochs=8)
    assert result.findings["validation_easier"].severity == "warning"


def numbers_in_time(cleaner: bool) -> pd.DataFrame:
    """Return rows in the order of time, with noise in the target, of which the last 30% are free where asked."""
    draw = np.random.default_rng(0)
    x, days = draw.normal(size=(6000, 3)), np.arange(6000)
    wrong = draw.normal(size=6000) * (days < (4200 if cleaner else 6000))
    table = {"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "day": days, "y": x[:, 0] + x[:, 1] + wrong}
    return pd.DataFrame(table)


@pytest.mark.parametrize("cleaner", [True, False])
def test_validation_easier_real_in_a_sorted_table(cleaner):
    data = ll.data.table(numbers_in_time(cleaner), target="y", time="day")
    result = fit(data, ll.Dense(16, ll.relu), ll.Dense(1), optimizer=ll.adam(3e-3), epochs=8)
    assert ("validation_easier" in result.findings.faults) is cleaner


def test_validation_easier_quiet_in_a_real_training_with_dropout():
    layers = (ll.Dense(64, ll.relu), ll.Dropout(0.6), ll.Dense(10))
    result = fit(ll.data.digits(), *layers, optimizer=ll.adam(2e-3), epochs=12)
    late = slice(-4, None)
    assert result.run["curve.loss.validation"][late].mean() < result.run["curve.loss.train"][late].mean()
    assert "validation_easier" not in result.findings.faults
