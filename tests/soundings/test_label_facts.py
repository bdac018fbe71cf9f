"""Several labels: how many rows have each, the score that is followed, and columns that give one away."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pandas as pd
from sklearn.metrics import hamming_loss

from leadline import data
from leadline.nn.tasks import for_problem
from leadline.soundings.dataset import dataset_facts
from leadline.soundings.score import score

DRAW = np.random.default_rng(0)
LABELS = (DRAW.random((600, 3)) < [0.5, 0.3, 0.1]).astype(int)


def table() -> pd.DataFrame:
    columns = {"noise": DRAW.normal(size=600), "paid": np.where(LABELS[:, 2] == 1, "late", "never")}
    return pd.DataFrame({**columns, **dict(zip("abc", LABELS.T, strict=True))})


def test_rows_that_have_each_label_are_counted_and_no_class_is():
    dataset = data.table(table(), target=list("abc"))
    facts = dataset_facts(dataset)
    assert facts["data.problem"] == "several_labels"
    assert facts["data.labels"] == ["a", "b", "c"]
    for part in data.PARTS:
        expected = LABELS[dataset.split[part]].sum(axis=0)
        assert facts[f"data.label_count.{part}"].tolist() == expected.tolist()
    assert not [name for name in facts if "class" in name or name.startswith("data.target.m")]
    assert facts["data.target.not_finite"] == 0


def test_a_column_that_gives_one_label_away_is_found_with_that_label():
    facts = dataset_facts(data.table(table(), target=list("abc")))
    assert facts["data.alone.score"][1] == 1
    assert facts["data.alone.score"][0] < 0.1
    assert facts["data.alone.label"][1] == "c"
    assert facts["data.alone.rows"] == 510


def test_the_score_that_is_followed_is_the_share_of_right_labels():
    task = for_problem("several_labels", classes=3, outputs=3)
    given = DRAW.normal(size=(600, 3)).astype(np.float32)
    found = float(score(task, jnp.asarray(given), jnp.asarray(LABELS, jnp.float32)))
    assert np.isclose(found, 1 - hamming_loss(LABELS, given > 0), rtol=1e-6)
