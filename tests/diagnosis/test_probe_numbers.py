"""Rules on logarithms and batch statistics in a probe: planted, near misses, and real ones."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris
from tests.diagnosis.probed_programs import (
    OF_PROBABILITIES,
    alarms,
    dropped_a_little,
    healthy,
    looked,
    probed,
    program,
    real,
    rows,
)

from leadline.diagnosis.rules import (
    train_use_mismatch,
    unstable_log,
)
from leadline.nn import BatchNorm, Dense, relu, softmax
from leadline.program.program import Program

# unstable_log


def test_unstable_log_found_in_a_probe():
    one = unstable_log.find(probed(raw))
    assert (one.severity, one.certain, one.stage) == ("error", True, "C")
    assert "of 3 seeds" in one.evidence


def raw() -> Program:
    x, y = rows()
    return program(Dense(16, relu), Dense(2, softmax), data=(300 * x, y), loss=OF_PROBABILITIES)


def test_unstable_log_quiet_in_a_probe_of_scores():
    assert unstable_log.find(probed(healthy)) is None


def test_unstable_log_real():
    x, y = load_breast_cancer(return_X_y=True)  # areas in thousands

    def sick() -> Program:
        return program(
            Dense(16, relu), Dense(2, softmax), data=(x.astype(np.float32), y), loss=OF_PROBABILITIES
        )

    def clean() -> Program:
        return program(Dense(16, relu), Dense(2), data=real(load_breast_cancer))

    assert looked(sick).findings["unstable_log"].severity == "error"
    assert alarms(clean) == []


# train_use_mismatch


def slow() -> Program:
    x, y = rows()
    normed = (Dense(16, relu), BatchNorm(momentum=0.999), Dense(2))
    return program(*normed, data=(x + 5, y), epochs=4)


def quick() -> Program:
    x, y = rows()
    return program(Dense(16, relu), BatchNorm(momentum=0.9), Dense(2), data=(x + 5, y), epochs=10)


def test_train_use_mismatch_found():
    one = train_use_mismatch.find(probed(slow))
    assert (one.severity, one.where) == ("warning", "batch norm")
    assert one.numbers["use"] > train_use_mismatch.TIMES * one.numbers["training"]
    assert one.remedy.changes["network.layers"][1] == {"kind": "batch_norm", "momentum": 0.9}


@pytest.mark.parametrize("make", [quick, healthy, dropped_a_little])
def test_train_use_mismatch_quiet(make):
    assert train_use_mismatch.find(probed(make)) is None


def test_train_use_mismatch_real():
    def sick() -> Program:
        x, y = load_iris(return_X_y=True)
        order = np.random.default_rng(0).permutation(len(x))
        layers = (Dense(32, relu), BatchNorm(momentum=0.999), Dense(3))
        return program(*layers, data=(10 * x[order].astype(np.float32), y[order]), epochs=20)

    def clean() -> Program:
        return program(Dense(32, relu), BatchNorm(), Dense(3), data=real(load_iris), epochs=40)

    assert "train_use_mismatch" in looked(sick).findings.faults
    assert "train_use_mismatch" not in looked(clean).findings.faults
