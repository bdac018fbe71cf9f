"""A training that was broken off goes on to the same bits; a checkpoint that does not fit is refused."""

import numpy as np
import pytest

import leadline as ll
from leadline.core.errors import RunError
from leadline.nn.tasks import for_problem
from leadline.training.checkpoint import Keeper
from leadline.training.loop import Course
from leadline.training.step import Problem, Rows
from leadline.training.stopping import Stopping
from leadline.training.train import train

NETWORK = ll.Sequential([ll.Dense(8, ll.relu), ll.Dropout(0.3), ll.BatchNorm(), ll.Dense(3)])
PLAN = Course(6, 16, 0, Stopping(20))


@pytest.fixture
def rows():
    random = np.random.default_rng(1)
    return Rows(random.normal(size=(50, 4)).astype(np.float32), random.integers(0, 3, 50).astype(np.int32))


@pytest.fixture
def problem():
    task = for_problem("classification", 3, 3)
    return Problem(NETWORK, task, ll.adam(0.01).build(ll.cosine().over(0.01, 4, 6)))


def broken_off(problem, rows, keeper, epoch):
    def watch(moment):
        if moment.epoch == epoch and moment.done == 1:
            raise KeyboardInterrupt

    return train(problem, PLAN, rows, rows, watch, keeper)


def test_going_on_gives_the_bits_of_a_training_without_a_break(problem, rows, tmp_path):
    keeper = Keeper(tmp_path / "c.npz", {"recipe": 1})
    whole = train(problem, PLAN, rows, rows)
    first = broken_off(problem, rows, keeper, 3)
    assert first.values["stop.reason"] == "interrupted"
    assert keeper.path.exists()
    second = train(problem, PLAN, rows, rows, keeper=keeper)
    for ours, theirs in zip(np_leaves(second), np_leaves(whole), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for name in (
        "curve.loss.train",
        "curve.loss.validation",
        "sounding.gradient.norm",
        "start.gradient.norm",
    ):
        np.testing.assert_array_equal(second.values[name], whole.values[name])
    assert second.values["start.loss"] == whole.values["start.loss"]
    assert not keeper.path.exists()  # a training that is done needs none


def np_leaves(trained):
    return [array for tree in (trained.params, trained.state) for layer in tree for array in layer.values()]


def test_a_checkpoint_of_another_training_is_refused_and_named(problem, rows, tmp_path):
    path = tmp_path / "c.npz"
    broken_off(problem, rows, Keeper(path, {"recipe": 1, "data": "a"}), 2)
    with pytest.raises(RunError, match="another data"):
        train(problem, PLAN, rows, rows, keeper=Keeper(path, {"recipe": 1, "data": "b"}))
    assert path.exists()


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04"])
def test_a_damaged_checkpoint_is_refused(problem, rows, tmp_path, content):
    path = tmp_path / "c.npz"
    path.write_bytes(content)
    with pytest.raises(RunError, match="damaged or foreign"):
        train(problem, PLAN, rows, rows, keeper=Keeper(path, {}))


def test_fit_goes_on_from_its_checkpoint(tmp_path, monkeypatch):
    data = ll.data.bundled("iris")
    choices = {"epochs": 5, "seed": 3, "progress": False}
    whole = ll.fit("linear", data, **choices)
    path = tmp_path / "iris.npz"
    monkeypatch.setattr("leadline.training.checkpoint.EVERY", 0.0)
    monkeypatch.setattr(Keeper, "remove", lambda self: None)  # as if killed just before the end
    ll.fit("linear", data, checkpoint=path, **choices)
    monkeypatch.undo()
    again = ll.fit("linear", data, checkpoint=path, **choices)
    np.testing.assert_array_equal(again.model.params[0]["kernel"], whole.model.params[0]["kernel"])
    assert not path.exists()
