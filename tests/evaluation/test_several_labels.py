"""Several labels: numbers against scikit-learn, intervals that hold the truth, and what is told of bad outputs."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics as reference
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from leadline.core.errors import DataError
from leadline.data import arrays
from leadline.evaluation import judge, judge_rows
from leadline.evaluation import linear as linear_models
from leadline.evaluation.baselines import fit_baselines, judge_baselines
from leadline.evaluation.intervals import ratio_interval, wilson
from leadline.evaluation.ranking import roc_auc, roc_auc_interval
from leadline.evaluation.several_labels import (
    answers,
    label_reliability,
    label_scores,
    per_label,
    row_label_losses,
)

NAMES = ("a", "b", "c", "d")
THRESHOLDS = np.array([0.5, 0.0, 1.0, -0.5])


def drawn(rows: int = 300, seed: int = 0, skill: float = 0.8) -> tuple[np.ndarray, np.ndarray]:
    """Labels that go together, with probabilities whose errors go together too."""
    draw = np.random.default_rng(seed)
    latent = 0.6 * draw.normal(size=(rows, 1)) + 0.8 * draw.normal(size=(rows, 4))
    seen = skill * latent + np.sqrt(1 - skill**2) * (
        0.6 * draw.normal(size=(rows, 1)) + 0.8 * draw.normal(size=(rows, 4))
    )
    return (latent > THRESHOLDS).astype(np.float32), 1 / (1 + np.exp(-3 * (seen - THRESHOLDS)))


def named(found):
    return {score.name: score for score in found}


def test_the_headline_comes_first_and_the_direction_is_told():
    found = label_scores(*drawn())
    names = ["hamming_accuracy", "exact_match", "macro_f1", "micro_f1", "log_loss", "calibration_error"]
    assert [score.name for score in found] == names
    assert [score.better for score in found] == [*["higher"] * 4, "lower", "lower"]


@pytest.mark.parametrize("rows", [5, 300, 12_000])
def test_scores_are_those_of_scikit_learn(rows):
    targets, probabilities = drawn(rows)
    said = (probabilities > 0.5).astype(int)
    found = named(label_scores(targets, probabilities))
    losses = [
        reference.log_loss(t, p, labels=[0, 1]) for t, p in zip(targets.T, probabilities.T, strict=True)
    ]
    expected = {
        "hamming_accuracy": 1 - reference.hamming_loss(targets, said),
        "exact_match": reference.accuracy_score(targets, said),
        "macro_f1": np.nanmean(reference.f1_score(targets, said, average=None, zero_division=np.nan)),
        "micro_f1": reference.f1_score(targets, said, average="micro"),
        "log_loss": np.mean(losses),
    }
    for name, value in expected.items():
        assert found[name].value == pytest.approx(value, rel=1e-12), name
        assert found[name].low <= value <= found[name].high
    each = {
        "precision": reference.precision_score,
        "recall": reference.recall_score,
        "f1": reference.f1_score,
    }
    labels = per_label(NAMES, targets, probabilities)
    for name, score in each.items():
        wanted = score(targets, said, average=None, zero_division=np.nan)
        np.testing.assert_allclose([getattr(label, name).value for label in labels], wanted, rtol=1e-12)
    assert [label.rows for label in labels] == targets.sum(axis=0).tolist()
    assert [label.said for label in labels] == said.sum(axis=0).tolist()


@pytest.mark.parametrize("ties", [False, True])
def test_the_area_is_that_of_scikit_learn(ties):
    targets, probabilities = drawn(200)
    probabilities = probabilities.round(1) if ties else probabilities
    for label, target, given in zip(
        per_label(NAMES, targets, probabilities), targets.T, probabilities.T, strict=True
    ):
        assert label.roc_auc.value == pytest.approx(reference.roc_auc_score(target, given), rel=1e-12)
        assert label.roc_auc.low < label.roc_auc.value < label.roc_auc.high


def test_the_area_is_unknown_where_all_rows_are_alike():
    values = np.array([0.2, 0.7])
    assert np.isnan(roc_auc(np.array([True, True]), values))
    assert np.isnan(roc_auc(np.array([True, False]), np.array([0.2, np.nan])))
    assert np.isnan(roc_auc_interval(np.nan, 5, 5)).all()


def test_the_areas_interval_solves_its_equation():
    low, high = roc_auc_interval(0.8, 30, 50)
    for end in (low, high):
        inner = 1 + 39 * (1 - end) / (2 - end) + 39 * end / (1 + end)
        assert abs(0.8 - end) == pytest.approx(1.959964 * np.sqrt(end * (1 - end) * inner / 1500), rel=1e-6)
    mirrored = roc_auc_interval(0.2, 30, 50)
    assert mirrored == pytest.approx((1 - high, 1 - low))


def test_single_trials_have_wilsons_interval_and_dependent_ones_a_wider_one():
    hits = np.arange(50) % 3 == 0
    assert ratio_interval(hits, np.ones(50)) == pytest.approx(wilson(hits.sum(), 50))
    together = ratio_interval(np.repeat([0, 4], 25), np.full(50, 4))
    assert together == pytest.approx(wilson(25, 50)), "labels that are right or wrong together are one trial"
    apart = ratio_interval(np.full(50, 2), np.full(50, 4))
    assert apart == pytest.approx(wilson(100, 200)), "never tighter than independent labels"
    assert ratio_interval(np.full(50, 4), np.full(50, 4)) == wilson(50, 50)
    assert np.isnan(ratio_interval(np.zeros(3), np.zeros(3))).all()


def test_intervals_hold_the_truth():
    targets, probabilities = drawn(400_000, seed=1)
    found = answers(targets, probabilities)
    share = found.found.sum(axis=0) / found.either.sum(axis=0)
    whole = found.found.sum() / found.either.sum()
    truth = {
        "hamming_accuracy": found.right.mean(),
        "exact_match": found.right.all(axis=1).mean(),
        "macro_f1": (2 * share / (1 + share)).mean(),
        "micro_f1": 2 * whole / (1 + whole),
        "log_loss": row_label_losses(probabilities, targets).mean(),
        "f1": 2 * share[2] / (1 + share[2]),
        "roc_auc": roc_auc(targets[:, 2] > 0, probabilities[:, 2]),
    }
    held = dict.fromkeys(truth, 0)
    for seed in range(200):
        some = drawn(120, seed=seed + 2)
        rare = per_label(NAMES, *some)[2]
        for score in (*label_scores(*some, seed=seed), rare.f1, rare.roc_auc):
            if score.name in held:
                held[score.name] += score.low <= truth[score.name] <= score.high
    # 200 samples of 95%: a standard error of 1.5%, so four of them below.
    assert {name: hits for name, hits in held.items() if hits < 178} == {}


def test_rows_that_are_not_finite_are_wrong_everywhere():
    targets, probabilities = drawn(50)
    probabilities[0, 2] = np.nan
    found = named(label_scores(targets, probabilities))
    said = probabilities > 0.5
    right = (said == targets)[1:].sum()
    assert found["hamming_accuracy"].value == pytest.approx(right / 200)
    assert np.isnan(found["log_loss"].value)
    assert np.isnan(found["calibration_error"].value)
    evaluation = judge_rows("several_labels", NAMES, targets, probabilities)
    assert evaluation.notes == ("1 row with outputs that are not finite: counted as wrong.",)
    assert (evaluation.worst[0].row, evaluation.worst[0].predicted) == (0, "nothing")


def test_rows_whose_labels_are_not_given_are_left_out():
    targets, probabilities = drawn(50)
    targets[3] = np.nan
    evaluation = judge_rows("several_labels", NAMES, targets, probabilities)
    assert evaluation.rows == 49
    assert evaluation.notes == ("1 row left out: the target is not given for every label.",)


def test_no_rows_and_labels_that_never_occur_say_nothing():
    empty = judge_rows("several_labels", NAMES, np.zeros((0, 4)), np.zeros((0, 4)))
    assert all(np.isnan(score.value) for score in empty.scores)
    quiet = judge_rows("several_labels", ("a", "b"), np.zeros((5, 2)), np.full((5, 2), 0.2))
    assert quiet["hamming_accuracy"].value == 1
    assert np.isnan(quiet["macro_f1"].value)
    assert np.isnan(quiet.per_label[0].precision.value)


def test_confidence_and_right_answers_by_bin():
    targets, probabilities = drawn(400)
    bins = label_reliability(probabilities, targets)
    sure = np.maximum(probabilities, 1 - probabilities)
    right = (probabilities > 0.5) == targets
    inside = (sure > 14 / 15) & (sure <= 1)
    assert bins[14, 0] == pytest.approx(sure[inside].mean())
    assert bins[14, 1] == pytest.approx(right[inside].mean())
    assert bins[14, 2] == inside.any(axis=1).sum(), "rows, not labels"


def test_the_calibration_error_of_a_calibrated_model_is_within_its_interval_of_0():
    draw = np.random.default_rng(3)
    probabilities = draw.random((500, 4))
    targets = (draw.random((500, 4)) < probabilities).astype(np.float32)
    error = named(label_scores(targets, probabilities))["calibration_error"]
    assert error.low == 0
    assert error.value < 0.05


def test_baselines_are_those_of_scikit_learn(monkeypatch):
    monkeypatch.setattr(linear_models, "FLAT", 1e-6)  # both go to the minimum, which is one
    draw = np.random.default_rng(0)
    inputs = draw.normal(size=(200, 3)).astype(np.float32)
    targets = (inputs @ draw.normal(size=(3, 3)) + draw.normal(size=(200, 3)) > 0).astype(np.float32)
    fitted = fit_baselines("several_labels", NAMES[:3], inputs, targets)
    majority, linear = (baseline.predict(inputs) for baseline in fitted)
    np.testing.assert_allclose(majority, np.tile(targets.mean(axis=0), (200, 1)))
    own = OneVsRestClassifier(LogisticRegression(tol=1e-7)).fit(inputs.astype(np.float64), targets)
    np.testing.assert_allclose(linear, own.predict_proba(inputs), atol=1e-4)
    found, words = judge_baselines(fitted, "several_labels", inputs, targets)
    assert [baseline.name for baseline in found] == ["majority", "linear"]
    assert words == ()
    assert found[1].what == "logistic regression for each label on all 200 training rows"


def test_a_label_that_is_always_the_same_needs_no_model():
    inputs = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
    targets = np.stack([inputs[:, 0] > 0, np.ones(60)], axis=1)
    linear = fit_baselines("several_labels", ("a", "b"), inputs, targets)[1]
    assert (linear.predict(inputs)[:, 1] == 1).all()
    none = fit_baselines("several_labels", ("a", "b"), inputs, np.ones((60, 2)))[1]
    assert none.predict is None
    assert "every label is the same" in none.what


def test_a_part_is_judged_beside_baselines():
    draw = np.random.default_rng(0)
    x = draw.normal(size=(300, 5))
    y = (x[:, :3] + 0.3 * draw.normal(size=(300, 3)) > [0, 0.5, -0.5]).astype(int)
    data = arrays(x, y, classes=("red", "round", "big"))
    part = data.parts["test"]
    perfect = judge(data, "test", part.targets)
    assert perfect["exact_match"].value == 1
    assert [baseline.name for baseline in perfect.baselines] == ["majority", "linear"]
    by_name = {baseline.name: named(baseline.scores) for baseline in perfect.baselines}
    assert by_name["linear"]["micro_f1"].value > by_name["majority"]["micro_f1"].value
    assert [label.name for label in perfect.per_label] == ["red", "round", "big"]
    assert perfect.confusion.size == 0
    assert perfect.per_class == ()


def test_the_worst_rows_name_their_labels():
    targets = np.array([[1, 1], [0, 0], [1, 0]])
    probabilities = np.array([[0.1, 0.1], [0.6, 0.9], [0.9, 0.1]])
    worst = judge_rows("several_labels", ("a", "b"), targets, probabilities).worst
    assert [(one.row, one.target, one.predicted) for one in worst] == [
        (0, "a, b", "no label"),
        (1, "no label", "a, b"),
        (2, "a", "a"),
    ]
    assert worst[0].loss == pytest.approx(-np.log(0.1))


@pytest.mark.parametrize(
    ("targets", "outputs", "words"),
    [
        (np.zeros(3), np.zeros((3, 2)), "(B, 2), a column for each label"),
        (np.zeros((3, 2)), np.zeros((3, 3)), "a column for each label"),
        (np.zeros((3, 2)), np.full((3, 2), 1.5), "in [0, 1]"),
        (np.zeros((3, 2)), np.full((3, 2), -2.0), "not the network's scores"),
    ],
)
def test_outputs_that_do_not_fit(targets, outputs, words):
    with pytest.raises(DataError) as told:
        judge_rows("several_labels", ("a", "b"), targets, outputs)
    assert words in str(told.value)
