"""Rules on scales, steps, reductions and layers as written: planted, near misses, and real ones."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from tests.diagnosis.written_programs import (
    BINARY_OF_SCORES,
    CANCER,
    CODES,
    DIABETES,
    DIGITS,
    IRIS,
    MSE,
    NUMBERS,
    OVER_ROWS,
    SPARSE,
    SPARSE_OF_SCORES,
    SUM,
    YES,
    X,
    clean_classes,
    clean_numbers,
    found,
    hidden,
    on,
    parts,
    program,
    sized,
    told,
)

from leadline.diagnosis.rules import (
    parts_prepared_otherwise,
    scaled_targets,
    sum_reduction,
    too_few_updates,
)
from leadline.nn import Dense, Dropout, relu, sigmoid, softmax
from leadline.program.course import train_beside
from leadline.program.facts import written_run
from leadline.program.start import start_facts
from leadline.program.written import Written
from leadline.training.optimizers import adam, sgd


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
