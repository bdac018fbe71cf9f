"""``leadline fit`` on data that is read anew in every epoch: from the command to the model and back by its recipe."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import leadline as ll
from leadline.data import build_stream
from leadline.record.store import load_run

ROWS = 3_000


@pytest.fixture
def clicks(plain_folder):
    """Write a folder of Parquet files; who is young and has much buys."""
    folder = plain_folder / "clicks"
    folder.mkdir()
    generator = np.random.default_rng(0)
    age, has = generator.uniform(10, 90, ROWS), generator.lognormal(size=ROWS)
    frame = pd.DataFrame({"age": age, "has": has, "place": generator.choice(["here", "there"], ROWS)})
    frame["bought"] = np.where(age / 30 < has + 0.1 * generator.normal(size=ROWS), "yes", "no")
    for number in range(3):
        frame.iloc[number * 1000 : (number + 1) * 1000].to_parquet(
            folder / f"{number}.parquet", row_group_size=100
        )
    return folder


def test_a_folder_of_tables_is_streamed_judged_and_trained_again(clicks, typed, monkeypatch):
    monkeypatch.setattr(build_stream, "MOST_HELD_OUT", 300)
    monkeypatch.setattr(build_stream, "MOST_SAMPLED", 600)
    first = typed("fit", "clicks", "--target", "bought", "--stream", "--memory", "64MB", "--epochs", 8)
    assert first.code == 0
    assert "2,400 train, 300 validation, 300 test" in first.out
    assert "600 of 2,400 training rows are held as a sample" in " ".join(first.out.split())
    facts = load_run("runs/clicks-1")
    assert facts["data.rows.train"] == np.sum(facts["data.class_count.train"]) == 2_400
    assert facts.evaluations["test"]["accuracy"].value > 0.85
    recipe = Path("runs/clicks-1/recipe.toml").read_text(encoding="utf-8")
    assert "stream = true" in recipe
    assert 'memory = "64MB"' in recipe
    assert typed("fit", "runs/clicks-1/recipe.toml", "--out", "again").code == 0
    rows = pd.read_parquet(clicks / "0.parquet").drop(columns="bought")
    one, other = (ll.load(f"{run}/clicks.leadline").predict(rows) for run in ("runs/clicks-1", "again"))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("clicks", "--target", "bought", "--memory", "2 apples"), "a size such as '2GB' or '500MB'"),
        (("digits", "--stream"), "data, stream"),
        (("clicks", "--target", "bought", "--stream", "--time", "age"), "time"),
        (("clicks", "--stream"), "choose one of age, has, place, bought"),
    ],
)
def test_what_cannot_be_streamed_is_told(clicks, typed, words, told):
    done = typed("fit", *words)
    assert done.code != 0
    assert told in " ".join(done.err.split())
