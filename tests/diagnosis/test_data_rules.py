"""Rules on data: planted faults and near misses, with the traps that other tools fall into."""

from __future__ import annotations

import numpy as np
import pytest

from leadline.diagnosis.rules import (
    class_imbalance,
    constant_features,
    inputs_not_finite,
    labels_out_of_range,
    leaking_feature,
    missing_class,
    shared_rows,
    unscaled_inputs,
)


def test_labels_out_of_range_found_in_labels(digits):
    found = labels_out_of_range.find(digits({"data.target.outside": 3}))
    assert found.severity == "error"
    assert "3 labels of 1,797 outside 0 … 9" in found.evidence


def test_labels_out_of_range_found_in_targets(california):
    found = labels_out_of_range.find(california({"data.target.not_finite": 2}))
    assert found.severity == "error"
    assert "2 targets" in found.evidence
    left_out = california({"data.target.not_finite": 2, "data.excluded": {"target not finite": 2}})
    assert labels_out_of_range.find(left_out).severity == "warning"


def test_labels_out_of_range_quiet_on_missing_targets_that_were_left_out(california):
    assert labels_out_of_range.find(california({"data.excluded": {"target missing": 12}})) is None


def test_inputs_not_finite_found(digits):
    found = inputs_not_finite.find(digits({"data.input.not_finite": 5, "data.raw.not_finite": {"inputs": 5}}))
    assert found.severity == "error"
    assert "5 prepared inputs" in found.evidence


def test_inputs_not_finite_quiet_or_a_hint_where_they_were_imputed(titanic):
    assert inputs_not_finite.find(titanic()) is None
    found = inputs_not_finite.find(titanic({"data.raw.not_finite": {"fare": 2}}))
    assert found.severity == "hint"
    assert "'fare' (2)" in found.evidence


def scaled(mean, spread, low, high, **more):
    names = ("mean", "spread", "low", "high")
    numbers = zip(names, (mean, spread, low, high), strict=True)
    return {**{f"data.input.{n}": np.atleast_1d(np.asarray(v, float)) for n, v in numbers}, **more}


def test_unscaled_inputs_found_in_pixels(digits):
    found = unscaled_inputs.find(digits(scaled(33.3, 78.6, 0, 255)))
    assert found.severity == "warning"
    assert "values from 0 to 255" in found.evidence
    assert "255" in found.remedy.command


def test_unscaled_inputs_found_in_one_feature(titanic):
    found = unscaled_inputs.find(
        titanic(scaled([0, 1e5, 0.35, 0.65], [1, 4e4, 0.48, 0.48], [-2, 0, 0, 0], [4, 3e5, 1, 1]))
    )
    assert "'fare'" in found.where
    assert "'fare' goes from 0 to 300,000" in found.evidence


def test_unscaled_inputs_found_in_an_offset_and_in_tiny_inputs(digits):
    assert unscaled_inputs.find(digits(scaled([1000.0, 0.0], [1.0, 1.0], [997, -3], [1003, 3]))) is not None
    tiny = unscaled_inputs.find(digits(scaled(0.0005, 0.001, 0, 1 / 255)))
    assert "far too small" in tiny.title


@pytest.mark.parametrize(
    ("mean", "spread", "low", "high"),
    [
        (0.5, 0.3, 0, 1),  # pixels over 255
        ([0.0] * 3, [1.0] * 3, [-5.0] * 3, [5.0] * 3),  # standardized: beyond [-1, 1], and right
        ([0.0] * 3, [1.0] * 3, [-0.1] * 3, [100.0] * 3),  # rare pixels, standardized: single values far out
        (4.9, 6.0, 0, 16),  # digits as they come
        ([0.0, 0.0004, 0.5], [1.0, 0.02, 0.5], [-3.0, 0, 0], [3.0, 1, 1]),  # a rare level, one-hot
        (0.0, 1e-9, 0, 0),  # nothing varies: another rule's
    ],
)
def test_unscaled_inputs_quiet(digits, mean, spread, low, high):
    assert unscaled_inputs.find(digits(scaled(mean, spread, low, high))) is None


def test_unscaled_inputs_quiet_before_batch_norm(digits):
    kinds = {"network.kinds": ["batch_norm", "flatten", "dense"]}
    assert unscaled_inputs.find(digits(scaled(33.3, 78.6, 0, 255, **kinds))) is None


def test_constant_features_found(titanic):
    found = constant_features.find(titanic({"data.columns.constant": ["ship", "year"]}))
    assert found.severity == "hint"
    assert "'ship', 'year'" in found.evidence
    assert found.remedy.changes == {"data.drop": ["ship", "year"]}


def test_constant_features_found_though_left_out(titanic):
    left_out = {"data.columns.constant": ["ship"], "data.columns.dropped": {"ship": "it is always 'T'"}}
    found = constant_features.find(titanic(left_out))
    assert "already left out" in found.evidence
    assert found.remedy.changes == {}


def test_constant_features_found_where_nothing_varies(digits):
    assert constant_features.find(digits(scaled([1.0, 0.0], [0, 0], [1, 0], [1, 0]))).severity == "error"


def test_constant_features_quiet_on_border_pixels(digits):
    assert constant_features.find(digits(scaled([0.0, 5.0], [0.0, 4.0], [0, 0], [0, 16]))) is None


