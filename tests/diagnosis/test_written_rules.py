"""Rules on what is written: real programs, their near misses, and real data; remedies make findings go away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris

from leadline.diagnosis import diagnose
from leadline.diagnosis.rules import (
    bounded_output,
    label_out_of_range,
    parts_prepared_otherwise,
    scaled_targets,
    sum_reduction,
    targets_broadcast,
    too_few_updates,
)
from leadline.nn import Dense, Dropout, Sequential, relu, sigmoid, softmax, tanh
from leadline.program.course import train_beside
from leadline.program.examine import examine
from leadline.program.facts import written_run
from leadline.program.program import Program
from leadline.program.start import start_facts
from leadline.program.written import Written
from leadline.record.finding import Finding
from leadline.training.optimizers import adam, sgd

ROWS = 60
random = np.random.default_rng(0)
X = random.normal(size=(ROWS, 5)).astype(np.float32)
CODES = np.arange(ROWS) % 3
YES = np.arange(ROWS) % 2
NUMBERS = random.normal(size=ROWS)
ONE_HOT = np.eye(3)[CODES]

MSE = Written("mse")
BINARY = Written("binary_cross_entropy", "probabilities", "columns")
BINARY_OF_SCORES = Written("binary_cross_entropy", "scores", "columns")
SPARSE = Written("cross_entropy", "probabilities", "codes")
SPARSE_OF_SCORES = Written("cross_entropy", "scores", "codes")
CATEGORICAL = Written("cross_entropy", "probabilities", "columns")


def program(*end: object, targets: np.ndarray = YES, loss: Written = BINARY, **choices: object) -> Program:
    """Return a program of one hidden layer and an end."""
    network = Sequential([Dense(8, relu), *end])
    return Program(network, choices.pop("inputs", X), targets, loss, **{"epochs": 400, **choices})


def found(fault: str, given: Program) -> Finding | None:
    findings = {one.fault: one for one in diagnose(written_run(given), strict=True)}
    return findings.get(fault)


def faults(given: Program) -> set[str]:
    return {one.fault for one in diagnose(written_run(given), strict=True) if one.severity != "hint"}


# Real data, by short names: inputs and targets as they are, inputs standardized.


def real(load: Callable[..., tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    x, y = load(return_X_y=True)
    spread = x.std(axis=0)
    return ((x - x.mean(axis=0)) / np.where(spread > 0, spread, 1)).astype(np.float32), y


IRIS, DIGITS, CANCER, DIABETES = map(real, (load_iris, load_digits, load_breast_cancer, load_diabetes))


def on(
    data: tuple[np.ndarray, np.ndarray],
    *end: object,
    loss: Written,
    targets: np.ndarray | None = None,
    **choices: object,
) -> Program:
    return program(
        *end,
        inputs=data[0],
        targets=data[1] if targets is None else targets,
        loss=loss,
        **{"epochs": 40, **choices},
    )


def told(fault: str, sick: Program, clean: Program, stages: str = "A") -> Finding:
    """Return the finding on real data; the clean program shows nothing but hints."""
    looked = examine(clean, diagnose, stages=stages, seeds=(0, 1, 2))
    assert not looked.words
    assert not [one.fault for one in looked.findings if one.severity != "hint"], looked
    looked = examine(sick, diagnose, stages=stages, seeds=(0, 1, 2))
    assert not looked.words
    return looked.findings[fault]


def clean_binary() -> Program:
    return on(CANCER, Dense(1, sigmoid), loss=BINARY)


def clean_classes() -> Program:
    return on(IRIS, Dense(3, softmax), loss=SPARSE)


def clean_numbers() -> Program:
    y = (DIABETES[1] - DIABETES[1].mean()) / DIABETES[1].std()
    return on(DIABETES, Dense(1), loss=MSE, targets=y)


# label_out_of_range


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
def test_label_out_of_range_found(given, evidence):
    one = found("label_out_of_range", given)
    assert (one.severity, one.certain, one.stage) == ("error", True, "A")
    assert evidence in one.evidence


@pytest.mark.parametrize(
    "given",
    [
        program(Dense(1, sigmoid)),
        program(Dense(1, sigmoid), targets=random.random(ROWS)),  # shares are targets too
        program(Dense(1, sigmoid), targets=YES * (1 + label_out_of_range.EDGE / 2)),  # rounding
        program(Dense(4, softmax), targets=CODES, loss=SPARSE),  # a class that does not occur yet
        program(Dense(3, softmax), targets=0.995 * ONE_HOT, loss=CATEGORICAL),  # rounded shares
        program(Dense(3, softmax), targets=0.9 * ONE_HOT + 0.1 / 3, loss=CATEGORICAL),  # smoothed labels
    ],
)
def test_label_out_of_range_quiet(given):
    assert found("label_out_of_range", given) is None


def test_label_out_of_range_real():
    one = told(
        "label_out_of_range",
        on(CANCER, Dense(1, sigmoid), loss=BINARY, targets=2 * CANCER[1] - 1),
        clean_binary(),
    )
    assert one.remedy.changes == {"data.targets": "yes_no"}
    one = told(
        "label_out_of_range", on(IRIS, Dense(3, softmax), loss=SPARSE, targets=IRIS[1] + 1), clean_classes()
    )
    assert one.remedy.changes == {"data.targets": "codes"}


# label_encoding


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


# targets_broadcast

LEFT = Written("mse", expands=False)


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


# output_units


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


# softmax_single_unit


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


# bounded_output


def beyond(share: float) -> np.ndarray:
    """Return 1,000 targets in [0, 1], but for a share above."""
    targets = random.uniform(0.0, 0.99, size=1000)
    targets[: round(share * 1000)] = 1.5
    return targets


def of_numbers(activation: object, targets: np.ndarray, loss: Written = MSE) -> Program:
    return program(Dense(1, activation), inputs=np.resize(X, (len(targets), 5)), targets=targets, loss=loss)


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


# rectified_output


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


# sigmoid_multiclass


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


# missing_output_activation


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
    prices = program(Dense(1), targets=100 + NUMBERS)  # told by label_out_of_range
    assert found("missing_output_activation", prices) is None
    assert found("label_out_of_range", prices) is not None


def test_missing_output_activation_real():
    one = told("missing_output_activation", on(CANCER, Dense(1), loss=BINARY), clean_binary())
    assert one.remedy.changes["network.layers"][-1] == {"kind": "dense", "units": 1, "activation": "sigmoid"}


# loss_for_numbers


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


# scaled_targets


def sized(size: float) -> np.ndarray:
    targets = random.normal(size=ROWS)
    return size * targets / np.sqrt(np.mean(targets**2))


def test_scaled_targets_found():
    large = sized(2 * scaled_targets.LARGE)
    assert (
        found("scaled_targets", program(Dense(1), targets=large, loss=MSE, optimizer=sgd(0.01))).severity
        == "warning"
    )
    short = program(Dense(1), targets=large, loss=MSE, optimizer=adam(1e-3), epochs=10)
    one = found("scaled_targets", short)
    assert one.severity == "warning"
    assert "20 steps at this rate carry a bias by at most 0.02" in one.evidence
    far = program(Dense(1), targets=large, loss=MSE, optimizer=adam(0.1), epochs=400)
    assert found("scaled_targets", far).severity == "hint"


def test_scaled_targets_quiet():
    assert (
        found("scaled_targets", program(Dense(1), targets=sized(0.99 * scaled_targets.LARGE), loss=MSE))
        is None
    )
    assert (
        found("scaled_targets", program(Dense(1), targets=sized(1.01 * scaled_targets.LARGE), loss=MSE))
        is not None
    )
    assert found("scaled_targets", program(Dense(1, sigmoid))) is None


def test_scaled_targets_real():
    one = told("scaled_targets", on(DIABETES, Dense(1), loss=MSE), clean_numbers())
    assert one.severity == "warning"
    assert one.numbers["size"] == pytest.approx(np.sqrt(np.mean(DIABETES[1] ** 2)), rel=1e-6)


# too_few_updates


def test_too_few_updates_found():
    one = found("too_few_updates", program(Dense(1, sigmoid), epochs=0))
    assert (one.severity, one.certain, one.title) == ("error", True, "Nothing was trained")
    one = found("too_few_updates", program(Dense(1, sigmoid), epochs=5, optimizer=adam(1e-3)))
    assert (one.severity, one.certain) == ("warning", False)
    assert "10 steps of 0.001 move a weight by at most about 0.01" in one.evidence
    assert found("too_few_updates", program(Dense(1, sigmoid), epochs=24, optimizer=sgd(0.1))) is not None


def test_too_few_updates_quiet():
    edge = round(too_few_updates.WAY / 1e-3 / 2)
    assert found("too_few_updates", program(Dense(1, sigmoid), epochs=edge, optimizer=adam(1e-3))) is None
    assert (
        found("too_few_updates", program(Dense(1, sigmoid), epochs=edge - 1, optimizer=adam(1e-3)))
        is not None
    )
    edge = round(too_few_updates.STEPS / 2)
    assert found("too_few_updates", program(Dense(1, sigmoid), epochs=edge, optimizer=sgd(0.1))) is None


def test_too_few_updates_real():
    sick = on(IRIS, Dense(3, softmax), loss=SPARSE, epochs=2)
    one = told("too_few_updates", sick, clean_classes())
    mended = sick.changed(one.remedy.changes)
    assert mended.updates >= too_few_updates.ENOUGH
    before, after = train_beside([sick, mended], (0, 1), [sick.updates, mended.updates])
    assert before.scores.max() + 0.2 < after.scores.min()


# sum_reduction

SUM = Written("mse", reduction="sum")


def test_sum_reduction_found():
    one = found("sum_reduction", program(Dense(1), targets=NUMBERS, loss=SUM, optimizer=sgd(0.01)))
    assert one.severity == "warning"
    assert "adds up 32 rows: the rate of 0.01 is really one of 0.32" in one.evidence
    assert found("sum_reduction", program(Dense(1), targets=NUMBERS, loss=SUM)).severity == "hint"


def test_sum_reduction_found_by_doubling_rows_where_it_is_not_written():
    given = program(Dense(1), targets=NUMBERS, loss=SUM, optimizer=sgd(0.01))
    as_mean = written_run(given).with_values({"loss.reduction": "mean", **start_facts(given, (0, 1))})
    assert "twice the rows give 2 times the loss" in sum_reduction.find(as_mean).evidence


def test_sum_reduction_quiet():
    mean = program(Dense(1), targets=NUMBERS, loss=MSE, optimizer=sgd(0.01))
    assert sum_reduction.find(written_run(mean).with_values(start_facts(mean, (0, 1)))) is None
    alone = program(Dense(1), targets=NUMBERS, loss=SUM, optimizer=sgd(0.01), batch_size=1)
    assert found("sum_reduction", alone) is None  # one row: a sum is a mean


def test_sum_reduction_real():
    y = (DIABETES[1] - DIABETES[1].mean()) / DIABETES[1].std()
    choices = {"targets": y, "optimizer": sgd(0.05), "batch_size": 64, "epochs": 20}
    sick = on(DIABETES, Dense(1), loss=SUM, **choices)
    one = told("sum_reduction", sick, on(DIABETES, Dense(1), loss=MSE, **choices), stages="ABCE")
    assert (one.severity, one.proof.won) == ("error", True)


# unstable_log: its probe is tested with the rules of probes


def test_unstable_log_found_where_nothing_is_clipped():
    one = found(
        "unstable_log",
        program(
            Dense(1, sigmoid), loss=Written("binary_cross_entropy", "probabilities", "columns", clip=0.0)
        ),
    )
    assert (one.severity, one.certain, one.stage) == ("warning", False, "A")
    assert one.others[0].changes == {"loss.clip": 1e-7}


def test_unstable_log_quiet_where_it_is_clipped_or_takes_scores():
    assert found("unstable_log", program(Dense(1, sigmoid))) is None
    assert found("unstable_log", program(Dense(1), loss=BINARY_OF_SCORES)) is None


# hidden_softmax


def hidden(activation: object) -> tuple[Dense, ...]:
    return (Dense(16, activation), Dense(3, softmax))


def test_hidden_softmax_found():
    one = found("hidden_softmax", program(*hidden(softmax), targets=CODES, loss=SPARSE))
    assert (one.severity, one.where) == ("warning", "1.dense")
    assert one.remedy.changes["network.layers"][1]["activation"] == "relu"


def test_hidden_softmax_quiet_at_the_end():
    assert found("hidden_softmax", program(*hidden(relu), targets=CODES, loss=SPARSE)) is None


def test_hidden_softmax_real():
    choices = {"loss": SPARSE, "epochs": 6, "optimizer": adam(3e-3)}
    sick = on(DIGITS, Dense(64, softmax), Dense(10, softmax), **choices)
    one = told("hidden_softmax", sick, on(DIGITS, Dense(64, relu), Dense(10, softmax), **choices))
    before, after = train_beside([sick, sick.changed(one.remedy.changes)], (0, 1), 200)
    assert after.scores.min() > before.scores.max() + 0.1


# dropout_on_output


def test_dropout_on_output_found():
    one = found("dropout_on_output", program(Dense(3), Dropout(0.3), targets=CODES, loss=SPARSE_OF_SCORES))
    assert one.severity == "warning"
    assert one.remedy.changes["network.layers"][-1] == {"kind": "dense", "units": 3}


def test_dropout_on_output_quiet_before_the_last_layer():
    assert (
        found("dropout_on_output", program(Dropout(0.3), Dense(3), targets=CODES, loss=SPARSE_OF_SCORES))
        is None
    )


def test_dropout_on_output_real():
    sick = on(IRIS, Dense(3), Dropout(0.5), loss=SPARSE_OF_SCORES)
    one = told("dropout_on_output", sick, on(IRIS, Dropout(0.1), Dense(3), loss=SPARSE_OF_SCORES))
    before, after = train_beside([sick, sick.changed(one.remedy.changes)], (0,), 200)
    assert after.losses[0, -50:].mean() < 0.8 * before.losses[0, -50:].mean()  # what it costs


# scores_threshold


def test_scores_threshold_found():
    one = found("scores_threshold", program(Dense(1), loss=BINARY_OF_SCORES, threshold=0.5))
    assert (one.severity, one.certain, one.remedy.changes) == ("error", True, {"program.threshold": 0.0})
    assert float(f"{1 / (1 + np.exp(-0.5)):.3f}") == 0.622  # as the evidence says


def test_scores_threshold_quiet():
    assert found("scores_threshold", program(Dense(1), loss=BINARY_OF_SCORES, threshold=0.0)) is None
    assert found("scores_threshold", program(Dense(1), loss=BINARY_OF_SCORES)) is None
    assert (
        found("scores_threshold", program(Dense(1), loss=BINARY_OF_SCORES, threshold=0.8)) is None
    )  # chosen
    assert found("scores_threshold", program(Dense(1, sigmoid), threshold=0.5)) is None


def test_scores_threshold_real():
    sick = on(CANCER, Dense(1), loss=BINARY_OF_SCORES, threshold=0.5, epochs=4)
    clean = on(CANCER, Dense(1), loss=BINARY_OF_SCORES, threshold=0.0, optimizer=adam(3e-3))
    assert told("scores_threshold", sick, clean).severity == "error"


# softmax_over_rows

OVER_ROWS = Written("cross_entropy", "scores", "codes", axis="rows")


def test_softmax_over_rows_found():
    one = found("softmax_over_rows", program(Dense(3), targets=CODES, loss=OVER_ROWS))
    assert (one.severity, one.certain, one.remedy.changes) == ("error", True, {"loss.axis": "classes"})


def test_softmax_over_rows_quiet():
    assert found("softmax_over_rows", program(Dense(3), targets=CODES, loss=SPARSE_OF_SCORES)) is None


def test_softmax_over_rows_real():
    sick = on(IRIS, Dense(3), loss=OVER_ROWS)
    one = told("softmax_over_rows", sick, on(IRIS, Dense(3), loss=SPARSE_OF_SCORES))
    before, after = train_beside([sick, sick.changed(one.remedy.changes)], (0, 1), 200)
    assert after.scores.mean() > before.scores.mean()


# parts_prepared_otherwise


def parts(times: float) -> Program:
    return program(Dense(1, sigmoid), held_out=(times * random.permuted(X, axis=0), YES))


def test_parts_prepared_otherwise_found():
    for times in (1.1 * parts_prepared_otherwise.GRAVE, 0.9 / parts_prepared_otherwise.GRAVE):
        one = found("parts_prepared_otherwise", parts(times))
        assert (one.severity, one.certain) == ("error", True)
        assert one.numbers["ratio"] == pytest.approx(times, rel=1e-3)
    one = found("parts_prepared_otherwise", parts(1.1 * parts_prepared_otherwise.TOLD))
    assert (one.severity, one.certain) == ("warning", False)


def test_parts_prepared_otherwise_quiet():
    assert found("parts_prepared_otherwise", parts(1.0)) is None
    assert found("parts_prepared_otherwise", parts(0.99 * parts_prepared_otherwise.TOLD)) is None
    assert found("parts_prepared_otherwise", program(Dense(1, sigmoid))) is None  # nothing held out
    one_feature = X * np.array([100, 1, 1, 1, 1], np.float32)
    assert found("parts_prepared_otherwise", program(Dense(1, sigmoid), held_out=(one_feature, YES))) is None


def test_parts_prepared_otherwise_real():
    x, y = load_digits(return_X_y=True)
    own = {"inputs": x[:1200] / 16, "targets": y[:1200], "loss": SPARSE, "epochs": 5}
    raw = program(Dense(10, softmax), held_out=(x[1200:], y[1200:]), **own)
    alike = program(Dense(10, softmax), held_out=(x[1200:] / 16, y[1200:]), **own)
    one = told("parts_prepared_otherwise", raw, alike)
    assert one.numbers["ratio"] == pytest.approx(16, rel=0.1)


# Remedies

SICK = {
    "label_out_of_range": program(Dense(1, sigmoid), targets=CODES),
    "label_encoding": program(Dense(3, softmax), targets=CODES, loss=CATEGORICAL),
    "targets_broadcast": program(Dense(1), targets=NUMBERS, loss=LEFT),
    "output_units": program(Dense(4, softmax), targets=ONE_HOT, loss=CATEGORICAL),
    "softmax_single_unit": program(Dense(1, softmax)),
    "bounded_output": program(Dense(1, sigmoid), targets=sized(50.0), loss=MSE),
    "rectified_output": program(Dense(1, relu)),
    "sigmoid_multiclass": program(Dense(3, sigmoid), targets=ONE_HOT, loss=CATEGORICAL),
    "missing_output_activation": program(Dense(1)),
    "loss_for_numbers": program(Dense(1, sigmoid), loss=Written("mae")),
    "scaled_targets": program(Dense(1), targets=sized(50.0), loss=MSE),
    "sum_reduction": program(Dense(1), targets=NUMBERS, loss=SUM),
    "unstable_log": program(Dense(1, sigmoid), loss=replace(BINARY, clip=0.0)),
    "hidden_softmax": program(Dense(8, softmax), Dense(1, sigmoid)),
    "dropout_on_output": program(Dense(1, sigmoid), Dropout(0.2)),
    "scores_threshold": program(Dense(1), loss=BINARY_OF_SCORES, threshold=0.5),
    "softmax_over_rows": program(Dense(3), targets=CODES, loss=OVER_ROWS),
    "too_few_updates": program(Dense(1, sigmoid), epochs=3),
}  # fmt: skip


@pytest.mark.parametrize("fault", SICK)
def test_every_remedy_makes_its_finding_go_away(fault):
    given = SICK[fault]
    one = found(fault, given)
    assert one.remedy.changes
    for remedy in one.remedies if fault != "too_few_updates" else one.remedies[:1]:
        assert found(fault, given.changed(remedy.changes)) is None, remedy


TARGETS = {
    "codes": CODES,
    "codes from 1": CODES + 1,
    "yes or no": YES,
    "yes or no in a column": YES[:, None],
    "-1 and 1": 2 * YES - 1,
    "one-hot": ONE_HOT,
    "labels": (random.random((ROWS, 3)) > 0.5).astype(int),
    "numbers": NUMBERS,
    "large numbers": 100 + 40 * NUMBERS,
    "shares": random.random(ROWS),
    "three shares": random.dirichlet(np.ones(3), ROWS),
    "three numbers": random.normal(size=(ROWS, 3)),
}


@st.composite
def losses(draw: st.DrawFn) -> Written:
    name = draw(st.sampled_from(["mse", "mae", "binary_cross_entropy", "cross_entropy", "kl_divergence"]))
    of_numbers = name in ("mse", "mae")
    reads = "numbers" if of_numbers else draw(st.sampled_from(["probabilities", "scores"]))
    labels = "numbers" if of_numbers else "columns"
    if name == "cross_entropy":
        labels = draw(st.sampled_from(["columns", "codes"]))
    return Written(
        name, reads, labels, clip=draw(st.sampled_from([0.0, 1e-7])), normalizes=draw(st.booleans()),
        expands=draw(st.booleans()), axis=draw(st.sampled_from(["classes", "rows"])),
    )  # fmt: skip


@settings(max_examples=60)
@given(
    targets=st.sampled_from(sorted(TARGETS)),
    end=st.sampled_from(["linear", "relu", "sigmoid", "softmax", "tanh", "log_softmax"]),
    outputs=st.integers(1, 4),
    loss=losses(),
)
def test_remedies_that_are_certain_end_with_nothing_certain_left(targets, end, outputs, loss):
    """However end, loss and targets are combined: each remedy takes its fault away and makes none that was mended."""
    given_program, seen = program(Dense(outputs, end), targets=TARGETS[targets], loss=loss), []
    for _ in range(6):
        certain = [one for one in diagnose(written_run(given_program), strict=True) if one.certain]
        if not certain:
            break
        assert certain[0].remedy.changes, certain[0]
        given_program = given_program.changed(certain[0].remedy.changes)
        assert found(certain[0].fault, given_program) is None, certain[0]
        seen.append(certain[0].fault)
    else:
        pytest.fail(f"mended again and again: {seen}")
    assert not diagnose(written_run(given_program), strict=True).errors


def test_a_program_as_it_should_be_has_no_findings():
    clean = [clean_binary(), clean_classes(), clean_numbers(), program(Dense(1), loss=BINARY_OF_SCORES)]
    assert [faults(one) for one in clean] == [set()] * 4
