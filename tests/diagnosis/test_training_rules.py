"""Rules on curves and on the result."""

from __future__ import annotations

import numpy as np
import pytest

from leadline.diagnosis.rules import (
    class_at_zero,
    not_finite_loss,
    not_learning,
    overfitting,
    worse_than_baseline,
)
from leadline.record.evaluation import Baseline, ClassScore, Evaluation, Score
from leadline.record.run import Run


def curves(train, validation, score=None):
    found = {
        "curve.loss.train": np.asarray(train, float),
        "curve.loss.validation": np.asarray(validation, float),
    }
    return found if score is None else {**found, "curve.score.validation": np.asarray(score, float)}


def flat(level, epochs=15, noise=0.003, seed=0):
    return level + np.random.default_rng(seed).normal(0, noise, epochs)


# not_finite_loss


def test_not_finite_loss_found(digits):
    stopped = {"stop.reason": "not finite", "stop.not_finite_step": 47, **curves([9.1], [30.0])}
    found = not_finite_loss.find(digits(stopped))
    assert found.severity == "error"
    assert found.where == "step 47, epoch 2"
    for told in (
        "step 47",
        "losses before: 9.1",
        "learning rate 0.001",
        "gradient norm before 0.05",
        "were kept",
    ):
        assert told in found.evidence
    assert found.remedy.changes == {"optimizer.learning_rate": 0.0001, "training.clip_norm": 1.0}
    assert found.remedy.command == "--learning-rate 0.0001"


def test_not_finite_loss_found_in_a_foreign_curve(digits):
    run = digits(
        {"stop.reason": None, "stop.not_finite_step": None, **curves([2.1, np.nan, np.nan], [2.0] * 3)}
    )
    assert not_finite_loss.find(run).where == "epoch 2"


def test_not_finite_loss_found_blames_the_data_first(digits):
    run = digits({"stop.reason": "not finite", "stop.not_finite_step": 1, "data.input.not_finite": 4})
    assert not_finite_loss.find(run).remedy.changes == {}


def test_not_finite_loss_quiet_on_a_wild_but_finite_loss(digits):
    assert not_finite_loss.find(digits(curves([2.3, 900.0, 1e12, 2.0], [2.0] * 4))) is None


# not_learning


def test_not_learning_found_on_classes(digits):
    stuck = curves(flat(2.3026), flat(2.303), np.full(15, 0.1))
    found = not_learning.find(digits(stuck))
    assert found.severity == "error"
    assert "answering a constant gives 2.302" in found.evidence


def test_not_learning_found_on_an_imbalanced_table(titanic):
    stuck = curves(flat(0.668), flat(0.667), np.full(15, 0.62))
    assert not_learning.find(titanic(stuck)).severity == "error"


def test_not_learning_found_in_regression(california):
    assert (
        not_learning.find(california(curves(flat(1.0), flat(1.01), np.full(15, -0.01)))).severity == "error"
    )


@pytest.mark.parametrize(("ratio", "rate"), [(1e-7, 0.01), (0.5, 0.0001)])
def test_not_learning_found_tells_small_from_large_steps(digits, ratio, rate):
    stuck = curves(flat(2.3026), flat(2.303), np.full(15, 0.1))
    steps = {"sounding.update.ratio": np.full((15, 3), ratio)}
    found = not_learning.find(digits({**stuck, **steps}))
    assert found.remedy.changes == {"optimizer.learning_rate": rate}
    assert "of their size" in found.evidence


def test_not_learning_found_does_not_ask_dead_units_for_larger_steps(digits):
    """Seen in a real training: a rate far too high kills the units, and what is left of the steps is tiny."""
    stuck = curves([40.0, *flat(2.3026, 14)], flat(2.303), np.full(15, 0.1))
    still = {"sounding.update.ratio": np.full((15, 3), 1e-7)}
    thrown = not_learning.find(digits({**stuck, **still}))
    assert thrown.remedy.changes == {"optimizer.learning_rate": 0.0001}
    assert "40" in thrown.evidence
    dead = {**still, "sounding.activation.dead": np.tile([1.0, 1.0, 0.0], (15, 1))}
    gone = not_learning.find(digits({**curves(flat(2.3026), flat(2.303), np.full(15, 0.1)), **dead}))
    assert gone.remedy.changes == {}
    assert "dead" in gone.evidence


