"""Rules on the start: signals and gradients of real programs before any step."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris

from leadline.diagnosis import diagnose
from leadline.diagnosis.rules import (
    dead_start,
    goes_up,
    no_gradient,
    start_scale,
    symmetric_start,
    vanishing_start,
)
from leadline.nn import BatchNorm, Dense, Dropout, Sequential, leaky_relu, relu, sigmoid, softmax, tanh
from leadline.nn.initializers import initializers
from leadline.program.examine import examine
from leadline.program.facts import written_run
from leadline.program.program import Program
from leadline.program.start import start_facts
from leadline.program.written import Written
from leadline.record.finding import Finding
from leadline.record.run import Run
from leadline.training.optimizers import Optimizer, adagrad, adam, adamw, momentum, nesterov, rmsprop, sgd

SEEDS = (0, 1, 2)
random = np.random.default_rng(0)
X = random.normal(size=(128, 6)).astype(np.float32)
NUMBERS = X[:, 0] - X[:, 1] + 0.1 * random.normal(size=128)
SPARSE = Written("cross_entropy", "scores", "codes")
CODES = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
ZEROS = {"initializer": "zeros"}


def program(*layers: object, optimizer: Optimizer | None = None, sign: float = 1.0) -> Program:
    loss = Written("mse", sign=sign)
    return Program(Sequential(list(layers)), X, NUMBERS, loss, optimizer or adam(), epochs=50)


def begun(given: Program) -> Run:
    return written_run(given).with_values(start_facts(given, SEEDS))


@cache
def healthy() -> Run:
    return begun(program(Dense(32, relu), Dense(32, tanh), Dense(1)))


@cache
def from_zeros() -> Run:
    return begun(program(Dense(16, relu, **ZEROS), Dense(16, relu, **ZEROS), Dense(1, **ZEROS)))


@cache
def last_from_zeros() -> Run:
    return begun(program(Dense(32, relu), Dense(1, **ZEROS)))


def real(*hidden: object, digits: bool = True, **choices: object) -> Program:
    x, y = (load_digits if digits else load_iris)(return_X_y=True)
    x = x / 16 if digits else (x - x.mean(axis=0)) / x.std(axis=0)
    network = Sequential([*hidden, Dense(len(set(y)))])
    return Program(network, x.astype(np.float32), y, **{"loss": SPARSE, "epochs": 40, **choices})


def told(fault: str, sick: Program, clean: Program) -> Finding:
    """Return the finding of the sick program; the clean one shows nothing but hints."""
    looked = examine(clean, diagnose, stages="AB", seeds=SEEDS)
    assert not looked.words
    assert not [one.fault for one in looked.findings if one.severity != "hint"], looked
    looked = examine(sick, diagnose, stages="AB", seeds=SEEDS)
    assert not looked.words
    return looked.findings[fault]


# goes_up


def test_goes_up_found():
    one = goes_up.find(begun(program(Dense(16, relu), Dense(1), optimizer=sgd(0.1), sign=-1.0)))
    assert (one.severity, one.certain, one.stage) == ("error", True, "B")
    assert one.numbers["cosine"] == pytest.approx(-1, abs=1e-3)
    assert goes_up.find(begun(program(Dense(16, relu), Dense(1), sign=-1.0))).numbers["cosine"] < 0


@pytest.mark.parametrize(
    "optimizer", [sgd(10.0), momentum(), nesterov(), adam(1.0), adamw(), rmsprop(), adagrad(1.0)], ids=str
)
def test_goes_up_quiet_for_every_optimizer(optimizer):
    run = begun(program(Dense(4, relu), Dense(1), optimizer=optimizer))
    assert goes_up.find(run) is None
    assert (run["start.slope"] > 0.05).all()


def test_goes_up_real():
    choices = {"digits": False, "optimizer": sgd(0.1)}
    up = Written("cross_entropy", "scores", "codes", sign=-1.0)
    one = told("goes_up", real(Dense(16, relu), loss=up, **choices), real(Dense(16, relu), **choices))
    assert one.remedy.changes == {"loss.sign": 1.0}


# symmetric_start


def test_symmetric_start_found():
    one = symmetric_start.find(from_zeros())
    assert (one.severity, one.certain) == ("error", True)
    same = {"initializer": "constant(value=0.1)"}
    one = symmetric_start.find(begun(program(Dense(16, relu, **same), Dense(1, **same))))
    assert (one.severity, one.where) == ("error", "0.dense")
    assert one.remedy.changes["network.layers"] == [
        {"kind": "dense", "units": 16, "activation": "relu"},
        {"kind": "dense", "units": 1, **same},
    ]


def test_symmetric_start_quiet():
    assert symmetric_start.find(healthy()) is None
    assert symmetric_start.find(last_from_zeros()) is None
    assert symmetric_start.find(begun(program(Dense(1, **ZEROS)))) is None  # a linear model may begin so


def test_symmetric_start_real():
    same = {"initializer": "constant(value=0.05)"}
    x, y = load_iris(return_X_y=True)
    network = Sequential([Dense(16, relu, **same), Dense(3, **same)])
    sick = Program(network, x.astype(np.float32), y, SPARSE, epochs=10)
    assert told("symmetric_start", sick, real(Dense(16, relu), digits=False)).certain


# start_scale


@pytest.mark.parametrize(("spread", "kind"), [(0.002, "small"), (3.0, "large")])
def test_start_scale_found(spread, kind):
    drawn = Dense(32, relu, initializer=f"normal(spread={spread})")
    one = start_scale.find(begun(program(drawn, drawn, Dense(1))))
    assert (one.severity, one.title) == ("warning", f"Initial weights are too {kind}")
    assert one.remedy.changes["network.layers"][0] == {"kind": "dense", "units": 32, "activation": "relu"}
    assert start_scale.find(begun(program(drawn, drawn, Dense(1)).changed(one.remedy.changes))) is None


def test_start_scale_quiet():
    assert start_scale.find(healthy()) is None
    assert start_scale.find(last_from_zeros()) is None  # a good habit
    usual = Dense(32, relu, initializer="normal(spread=0.1)")  # 0.1 · sqrt(6 / 2) = 0.17 of its inputs
    assert start_scale.find(begun(program(usual, Dense(1)))) is None
    tiny = Dense(1, initializer="normal(spread=0.001)")
    assert start_scale.find(begun(program(Dense(32, relu), tiny))) is None


def test_start_scale_factors_are_those_of_the_weights():
    given = program(Dense(256, initializer="normal(spread=4.0)"), Dense(1))
    assert start_scale.find(begun(given)).numbers["factor"] == pytest.approx(4 * np.sqrt(6), rel=0.1)


def test_start_scale_real():
    wide = "normal(spread=2.0)"
    sick = real(Dense(64, relu, initializer=wide), Dense(64, relu, initializer=wide))
    assert (
        "times the size of its inputs"
        in told("start_scale", sick, real(Dense(64, relu), Dense(64, relu))).evidence
    )


# vanishing_start


def test_vanishing_start_found():
    one = vanishing_start.find(begun(program(*[Dense(32, sigmoid)] * 5, Dense(1))))
    assert one.severity == "warning"
    assert {layer.get("activation") for layer in one.remedy.changes["network.layers"][:-1]} == {"relu"}
    assert 10 ** one.numbers["slope"] > 3


def test_vanishing_start_found_forward():
    small = {"initializer": initializers["normal"](spread=0.05)}
    one = vanishing_start.find(begun(program(*[Dense(32, sigmoid, **small)] * 3, Dense(1, **small))))
    assert "hardly see" in one.title
    assert "forward" in one.evidence
    assert 10 ** one.numbers["slope"] > 3


def test_vanishing_start_found_forward_and_asks_rectifiers_for_usual_weights():
    small = {"initializer": initializers["normal"](spread=0.03)}
    one = vanishing_start.find(begun(program(*[Dense(20, relu, **small)] * 3, Dense(1, **small))))
    hidden = one.remedy.changes["network.layers"][:-1]
    assert [layer.get("initializer") for layer in hidden] == [None] * 3


def test_vanishing_start_quiet_before_a_softmax_of_many_classes():
    assert vanishing_start.find(begun(program(*[Dense(69, relu)] * 2, Dense(69, softmax)))) is None


def test_vanishing_start_quiet_where_the_last_layer_begins_with_zeros():
    assert vanishing_start.find(begun(program(*[Dense(32, relu)] * 3, Dense(1, **ZEROS)))) is None


def test_vanishing_start_quiet():
    assert vanishing_start.find(healthy()) is None  # too few layers
    assert vanishing_start.find(begun(program(*[Dense(32, sigmoid)] * 2, Dense(1)))) is None
    assert vanishing_start.find(begun(program(*[Dense(32, tanh)] * 4, Dense(1)))) is None  # Glorot's weights
    normed = [layer for _ in range(3) for layer in (Dense(32, sigmoid), BatchNorm())]
    assert vanishing_start.find(begun(program(*normed, Dense(1)))) is None


def test_vanishing_start_real():
    one = told("vanishing_start", real(*[Dense(32, sigmoid)] * 7), real(*[Dense(32, relu)] * 5))
    assert one.where == "0.dense to 7.dense"


# no_gradient


def test_no_gradient_found():
    one = no_gradient.find(from_zeros())
    assert (one.severity, one.certain) == ("error", True)
    assert no_gradient.find(begun(program(Dense(8, relu), Dense(1, softmax)))) is not None


def test_no_gradient_quiet():
    assert no_gradient.find(healthy()) is None
    assert no_gradient.find(last_from_zeros()) is None  # the last layer gets one, the others in the next step
    assert no_gradient.find(begun(program(Dense(1, **ZEROS)))) is None


def test_no_gradient_real():
    x, y = load_iris(return_X_y=True)
    network = Sequential([Dense(16, tanh, **ZEROS), Dense(3, **ZEROS)])
    sick = Program(network, x.astype(np.float32), y, SPARSE, epochs=10)
    assert told("no_gradient", sick, real(Dense(16, tanh), digits=False)).where == "all layers"


# dead_start


def test_dead_start_found():
    one = dead_start.find(begun(program(Dense(32, relu, bias_value=-8.0), Dense(32, relu), Dense(1))))
    assert (one.severity, one.where) == ("warning", "0.dense")
    assert one.numbers["low"] > dead_start.MANY


def test_dead_start_quiet():
    assert dead_start.find(healthy()) is None
    sparse = begun(program(Dense(64, relu, bias_value=-0.5), Dropout(0.2), Dense(1)))
    assert dead_start.find(sparse) is None  # zeros, but each unit fires for some row
    half = begun(program(Dense(64, relu, bias_value=-3.2), Dense(1)))
    share = half["start.dead"][:, 0].mean()
    assert 0.1 < share < 0.5, share  # many dead units, but not most
    assert dead_start.find(half) is None
    assert dead_start.find(begun(program(Dense(32, leaky_relu, bias_value=-8.0), Dense(1)))) is None


def test_dead_start_real():
    sick = real(Dense(64, relu, bias_value=-6.0), Dense(64, relu))
    one = told("dead_start", sick, real(Dense(64, relu, bias_value=-0.2), Dense(64, relu)))
    assert "100% of its units are 0 for every row" in one.evidence
