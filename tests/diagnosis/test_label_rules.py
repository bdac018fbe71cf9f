"""Every rule on several labels: those that count classes stay silent, the others are right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import leadline as ll
from leadline.diagnosis import diagnose
from leadline.diagnosis.chance import constant_accuracy, constant_loss, wilson
from leadline.diagnosis.rules import class_at_zero, first_loss, leaking_feature, missing_class, not_learning
from leadline.record.evaluation import Evaluation, LabelScore, Score
from leadline.record.run import Run

VALUES = {
    "data.problem": "several_labels",
    "data.rows.train": 700, "data.rows.validation": 150, "data.rows.test": 150,
    "data.labels": ["a", "b", "c"],
    "data.label_count.train": np.array([350, 140, 35]),
    "data.label_count.validation": np.array([75, 30, 8]),
    "data.label_count.test": np.array([75, 30, 7]),
    "task.kind": "several_labels", "task.loss": "binary_cross_entropy",
    "task.loss.usual": "binary_cross_entropy", "task.link": "sigmoid", "task.first_loss": float(np.log(2)),
    "start.loss": 0.72, "start.rows": 32,
    "curve.loss.train": 0.2 + 0.4 * np.exp(-np.arange(9.0)),
    "curve.loss.validation": 0.25 + 0.4 * np.exp(-np.arange(9.0)),
    "curve.score.validation": 0.9 - 0.2 * np.exp(-np.arange(9.0)),
    "stop.reason": "epochs", "stop.not_finite_step": 0,
}  # fmt: skip
CONSTANT = float(np.mean([-p * np.log(p) - (1 - p) * np.log(1 - p) for p in (0.5, 0.2, 0.05)]))


def label(name: str, rows: int, hits: int, area: float = 0.9) -> LabelScore:
    share = Score("recall", hits / rows, *wilson(hits, rows))
    known = Score("roc_auc", area, area - 0.1, min(1.0, area + 0.1))
    return LabelScore(name, rows, hits, share, share, replace(share, name="f1"), known)


def judged(*labels: LabelScore) -> Evaluation:
    headline = Score("hamming_accuracy", 0.9, 0.86, 0.93)
    return Evaluation("test", "several_labels", 150, (headline,), per_label=labels)


def run(changes=None, *labels: LabelScore) -> Run:
    return Run({**VALUES, **(changes or {})}, {"test": judged(*labels or (label("a", 75, 60),))})


def test_a_healthy_run_is_left_alone():
    assert diagnose(run(), strict=True).faults == ()


def test_the_constant_answer_is_that_of_each_label():
    assert constant_loss(run()) == pytest.approx(CONSTANT)
    assert constant_accuracy(run(), "train") == pytest.approx((0.5 + 0.8 + 0.95) / 3)


def test_a_label_that_is_never_found():
    found = class_at_zero.find(run({}, label("a", 75, 60), label("b", 30, 0), label("c", 7, 0, 0.5)))
    assert (found.severity, found.title) == ("error", "Labels that are never found")
    assert found.where == "label 'b', label 'c'"
    assert (
        "0 of 30 rows of 'b' found (at most 11% with 95% confidence), said of 0, ROC-AUC 0.90"
        in found.evidence
    )
    assert "90.0% of all labels are right" in found.evidence
    assert found.remedy.words.startswith("The probabilities of 'b' rank the rows")
    assert not found.remedy.changes, "labels have no class weights"


def test_a_label_never_found_quiet_where_rows_are_few_or_one_is_found():
    assert class_at_zero.find(run({}, label("a", 4, 0), label("b", 30, 1))) is None
    assert class_at_zero.find(run({}, label("c", 7, 0, 0.5))).severity == "warning"


def test_a_label_that_never_or_always_occurs():
    never = missing_class.find(run({"data.label_count.train": np.array([350, 0, 700])}))
    assert never.severity == "error"
    assert never.evidence == "no train row has 'b'; every train row has 'c'"
    test = missing_class.find(run({"data.label_count.test": np.array([75, 30, 0])}))
    assert (test.severity, test.where) == ("warning", "test part")


def test_a_loss_that_never_beats_the_constant_answer():
    still = {
        "curve.loss.train": np.full(9, CONSTANT + 0.01),
        "curve.loss.validation": np.full(9, CONSTANT + 0.02),
        "curve.score.validation": np.full(9, 0.75),
    }
    found = not_learning.find(run(still))
    assert f"answering a constant gives {CONSTANT:.4g}" in found.evidence
    below = {**still, "curve.loss.train": np.linspace(CONSTANT, 0.9 * CONSTANT, 9)}
    assert not_learning.find(run(below)) is None


def test_a_first_loss_far_from_ln_2():
    assert first_loss.find(run({"start.loss": 3.0})).title == "The first loss is far too high"
    assert "far too low" in first_loss.find(run({"start.loss": 0.4 * CONSTANT})).title
    assert first_loss.find(run({"start.loss": 0.9 * CONSTANT})) is None


def test_a_column_that_gives_a_label_away():
    columns = {
        "data.kind": "table",
        "data.columns": ["age", "paid"],
        "data.columns.distinct": np.array([50, 2]),
        "data.alone.score": np.array([0.1, 1.0]),
        "data.alone.label": ["a", "b"],
        "data.alone.rows": 850,
    }
    found = leaking_feature.find(run(columns))
    assert found.severity == "error"
    assert "column 'paid' alone predicts 'b' with 100%" in found.evidence
    assert leaking_feature.find(run({**columns, "data.alone.score": np.array([0.1, 0.8])})) is None
    rare = {**columns, "data.alone.label": ["a", "c"], "data.rows.train": 700, "data.alone.rows": 200}
    assert leaking_feature.find(run(rare)) is None, "too few rows have 'c' to be sure"


def test_a_real_training_with_a_rare_label_and_a_leak():
    draw = np.random.default_rng(0)
    x = draw.normal(size=(600, 4)).astype(np.float32)
    y = np.stack([x[:, 0] > 0, x[:, 1] + x[:, 2] > 0, draw.random(600) < 0.08], axis=1)
    data = ll.data.arrays(x, y, classes=("a", "b", "rare"))
    result = ll.fit("linear", data, epochs=60, seed=0, progress=False)
    assert diagnose(result.run, strict=True).faults == result.findings.faults, "no rule fails on a real run"
    found = {finding.fault: finding for finding in result.findings}
    assert set(found) <= {"class_at_zero", "leaking_feature", "no_nonlinearity"}
    assert "'rare'" in found["class_at_zero"].evidence
    assert "alone predicts 'a'" in found["leaking_feature"].evidence