def test_not_learning_found_without_gradient(digits):
    stuck = curves(flat(2.3026), flat(2.303), np.full(15, 0.1))
    found = not_learning.find(digits({**stuck, "sounding.gradient.norm": np.zeros((15, 3))}))
    assert "exactly 0" in found.evidence


def test_not_learning_found_as_warning_where_a_linear_model_finds_nothing_either(digits, judged):
    stuck = curves(flat(2.3026), flat(2.303), np.full(15, 0.1))
    assert not_learning.find(digits(stuck, judged(27, linear=30))).severity == "warning"


def test_not_learning_quiet_on_a_plateau_that_noise_allows(titanic):
    plateau = curves(flat(0.52), flat(0.53), np.full(15, 0.74))  # accuracy 0.74 is all there is
    assert not_learning.find(titanic(plateau)) is None


def test_not_learning_quiet_where_only_the_score_rises(digits):
    assert not_learning.find(digits(curves(flat(2.30), flat(2.30), np.linspace(0.1, 0.4, 15)))) is None


def test_not_learning_quiet_where_training_rows_are_learned_by_heart(digits):
    assert not_learning.find(digits(curves(np.linspace(2.3, 0.1, 15), flat(2.6), np.full(15, 0.1)))) is None


def test_not_learning_quiet_where_rare_events_are_learned(titanic):
    rare = {
        "data.class_count.train": [19800, 200],
        "data.class_count.validation": [4950, 50],
        "data.rows.train": 20000,
        "data.rows.validation": 5000,
    }
    learned = curves(flat(0.035, noise=1e-4), flat(0.036, noise=1e-4), np.full(15, 0.99))
    assert not_learning.find(titanic({**rare, **learned})) is None
    noisy = curves(flat(0.0555, noise=1e-4), flat(0.056, noise=1e-4), np.full(15, 0.99))
    assert not_learning.find(titanic({**rare, **noisy})).severity == "warning"  # within noise: not sure


def test_not_learning_quiet_when_stopped_from_outside(digits):
    stuck = curves(flat(2.3026), flat(2.303), np.full(15, 0.1))
    for reason in ("interrupted", "not finite"):
        assert not_learning.find(digits({**stuck, "stop.reason": reason})) is None


# overfitting


def over(best=0.5, end=1.0, after=10, noise=0.01):
    down = np.linspace(2.3, best, 8)
    rise = np.linspace(best, end, after + 1)[1:]
    wobble = np.random.default_rng(1).normal(0, noise, 8 + after)
    wobble[7] = 0
    return curves(np.geomspace(2.0, 0.01, 8 + after), np.append(down, rise) + wobble)


def test_overfitting_found_with_its_epoch(digits):
    found = overfitting.find(digits({**over(), "stop.best_epoch": 0}))
    assert found.severity == "warning"
    assert (found.title, found.where) == ("Overfitting from epoch 8", "epoch 8")
    assert "validation loss 0.5 at epoch 8" in found.evidence
    assert found.remedy.changes == {"training.early_stopping": True}


def test_overfitting_found_as_hint_where_the_best_weights_were_restored(digits):
    found = overfitting.find(digits({**over(), "stop.best_epoch": 8, "stop.reason": "early stopping"}))
    assert found.severity == "hint"
    assert "weights of epoch 8 were put back" in found.evidence
    assert found.remedy.changes == {}


def test_overfitting_quiet_on_a_gap_without_a_rise(digits):
    gap = curves(np.geomspace(2, 0.02, 20), 0.3 + 2 * np.exp(-np.arange(20) / 3))
    assert overfitting.find(digits({**gap, "stop.best_epoch": 0})) is None


def test_overfitting_quiet_on_noise(digits):
    for seed in range(20):
        noisy = 0.4 + np.exp(-np.arange(40) / 4) + np.random.default_rng(seed).normal(0, 0.03, 40)
        run = digits({**curves(np.geomspace(2, 0.2, 40), noisy), "stop.best_epoch": 0})
        assert overfitting.find(run) is None


