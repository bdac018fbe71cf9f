"""Every rule on a real training: the fault is made, trained on and found; healthy data sets raise no error.

One training may carry several faults: they are made in data, network or optimizer and do not hide each other.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import leadline as ll
from leadline.diagnosis import diagnose
from leadline.record.run import Run
from leadline.soundings.dataset import dataset_facts

DATA = os.environ.get("LEADLINE_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="LEADLINE_DATA does not name the folder of real data sets")


def rows(number: int = 300, features: int = 4, seed: int = 0):
    """Two features decide; the others are noise."""
    x = np.random.default_rng(seed).normal(size=(number, features)).astype(np.float32)
    return x, (x[:, 0] + x[:, 1] > 0).astype(int)


def fit(network, data, **choices):
    result = ll.fit(network, data, **{"epochs": 3, "seed": 0, "progress": False, **choices})
    assert diagnose(result.run, strict=True).faults == result.findings.faults, "no rule fails on a real run"
    return result


@pytest.fixture(scope="module")
def healthy():
    network = ll.Sequential([ll.Flatten(), ll.Dense(64, ll.relu), ll.Dense(10)])
    return fit(network, ll.data.digits(), epochs=25, optimizer=ll.adam(3e-3))


@pytest.fixture(scope="module")
def sick_table():
    """A table with a leak, a constant, an infinity, few rows of one class, and every row twice."""
    x, _ = rows(600)
    rare = (x[:, 0] + x[:, 1] > 2.0).astype(int)
    table = pd.DataFrame(x.astype(float), columns=["a", "b", "c", "d"])
    table["ship"] = "Titanic"
    table["d"] = table["d"].where(table.index != 7, np.inf)
    table["alive"] = np.where(rare == 1, "yes", "no")
    table["survived"] = rare
    network = ll.Sequential([ll.Dense(8, ll.relu), ll.Dense(1)])
    return fit(network, ll.data.table(pd.concat([table, table], ignore_index=True), target="survived"))


@pytest.fixture(scope="module")
def diverged():
    """Inputs in hundreds and a learning rate of 10 in regression."""
    x, _ = rows()
    data = ll.data.arrays(200 * x, x[:, 0] - x[:, 2], scale=False)
    network = ll.Sequential([ll.Dense(8, ll.relu), ll.Dense(1)])
    return fit(network, data, optimizer=ll.sgd(10.0))


@pytest.fixture(scope="module")
def mislabeled():
    """Labels beyond the classes, a class of two rows, and a wide network without a non-linearity."""
    x, y = rows()
    y[:5], y[5:7] = 3, 2
    network = ll.Sequential([ll.Dense(200), ll.Dense(200), ll.Dense(3)])
    return fit(network, ll.data.arrays(x, y, classes=3))


@pytest.fixture(scope="module")
def stuck():
    """Steps far too small."""
    network = ll.Sequential([ll.Dense(8, ll.relu), ll.Dense(2)])
    return fit(network, ll.data.arrays(*rows(600)), optimizer=ll.sgd(1e-9), epochs=5)


def test_labels_out_of_range_real(mislabeled):
    found = mislabeled.findings["labels_out_of_range"]
    assert found.severity == "error"
    assert "5 labels" in found.evidence


def test_missing_class_real(mislabeled):
    assert "'2'" in mislabeled.findings["missing_class"].evidence


def test_no_nonlinearity_real(mislabeled):
    assert "3 layers" in mislabeled.findings["no_nonlinearity"].evidence


def test_too_many_parameters_real(mislabeled):
    assert mislabeled.findings["too_many_parameters"].severity == "hint"


def test_leaking_feature_real(sick_table):
    found = sick_table.findings["leaking_feature"]
    assert (found.severity, found.remedy.command) == ("error", "--drop alive")
    assert "100%" in found.evidence


def test_shared_rows_real(sick_table):
    assert sick_table.findings["shared_rows"].severity == "error"


def test_constant_features_real(sick_table):
    assert "'ship'" in sick_table.findings["constant_features"].evidence


def test_inputs_not_finite_real(sick_table):
    found = sick_table.findings["inputs_not_finite"]
    assert found.severity == "hint"
    assert "'d' (2)" in found.evidence


def test_class_imbalance_real(sick_table):
    assert "class '1'" in sick_table.findings["class_imbalance"].where


def test_unscaled_inputs_real(diverged):
    assert diverged.findings["unscaled_inputs"].severity == "warning"


def test_first_loss_real(diverged):
    assert "far too high" in diverged.findings["first_loss"].title


def test_not_finite_loss_real(diverged):
    found = diverged.findings["not_finite_loss"]
    assert found.severity == "error"
    assert "learning rate 10" in found.evidence
    assert found.remedy.changes["optimizer.learning_rate"] == 1.0


def test_not_learning_real(stuck):
    found = stuck.findings["not_learning"]
    assert found.severity == "error"
    assert found.remedy.changes == {"optimizer.learning_rate": 1e-8}


def test_worse_than_baseline_real(stuck):
    assert "worse_than_baseline" in stuck.findings.faults


def test_softmax_twice_real():
    network = ll.Sequential([ll.Dense(8, ll.relu), ll.Dense(2, ll.softmax)])
    result = fit(network, ll.data.arrays(*rows()))
    found = result.findings["softmax_twice"]
    assert found.severity == "error"
    assert result.findings[0] == found
    probabilities = result.run["curve.loss.validation"]
    assert probabilities.min() > np.log(1 + 1 / np.e), "the loss stays above the floor that the finding names"


def test_output_loss_mismatch_real():
    x, _ = rows()
    network = ll.Sequential([ll.Dense(8, ll.tanh), ll.Dense(1, ll.relu)])
    found = fit(network, ll.data.arrays(x, x[:, 0] - x[:, 1])).findings["output_loss_mismatch"]
    assert found.severity == "error"
    assert found.remedy.changes["network.layers"][-1] == {"kind": "dense", "units": 1}


def test_overfitting_real():
    x, y = rows(160, features=20)
    y = np.where(np.random.default_rng(1).random(len(y)) < 0.3, 1 - y, y)
    network = ll.Sequential([ll.Dense(64, ll.relu), ll.Dense(1)])
    result = fit(network, ll.data.arrays(x, y), epochs=60, optimizer=ll.adam(1e-2), early_stopping=False)
    found = result.findings["overfitting"]
    assert found.severity == "warning"
    best = int(np.argmin(result.run["curve.loss.validation"])) + 1
    assert found.where == f"epoch {best}"


def test_class_at_zero_real():
    x, y = rows(5000)
    y[np.random.default_rng(2).random(5000) < 0.05] = 2  # drawn from everywhere: nothing tells them apart
    network = ll.Sequential([ll.Dense(8, ll.relu), ll.Dense(3)])
    found = fit(network, ll.data.arrays(x, y), epochs=5, optimizer=ll.adam(1e-2)).findings["class_at_zero"]
    assert (found.severity, found.where) == ("error", "class '2'")


def test_healthy_digits_raise_nothing(healthy):
    assert healthy.findings == ()
    assert healthy.evaluation["accuracy"].value > 0.95


# Healthy data sets with the usual choices: what is found may be a hint or a warning, never an error.


def no_error(result):
    assert result.findings.errors == (), str(result.findings.errors)
    shouted = [f for f in result.findings if f.fault == "too_many_parameters" and f.severity != "hint"]
    assert not shouted


@needs_data
def test_titanic_is_healthy_without_the_leak_and_faulty_with_it():
    file = Path(str(DATA)) / "tabular/titanic.csv.gz"
    no_error(fit(None, ll.data.table(file, target="survived", drop=["alive"]), epochs=15))
    before_training = diagnose(Run(dataset_facts(ll.data.table(file, target="survived"))), strict=True)
    assert before_training.errors.faults == ("leaking_feature",)
    assert "'alive' alone predicts 'survived' with 100%" in before_training["leaking_feature"].evidence


@needs_data
@pytest.mark.parametrize(
    ("file", "target"), [("adult_train", "income"), ("california_housing", "median_house_value")]
)
def test_large_tables_are_healthy(file, target):
    no_error(fit(None, ll.data.table(Path(str(DATA)) / f"tabular/{file}.csv.gz", target=target), epochs=4))


@needs_data
def test_mnist_is_healthy():
    no_error(fit("mlp", ll.data.idx(Path(str(DATA)) / "images/mnist"), epochs=1))
