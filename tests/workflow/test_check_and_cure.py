"""Looking before training, minding it, and curing after it: through the public front door, on real data."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

import leadline as ll


@pytest.fixture(scope="module")
def iris():
    return ll.data.bundled("iris")


@pytest.fixture(scope="module")
def twice():
    """A network that squashes twice: sure before anything runs."""
    return ll.Sequential([ll.Dense(16, ll.relu), ll.Dense(3, ll.softmax)])


@pytest.fixture(scope="module")
def slow_run(iris, tmp_path_factory):
    """A saved run whose rate is a thousandth of what it should be."""
    result = ll.fit("mlp", iris, optimizer=ll.adam(1e-6), epochs=60, seed=0)
    return result.save(tmp_path_factory.mktemp("runs") / "slow")["folder"]


@pytest.fixture(scope="module")
def cured(slow_run):
    return ll.cure(slow_run)


def digests(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


def test_a_check_names_the_fault_without_training(iris, twice):
    found = ll.check(twice, iris)
    assert found.findings.errors.faults == ("softmax_twice",)
    assert found.findings["softmax_twice"].stage == "A"
    assert found.findings["softmax_twice"].certain
    assert "probe.loss" not in found.run
    assert "curve.loss.train" not in found.run
    assert found.run["start.loss"] > 0


def test_a_check_of_a_healthy_training_finds_no_error_and_is_quick_about_what_is_written(iris):
    found = ll.check("mlp", iris)
    assert not found.findings.errors
    assert found.seconds["A"] < 1  # a second for 100,000 x 100 is asked; this is 105 x 4
    assert "Looked at what is written after" in str(found)


def test_a_check_proves_remedies_where_that_is_asked(iris):
    found = ll.check("mlp", iris, stages="ABCE", optimizer=ll.adam(1e-6), epochs=60)
    low = found.findings["rate_too_low"]
    assert low.severity == "error"
    assert low.proof.won
    assert found.changes["optimizer.learning_rate"] > 1e-5


@pytest.mark.parametrize("stages", ["", "B", "AX", "D"])
def test_unknown_stages_are_told(iris, stages):
    with pytest.raises(ll.RecipeError, match="stages"):
        ll.check("linear", iris, stages=stages)


def test_a_check_without_data_is_told(twice):
    with pytest.raises(ll.RecipeError, match="data"):
        ll.check(twice)


def test_a_program_is_checked_as_it_is_written():
    x = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    loss = ll.Written("binary_cross_entropy", "probabilities", "columns")
    found = ll.check(ll.Program(ll.Sequential([ll.Dense(1, ll.softmax)]), x, (x[:, 0] > 0) * 1.0, loss))
    assert found.findings[0].fault == "softmax_single_unit"
    assert found.repaired.network == ll.Sequential([ll.Dense(1, ll.sigmoid)])


def test_stop_does_not_begin_what_is_surely_wrong(iris, twice):
    told = []
    with pytest.raises(ll.StoppedError, match="applied twice"):
        ll.fit(twice, iris, on_error="stop", watch=told.append)
    assert not told  # no epoch was made


def test_stop_trains_what_is_well(iris):
    assert ll.fit("linear", iris, epochs=5, on_error="stop").run.epochs == 5


def test_a_wish_that_is_none_is_told(iris):
    with pytest.raises(ll.RecipeError, match="continue, stop, cure"):
        ll.fit("linear", iris, on_error="ignore")


def test_cure_while_fitting_gives_a_training_without_the_error(iris, twice):
    result = ll.fit(twice, iris, epochs=60, seed=0, on_error="cure")
    assert "softmax_twice" not in result.findings.faults
    assert result.recipe.network.inner()[-1] == ll.Dense(3)
    assert result.recipe.seed == 0


def test_proof_while_fitting_says_what_remedies_gain(iris):
    result = ll.fit("mlp", iris, optimizer=ll.adam(1e-6), epochs=60, seed=0, prove=True)
    low = result.findings["rate_too_low"]
    assert low.proof is not None
    assert low.proof.won
    assert low.severity == "error"
    assert low.proof.after > low.proof.before + 0.3


def test_a_cure_trains_better_and_keeps_the_original(slow_run, cured):
    before = digests(slow_run)
    assert cured.verdict == "better, beyond chance"
    assert cured.result.evaluation.headline.low > cured.before.headline.high
    assert cured.original.optimizer.learning_rate == 1e-6
    assert any(line.startswith("optimizer.learning_rate: 1e-06 →") for line in cured.difference)
    assert digests(slow_run) == before


def test_a_cure_judges_on_the_same_rows(slow_run, cured):
    old, new = ll.load_run(slow_run), cured.result.run
    assert old["data.digest"] == new["data.digest"]
    assert old.judged.rows == new.judged.rows


def test_a_cure_of_a_healthy_training_changes_nothing(iris):
    found = ll.cure(ll.fit("linear", iris, seed=0), iris)
    assert found.result is None
    assert not found.changes
    assert found.difference == ()
    assert "nothing was changed" in str(found)


def test_arrays_are_asked_for_again():
    x = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    result = ll.fit("linear", ll.data.arrays(x, (x[:, 0] > 0).astype(int)), epochs=2)
    with pytest.raises(ll.RunError, match="arrays in memory"):
        ll.cure(result)


def test_a_folder_that_is_no_run_is_told(tmp_path):
    with pytest.raises(ll.RunError):
        ll.cure(tmp_path)