def test_overfitting_quiet_where_both_losses_rise(digits):
    worse = curves([2, 1, 0.5, 0.6, 0.8, 1.2, 1.5], [2, 1, 0.5, 0.7, 0.9, 1.3, 1.6])
    assert overfitting.find(digits({**worse, "stop.best_epoch": 0})) is None


def test_overfitting_quiet_on_a_small_rise_after_early_stopping(digits):
    digits_run = over(best=0.08, end=0.10, noise=0.001)
    assert overfitting.find(digits({**digits_run, "stop.best_epoch": 8})) is None


# class_at_zero


def with_class_at_zero(rows, accuracy=0.95, of=2000):
    recall = Score("recall", 0.0, 0.0, 0.2)
    good = Score("recall", 0.96, 0.95, 0.97)
    classes = (ClassScore("cat", of - rows, good, 0.95, 0.95), ClassScore("ship", rows, recall, np.nan, 0.0))
    confusion = np.array([[of - rows, 0], [rows, 0]])
    mean = Score("accuracy", accuracy, accuracy - 0.01, accuracy + 0.01)
    return Evaluation("test", "classification", of, (mean,), (), classes, confusion)


def test_class_at_zero_found(digits):
    found = class_at_zero.find(digits(judged=with_class_at_zero(100)))
    assert found.severity == "error"
    assert found.where == "class 'ship'"
    assert "0 of 100 rows of 'ship' found (at most 4%" in found.evidence
    assert "100 taken for 'cat'" in found.evidence
    assert "the mean accuracy is 95.0%" in found.evidence
    assert class_at_zero.find(digits(judged=with_class_at_zero(8))).severity == "warning"


def test_class_at_zero_quiet_on_few_rows_or_a_poor_mean(digits):
    assert class_at_zero.find(digits(judged=with_class_at_zero(3))) is None
    assert class_at_zero.find(digits(judged=with_class_at_zero(10, accuracy=0.25))) is None
    assert class_at_zero.find(digits()) is None


# worse_than_baseline


def test_worse_than_baseline_found_below_the_trivial_model(digits, judged):
    found = worse_than_baseline.find(digits(judged=judged(8)))
    assert found.severity == "error"
    assert "the majority model reaches 0.1037" in found.evidence


def test_worse_than_baseline_found_below_the_linear_model(digits, judged):
    assert worse_than_baseline.find(digits(judged=judged(200))).severity == "warning"


def test_worse_than_baseline_found_at_the_trivial_model(digits, judged):
    assert worse_than_baseline.find(digits(judged=judged(28))).severity == "warning"


def test_worse_than_baseline_quiet_within_the_interval(digits, judged):
    assert worse_than_baseline.find(digits(judged=judged(254))) is None
    assert worse_than_baseline.find(digits(judged=judged(29, linear=29))) is None


def test_worse_than_baseline_quiet_or_found_where_lower_is_better(california):
    def errors(value, mean):
        scores = (Score("mae", value, value - 1, value + 1, "lower"),)
        baseline = Baseline("mean", "the mean", (Score("mae", mean, mean - 1, mean + 1, "lower"),))
        return Evaluation("test", "regression", 100, scores, (baseline,))

    assert worse_than_baseline.find(california(judged=errors(5, 9))) is None
    assert worse_than_baseline.find(california(judged=errors(9, 5))).severity == "error"


def test_not_learning_found_where_fresh_weights_score_by_luck():
    """Seen in a real training: 71% before the first step, and not a digit of the loss moved."""
    values = {
        "task.kind": "one_of_many",
        "task.loss": "cross_entropy",
        "task.loss.usual": "cross_entropy",
        "data.problem": "classification",
        "data.class_count.train": np.array([210, 210]),
        "data.class_count.validation": np.array([45, 45]),
        "data.rows.validation": 90,
        "curve.loss.train": np.full(5, 0.81),
        "curve.loss.validation": np.full(5, 0.80),
        "curve.score.validation": np.full(5, 0.71),
        "stop.reason": "epochs",
    }
    assert not_learning.find(Run(values)) is not None
    moving = {**values, "curve.loss.train": np.linspace(0.95, 0.81, 5)}
    assert not_learning.find(Run(moving)) is None
