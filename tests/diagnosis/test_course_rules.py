"""Rules on the course of a finished training: where it ends, how steady it is, when it begins, and what judges it."""

from __future__ import annotations

import numpy as np
import pytest
from tests.diagnosis.courses import curves, fit, noise

import leadline as ll
from leadline.diagnosis.rules import (
    diverged,
    slow_start,
    too_few_epochs,
    unsteady_loss,
    validation_easier,
)
from leadline.record.run import Run

COURSE = (too_few_epochs, unsteady_loss, diverged, slow_start, validation_easier)
SEEDS = range(40)


@pytest.mark.parametrize("rule", COURSE, ids=lambda rule: rule.__name__.rpartition(".")[2])
def test_the_course_of_a_healthy_run_says_nothing(rule, digits, titanic, california):
    for make in (digits, titanic, california):
        assert rule.find(make()) is None
        assert rule.find(make({"curve.loss.validation": None, "curve.score.validation": None})) is None
    assert rule.find(Run({})) is None


@pytest.mark.parametrize("seed", SEEDS)
def test_noise_about_a_course_that_has_ended_says_nothing(seed, digits):
    at = np.arange(40)
    train = 0.25 + 2 * np.exp(-at / 3) + noise(seed, 40, 0.02)
    held = 0.35 + 2 * np.exp(-at / 3) + noise(seed + 100, 40, 0.03)
    score = 0.9 - 0.8 * np.exp(-at / 3) + noise(seed + 200, 40, 0.008)
    run = digits({**curves(train, held, score), "stop.best_epoch": 0})
    assert [rule.__name__ for rule in COURSE if rule.find(run) is not None] == []


# too_few_epochs


def falling(speed, epochs=20, level=0.35):
    at = np.arange(epochs)
    return curves(
        level + 2.1 * np.exp(-at / speed),
        level + 2.0 * np.exp(-at / speed),
        0.95 - 0.8 * np.exp(-at / speed),
    )


def test_too_few_epochs_found_with_what_more_promise(digits):
    found = too_few_epochs.find(digits(falling(16)))
    assert (found.severity, found.where, found.stage) == ("warning", "epoch 20", "D")
    assert found.remedy.changes == {"training.epochs": 40}
    assert found.remedy.command == "--epochs 40"
    assert found.others[0].changes == {"optimizer.learning_rate": 0.003}
    truth = 2.0 * (np.exp(-19 / 16) - np.exp(-39 / 16))
    assert found.numbers["promised"] == pytest.approx(truth, rel=0.15)


def test_too_few_epochs_found_as_hint_where_little_is_promised(digits):
    found = too_few_epochs.find(digits(falling(9)))
    assert found.severity == "hint"
    assert 0.05 < found.numbers["promised"] / found.numbers["gained"] < 0.25


def test_too_few_epochs_found_as_hint_where_the_score_stays(digits):
    found = too_few_epochs.find(digits({**falling(16), "curve.score.validation": np.full(20, 0.9)}))
    assert found.severity == "hint"
    assert "the score does not rise" in found.evidence


def test_too_few_epochs_found_as_hint_without_a_validation_part(digits):
    alone = {**falling(16), "curve.loss.validation": None, "curve.score.validation": None}
    found = too_few_epochs.find(digits(alone))
    assert found.severity == "hint"
    assert found.evidence.startswith("training loss")


def test_too_few_epochs_found_promises_no_loss_below_zero(digits):
    straight = np.linspace(2.3, 0.2, 20)
    found = too_few_epochs.find(digits(curves(straight, straight, np.linspace(0.1, 0.9, 20))))
    assert 0 < found.numbers["promised"] < 0.2


def test_too_few_epochs_quiet_where_something_else_ended_it(digits):
    for reason in ("early stopping", "interrupted", "not finite", None):
        assert too_few_epochs.find(digits({**falling(16), "stop.reason": reason})) is None
    recipe = {"training": {"epochs": 50}, "optimizer": {"name": "adam", "learning_rate": 1e-3}}
    assert too_few_epochs.find(digits({**falling(16), "recipe": recipe})) is None, "it still runs"


def test_too_few_epochs_quiet_on_a_plateau_overfitting_and_few_epochs(digits):
    assert too_few_epochs.find(digits(falling(3))) is None
    at = np.arange(20)
    turned = {**falling(16), "curve.loss.validation": 0.5 + np.abs(at - 12) / 20}
    assert too_few_epochs.find(digits(turned)) is None
    recipe = {"training": {"epochs": 6}}
    assert too_few_epochs.find(digits({**falling(16, epochs=6), "recipe": recipe})) is None


def test_too_few_epochs_quiet_where_the_rest_is_worth_nothing(digits):
    assert (
        too_few_epochs.find(digits(falling(8, level=0.001) | {"curve.score.validation": np.ones(20)})) is None
    )
    tiny = 2.302 - 1e-4 * np.arange(20)
    assert too_few_epochs.find(digits(curves(tiny, tiny, np.full(20, 0.1)))) is None, (
        "nothing is learned at all"
    )


