"""Trainings that are well and look ill: each breaks a rule of thumb of some earlier tool, and none is accused.

Every one is looked at by all stages, and trained by :func:`leadline.fit` where a recipe can say the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, make_circles

import leadline as ll
from leadline.diagnosis import diagnose
from leadline.nn import (
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Sequential,
    relu,
    sigmoid,
    softmax,
    tanh,
)
from leadline.program.examine import Examination, examine
from leadline.program.program import Program
from leadline.program.written import Written
from leadline.training.optimizers import adagrad, adam, sgd

SPARSE = Written("cross_entropy", "scores", "codes")  # of codes, from scores
BINARY = Written("binary_cross_entropy", "probabilities", "columns")


def parts(x: np.ndarray, y: np.ndarray, share: float = 0.25, seed: int = 0) -> dict:
    """Return inputs, targets and held-out rows of a shuffled data set."""
    order = np.random.default_rng(seed).permutation(len(x))
    cut = round(len(x) * share)
    held, own = order[:cut], order[cut:]
    x = np.asarray(x, np.float32)
    return {"inputs": x[own], "targets": y[own], "held_out": (x[held], y[held])}


def standardized(x: np.ndarray) -> np.ndarray:
    spread = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1)


def digits() -> tuple[np.ndarray, np.ndarray]:
    x, y = load_digits(return_X_y=True)
    return x / 16, y


def images() -> tuple[np.ndarray, np.ndarray]:
    x, y = digits()
    return x.reshape(-1, 8, 8, 1), y


def rule(rows: int = 800, flipped: float = 0.3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return rows whose sign of a sum is the class, but for a share that is turned around."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(rows, 4))
    return x, (x[:, 0] + x[:, 1] > 0).astype(int) ^ (draw.random(rows) < flipped)


def adagrad_with_a_rate_of_one() -> Program:
    return Program(
        Sequential([Dense(10)]), **parts(*digits()), loss=SPARSE, optimizer=adagrad(1.0), epochs=15
    )


def adagrad_with_a_rate_of_one_on_iris() -> Program:
    x, y = load_iris(return_X_y=True)
    network = Sequential([Dense(3)])
    return Program(
        network, **parts(standardized(x), y), loss=SPARSE, optimizer=adagrad(1.0), epochs=40, batch_size=16
    )


def softmax_regression_from_zeros() -> Program:
    network = Sequential([Dense(10, softmax, initializer="zeros")])
    loss = Written("cross_entropy", "probabilities", "codes")
    return Program(network, **parts(*digits()), loss=loss, optimizer=sgd(0.5), epochs=15)


def more_than_95_of_100_right() -> Program:
    network = Sequential([Dense(64, relu), Dense(10)])
    return Program(network, **parts(*digits()), loss=SPARSE, optimizer=adam(3e-3), epochs=15)


def inputs_from_minus_5_to_5() -> Program:
    x, y = load_breast_cancer(return_X_y=True)
    network = Sequential([Dense(16, relu), Dense(1, sigmoid)])
    return Program(
        network, **parts(np.clip(standardized(x), -5, 5), y), loss=BINARY, optimizer=adam(3e-3), epochs=30
    )


def sigmoid_and_squared_error_on_shares() -> Program:
    x, y = load_diabetes(return_X_y=True)
    share = (y - y.min()) / np.ptp(y)
    network = Sequential([Dense(16, tanh), Dense(1, sigmoid)])
    return Program(
        network, **parts(standardized(x), share), loss=Written("mse"), optimizer=adam(1e-2), epochs=40
    )


def layers_with_many_zeros() -> Program:
    network = Sequential([Dense(64, relu, bias_value=-0.5), Dense(64, relu, bias_value=-0.5), Dense(10)])
    x, y = digits()
    return Program(network, **parts(standardized(x), y), loss=SPARSE, optimizer=adam(2e-3), epochs=15)


def pixels_that_never_change() -> Program:
    x, y = digits()
    assert (x.std(axis=0) == 0).any()
    network = Sequential([Dense(32, relu), Dense(10)])
    return Program(network, **parts(x, y), loss=SPARSE, optimizer=adam(3e-3), epochs=12)


def convolution_without_bias_before_batch_norm() -> Program:
    network = Sequential([Conv(8, 3, bias=False), BatchNorm(), ll.Activate(relu), Flatten(), Dense(10)])
    data = parts(*images())
    data["inputs"], data["targets"] = data["inputs"][:640], data["targets"][:640]
    return Program(network, **data, loss=SPARSE, optimizer=adam(3e-3), epochs=12, batch_size=64)


def plateau_at_the_noise_of_the_labels() -> Program:
    network = Sequential([Dense(16, relu), Dense(1, sigmoid)])
    return Program(network, **parts(*rule()), loss=BINARY, optimizer=adam(3e-3), epochs=15)


def deep_thin_tanh() -> Program:
    x, y = make_circles(500, noise=0.05, factor=0.5, random_state=0)
    thin = [Dense(5, tanh, initializer="he_uniform") for _ in range(17)]
    network = Sequential([*thin, Dense(1, sigmoid)])
    return Program(network, **parts(x, y), loss=BINARY, optimizer=adam(1e-3), epochs=300, batch_size=128)


def dropout_while_training() -> Program:
    network = Sequential([Dense(128, relu), Dropout(0.5), Dense(10)])
    return Program(network, **parts(*digits()), loss=SPARSE, optimizer=adam(2e-3), epochs=15)


def exclusive_or() -> Program:
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [0, 1], [1, 1]], np.float32)
    network = Sequential([Dense(8, tanh), Dense(1, sigmoid)])
    return Program(network, x, x.sum(axis=1) % 2, BINARY, adam(0.05), epochs=400)


HEALTHY: list[Callable[[], Program]] = [
    adagrad_with_a_rate_of_one,
    adagrad_with_a_rate_of_one_on_iris,
    softmax_regression_from_zeros,
    more_than_95_of_100_right,
    inputs_from_minus_5_to_5,
    sigmoid_and_squared_error_on_shares,
    layers_with_many_zeros,
    pixels_that_never_change,
    convolution_without_bias_before_batch_norm,
    plateau_at_the_noise_of_the_labels,
    deep_thin_tanh,
    dropout_while_training,
    exclusive_or,
]


def alarms(found: Examination) -> list[str]:
    assert not found.words, found.words
    return [f"{one.severity} {one.fault}: {one.evidence}" for one in found.findings if one.severity != "hint"]


@pytest.mark.parametrize("make", HEALTHY, ids=lambda make: make.__name__)
def test_what_is_well_is_not_accused(make):
    assert not alarms(examine(make(), diagnose))


def test_random_labels_are_told_of_the_data_and_blame_no_network():
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(800, 6)), draw.integers(0, 2, 800)
    network = Sequential([Dense(16, relu), Dense(1, sigmoid)])
    found = examine(Program(network, **parts(x, y), loss=BINARY, optimizer=adam(3e-3), epochs=20), diagnose)
    assert not found.findings.errors, found
    assert found.findings[0].fault == "nothing_to_learn"
    assert [one.fault for one in found.findings if one.severity == "warning"] == ["nothing_to_learn"]
    assert not found.changes


@dataclass(frozen=True)
class Fit:
    """What :func:`leadline.fit` is given, and the score it must reach to be called well."""

    network: Sequential
    data: Callable[[], tuple[np.ndarray, np.ndarray]]
    choices: dict
    least: float
    scale: bool = True


FITS = {
    "adagrad with a rate of 1": Fit(
        ll.Sequential([ll.Dense(10)]), digits, {"optimizer": ll.adagrad(1.0), "epochs": 15}, 0.9
    ),
    "softmax regression from zeros": Fit(
        ll.Sequential([ll.Dense(10, initializer="zeros")]), digits, {"optimizer": ll.sgd(0.5), "epochs": 15}, 0.9
    ),
    "more than 95 of 100 right": Fit(
        ll.Sequential([ll.Dense(64, ll.relu), ll.Dense(10)]), digits, {"optimizer": ll.adam(3e-3), "epochs": 15}, 0.93
    ),
    "inputs from -5 to 5": Fit(
        ll.Sequential([ll.Dense(16, ll.relu), ll.Dense(1)]),
        lambda: (np.clip(standardized(load_breast_cancer().data), -5, 5), load_breast_cancer().target),
        {"optimizer": ll.adam(3e-3), "epochs": 20}, 0.9, scale=False,
    ),
    "layers with many zeros": Fit(
        ll.Sequential([ll.Dense(64, ll.relu, bias_value=-0.5), ll.Dense(64, ll.relu, bias_value=-0.5), ll.Dense(10)]),
        lambda: (standardized(digits()[0]), digits()[1]), {"optimizer": ll.adam(2e-3), "epochs": 15}, 0.9, scale=False,
    ),
    "convolution without bias before batch norm": Fit(
        ll.Sequential([
            ll.Conv(8, 3, bias=False), ll.BatchNorm(), ll.Activate(ll.relu), ll.Flatten(), ll.Dense(10),
        ]),
        images, {"optimizer": ll.adam(3e-3), "epochs": 8}, 0.9,
    ),
    "plateau at the noise of the labels": Fit(
        ll.Sequential([ll.Dense(16, ll.relu), ll.Dense(1)]), rule, {"optimizer": ll.adam(3e-3), "epochs": 15}, 0.58
    ),
    "deep thin tanh": Fit(
        ll.Sequential([*[ll.Dense(5, ll.tanh, initializer="he_uniform")] * 17, ll.Dense(1)]),
        lambda: make_circles(500, noise=0.05, factor=0.5, random_state=0),
        {"optimizer": ll.adam(1e-3), "epochs": 300, "batch_size": 128}, 0.9, scale=False,
    ),
    "dropout while training": Fit(
        ll.Sequential([ll.Dense(128, ll.relu), ll.Dropout(0.5), ll.Dense(10)]), digits,
        {"optimizer": ll.adam(2e-3), "epochs": 15}, 0.9,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FITS)
def test_a_recipe_that_is_well_gets_no_error(name):
    given = FITS[name]
    data = ll.data.arrays(*given.data(), scale=given.scale)
    result = ll.fit(given.network, data, seed=0, progress=False, **given.choices)
    assert not result.findings.errors, result.findings
    assert result.evaluation["accuracy"].value > given.least


def test_a_recipe_on_random_labels_gets_no_error():
    draw = np.random.default_rng(0)
    data = ll.data.arrays(draw.normal(size=(800, 6)), draw.integers(0, 2, 800))
    network = ll.Sequential([ll.Dense(16, ll.relu), ll.Dense(1)])
    assert not ll.fit(network, data, epochs=10, seed=0, progress=False).findings.errors
