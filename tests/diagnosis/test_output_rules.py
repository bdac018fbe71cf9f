"""Rules on outputs, losses and targets as written: planted, near misses, and real ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.diagnosis.written_programs import (
    BINARY,
    BINARY_OF_SCORES,
    CANCER,
    CATEGORICAL,
    CODES,
    DIABETES,
    DIGITS,
    IRIS,
    LEFT,
    MSE,
    NUMBERS,
    ONE_HOT,
    ROWS,
    SPARSE,
    SPARSE_OF_SCORES,
    YES,
    beyond,
    clean_binary,
    clean_classes,
    clean_numbers,
    found,
    of_numbers,
    on,
    program,
    random,
    told,
)

from leadline.diagnosis.rules import (
    bounded_output,
    targets_broadcast,
    targets_outside_loss,
)
from leadline.nn import Dense, relu, sigmoid, softmax, tanh
from leadline.program.course import train_beside
from leadline.program.facts import written_run
from leadline.program.start import start_facts
from leadline.program.written import Written
from leadline.training.optimizers import adam


@pytest.mark.parametrize(
    ("given", "evidence"),
    [
        (program(Dense(1, sigmoid), targets=2 * YES - 1), "targets go from -1 to 1; a binary cross-entropy is defined"),
        (program(Dense(1, sigmoid), targets=CODES), "targets go from 0 to 2; a binary"),
        (program(Dense(1), targets=CODES + 1, loss=BINARY_OF_SCORES), "targets go from 1 to 3"),
        (program(Dense(3, softmax), targets=CODES + 1, loss=SPARSE), "with 3 outputs a code is 0 to 2"),
        (program(Dense(2, softmax), targets=CODES, loss=SPARSE), "with 2 outputs a code is 0 to 1"),
        (program(Dense(3, softmax), targets=2 * ONE_HOT, loss=CATEGORICAL), "rows sum to 2 … 2"),
        (program(Dense(3, softmax), targets=ONE_HOT - 0.5, loss=CATEGORICAL), "targets go from -0.5 to 0.5"),
    ],
)  # fmt: skip
def test_targets_outside_loss_found(given, evidence):
    one = found("targets_outside_loss", given)
    assert (one.severity, one.certain, one.stage) == ("error", True, "A")
    assert evidence in one.evidence


@pytest.mark.parametrize(
    "given",
    [
        program(Dense(1, sigmoid)),
        program(Dense(1, sigmoid), targets=random.random(ROWS)),  # shares are targets too
        program(Dense(1, sigmoid), targets=YES * (1 + targets_outside_loss.EDGE / 2)),  # rounding
        program(Dense(4, softmax), targets=CODES, loss=SPARSE),  # a class that does not occur yet
        program(Dense(3, softmax), targets=0.995 * ONE_HOT, loss=CATEGORICAL),  # rounded shares
        program(Dense(3, softmax), targets=0.9 * ONE_HOT + 0.1 / 3, loss=CATEGORICAL),  # smoothed labels
    ],
)
def test_targets_outside_loss_quiet(given):
    assert found("targets_outside_loss", given) is None


def test_targets_outside_loss_real():
    one = told(
        "targets_outside_loss",
        on(CANCER, Dense(1, sigmoid), loss=BINARY, targets=2 * CANCER[1] - 1),
        clean_binary(),
    )
    assert one.remedy.changes == {"data.targets": "yes_no"}
    one = told(
        "targets_outside_loss", on(IRIS, Dense(3, softmax), loss=SPARSE, targets=IRIS[1] + 1), clean_classes()
    )
    assert one.remedy.changes == {"data.targets": "codes"}


@pytest.mark.parametrize(
    "given",
    [
        program(Dense(3, softmax), targets=CODES, loss=CATEGORICAL),  # codes where columns are read
        program(Dense(3, softmax), targets=CODES, loss=MSE),
        program(Dense(2, softmax), targets=YES, loss=BINARY),
        program(Dense(3, softmax), targets=ONE_HOT, loss=SPARSE),  # columns where codes are read
    ],
)
def test_label_encoding_found(given):
    one = found("label_encoding", given)
    assert (one.severity, one.certain) == ("error", True)


@pytest.mark.parametrize(
    "given",
    [
        program(Dense(3, softmax), targets=CODES, loss=SPARSE),
        program(Dense(3, softmax), targets=CODES[:, None], loss=SPARSE),
        program(Dense(3, softmax), targets=ONE_HOT, loss=CATEGORICAL),
        program(Dense(1, sigmoid), targets=YES, loss=BINARY),
        program(Dense(3), targets=NUMBERS, loss=MSE),  # told by output_units
    ],
)
def test_label_encoding_quiet(given):
    assert found("label_encoding", given) is None


def test_label_encoding_real():
    columns, choices = (
        Written("cross_entropy", "probabilities", "columns", normalizes=True),
        {"optimizer": adam(1e-2), "epochs": 8},
    )
    sick = on(DIGITS, Dense(10, softmax), loss=columns, **choices)
    one = told("label_encoding", sick, on(DIGITS, Dense(10, softmax), loss=SPARSE, **choices))
    assert one.evidence == "one column of targets is compared with each of 10 outputs"
    before, after = train_beside([sick, sick.changed(one.remedy.changes)], (0,), 300)
    assert after.scores[0] > 0.9 > before.scores[0] + 0.3


def test_targets_broadcast_found():
    one = found("targets_broadcast", program(Dense(1), targets=NUMBERS, loss=LEFT))
    assert (one.severity, one.certain, one.remedy.command) == ("error", True, "y = y.reshape(-1, 1)")
    assert "outputs of shape (32, 1) against targets of shape (32,) make (32, 32) differences" in one.evidence


@pytest.mark.parametrize(
    "given",
    [
        program(Dense(1), targets=NUMBERS, loss=MSE),  # Keras adds the column itself
        program(Dense(1), targets=NUMBERS[:, None], loss=LEFT),
        program(Dense(3, softmax), targets=CODES, loss=replace(SPARSE, expands=False)),
        program(Dense(2), targets=np.stack([NUMBERS, NUMBERS], 1), loss=LEFT),
    ],
)  # fmt: skip
def test_targets_broadcast_quiet(given):
    assert found("targets_broadcast", given) is None


def test_targets_broadcast_real():
    y = (DIABETES[1] - DIABETES[1].mean()) / DIABETES[1].std()
    sick = on(DIABETES, Dense(1), loss=LEFT, targets=y, optimizer=adam(1e-2))
    one = told("targets_broadcast", sick, clean_numbers())
    before, after = train_beside([sick, sick.changed(one.remedy.changes)], (0,), 300)
    assert before.scores[0] < 0.2  # the mean of all targets explains nothing of them
    assert after.scores[0] > 0.4
    assert targets_broadcast.find(written_run(sick.changed(one.remedy.changes))) is None


@pytest.mark.parametrize(
    ("given", "evidence"),
    [
        (program(Dense(3), targets=NUMBERS, loss=MSE), "3 outputs for 1 number"),
        (program(Dense(1), targets=np.stack([NUMBERS] * 2, 1), loss=MSE), "1 output for 2 numbers"),
        (program(Dense(4, softmax), targets=ONE_HOT, loss=CATEGORICAL), "4 outputs for 3 classes"),
        (program(Dense(2, softmax), targets=CODES, loss=SPARSE), "2 outputs for 3 classes"),
        (program(Dense(1, sigmoid), targets=CODES), "1 output for 3 classes"),
    ],
)
def test_output_units_found(given, evidence):
    one = found("output_units", given)
    assert (one.severity, one.certain, one.evidence) == ("error", True, evidence)


@pytest.mark.parametrize(
    "given",
    [
        program(Dense(4, softmax), targets=CODES, loss=SPARSE),  # a class that does not occur yet
        program(Dense(3, softmax), targets=ONE_HOT, loss=CATEGORICAL),
        program(Dense(1), targets=CODES, loss=MSE),  # codes that are meant as numbers
        program(Dense(2), targets=np.stack([NUMBERS] * 2, 1), loss=MSE),
    ],
)
def test_output_units_quiet(given):
    assert found("output_units", given) is None


def test_output_units_real():
    one = told("output_units", on(IRIS, Dense(2, softmax), loss=SPARSE), clean_classes())
    assert one.evidence == "2 outputs for 3 classes"


@pytest.mark.parametrize("targets", [YES, NUMBERS, CODES], ids=["yes_no", "numbers", "codes"])
@pytest.mark.parametrize("loss", [MSE, BINARY])
def test_softmax_single_unit_found(targets, loss):
    one = found("softmax_single_unit", program(Dense(1, softmax), targets=targets, loss=loss))
    assert (one.severity, one.certain) == ("error", True)


def test_softmax_single_unit_quiet():
    assert found("softmax_single_unit", program(Dense(2, softmax), loss=SPARSE)) is None
    assert found("softmax_single_unit", program(Dense(1, sigmoid))) is None


def test_softmax_single_unit_real():
    sick = on(CANCER, Dense(1, softmax), loss=BINARY)
    one = told("softmax_single_unit", sick, clean_binary())
    assert start_facts(sick, (0,))["start.gradient.zeros"].tolist() == [[1.0, 1.0]]  # as it says: exactly 0
    before, after = train_beside([sick, sick.changed(one.remedy.changes)], (0,), 200)
    assert before.scores[0] < 0.7
    assert after.scores[0] > 0.95


@pytest.mark.parametrize("activation", [sigmoid, tanh, relu], ids=str)
def test_bounded_output_found(activation):
    one = found("bounded_output", of_numbers(activation, 3 * random.normal(size=1000)))
    assert (one.severity, one.certain) == ("error", True)
    assert one.remedy.changes["network.layers"][-1] == {"kind": "dense", "units": 1}


def test_bounded_output_found_by_its_share():
    assert found("bounded_output", of_numbers(sigmoid, beyond(0.2))).severity == "error"
    one = found("bounded_output", of_numbers(sigmoid, beyond(0.05)))
    assert (one.severity, one.certain) == ("warning", False)


def test_bounded_output_found_in_softmax_of_numbers_and_with_large_targets():
    wide = random.random((ROWS, 3))
    assert found("bounded_output", program(Dense(3, softmax), targets=wide, loss=MSE)).severity == "error"
    one = found("bounded_output", of_numbers(sigmoid, 100 * random.normal(size=1000)))
    assert one.remedy.changes["data.targets"] == "standardized"


def test_bounded_output_quiet():
    assert found("bounded_output", of_numbers(sigmoid, beyond(bounded_output.TOLD / 2))) is None
    assert (
        found("bounded_output", of_numbers(sigmoid, random.random(1000))) is None
    )  # squared error in [0, 1]
    assert found("bounded_output", of_numbers(tanh, random.uniform(-1, 1, 1000))) is None
    assert found("bounded_output", of_numbers(relu, random.random(1000) * 40)) is None  # counts
    assert found("bounded_output", program(Dense(1, sigmoid), targets=YES, loss=MSE)) is None
    shares = random.dirichlet(np.ones(3), ROWS)
    assert found("bounded_output", program(Dense(3, softmax), targets=shares, loss=MSE)) is None


def test_bounded_output_real():
    one = told("bounded_output", on(DIABETES, Dense(1, sigmoid), loss=MSE), clean_numbers())
    assert one.evidence == "targets go from 25 to 346, sigmoid gives 0 … 1: 100% out of reach"


def test_rectified_output_found():
    for activation in ("relu", "relu6"):
        one = found("rectified_output", program(Dense(1, activation)))
        assert (one.severity, one.certain) == ("error", True)
    one = found("rectified_output", program(Dense(3, relu), targets=CODES, loss=SPARSE_OF_SCORES))
    assert (one.severity, one.certain) == ("warning", False)


def test_rectified_output_quiet():
    assert found("rectified_output", program(Dense(1, sigmoid))) is None
    assert found("rectified_output", program(Dense(1, relu), targets=np.abs(NUMBERS), loss=MSE)) is None
    assert found("rectified_output", program(Dense(3), targets=CODES, loss=SPARSE_OF_SCORES)) is None


def test_rectified_output_real():
    one = told("rectified_output", on(IRIS, Dense(3, relu), loss=SPARSE), clean_classes())
    assert one.remedy.changes["network.layers"][-1]["activation"] == "softmax"


def test_sigmoid_multiclass_found():
    one = found("sigmoid_multiclass", program(Dense(3, sigmoid), targets=ONE_HOT, loss=CATEGORICAL))
    assert (one.severity, one.certain) == ("warning", False)
    assert found("sigmoid_multiclass", program(Dense(3, sigmoid), targets=ONE_HOT)).severity == "warning"
    divides = Written("cross_entropy", "probabilities", "columns", normalizes=True)
    one = found("sigmoid_multiclass", program(Dense(3, sigmoid), targets=ONE_HOT, loss=divides))
    assert (one.severity, "divides by their sum" in one.evidence) == ("hint", True)


def test_sigmoid_multiclass_quiet():
    several = (random.random((ROWS, 3)) > 0.5).astype(float)
    assert found("sigmoid_multiclass", program(Dense(3, sigmoid), targets=several)) is None  # several labels
    assert found("sigmoid_multiclass", program(Dense(1, sigmoid))) is None
    assert found("sigmoid_multiclass", program(Dense(3, softmax), targets=ONE_HOT, loss=CATEGORICAL)) is None


def test_sigmoid_multiclass_real():
    hot = np.eye(3)[IRIS[1]]
    sick = on(IRIS, Dense(3, sigmoid), loss=CATEGORICAL, targets=hot)
    one = told("sigmoid_multiclass", sick, on(IRIS, Dense(3, softmax), loss=CATEGORICAL, targets=hot))
    assert one.evidence == "3 outputs through sigmoid, cross_entropy, and one class in each row"


@pytest.mark.parametrize("end", ["linear", "tanh"])
def test_missing_output_activation_found(end):
    one = found("missing_output_activation", program(Dense(1, end)))
    assert (one.severity, one.certain) == ("error", True)
    assert one.others[0].changes["loss.reads"] == "scores"
    three = program(Dense(3, end), targets=CODES, loss=SPARSE)
    assert found("missing_output_activation", three).severity == "error"


def test_missing_output_activation_quiet():
    assert found("missing_output_activation", program(Dense(1), loss=BINARY_OF_SCORES)) is None
    assert found("missing_output_activation", program(Dense(1, sigmoid))) is None
    assert found("missing_output_activation", program(Dense(1, relu))) is None  # told by rectified_output
    prices = program(Dense(1), targets=100 + NUMBERS)  # told by targets_outside_loss
    assert found("missing_output_activation", prices) is None
    assert found("targets_outside_loss", prices) is not None


def test_missing_output_activation_real():
    one = told("missing_output_activation", on(CANCER, Dense(1), loss=BINARY), clean_binary())
    assert one.remedy.changes["network.layers"][-1] == {"kind": "dense", "units": 1, "activation": "sigmoid"}


def test_loss_for_numbers_found():
    mae = Written("mae")
    assert found("loss_for_numbers", program(Dense(1, sigmoid), loss=mae)).severity == "warning"
    assert (
        found("loss_for_numbers", program(Dense(3, softmax), targets=ONE_HOT, loss=mae)).severity == "warning"
    )
    assert found("loss_for_numbers", program(Dense(1, sigmoid), loss=MSE)).severity == "hint"  # Brier's score


def test_loss_for_numbers_quiet():
    assert (
        found("loss_for_numbers", program(Dense(1), targets=CODES, loss=Written("mae"))) is None
    )  # meant as numbers
    assert found("loss_for_numbers", program(Dense(1), targets=NUMBERS, loss=Written("mae"))) is None
    assert found("loss_for_numbers", program(Dense(1, sigmoid))) is None


def test_loss_for_numbers_real():
    rare = (CANCER[1] == 0) & (np.arange(len(CANCER[1])) % 3 == 0)  # one in eight: the median is no
    sick = on(CANCER, Dense(1, sigmoid), loss=Written("mae"), targets=rare.astype(int), epochs=20)
    clean = on(CANCER, Dense(1, sigmoid), loss=BINARY, targets=rare.astype(int), epochs=20)
    one = told("loss_for_numbers", sick, clean)
    assert (one.severity, one.evidence) == ("warning", "mae on targets that are yes or no")
