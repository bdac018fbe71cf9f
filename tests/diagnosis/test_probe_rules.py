"""Rules on a probe: real programs trained for a few hundred steps by three seeds, once for all tests of this file."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits, load_iris
from tests.diagnosis.probed_programs import (
    MSE,
    alarms,
    dropped_a_little,
    healthy,
    looked,
    probed,
    program,
    real,
    rows,
)

from leadline.diagnosis.probing import underachieves
from leadline.diagnosis.rules import (
    narrow_layer,
    noise_ceiling,
    nothing_to_learn,
    over_regularized,
    rate_too_high,
    rate_too_low,
)
from leadline.nn import Dense, Dropout, Sequential, relu
from leadline.program.program import Program
from leadline.training.optimizers import adagrad, adam, sgd

# Programs that several tests look at


def noisy() -> Program:
    return program(Dense(2), data=rows(2400, 0.3), optimizer=adam(2e-2), batch_size=64, epochs=12)


def unknowable() -> Program:
    x, _ = rows()
    return program(Dense(16, relu), Dense(2), data=(x, np.random.default_rng(1).integers(0, 2, len(x))))


def thrown() -> Program:
    return program(Dense(16, relu), Dense(16, relu), Dense(2), optimizer=adam(10.0))


def diverging() -> Program:
    x, _ = rows()
    return program(Dense(1), data=(x, 5 * x[:, 0]), loss=MSE, optimizer=sgd(3.0))


def creeping() -> Program:
    return program(Dense(16, relu), Dense(2), optimizer=sgd(1e-4))


def digits(*layers: object, **choices: object) -> Program:
    return program(
        *layers, Dense(10), data=real(load_digits), **{"optimizer": adam(3e-3), "epochs": 8, **choices}
    )


def clean_digits() -> Program:
    return digits(Dense(32, relu))


# rate_too_high


def test_rate_too_high_found():
    one = rate_too_high.find(probed(diverging))
    assert (one.severity, one.certain, one.stage) == ("error", True, "C")  # a line: its loss is a quadratic
    assert "the loss" in one.evidence
    assert one.numbers["product"] > 2
    assert all(remedy.changes["optimizer.learning_rate"] < 3.0 for remedy in one.remedies)
    assert rate_too_high.find(probed(thrown)).severity == "warning"


def test_rate_too_high_quiet():
    assert rate_too_high.find(probed(healthy)) is None
    assert rate_too_high.find(probed(noisy)) is None
    assert rate_too_high.find(probed(creeping)) is None


def steep() -> Program:  # the product is just below 2
    x, _ = rows()
    return program(Dense(1), data=(x, x[:, 0]), loss=MSE, optimizer=sgd(0.6), batch_size=400)


def bold() -> Program:
    return program(Dense(2), optimizer=adagrad(1.0))


@pytest.mark.parametrize("make", [steep, bold])
def test_rate_too_high_quiet_where_a_large_number_is_right(make):
    assert rate_too_high.find(probed(make)) is None
    assert not underachieves(probed(make))


def test_rate_too_high_real():
    def sick() -> Program:
        return digits(Dense(32, relu), Dense(32, relu), Dense(32, relu), optimizer=adam(1.0))

    assert alarms(clean_digits) == []
    one = looked(sick, "ABCE").findings["rate_too_high"]
    assert (one.severity, one.proof.won) == ("error", True)


# rate_too_low


def test_rate_too_low_found():
    one = rate_too_low.find(probed(creeping))
    assert (one.severity, one.stage) == ("warning", "C")
    assert one.remedy.changes["optimizer.learning_rate"] >= 1e-3


def test_rate_too_low_quiet():
    for make in (healthy, noisy, unknowable, thrown, steep):
        assert rate_too_low.find(probed(make)) is None, make


def test_rate_too_low_found_where_the_noise_of_batches_is_larger_than_what_is_learned():
    run = probed(creeping)
    shaken = np.asarray(run["probe.loss"]) + np.random.default_rng(0).normal(0, 0.1, run["probe.loss"].shape)
    assert rate_too_low.find(run.with_values({"probe.loss": shaken})) is not None
    rising = np.linspace(0, 0.3, shaken.shape[1]) + shaken
    assert rate_too_low.find(run.with_values({"probe.loss": rising})) is None


def test_rate_too_low_real():
    def sick() -> Program:
        return digits(Dense(32, relu), optimizer=sgd(1e-4))

    one = looked(sick, "ABCE").findings["rate_too_low"]
    assert one.proof.won
    assert one.severity == "error"  # 8 epochs are short: proved to their end
    assert "rate_too_low" not in looked(clean_digits).findings.faults


# nothing_to_learn


def test_nothing_to_learn_found():
    one = nothing_to_learn.find(probed(unknowable))
    assert (one.severity, one.where) == ("warning", "data")
    assert not one.remedy.changes


def faint() -> Program:  # 40% of the labels are turned: 60% can be known
    return program(Dense(16, relu), Dense(2), data=rows(3000, 0.4), epochs=4)


def shuffled_digits(seed: int) -> Program:  # the labels of the training part alone
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(x))
    own, held = order[:1200], order[1200:]
    inputs = (x / 16).astype(np.float32)
    mixed = np.random.default_rng(seed + 100).permutation(y[own])
    return program(
        Dense(32, relu), Dense(10), inputs=inputs[own], targets=mixed, held_out=(inputs[held], y[held]), epochs=10,
        optimizer=adam(3e-3),
    )  # fmt: skip


@pytest.mark.parametrize("seed", [0, 4, 5])
def test_nothing_to_learn_where_only_the_training_part_was_shuffled(seed):
    run = probed(partial(shuffled_digits, seed))
    assert nothing_to_learn.find(run).where == "data"
    if seed:  # groups of held-out rows are right by luck
        assert run["probe.score"].max() > run["probe.score.constant"] + 3 * 0.013
    knows = run["probe.score.within"] + np.array([0, 0.1, 0]) if seed else None
    if knows is not None:
        assert nothing_to_learn.find(run.with_values({"probe.score.within": knows})) is None
    learns = {"probe.score.own": run["probe.score.own"] + 0.1, "probe.score": run["probe.score"] + 0.1}
    assert nothing_to_learn.find(run.with_values(learns)) is None


def test_nothing_to_learn_is_quiet_where_a_simple_model_knows_training_rows_set_apart():
    """Two of 1,500 features tell the class: few held-out rows do not show it, as in case 66087653."""
    told = nothing_to_learn.example()
    assert nothing_to_learn.find(told.with_values({"probe.score.within": np.array([0.36, 0.37, 0.34])}))
    assert (
        nothing_to_learn.find(told.with_values({"probe.score.within": np.array([0.36, 0.46, 0.34])})) is None
    )


def test_nothing_to_learn_quiet():
    assert nothing_to_learn.find(probed(healthy)) is None
    assert nothing_to_learn.find(probed(noisy)) is None
    assert nothing_to_learn.find(probed(faint)) is None
    few = probed(unknowable).with_values({"data.rows.train": nothing_to_learn.ROWS - 1})
    assert nothing_to_learn.find(few) is None


def test_nothing_to_learn_real():
    x, y = real(load_diabetes)

    def apart() -> Program:
        mixed = np.random.default_rng(0).permutation((y - y.mean()) / y.std())
        return program(Dense(8, relu), Dense(1), data=(x, mixed), loss=MSE, optimizer=adam(1e-3))

    def together() -> Program:
        return program(Dense(8, relu), Dense(1), data=(x, (y - y.mean()) / y.std()), loss=MSE)

    assert looked(apart).findings[0].fault == "nothing_to_learn"
    assert not looked(apart).findings.errors
    assert alarms(together) == []


# noise_ceiling


def test_noise_ceiling_found():
    one = noise_ceiling.find(probed(noisy))
    assert (one.severity, one.where) == ("hint", "data")
    assert 0.6 < one.numbers["program"] < 0.8


def test_noise_ceiling_quiet():
    for make in (healthy, creeping, thrown, unknowable, diverging):
        assert noise_ceiling.find(probed(make)) is None, make


def test_noise_ceiling_quiet_where_a_simple_model_is_ahead_beyond_the_noise_of_its_rows():
    run = probed(noisy)
    noise = np.sqrt(0.74 * 0.26 / 800)
    ahead = {"probe.score.linear": float(np.mean(run["probe.score"])) + 3 * noise}
    assert noise_ceiling.find(run.with_values(ahead)) is None


def test_noise_ceiling_real():
    x, y = real(load_iris)

    def sepals() -> Program:  # two of three kinds overlap in them
        return program(Dense(3), data=(x[:, :2], y), optimizer=adam(0.1), epochs=100, batch_size=50)

    assert looked(sepals).findings.faults == ("noise_ceiling",)
    assert "noise_ceiling" not in looked(clean_digits).findings.faults


# over_regularized


def test_over_regularized_found():
    one = over_regularized.find(probed(pulled))
    assert one.severity == "warning"
    assert one.remedy.changes == {"training.l2": 0.01}
    one = over_regularized.find(probed(dropped))
    assert [layer["rate"] for layer in one.remedy.changes["network.layers"] if "rate" in layer] == [0.2, 0.2]


def pulled() -> Program:
    return program(Dense(16, relu), Dense(2), l2=1.0)


def dropped() -> Program:
    return program(Dense(8, relu), Dropout(0.95), Dense(8, relu), Dropout(0.95), Dense(2))


def pulled_a_little() -> Program:
    return program(Dense(16, relu), Dense(2), l2=2 * over_regularized.STRONG)


@pytest.mark.parametrize("make", [pulled_a_little, dropped_a_little, healthy, creeping])
def test_over_regularized_quiet(make):
    assert over_regularized.find(probed(make)) is None


def test_over_regularized_real():
    def sick() -> Program:
        return digits(Dense(32, relu), l2=0.5)

    one = looked(sick, "ABCE").findings["over_regularized"]
    assert (one.severity, one.proof.won) == ("error", True)
    assert "over_regularized" not in looked(clean_digits).findings.faults


def test_rate_too_high_found_for_certain_where_the_loss_is_a_quadratic():
    """One linear layer under a squared error, whatever the inputs: above 2 over the curvature descent comes apart."""
    x = rows()[0] * 10

    def line(rate: float, *before: object) -> Program:
        network = Sequential([*before, Dense(1)])
        return Program(network, x, x[:, 0] - x[:, 1], MSE, sgd(rate), epochs=4)

    found = looked(lambda: line(0.5), "ABCE")
    one = found.findings["rate_too_high"]
    assert (one.severity, one.certain, found.findings[0].fault) == ("error", True, "rate_too_high")
    assert found.repaired.optimizer.learning_rate < 0.05
    assert not looked(lambda: line(0.5, Dense(4, relu))).findings["rate_too_high"].certain
    assert "rate_too_high" not in looked(lambda: line(0.001)).findings.faults


# narrow_layer


def thin() -> Program:
    x, _ = rows()
    corners = 2 * (x[:, 0] > 0) + (x[:, 1] > 0)
    return program(Dense(1, relu), Dense(4), data=(x, corners))


def through() -> Program:  # an autoencoder: its outputs are its inputs
    x, _ = rows()
    return program(Dense(2), Dense(5), data=(x, x), loss=MSE)


def thin_enough() -> Program:  # one unit knows what a line knows
    return program(Dense(1, "tanh"), Dense(2))


def test_narrow_layer_found():
    one = narrow_layer.find(probed(thin))
    assert (one.severity, one.where, one.numbers["units"]) == ("warning", "0.dense", 1)
    assert one.remedy.changes["network.layers"][0]["units"] == narrow_layer.WIDE
    assert one.remedy.changes["network.layers"][1]["units"] == 4


@pytest.mark.parametrize("make", [through, thin_enough, healthy, creeping])
def test_narrow_layer_quiet(make):
    assert narrow_layer.find(probed(make)) is None


def test_narrow_layer_quiet_on_few_channels_in_many_places():
    """Seen on LeNet, whose first layer has six channels: 4,704 values pass."""
    images = {"network.layers": ["0.conv", "1.dense"], "network.kinds": ["conv", "dense"]}
    narrow = {"network.shapes": ["28 x 28 x 6", "10"], "network.parameters": np.array([60, 100])}
    shown = narrow_layer.example().with_values({**images, **narrow, "network.outputs": 10})
    assert narrow_layer.find(shown) is None
    flat = {"network.shapes": ["6", "10"], "network.kinds": ["dense", "dense"]}
    assert narrow_layer.find(shown.with_values(flat)) is not None


def test_narrow_layer_real():
    def sick() -> Program:
        return digits(Dense(1, relu))

    one = looked(sick, "ABCE").findings["narrow_layer"]
    assert (one.severity, one.proof.won) == ("error", True)
    assert "narrow_layer" not in looked(clean_digits).findings.faults
