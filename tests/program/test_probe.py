"""A probe: how long it is, and what it makes of a program to ask what else it could learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from leadline.nn import Dense, Sequential
from leadline.program.answers import score
from leadline.program.probe import FEWEST, MOST, one_batch, permuted, probe_facts, probe_steps
from leadline.program.program import Program
from leadline.program.written import Written
from leadline.training.optimizers import adam

SPARSE = Written("cross_entropy", "scores", "codes")


def digits(**choices: object) -> Program:
    x, y = load_digits(return_X_y=True)
    given = {"loss": SPARSE, "optimizer": adam(3e-3), "epochs": 8, **choices}
    return Program(Sequential([Dense(10)]), (x / 16).astype(np.float32), y, **given)


@pytest.mark.parametrize(("epochs", "steps"), [(1, 57), (20, FEWEST), (200, 570), (1000, MOST)])
def test_a_probe_is_a_twentieth_of_the_training_but_neither_short_nor_long(epochs, steps):
    assert probe_steps(digits(epochs=epochs)) == steps


def test_permuted_targets_are_the_same_targets_of_other_rows():
    given = digits()
    mixed = permuted(given)
    np.testing.assert_array_equal(np.sort(mixed.targets), np.sort(given.targets))
    assert (mixed.targets != given.targets).mean() > 0.8


@pytest.mark.parametrize("batch", [8, 16, 32])
def test_one_batch_asks_for_the_same_classes_as_the_whole(batch):
    """A batch may lack classes; its perfect answers are still perfect."""
    given = digits(batch_size=batch)
    alone = one_batch(given)
    assert (alone.rows, alone.batch) == (batch, batch)
    perfect = np.eye(10)[alone.targets]
    assert score(alone, perfect, alone.targets) == 1


def test_a_part_that_lacks_a_class_is_scored_by_the_classes_of_the_whole():
    x, y = load_digits(return_X_y=True)
    some = y[1000:] != 3
    held = x[1000:][some], y[1000:][some]
    given = Program(Sequential([Dense(10)]), x[:1000], y[:1000], SPARSE, held_out=held)
    assert score(given, np.eye(10)[held[1]], held[1]) == 1


def test_the_second_half_is_only_asked_where_the_program_stays_behind():
    assert "probe.one_batch" not in probe_facts(digits(), (0, 1))
    behind = probe_facts(digits(optimizer=adam(1e-6)), (0, 1))
    assert behind["probe.one_batch"].shape == behind["probe.score.permuted"].shape == (2,)
    assert (behind["probe.one_batch"] >= 0).all()  # an accuracy
