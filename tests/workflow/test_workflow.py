"""The workflow as a whole: what a person does in Python, and what must hold of its result."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.datasets import load_iris

import leadline as ll
from leadline.core.errors import NetworkError, RecipeError

QUICK = {"epochs": 3, "progress": False}


@pytest.fixture(scope="module")
def iris():
    return ll.data.bundled("iris")


@pytest.fixture(scope="module")
def result(iris):
    return ll.fit("mlp", iris, epochs=40, progress=False)


def test_a_result_holds_everything_a_person_asks_for(result):
    assert result.evaluation["accuracy"].value > 0.85
    assert result.evaluation["accuracy"].low < result.evaluation["accuracy"].value
    assert {baseline.name for baseline in result.evaluation.baselines} == {"majority", "linear"}
    assert result.recipe.loss == "cross_entropy"
    assert result.run["network.parameters.total"] == result.summary.total
    assert [look.why for look in result.run.looks] == ["fit"]
    assert not result.findings.errors


def test_the_same_seed_gives_the_same_bits_and_another_does_not(iris):
    first, again, other = (ll.fit("mlp", iris, seed=seed, **QUICK) for seed in (1, 1, 2))
    kernels = [r.model.params[0]["kernel"] for r in (first, again, other)]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0], kernels[2])


def test_the_recipe_written_beside_a_run_gives_the_same_bits(iris, tmp_path):
    first = ll.fit("mlp", iris, seed=4, **QUICK)
    files = first.save(tmp_path / "run")
    again = ll.fit_recipe(files["recipe"], progress=False)
    assert again.recipe == first.recipe
    for ours, theirs in zip(first.model.params, again.model.params, strict=True):
        for name in ours:
            np.testing.assert_array_equal(ours[name], theirs[name])
    np.testing.assert_array_equal(first.run["curve.loss.train"], again.run["curve.loss.train"])


def test_a_model_predicts_the_same_bits_after_a_round_trip(result, iris, tmp_path):
    again = ll.load(result.model.save(tmp_path / "iris.leadline"))
    np.testing.assert_array_equal(again.predict_proba(iris.inputs), result.model.predict_proba(iris.inputs))
    np.testing.assert_array_equal(again.predict(iris.inputs), result.model.predict(iris.inputs))


def test_frames_and_arrays_of_any_make_are_taken_as_they_are():
    x, y = load_iris(return_X_y=True)
    frame = pd.DataFrame(x, columns=list("abcd")).assign(kind=y)
    torch = pytest.importorskip("torch")
    sets = [
        ll.data.arrays(x, y),
        ll.data.arrays(torch.tensor(x), torch.tensor(y)),
        ll.data.table(frame, target="kind", problem="classification"),
        ll.data.table(pl.from_pandas(frame), target="kind", problem="classification"),
    ]
    predictions = [ll.fit("linear", data, **QUICK).model.predict_proba(data.inputs) for data in sets]
    for other in predictions[1:]:
        np.testing.assert_allclose(other, predictions[0], rtol=1e-5, atol=1e-6)


def test_predictions_of_a_folder_name_its_files_in_order(tmp_path):
    image = pytest.importorskip("PIL.Image")
    random = np.random.default_rng(0)
    for kind, gray in (("dark", 40), ("light", 210)):
        (tmp_path / kind).mkdir()
        for number in range(12):
            pixels = np.clip(random.normal(gray, 10, (8, 8)), 0, 255).astype(np.uint8)
            image.fromarray(pixels).save(tmp_path / kind / f"{number:02}.png")
    model = ll.fit("linear", ll.data.images(tmp_path), epochs=30, progress=False).model
    table = model.predictions(tmp_path / "light").to_frame()
    assert list(table.columns[:2]) == ["file", "class"]
    assert table["file"].tolist() == [str(tmp_path / "light" / f"{number:02}.png") for number in range(12)]
    assert (table["class"] == "light").all()


def test_a_regression_is_judged_in_the_unit_of_its_target():
    data = ll.data.bundled("diabetes")
    result = ll.fit("linear", data, epochs=60, progress=False)
    test = data.parts["test"].rows
    predicted = result.model.predict(data.inputs.iloc[test])
    by_hand = np.sqrt(np.mean((predicted - data.targets[test]) ** 2))
    assert result.evaluation["rmse"].value == pytest.approx(by_hand, rel=1e-6)
    assert 40 < by_hand < 75  # the target runs from 25 to 346


def test_a_single_layer_is_a_network_too(iris):
    assert ll.fit(ll.Dense(3), iris, **QUICK).run["network.weight_layers"] == 1


def test_without_held_out_rows_the_training_part_is_judged():
    x, y = load_iris(return_X_y=True)
    result = ll.fit("linear", ll.data.arrays(x, y, split=(1.0, 0.0, 0.0)), **QUICK)
    assert result.evaluation.part == "train"
    assert result.run.looks == ()


def test_insisting_on_softmax_or_another_loss_is_obeyed_and_told(iris):
    network = ll.Sequential([ll.Dense(3, ll.softmax)])
    assert "softmax_twice" in ll.fit(network, iris, **QUICK).findings.faults
    result = ll.fit("linear", iris, loss="mse", **QUICK)
    assert result.recipe.loss == "mse"
    assert "output_loss_mismatch" in result.findings.faults


@pytest.mark.parametrize(
    ("network", "choices", "kind", "words"),
    [
        (ll.Sequential([ll.Dense(4), ll.Dense(7)]), {}, NetworkError, r"3 scores.*\n?.*7"),
        (ll.Sequential([ll.Conv(4), ll.Dense(3)]), {}, NetworkError, "0.conv"),
        ("mpl", {}, RecipeError, "did you mean 'mlp'"),
        ("linear", {"batch_size": 4096}, RecipeError, "106 training rows"),
        ("linear", {"loss": "cross_entrop"}, RecipeError, "cross_entropy"),
        ("linear", {"class_weights": (1.0, 2.0)}, RecipeError, "3 classes"),
        ("linear", {"epochs": 0, "patience": 0}, RecipeError, "epochs"),
    ],
)
def test_a_mistake_is_told_by_the_form(iris, network, choices, kind, words):
    with pytest.raises(kind, match=words):
        ll.fit(network, iris, progress=False, **choices)


@pytest.mark.parametrize(
    "choices",
    [
        {"batch_size": 1},
        {"batch_size": "full"},
        {"l1": 1e-4, "l2": 1e-3, "clip_norm": 1.0, "label_smoothing": 0.1, "class_weights": "balanced"},
        {"early_stopping": False, "optimizer": ll.sgd(0.1, momentum=0.9, schedule=ll.step_decay(2))},
    ],
)
def test_every_choice_trains(iris, choices):
    result = ll.fit("linear", iris, **{**QUICK, "epochs": 8, **choices})
    assert result.run["curve.loss.train"][-1] < result.run["curve.loss.train"][0]


DATA = os.environ.get("LEADLINE_DATA")


@pytest.mark.data
@pytest.mark.skipif(DATA is None, reason="LEADLINE_DATA names no folder of real data")
@pytest.mark.parametrize(
    ("file", "target", "drop", "wished"),
    [
        ("titanic.csv.gz", "survived", ["alive"], 0.74),
        ("penguins.csv.gz", "species", [], 0.93),
        ("california_housing.csv.gz", "median_house_value", [], 0.72),
    ],
)
def test_default_choices_learn_real_tables_without_an_error(file, target, drop, wished):
    """One seed and few epochs; ``benchmarks/accuracy.py`` holds the means over seeds."""
    data = ll.data.table(Path(DATA) / "tabular" / file, target=target, drop=drop)
    result = ll.fit(None, data, epochs=25, progress=False)
    assert result.evaluation.headline.value > wished
    assert not result.findings.errors


@pytest.mark.data
@pytest.mark.skipif(DATA is None, reason="LEADLINE_DATA names no folder of real data")
def test_the_column_that_gives_titanic_away_is_found():
    found = ll.fit(
        "linear", ll.data.table(Path(DATA) / "tabular" / "titanic.csv.gz", target="survived"), **QUICK
    )
    finding = found.findings["leaking_feature"]
    assert finding.severity == "error"
    assert "alive" in finding.where
    assert finding.remedy.command == "--drop alive"
