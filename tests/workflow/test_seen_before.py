"""A long training is looked at before it is paid for; a short one is over sooner than one would read what is wrong."""

from __future__ import annotations

import numpy as np
import pytest

import leadline as ll
from leadline.minding import LONG


@pytest.fixture
def data():
    draws = np.random.default_rng(0)
    inputs = draws.normal(size=(300, 6)).astype(np.float32)
    return ll.data.arrays(inputs, (inputs[:, 0] + inputs[:, 1] > 0).astype(int))


def one_epoch(moment):
    raise KeyboardInterrupt


def alike(data):
    return ll.Sequential([ll.Dense(16, ll.relu, initializer="zeros"), ll.Dense(data.classes)])


def test_a_long_training_is_told_what_is_wrong_before_it_begins(data, capsys):
    said = []

    def watch(moment):
        said.append(capsys.readouterr().err)
        raise KeyboardInterrupt

    result = ll.fit(alike(data), data, epochs=2_000_000, seed=0, progress=True, watch=watch)
    assert "before training: " in said[0]
    assert "symmetric_start" in said[0]
    assert result.run["start.equal"].shape == (5, 2)
    assert (
        result.run["start.loss"] != result.run["start.losses"].mean()
    )  # the training's own, not that of five seeds


def test_a_sound_one_is_told_nothing(data, capsys):
    network = ll.Sequential([ll.Dense(16, ll.relu), ll.Dense(data.classes)])
    result = ll.fit(network, data, epochs=2_000_000, seed=0, progress=True, watch=one_epoch)
    assert "before training" not in capsys.readouterr().err
    assert result.run.has("start.equal", "start.signal")
    assert not {"symmetric_start", "start_scale", "vanishing_start", "dead_start"} & set(
        result.findings.faults
    )


def test_the_start_of_another_program_is_not_taken_for_its_own(data, capsys):
    network = ll.Sequential([ll.Dense(16, ll.relu), ll.Dense(data.classes, ll.softmax)])
    result = ll.fit(network, data, epochs=2_000_000, seed=0, progress=True, watch=one_epoch)
    assert "softmax_twice" in capsys.readouterr().err
    assert not result.run.has("start.equal")


class Interrupted(ll.Dense):
    """Is interrupted as soon as it is looked at."""

    def apply(self, params, state, inputs, how):
        raise KeyboardInterrupt


@pytest.mark.parametrize("on_error", ["continue", "stop"])
def test_an_interrupt_while_looking_begins_no_training(data, on_error, monkeypatch):
    begun = []
    monkeypatch.setattr("leadline.workflow._trained", lambda *_: begun.append(1))
    with pytest.raises(KeyboardInterrupt):
        ll.fit(ll.Sequential([Interrupted(data.classes)]), data, epochs=2_000_000, on_error=on_error)
    assert not begun


def test_a_short_one_is_not_kept_waiting(data, capsys):
    result = ll.fit(alike(data), data, epochs=3, seed=0, progress=True)
    assert "before training" not in capsys.readouterr().err
    assert not result.run.has("start.equal")


def test_what_is_long_is_counted_not_timed(data):
    program = ll.Program(alike(data), np.zeros((300, 6), np.float32), np.arange(300) % 2, ll.Written("mse"))
    from leadline.program.budget import seconds_of_step

    assert 210 * 2_000_000 / 32 * seconds_of_step(program) > LONG > 3 * 7 * seconds_of_step(program)
