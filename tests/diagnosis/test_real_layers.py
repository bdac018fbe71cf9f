"""Rules on layers in real trainings: each fault is made and found, its remedy mends it, what is healthy is quiet."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_circles

import leadline as ll
from leadline.diagnosis import diagnose
from leadline.nn import from_spec

FAULTS = {"dead_units", "equal_units", "exploding_gradients", "saturated_units", "vanishing_gradients"}


def fit(network, data, **choices):
    result = ll.fit(network, data, **{"epochs": 3, "seed": 0, "progress": False, **choices})
    assert diagnose(result.run, strict=True).faults == result.findings.faults, "no rule fails on a real run"
    return result


def mended(result, fault):
    """Return the network that the remedy of a finding gives."""
    changes = result.findings[fault].remedy.changes
    return from_spec({"kind": "sequential", "layers": changes["network.layers"]})


def stack(layer, depth):
    return ll.Sequential([*[layer] * depth, ll.Dense(10)])


@pytest.fixture(scope="module")
def digits():
    return ll.data.digits()


def test_vanishing_gradients_real(digits):
    plain = fit(stack(ll.Dense(32, ll.sigmoid), 6), digits, optimizer=ll.sgd(0.1))
    found = plain.findings["vanishing_gradients"]
    assert found.severity == "error"
    assert plain.findings[0] == found, "the cause stands before the symptom"
    assert "not_learning" in plain.findings.faults
    cured = fit(mended(plain, "vanishing_gradients"), digits, optimizer=ll.sgd(0.1))
    assert not FAULTS & set(cured.findings.faults)
    assert cured.evaluation["accuracy"].value > plain.evaluation["accuracy"].value + 0.5


def test_exploding_gradients_real(digits):
    wild = fit(stack(ll.Dense(64, ll.relu, "normal(spread=1)"), 5), digits, optimizer=ll.sgd(0.01))
    assert wild.findings[0].fault == "exploding_gradients"
    assert wild.findings[0].severity == "error"
    assert "not_finite_loss" in wild.findings.faults, "no epoch ended: the start tells"
    cured = fit(mended(wild, "exploding_gradients"), digits, optimizer=ll.sgd(0.01))
    assert not {*FAULTS, "not_finite_loss"} & set(cured.findings.faults)


def test_saturated_units_real(digits):
    wide = fit(stack(ll.Dense(64, ll.tanh, "normal(spread=1)"), 2), digits)
    found = wide.findings["saturated_units"]
    assert found.severity == "warning"
    assert wide.run["sounding.activation.saturated"][0, :2].min() > 0.5
    assert "initializer" not in repr(mended(wide, "saturated_units"))


def test_saturated_units_real_by_unscaled_inputs():
    x = np.random.default_rng(0).uniform(0, 255, (600, 8)).astype(np.float32)
    data = ll.data.arrays(x, (x[:, 0] > x[:, 1]).astype(int), scale=False)
    found = fit(ll.Sequential([ll.Dense(16, ll.sigmoid), ll.Dense(1)]), data).findings
    assert found.faults.index("unscaled_inputs") < found.faults.index("saturated_units"), (
        "the cause comes first"
    )


def test_dead_units_real(digits):
    killed = fit(stack(ll.Dense(64, ll.relu), 2), digits, optimizer=ll.adam(1.0))
    found = killed.findings["dead_units"]
    assert found.severity == "error"
    assert killed.findings[0] == found
    assert found.remedy.changes == {"optimizer.learning_rate": 0.1}


def test_dead_units_real_from_the_start(digits):
    begun = fit(stack(ll.Dense(32, ll.relu, bias_value=-50.0), 1), digits)
    assert begun.findings[0].fault == "dead_units"
    assert repr(mended(begun, "dead_units").layers[0]) == "ll.Dense(32, ll.relu, bias_value=0.01)"


@pytest.mark.parametrize(
    ("hidden", "last"),
    [
        (ll.Dense(16, ll.tanh, "zeros"), ll.Dense(10, initializer="zeros")),
        (ll.Dense(16, ll.relu, "zeros"), ll.Dense(10)),
        (ll.Conv(4, 3, ll.relu, initializer="constant"), ll.Dense(10, initializer="zeros")),
    ],
)
def test_equal_units_real(digits, hidden, last):
    result = fit(ll.Sequential([hidden, last]), digits)
    assert result.findings[0].fault == "equal_units"
    assert (result.findings[0].severity, result.findings[0].where) == ("error", f"0.{hidden.kind}")
    assert "initializer" not in repr(mended(result, "equal_units").layers[0])


HEALTHY = {
    "rectifiers": [
        ll.Dense(64, ll.relu),
        ll.Dropout(0.5),
        ll.Dense(32, ll.relu6),
        ll.Dense(10, initializer="zeros"),
    ],
    "squashing": [ll.Dense(32, ll.tanh, "zeros"), ll.Dense(32, ll.sigmoid), ll.Dense(10)],
    "deep": [ll.Dense(16, ll.sigmoid), *[ll.Residual([ll.Dense(16, ll.sigmoid)])] * 6, ll.Dense(10)],
    "one layer of zeros": [ll.Dense(10, initializer="zeros")],
    "convolutions": [
        ll.Conv(8, 3),
        ll.BatchNorm(),
        ll.Activate(ll.relu),
        ll.MaxPool(2),
        ll.Conv(8, 3, ll.tanh),
        ll.Dense(10),
    ],
}


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_networks_are_quiet(digits, name):
    result = fit(ll.Sequential(HEALTHY[name]), digits, epochs=6)
    assert not FAULTS & set(result.findings.faults), str(result.findings)


def test_healthy_small_deep_and_recurrent_networks_are_quiet():
    iris = ll.data.arrays(*load_iris(return_X_y=True))
    small = ll.Sequential([ll.Dense(4, ll.relu), ll.Dense(3)])
    circles = ll.data.arrays(*make_circles(600, noise=0.1, random_state=1))
    narrow = ll.Sequential([*[ll.Dense(5, ll.tanh)] * 11, ll.Dense(1)])
    x = np.random.default_rng(0).normal(size=(600, 8, 3)).astype(np.float32)
    sequences = ll.data.arrays(x, (x[:, :, 0].sum(1) > 0).astype(int))
    recurrent = ll.Sequential([ll.RNN(8), ll.Dense(1)])
    for network, data in ((small, iris), (narrow, circles), (recurrent, sequences)):
        result = fit(network, data, epochs=30, optimizer=ll.adam(3e-3))
        assert not FAULTS & set(result.findings.faults), str(result.findings)
