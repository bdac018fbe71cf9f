"""Several labels (L6) end to end: planted data, trained, judged, saved, read again, shown; beside PyTorch."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import f1_score, hamming_loss

import leadline as ll
from leadline.core.errors import DataError, NetworkError, RecipeError
from leadline.training.program import first_key

NAMES = ("news", "sport", "food", "art")
X, Y = make_multilabel_classification(900, n_features=8, n_classes=4, n_labels=2, random_state=1)


def posts(start: int = 0, end: int = 900) -> pd.DataFrame:
    made = pd.DataFrame(X[start:end], columns=[f"word {i}" for i in range(8)])
    return made.assign(**{name: np.where(Y[start:end, at], "yes", "no") for at, name in enumerate(NAMES)})


@pytest.fixture(scope="module")
def result():
    return ll.fit(None, ll.data.table(posts(0, 800), target=NAMES), epochs=40, seed=0, progress=False)


def test_the_usual_network_learns_them(result):
    assert result.run["network.outputs"] == 4
    assert (result.run["task.kind"], result.run["task.loss"]) == ("several_labels", "binary_cross_entropy")
    best = {baseline.name: baseline.scores[0] for baseline in result.evaluation.baselines}
    headline = result.evaluation.headline
    assert headline.name == "hamming_accuracy"
    assert headline.low > best["majority"].high
    assert [label.name for label in result.evaluation.per_label] == list(NAMES)
    assert not result.findings.errors


def test_the_score_followed_is_the_one_judged(result):
    best = int(result.run["stop.best_epoch"])
    followed = result.run["curve.score.validation"][best - 1]
    assert followed == pytest.approx(result.run.evaluations["validation"]["hamming_accuracy"].value, abs=1e-6)
    judged = result.run.evaluations["validation"]["log_loss"].value
    assert result.run["curve.loss.validation"][best - 1] == pytest.approx(judged, rel=1e-4)


def test_predictions_are_0_and_1_from_one_half_on(result):
    new = posts(800).drop(columns=list(NAMES))
    probabilities, said = result.model.predict_proba(new), result.model.predict(new)
    assert probabilities.shape == said.shape == (100, 4)
    assert said.dtype.kind == "i"
    np.testing.assert_array_equal(said, probabilities > 0.5)
    table = result.model.predictions(new).to_frame()
    assert list(table.columns) == [*NAMES, *(f"p({name})" for name in NAMES)]
    np.testing.assert_array_equal(table[list(NAMES)], said)
    assert len(result.model.predictions(new)) == 100
    assert "4 labels" in repr(result.model)


def test_saved_and_read_again_it_is_the_same(result, tmp_path):
    files = result.save(tmp_path / "run")
    again = ll.load(files["model"])
    new = posts(800)
    np.testing.assert_array_equal(again.predict_proba(new), result.model.predict_proba(new))
    assert again.problem == "several_labels"
    assert again.reference["data.label_count.train"] == result.run["data.label_count.train"].tolist()
    run = ll.load_run(files["folder"])
    assert str(run.evaluations["test"]) == str(result.evaluation)
    assert run.evaluations["test"].per_label == result.evaluation.per_label


def test_other_rows_are_judged_by_the_columns_of_the_labels(result):
    evaluation = ll.evaluate(result.model, posts(800)[[*NAMES[::-1], *(f"word {i}" for i in range(8))]])
    said = result.model.predict(posts(800))
    assert evaluation["hamming_accuracy"].value == pytest.approx(1 - hamming_loss(Y[800:], said))
    f1 = [label.f1.value for label in evaluation.per_label]
    np.testing.assert_allclose(f1, f1_score(Y[800:], said, average=None))
    with pytest.raises(DataError, match="'food'"):
        ll.evaluate(result.model, posts(800).drop(columns="food"))


def test_an_archive_must_name_the_labels_in_their_order(tmp_path):
    result = ll.fit("linear", ll.data.arrays(X, Y, classes=NAMES), epochs=1, progress=False)
    np.savez(tmp_path / "same.npz", x=X, y=Y, class_names=np.array(NAMES))
    np.savez(tmp_path / "other.npz", x=X, y=Y, class_names=np.array(NAMES[::-1]))
    assert ll.evaluate(result.model, tmp_path / "same.npz").rows == 900
    with pytest.raises(DataError, match="in their order"):
        ll.evaluate(result.model, tmp_path / "other.npz")


def test_the_report_shows_each_label(result, tmp_path):
    page = result.report(tmp_path / "report.html").read_text(encoding="utf-8")
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "several labels: news, sport, food, art" in text
    assert "Rows that have each label" in text
    assert "Scores of each label, the weakest first" in text
    assert "Validation Hamming accuracy" in text
    assert "Confusion matrix" not in text
    weakest = min(result.evaluation.per_label, key=lambda label: label.f1.value)
    assert f"{weakest.f1.value:.1%}" in text


def test_the_recipe_gives_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    posts(0, 300).to_csv("posts.csv", index=False)
    first = ll.fit(
        "linear", ll.data.table("posts.csv", target="news,sport"), epochs=3, seed=1, progress=False
    )
    again = ll.fit_recipe(first.recipe.save("recipe.toml"), progress=False)
    np.testing.assert_array_equal(again.model.params[0]["kernel"], first.model.params[0]["kernel"])


def test_what_cannot_be_is_refused():
    data = ll.data.arrays(X, Y)
    for weights in ("balanced", (1.0, 2.0, 1.0, 1.0)):
        with pytest.raises(RecipeError, match="'none' with several labels"):
            ll.fit("linear", data, class_weights=weights, epochs=1, progress=False)
    with pytest.raises(NetworkError, match="4 scores"):
        ll.fit(ll.Sequential([ll.Dense(3)]), data, epochs=1, progress=False)
    with pytest.raises(RecipeError, match="in several_labels"):
        ll.fit("linear", data, loss="cross_entropy", epochs=1, progress=False)


def test_steps_are_those_of_pytorch():
    data = ll.data.arrays(X[:200].astype(np.float32), Y[:200])
    network = ll.Sequential([ll.Dense(5, ll.tanh), ll.Dense(4)])
    part = data.parts["train"]
    start = network.init(first_key(7), data.input_shape)[0]
    choices = {"batch_size": "full", "early_stopping": False, "epochs": 20, "seed": 7, "progress": False}
    learned = ll.fit(network, data, optimizer=ll.sgd(0.5), **choices)
    twin = torch.nn.Sequential(torch.nn.Linear(8, 5), torch.nn.Tanh(), torch.nn.Linear(5, 4))
    with torch.no_grad():
        for layer, own in zip((twin[0], twin[2]), start, strict=True):
            layer.weight.copy_(torch.tensor(np.array(own["kernel"]).T))
            layer.bias.copy_(torch.tensor(np.array(own["bias"])))
    inputs, targets = torch.tensor(part.inputs), torch.tensor(part.targets)
    optimizer, losses = torch.optim.SGD(twin.parameters(), lr=0.5), []
    for _ in range(20):
        loss = torch.nn.BCEWithLogitsLoss()(twin(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    np.testing.assert_allclose(learned.run["curve.loss.train"], losses, rtol=1e-5)
    for layer, own in zip((twin[0], twin[2]), learned.model.params, strict=True):
        np.testing.assert_allclose(own["kernel"], layer.weight.detach().numpy().T, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(own["bias"], layer.bias.detach().numpy(), rtol=1e-4, atol=1e-6)