def test_too_few_epochs_real_and_as_much_as_it_promised():
    choices = {"optimizer": ll.adam(1e-4), "batch_size": 64}
    layers = (ll.Dense(64, ll.relu), ll.Dense(10))
    run = fit(ll.data.digits(), *layers, epochs=20, **choices)
    found = run.findings["too_few_epochs"]
    assert found.severity == "warning"
    longer = fit(ll.data.digits(), *layers, epochs=40, **choices).run["curve.loss.validation"]
    fell = run.run["curve.loss.validation"][-1] - longer[-1]
    assert found.numbers["promised"] == pytest.approx(fell, rel=0.25)


# unsteady_loss


def swinging(size, epochs=30, seed=1, level=0.6):
    smooth = level + 1.7 * np.exp(-np.arange(epochs) / 3)
    held = smooth + noise(seed, epochs, size)
    return {**curves(smooth, held, np.full(epochs, 0.8)), "stop.best_epoch": 0}


def test_unsteady_loss_found_as_warning_where_the_last_weights_were_kept(digits):
    at = np.arange(30)
    swings = {
        **swinging(0.0),
        "curve.loss.validation": 0.7 + 1.6 * np.exp(-at / 3) + np.where(at % 2, 0.3, -0.3),
    }
    found = unsteady_loss.find(digits(swings))
    assert (found.severity, found.where) == ("warning", "epochs 16 to 30")
    assert "the weights kept are" in found.evidence
    assert found.remedy.changes == {"optimizer.learning_rate": 0.0003}
    assert unsteady_loss.find(digits({**swings, "stop.best_epoch": 20})).severity == "hint"


def test_unsteady_loss_found_in_the_score(digits):
    at = np.arange(30)
    swings = {**swinging(0.02), "curve.score.validation": 0.8 + 0.06 * np.where(at % 2, 1, -1)}
    found = unsteady_loss.find(digits(swings))
    assert found.severity == "hint"
    assert "another 270 rows would move it by 2.1%" in found.evidence


def test_unsteady_loss_found_offers_larger_batches(digits):
    recipe = {
        "training": {"epochs": 30, "batch_size": 32},
        "optimizer": {"name": "sgd", "learning_rate": 1.0},
    }
    found = unsteady_loss.find(digits({**swinging(0.4), "recipe": recipe}))
    assert found.others[-1].changes == {"training.batch_size": 128}


def test_unsteady_loss_quiet_on_noise_of_batches(digits):
    for seed in SEEDS:
        assert unsteady_loss.find(digits(swinging(0.06, seed=seed))) is None


def test_unsteady_loss_quiet_on_a_smooth_or_short_course(digits):
    smooth = 1.0 + 0.8 * np.cos(np.arange(40) / 8)  # swings, but not from epoch to epoch
    assert unsteady_loss.find(digits(curves(smooth, smooth, np.full(40, 0.7)))) is None
    assert unsteady_loss.find(digits(swinging(0.5, epochs=8))) is None


def test_unsteady_loss_quiet_where_few_rows_explain_it(titanic):
    swings = swinging(0.2)
    assert unsteady_loss.find(titanic({**swings, "data.rows.validation": 12})) is None
    assert unsteady_loss.find(titanic({**swings, "data.rows.validation": 5000})) is not None


def test_unsteady_loss_quiet_where_nothing_was_gained(digits):
    above = swinging(0.6, level=3.5)
    assert unsteady_loss.find(digits(above)) is None, "what never fell is the matter of other rules"


def test_unsteady_loss_real():
    data = ll.data.bundled("diabetes")
    result = fit(
        data,
        ll.Dense(32, ll.relu),
        ll.Dense(1),
        optimizer=ll.adam(0.3),
        epochs=30,
        batch_size=16,
        early_stopping=False,
    )
    found = result.findings["unsteady_loss"]
    assert found.remedy.changes == {"optimizer.learning_rate": 0.09}
    calm = fit(
        data,
        ll.Dense(32, ll.relu),
        ll.Dense(1),
        optimizer=ll.adam(3e-3),
        epochs=30,
        batch_size=16,
        early_stopping=False,
    )
    assert "unsteady_loss" not in calm.findings.faults


# diverged


def lost(after=10, epochs=25, to=2.2, seed=0):
    at = np.arange(epochs)
    fell = 0.4 + 1.9 * np.exp(-at / 3)
    course = np.where(at > after, to, fell) + noise(seed, epochs, 0.02)
    return {**curves(course, course + 0.1, np.full(epochs, 0.3)), "stop.best_epoch": 0}


def test_diverged_found_with_its_epoch(digits):
    found = diverged.find(digits(lost()))
    assert (found.severity, found.where) == ("warning", "epoch 12")
    assert found.remedy.changes == {"optimizer.learning_rate": 0.0001, "training.clip_norm": 1.0}
    assert found.remedy.command == "--learning-rate 0.0001"


def test_diverged_found_as_error_where_a_constant_answer_is_better(digits):
    found = diverged.find(digits(lost(to=3.1)))
    assert found.severity == "error"
    assert "worse than a constant answer (2.3)" in found.evidence
    assert diverged.find(digits({**lost(to=3.1), "stop.best_epoch": 10})).severity == "warning", "restored"
    assert diverged.find(digits({**lost(to=3.1), "task.loss": "mse"})).severity == "warning", (
        "unknown constant"
    )


