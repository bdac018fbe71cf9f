import numpy as np
import pytest
import torch

from leadline.core.errors import RunError
from leadline.record.evaluation import Evaluation, Score
from leadline.record.run import Look, Run


def test_values_take_the_form_their_name_declares():
    given = {
        "curve.loss.train": [1.0, 0.5],
        "sounding.gradient.norm": torch.ones(2, 3),
        "data.classes": ["a", "b"],
        "data.input.shape": np.array([8, 8, 1]),
        "network.shapes": [[64], (10,)],
        "start.loss": np.float32(2.5),
        "data.rows.train": np.array(3),
        "recipe": {"layers": ({"units": np.int64(3)},), 1: None},
        "data.name": "digits",
    }
    run = Run(given)
    assert run["curve.loss.train"].tolist() == [1.0, 0.5]
    assert type(run["sounding.gradient.norm"]) is np.ndarray
    assert run["data.classes"] == ("a", "b")
    assert run["data.input.shape"] == (8, 8, 1)
    assert run["network.shapes"] == ((64,), (10,))
    assert type(run["start.loss"]) is float
    assert type(run["data.rows.train"]) is int
    assert run["recipe"] == {"layers": [{"units": 3}], "1": None}
    assert run.epochs == 2


def test_no_epoch_yet_has_every_axis():
    run = Run({"curve.loss.train": [], "sounding.update.ratio": []})
    assert run["sounding.update.ratio"].shape == (0, 0)
    assert run.epochs == 0 == Run().epochs


def test_all_that_does_not_fit_is_told_at_once():
    values = {
        "curve.loss.trian": [1.0],
        "curve.loss.train": 1.0,
        "sounding.update.ratio": [[1], [1, 2]],
        "curve.seconds": [object()],
    }
    with pytest.raises(RunError) as caught:
        Run(values)
    told = str(caught.value)
    assert len(caught.value.problems) == 4
    assert "did you mean 'curve.loss.train'?" in told
    assert "must be an array of shape (E) – got shape ()" in told
    assert "must be an array of shape (S L) – got rows of different lengths" in told
    assert "got an array of objects" in told


def test_a_run_does_not_change_with_the_mapping_it_was_made_of():
    values = {"data.name": "digits"}
    run = Run(values)
    values["data.name"] = "other"
    assert run["data.name"] == "digits"


def test_a_missing_value_is_none_or_told_and_an_unknown_name_always_told():
    run = Run({"data.name": "digits"})
    assert run.get("start.loss") is None
    assert run.get("start.loss", 3) == 3
    assert "data.name" in run
    assert run.has("data.name")
    assert not run.has("data.name", "start.loss")
    with pytest.raises(RunError, match="a value this run holds – got none"):
        run["start.loss"]
    for ask in (run.get, run.__getitem__):
        with pytest.raises(RunError, match=r"did you mean 'start\.loss'"):
            ask("start.los")


def test_more_makes_a_new_run():
    run = Run({"data.name": "digits"})
    evaluation = Evaluation("test", "classification", 2, (Score("accuracy", 1.0, 0.34, 1.0),))
    look = Look("2026-01-01T00:00:00", "fit", 2)
    more = run.with_values({"start.loss": 2.3}).with_evaluation("test", evaluation).with_look(look)
    assert (run.evaluations, run.looks, "start.loss" in run) == ({}, (), False)
    assert more.evaluations["test"]["accuracy"].value == 1.0
    assert more.looks == (look,)
    assert more["start.loss"] == 2.3
