"""``leadline predict``: rows in, rows out, in the same order, with what was met counted."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd

import leadline as ll


def read(said) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(said.out))


def test_rows_keep_their_order_and_equal_those_of_python(typed, trained, rows):
    mixed = rows().sample(frac=1, random_state=1)
    mixed.to_csv("new.csv", index=False)
    said = typed("predict", trained[0] / "good.leadline", "new.csv")
    table = read(said)
    assert list(table.columns) == ["kind", "p(no)", "p(yes)"]
    model = ll.load(trained[0] / "good.leadline")
    assert table["kind"].tolist() == model.predict(mixed).tolist()
    assert np.array_equal(table[["p(no)", "p(yes)"]].to_numpy(np.float32), model.predict_proba(mixed))
    flipped = read_again(typed, trained, mixed[::-1])
    assert flipped["p(yes)"].tolist() == table["p(yes)"].tolist()[::-1]


def read_again(typed, trained, table):
    table.to_csv("again.csv", index=False)
    return read(typed("predict", trained[0], "again.csv"))  # the folder of the run will do


def test_what_is_unknown_missing_or_not_needed_is_counted(typed, trained):
    new = pd.DataFrame({"extra": [1, 2, 3], "color": ["red", "pink", None], "x": [1.0, None, None]})
    new.to_csv("new.csv", index=False)
    said = typed("predict", trained[0], "new.csv")
    assert said.code == 0
    assert len(read(said)) == 3
    told = {line[:10].strip(): line[10:] for line in said.err.splitlines()}
    assert told["predicted"] == "3 rows"
    assert told["unknown"].startswith("1 cell of 'color'")
    assert "2 cells of 'x'" in told["missing"]
    assert told["not used"] == "'extra'"


def test_missing_columns_are_all_named(typed, trained):
    pd.DataFrame({"colour": ["red"]}).to_csv("new.csv", index=False)
    said = typed("predict", trained[0], "new.csv")
    assert said.code == 2
    assert not said.out
    assert "column 'x'" in said.err
    assert "column 'color'" in said.err
    assert "did you mean 'colour'?" in said.err


def test_a_file_is_written_whole(typed, trained, place):
    said = typed("predict", trained[0], "good.csv", "--out", "out.csv")
    assert (said.code, said.out) == (0, "")
    assert (place / "out.csv").read_text() == typed("predict", trained[0], "good.csv").out


def test_an_output_that_cannot_be_written(typed, trained, place):
    (place / "folder").mkdir()
    for out, told in (("gone/out.csv", "mkdir -p gone"), ("folder", "folder")):
        said = typed("predict", trained[0], "good.csv", "--out", out)
        assert said.code == 2
        assert told in said.err


def test_a_file_that_is_no_model(typed, place):
    (place / "foreign.leadline").write_bytes(b"PK\x03\x04" + bytes(100))
    for verb in ("predict", "evaluate"):
        for model, told in (
            ("good.csv", "a model file"),
            ("foreign.leadline", "a model file"),
            ("gone.leadline", "nothing there"),
            (".", "foreign.leadline"),
        ):
            said = typed(verb, model, "good.csv")
            assert said.code == 2, model
            assert told in said.err
    (place / "empty").mkdir()
    assert "a folder without one" in typed("predict", "empty", "good.csv").err