def test_diverged_quiet_where_it_comes_back(digits):
    spike = lost(after=30)
    spike["curve.loss.train"][15:17] = 2.5
    assert diverged.find(digits(spike)) is None
    assert diverged.find(digits(lost(after=22))) is None, "two epochs are no trend"


def test_diverged_quiet_where_it_went_up_and_down_before(digits):
    swings = np.where(np.arange(30) % 2, 0.6, 1.8)
    swings[-4:] = 1.9
    assert diverged.find(digits(curves(swings, swings))) is None


def test_diverged_quiet_on_overfitting_and_on_what_never_learned(digits):
    at = np.arange(25)
    over = curves(0.02 + 2 * np.exp(-at / 3), 0.4 + 0.1 * at)
    assert diverged.find(digits(over)) is None
    for seed in SEEDS:
        flat = 2.303 + noise(seed, 25, 0.01)
        assert diverged.find(digits(curves(flat, flat))) is None


def test_diverged_quiet_where_the_loss_is_no_number(digits):
    broken = lost()
    broken["curve.loss.train"][-1] = np.nan
    assert diverged.find(digits(broken)) is None


def test_diverged_real():
    data = ll.data.bundled("wine")
    layers = (ll.Dense(64, ll.relu), ll.Dense(64, ll.relu), ll.Dense(3))
    rate = ll.sgd(0.3, momentum=0.9)
    result = fit(data, *layers, optimizer=rate, epochs=30, batch_size=16, early_stopping=False)
    found = result.findings["diverged"]
    assert found.remedy.changes["optimizer.learning_rate"] == 0.03
    calm = fit(
        data, *layers, optimizer=ll.sgd(0.03, momentum=0.9), epochs=30, batch_size=16, early_stopping=False
    )
    assert "diverged" not in calm.findings.faults
    assert calm.evaluation.headline.value > result.evaluation.headline.value


# slow_start


def late(epoch, epochs=30, steepness=1.5):
    course = 1 / (1 + np.exp(steepness * (np.arange(epochs) - epoch)))
    return curves(0.1 + 2.2 * course, 0.2 + 2.1 * course, 0.95 - 0.85 * course)


def test_slow_start_found_with_its_epoch(digits):
    found = slow_start.find(digits(late(10)))
    assert (found.severity, found.where) == ("hint", "epochs 1 to 8")
    assert found.title == "The training began in epoch 9"
    assert found.remedy.changes == {"optimizer.learning_rate": 0.003}


def test_slow_start_found_blames_initial_weights_that_were_asked_for(digits):
    layers = [
        {"kind": "dense", "units": 64, "initializer": "normal(spread=0.01)"},
        {"kind": "dense", "units": 10},
    ]
    recipe = {"optimizer": {"learning_rate": 0.001}, "network": {"kind": "sequential", "layers": layers}}
    found = slow_start.find(digits({**late(10), "recipe": recipe}))
    assert found.remedy.changes["network.layers"][0] == {"kind": "dense", "units": 64}
    assert found.others[0].changes == {"optimizer.learning_rate": 0.003}


def test_slow_start_found_in_regression_and_in_a_foreign_training(california):
    course = late(10)["curve.loss.train"] / 2.3
    assert slow_start.find(california({"curve.loss.train": course})) is not None
    foreign = {"curve.loss.train": 9 * course, "loss.name": "mse", "target.spread": 3.0}
    assert slow_start.find(Run(foreign)).numbers["constant"] == 9.0
    assert slow_start.find(Run({**foreign, "loss.reduction": "sum"})) is None
    assert slow_start.find(Run({**foreign, "loss.name": "huber"})) is None


def test_slow_start_quiet_on_a_short_plateau_or_a_steady_fall(digits):
    assert slow_start.find(digits(late(5))) is None
    steady = np.linspace(2.33, 1.6, 30)
    assert slow_start.find(digits(curves(steady, steady))) is None


def test_slow_start_quiet_where_it_never_began(digits):
    flat = 2.302 + noise(0, 30, 0.003)
    assert slow_start.find(digits(curves(flat, flat))) is None
    assert slow_start.find(digits({**late(10), "task.loss": "mse"})) is None, "no constant is known"


def test_slow_start_real():
    small = "normal(spread=0.01)"
    hidden = [ll.Dense(32, ll.sigmoid, initializer=small) for _ in range(3)]
    result = fit(
        ll.data.digits(), *hidden, ll.Dense(10, initializer=small), optimizer=ll.adam(1e-3), epochs=15,
        early_stopping=False,
    )  # fmt: skip
    found = result.findings["slow_start"]
    assert found.severity == "hint"
    assert all("initializer" not in layer for layer in found.remedy.changes["network.layers"][1:-1])
    own = [ll.Dense(32, ll.relu) for _ in range(3)]
    well = fit(ll.data.digits(), *own, ll.Dense(10), optimizer=ll.adam(1e-3), epochs=15, early_stopping=False)
    assert "slow_start" not in well.findings.faults
