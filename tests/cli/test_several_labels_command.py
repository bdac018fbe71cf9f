"""Several labels as they are typed: fit, predict, evaluate, and what is refused."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_multilabel_classification

import leadline as ll

X, Y = make_multilabel_classification(240, n_features=5, n_classes=3, n_labels=2, random_state=2)
NAMES = ["news", "sport", "food"]


@pytest.fixture(name="posts")
def posts_fixture(place) -> pd.DataFrame:
    posts = pd.DataFrame(X, columns=[f"w{i}" for i in range(5)]).assign(**dict(zip(NAMES, Y.T, strict=True)))
    posts["sport"] = posts["sport"].map({0: "no", 1: "yes"})
    posts.to_csv("posts.csv", index=False)
    return posts


def test_from_a_file_to_predictions(typed, posts, place):
    fit = typed("fit", "posts.csv", "--target", "news,sport,food", "--network", "linear", "--epochs", 9,
                "--out", "run")  # fmt: skip
    assert fit.code == 0, fit.err
    lines = [" ".join(line.split()) for line in fit.out.splitlines()]
    assert any(line.startswith("target labels: 3 labels") for line in lines)
    assert "label F1 95% interval precision recall ROC-AUC rows" in lines
    at = lines.index("label F1 95% interval precision recall ROC-AUC rows")
    assert [line.split()[0] for line in lines[at + 1 : at + 4]] == NAMES
    assert any(line.startswith("Hamming accuracy 0.") for line in lines)
    assert any(line.startswith("macro F1 0.") for line in lines)

    said = typed("predict", "run", "posts.csv")
    assert "above 0.5" in said.err
    table = pd.read_csv(io.StringIO(said.out))
    assert list(table.columns) == [*NAMES, *(f"p({name})" for name in NAMES)]
    model = ll.load(place / "run" / "posts.leadline")
    np.testing.assert_array_equal(table[NAMES], model.predict(posts))
    np.testing.assert_array_equal(
        table[[f"p({n})" for n in NAMES]].to_numpy(np.float32), model.predict_proba(posts)
    )

    judged = typed("evaluate", "run", "posts.csv")
    assert judged.code == 0, judged.err
    right = (model.predict(posts) == Y).mean()
    assert f"Hamming accuracy {right:.3f}" in " ".join(judged.out.split())
    again = typed("fit", "run/recipe.toml", "--epochs", 1, "--quiet")
    assert again.code == 0, again.err


def test_a_target_may_be_named_again_and_again(typed, posts):
    said = typed(
        "fit", "posts.csv", "--target", "news", "--target", "food", "--epochs", 1, "--network", "linear"
    )
    assert said.code == 0, said.err
    assert "2 labels" in said.out


def test_what_is_refused_is_told_in_its_options(typed, posts):
    said = typed("fit", "posts.csv", "--target", "news,w0")
    assert said.code == 2
    assert "label 'w0'" in said.err
    assert "--target news" in said.err
    said = typed("fit", "posts.csv", "--target", "news,food", "--class-weights", "balanced", "--epochs", 1)
    assert said.code == 2
    assert "--class-weights none" in said.err
    said = typed("fit", "posts.csv", "--target", "news", "--problem", "several_labels")
    assert "at least two columns" in said.err


def test_of_many_labels_the_weakest_are_shown(typed, place):
    draw = np.random.default_rng(0)
    names = [f"l{i}" for i in range(15)]
    many = pd.DataFrame((draw.random((120, 15)) < 0.5).astype(int), columns=names).assign(
        x=draw.normal(size=120)
    )
    many.to_csv("many.csv", index=False)
    said = typed("fit", "many.csv", "--target", ",".join(names), "--network", "linear", "--epochs", 1)
    assert said.code == 0, said.err
    assert "and 3 labels with a higher F1" in said.out