def test_missing_class_found_in_training(digits):
    counts = np.array([124, 0, 124, 128, 127, 127, 127, 125, 122, 125])
    found = missing_class.find(digits({"data.class_count.train": counts}))
    assert found.severity == "error"
    assert "no train row of '1'" in found.evidence


def test_missing_class_found_in_test(digits):
    found = missing_class.find(digits({"data.class_count.test": np.array([27] * 9 + [0])}))
    assert found.severity == "warning"
    assert found.where == "test part"


def test_missing_class_quiet_with_one_row_or_no_part(digits):
    assert missing_class.find(digits({"data.class_count.test": np.array([27] * 9 + [1])})) is None
    assert missing_class.find(digits({"data.class_count.validation": np.zeros(10, int)})) is None


def test_class_imbalance_found(titanic):
    found = class_imbalance.find(titanic({"data.class_count.train": np.array([10923, 260])}))
    assert found.severity == "hint"
    assert "260 training rows of '1' against 10,923 of '0' (1 to 42)" in found.evidence
    assert "97.7%" in found.evidence
    assert found.remedy.changes == {"training.class_weights": "balanced"}


def test_class_imbalance_found_extreme(titanic):
    assert class_imbalance.find(titanic({"data.class_count.train": [9000, 30]})).severity == "warning"


def test_class_imbalance_quiet_on_adult_or_where_classes_are_weighed(titanic):
    assert class_imbalance.find(titanic({"data.class_count.train": [24720, 7841]})) is None
    weighed = {"recipe": {"training": {"class_weights": "balanced"}}, "data.class_count.train": [9000, 30]}
    assert class_imbalance.find(titanic(weighed)) is None


def shared(validation, test, expected, rows=134):
    return {
        "data.rows.validation": rows,
        "data.rows.test": rows,
        "data.shared.train_validation": validation,
        "data.shared.train_test": test,
        "data.shared.expected": expected,
    }


def test_shared_rows_found_after_oversampling(titanic):
    found = shared_rows.find(titanic(shared(190, 184, 252, rows=267)))
    assert found.severity == "error"
    assert "190 of 267 validation rows and 184 of 267 test rows" in found.evidence


def test_shared_rows_found_in_images(digits):
    assert shared_rows.find(digits(shared(0, 30, 0, rows=270))).severity == "warning"
    assert shared_rows.find(digits(shared(0, 8, 0, rows=270))).severity == "hint"


def test_shared_rows_quiet_on_coarse_tables(titanic):
    assert shared_rows.find(titanic(shared(32, 23, 48))) is None  # titanic as it is
    assert shared_rows.find(titanic(shared(5, 5, 6, rows=4884))) is None  # adult as it is
    assert shared_rows.find(titanic(shared(1, 1, 0))) is None  # a pair of twins


def test_leaking_feature_found(titanic):
    found = leaking_feature.find(titanic({"data.alone.score": np.array([0.03, 0.1, 0.45, 1.0])}))
    assert found.severity == "error"
    assert found.evidence == "column 'alive' alone predicts 'survived' with 100% on 757 held-out rows"
    assert found.remedy.command == "--drop alive"
    assert found.remedy.changes == {"data.drop": ["alive"]}


def test_leaking_feature_found_beside_dropped_columns(titanic):
    recipe = {"data": {"source": "titanic.csv", "drop": ["deck"]}}
    scores = np.array([0.03, 0.1, 0.45, 1.0])
    found = leaking_feature.find(titanic({"data.alone.score": scores, "recipe": recipe}))
    assert found.remedy.changes == {"data.drop": ["deck", "alive"]}


def test_leaking_feature_found_in_regression(california):
    columns = {"data.kind": "table", "data.columns": ["rooms", "price_in_cents"], "data.alone.rows": 9000}
    exact = leaking_feature.find(california({**columns, "data.alone.score": np.array([0.1, 0.9995])}))
    near = leaking_feature.find(california({**columns, "data.alone.score": np.array([0.1, 0.95])}))
    assert (exact.severity, near.severity) == ("error", "warning")
    assert "R² 0.950" in near.evidence


def test_leaking_feature_found_as_warning_where_a_number_separates_the_classes(titanic):
    assert (
        leaking_feature.find(titanic({"data.alone.score": np.array([1.0, 0.1, 0.4, 0.0])})).severity
        == "warning"
    )


def test_leaking_feature_quiet_on_honest_strong_features(titanic, california):
    assert leaking_feature.find(titanic({"data.alone.score": np.array([0.03, 0.88, 0.45, 0.0])})) is None
    iris = {"data.alone.score": np.array([0.5, 0.94]), "data.alone.rows": 128}
    counts = {"data.classes": ["a", "b", "c"], "data.class_count.train": [35, 35, 35]}
    assert leaking_feature.find(titanic({**iris, **counts})) is None
    one = {"data.alone.score": np.array([1.0]), "data.alone.rows": 500}
    assert leaking_feature.find(california(one)) is None


def test_leaking_feature_found_though_one_class_is_rare(titanic):
    rare = {"data.class_count.train": [680, 20], "data.alone.rows": 2000}
    assert (
        leaking_feature.find(titanic({**rare, "data.alone.score": np.array([0.0, 0.1, 0.0, 1.0])}))
        is not None
    )


def test_leaking_feature_quiet_on_few_rows(titanic):
    few = {"data.alone.score": np.array([0.0, 0.0, 0.0, 1.0]), "data.alone.rows": 20}
    assert leaking_feature.find(titanic(few)) is None
