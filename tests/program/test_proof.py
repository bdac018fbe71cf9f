"""Proof: intervals of Student, no remedy wins that does nothing, and severities that proofs allow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from leadline.nn import Dense, Sequential, relu
from leadline.program.program import Program
from leadline.program.proof import LEAST, MATERIAL, helps, judged, proof_of, prove
from leadline.program.written import Written
from leadline.record.finding import Finding, Proof, Remedy
from leadline.training.optimizers import adam

random = np.random.default_rng(0)


@given(st.integers(0, 999), st.integers(2, 12))
def test_the_interval_is_that_of_student(seed, number):
    draw = np.random.default_rng(seed)
    before, after = draw.uniform(0.5, 1, number), draw.uniform(0.5, 1, number)
    proof = proof_of(before, after, 100, 1.0, 0.0)
    wanted = stats.ttest_rel(after, before).confidence_interval(0.95)
    assert (proof.low, proof.high) == pytest.approx((wanted.low, wanted.high), abs=1e-3)
    assert (proof.seeds, proof.before, proof.after) == (
        number,
        pytest.approx(before.mean()),
        pytest.approx(after.mean()),
    )


@settings(max_examples=200)
@given(st.integers(0, 9999), st.floats(0.001, 0.1), st.sampled_from([3, 5]))
def test_a_win_is_beyond_chance_material_and_at_least_the_least(seed, spread, seeds):
    draw = np.random.default_rng(seed)
    before, after = (draw.normal(middle, spread, seeds) for middle in (0.6, 0.65))
    proof = proof_of(before, after, 100, 0.9, 0.5)
    gain = proof.after - proof.before
    assert proof.won == (proof.low > 0 and gain >= max(LEAST, MATERIAL * (0.9 - proof.before)))


def test_a_remedy_that_does_nothing_wins_less_than_one_time_in_forty():  # the upper half of 5%
    for spread in (0.002, 0.01, 0.05):
        won = [
            proof_of(*random.normal(0.7, spread, size=(2, 5)), 100, best, 0.5).won
            for best in (0.72, 0.95)
            for _ in range(2000)
        ]
        assert np.mean(won) < 0.025, spread


def test_what_is_not_finite_or_below_a_constant_counts_as_a_constant():
    broken = np.array([np.nan, -np.inf, -3.0])
    proof = proof_of(broken, np.array([0.9, 0.9, 0.91]), 100, 0.9, 0.5)
    assert (proof.before, proof.won) == (0.5, True)
    assert not proof_of(np.array([0.9, 0.9, 0.91]), broken, 100, 0.9, 0.5).won
    assert not proof_of(broken, broken, 100, np.nan, 0.5).won


def finding(**changes: object) -> Finding:
    return Finding(
        "rate_too_low", "", "warning", "", "", "", Remedy("", "", {"optimizer.learning_rate": 0.1}), **changes
    )


WON = Proof(5, 200, 0.6, 0.9, 0.25, 0.35, won=True, lost=False)
LOST = Proof(5, 200, 0.6, 0.6, -0.01, 0.01, won=False, lost=True)
ENTRY = {"network.layers": []}


def other(one: Finding) -> Finding:
    return replace(one, remedy=Remedy("", "", ENTRY))


def test_what_wins_is_an_error_and_what_loses_a_hint():
    suspected = other(finding())
    assert judged(replace(suspected, proof=WON), whole=False).severity == "error"
    assert judged(replace(suspected, proof=LOST), whole=False).severity == "hint"
    assert judged(replace(suspected, severity="error", proof=LOST), whole=False).severity == "warning"
    assert judged(suspected, whole=True).severity == "warning"  # not tried


def test_what_is_certain_stays():
    sure = replace(other(finding()), severity="error", certain=True, proof=LOST)
    assert judged(sure, whole=True) == sure


def test_a_faster_training_wins_for_sure_only_over_its_whole_length():
    faster = replace(finding(), proof=WON)
    assert judged(faster, whole=False).severity == "warning"
    assert judged(faster, whole=True).severity == "error"
    too_high = replace(faster, fault="rate_too_high")
    assert judged(too_high, whole=False).severity == "error"


def test_the_confidence_is_the_share_of_pairs_that_the_remedy_would_win():
    gains = random.normal(0.1, 0.05, 5)
    proof = proof_of(np.full(5, 0.6), 0.6 + gains, 100, 0.7, 0.5)
    assert proof.won
    sure = judged(replace(other(finding()), proof=proof), whole=True).confidence
    assert sure == pytest.approx(stats.norm.cdf(gains.mean() / gains.std(ddof=1)), abs=1e-3)


@pytest.fixture(scope="module")
def tried():
    """A program with a rate far too low, and three remedies of it: one that helps, one of nothing, one impossible."""
    x = random.normal(size=(120, 4)).astype(np.float32)
    y = (x[:, 0] + x[:, 1] > 0).astype(int)
    loss = Written("cross_entropy", "scores", "codes")
    program = Program(Sequential([Dense(8, relu), Dense(2)]), x, y, loss, adam(1e-5), epochs=40)
    helps = finding()
    nothing = replace(finding(), fault="nothing", remedy=Remedy("", "", {"training.l2": 0.0}))
    impossible = replace(
        finding(), fault="impossible", remedy=Remedy("", "", {"network.layers": [{"kind": "none"}]})
    )
    silent = replace(finding(), fault="silent", remedy=Remedy(""))
    return {
        one.finding.fault: one
        for one in prove(program, [helps, nothing, impossible, silent], 0.95, (0, 1, 2))
    }


def test_only_what_can_be_tried_is_tried(tried):
    assert set(tried) == {"rate_too_low", "nothing"}


def test_a_remedy_that_helps_wins_and_one_of_nothing_gains_exactly_nothing(tried):
    assert tried["rate_too_low"].finding.proof.won
    assert tried["rate_too_low"].finding.severity == "error"
    assert tried["rate_too_low"].program.optimizer.learning_rate == 0.1
    proof = tried["nothing"].finding.proof
    assert (proof.low, proof.high, proof.won, proof.after) == (0, 0, False, proof.before)
    assert tried["nothing"].finding.severity == "hint"


def test_what_little_a_whole_training_gained_is_a_hint():
    little = proof_of(np.array([0.7, 0.9, 0.8]), np.array([0.8, 0.8, 0.85]), 100, 0.9, 0.5)
    assert not little.lost
    assert judged(replace(finding(), proof=little), whole=True).severity == "hint"


def test_a_small_gain_beyond_chance_helps_and_is_no_error():
    x = random.normal(size=(40, 3)).astype(np.float32)
    base = Program(Sequential([Dense(1)]), x, x[:, 0], Written("mse"), epochs=4)
    small = proof_of(np.array([0.1, 0.11, 0.1]), np.array([0.2, 0.21, 0.2]), base.updates, 1.0, 0.0)
    slow = replace(finding(), proof=small, remedy=Remedy("Faster.", "", {"optimizer.learning_rate": 0.1}))
    assert not small.won
    assert helps(slow, base)
    assert judged(slow, whole=True).severity == "hint"
    part = replace(small, steps=base.updates - 1)  # whoever is faster is ahead in a part of a training
    assert not helps(replace(slow, proof=part), base)
    assert helps(replace(slow, proof=part, remedy=Remedy("Otherwise.", "", {"loss.name": "mse"})), base)
    chance = proof_of(np.array([0.1, 0.3, 0.1]), np.array([0.4, 0.2, 0.2]), base.updates, 1.0, 0.0)
    assert not helps(replace(slow, proof=chance), base)
