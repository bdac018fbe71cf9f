"""``leadline fit``: what it prints and writes, folders, strictness, and recipes that give the same bits."""

from __future__ import annotations

import json
import re
import tomllib

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

import leadline as ll

QUICK = ("--network", "linear", "--epochs", 2)
GOOD = ("fit", "good.csv", "--target", "kind")


def tensors(folder):
    """Return the numbers of the model in a run's folder."""
    (file,) = folder.glob("*.leadline")
    return load_file(file)


def same_bits(one, other):
    first, second = tensors(one), tensors(other)
    assert first.keys() == second.keys()
    assert first
    for name, array in first.items():
        assert array.tobytes() == second[name].tobytes(), name


def test_everything_is_told_in_order(trained):
    out = trained[1].out
    labels = [line[:10].strip() for line in out.splitlines() if line[:10].strip()]
    wanted = ["data", "target", "parts", "network", "training", "test (9 ro", "accuracy"]
    assert [label for label in labels if label in wanted] == wanted
    assert labels[-4:] == ["model", "report", "recipe", "next"]
    assert "60 rows, 2 columns" in out
    assert "dense 8 → dense 1" in out
    assert "adamw 0.003, cosine, batch 32: 2 epochs, compiled in" in out
    assert "majority  linear" in out
    assert out.splitlines()[-1].endswith("leadline predict run/good.leadline new.csv")


def test_output_is_plain_and_within_the_width(trained):
    out = trained[1].out
    assert "\x1b" not in out
    lines = out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert all(line == line.rstrip() for line in lines)
    assert len({line for line in lines if line.strip()}) == sum(bool(line.strip()) for line in lines)


def test_the_files_are_there(trained):
    names = {file.name for file in trained[0].iterdir()}
    assert names == {"run.json", "arrays.npz", "findings.json", "recipe.toml", "good.leadline", "report.html"}


def test_data_is_told_before_training(typed, monkeypatch):
    monkeypatch.setattr("leadline.workflow.train_recipe", lambda *_: pytest.fail("trained"))
    said = typed(*GOOD, "--batch-size", 4000, "--network", "cnn")
    assert said.code == 2
    assert "Rows were split by seed 0." in said.out


def test_a_column_left_out_is_told_once(typed, rows):
    rows().assign(name=[f"row {n}" for n in range(60)]).to_csv("named.csv", index=False)
    out = typed("fit", "named.csv", "--target", "kind", *QUICK).out
    assert out.count("name (text with") == 1
    assert "Column 'name'" not in out


def test_long_class_names_are_shortened(typed, rows):
    many = rows(300).assign(kind=[f"a rather long name of class {n % 20}" for n in range(300)])
    many.to_csv("many.csv", index=False)
    lines = typed("fit", "many.csv", "--target", "kind", *QUICK).out.splitlines()
    start, end = (
        next(n for n, line in enumerate(lines) if line.startswith(label)) for label in ("target", "parts")
    )
    assert end - start <= 3
    told = " ".join(" ".join(lines[start:end]).split())
    assert "classes: a rather long n…class 0, a rather long n…class 1, " in told
    assert told.endswith(" more")


def test_quiet_prints_the_folder_only(typed, place):
    said = typed(*GOOD, *QUICK, "-q")
    assert said.out == "runs/good-1\n"
    assert not said.err
    assert (place / "runs" / "good-1" / "report.html").exists()
    assert typed(*GOOD, *QUICK, "-q").out == "runs/good-2\n"


def test_a_folder_in_use_is_told_before_training(typed, place, monkeypatch):
    monkeypatch.setattr("leadline.workflow.train_recipe", lambda *_: pytest.fail("trained"))
    (place / "full").mkdir()
    (place / "full" / "mine.txt").write_text("mine")
    for out in ("full", "good.csv"):
        said = typed(*GOOD, "--out", out)
        assert said.code == 2
        assert f"run folder {out}" in said.err
        assert "choose another name" in said.err
    assert typed(*GOOD, "--out", "good.csv/run").code == 2
    assert (place / "full" / "mine.txt").read_text() == "mine"


def test_an_empty_folder_may_be_used(typed, place):
    (place / "new").mkdir()
    assert typed(*GOOD, *QUICK, "-q", "--out", "new").code == 0
    assert (place / "new" / "good.leadline").exists()


@pytest.mark.parametrize("out", [(), ("--out", "deep/er/run")])
def test_a_failed_training_leaves_no_folder(typed, place, out):
    before = set(place.iterdir())
    assert typed(*GOOD, "--batch-size", 4000, *out).code == 2
    assert set(place.iterdir()) == before


def leaking(rows) -> pd.DataFrame:
    table = rows(300)
    flipped = np.random.default_rng(1).random(300) < 0.2
    table["kind"] = np.where(flipped, "yes", table["kind"])
    return table.assign(answer=table["kind"].map({"yes": "alive", "no": "dead"}))


def test_strict_ends_with_1_on_errors_only(typed, rows):
    leaking(rows).to_csv("leak.csv", index=False)
    said = typed("fit", "leak.csv", "--target", "kind", *QUICK, "--strict")
    assert said.code == 1
    assert re.search(r"^error +A column gives the target away", said.out, re.MULTILINE)
    assert "leadline fit runs/leak-1/recipe.toml --drop answer" in said.out
    assert typed("fit", "leak.csv", "--target", "kind", *QUICK).code == 0


def test_the_remedy_can_be_typed_as_printed(typed, rows, place):
    leaking(rows).to_csv("leak.csv", index=False)
    said = typed("fit", "leak.csv", "--target", "kind", *QUICK, "--drop", "color")
    command = re.search(r"leadline (fit .* --drop \w+)", said.out)
    assert command is not None
    again = typed(*command[1].split())
    assert again.code == 0
    assert "leaking_feature" not in again.out
    written = tomllib.loads((place / "runs" / "leak-2" / "recipe.toml").read_text())
    assert written["data"]["drop"] == ["color", "answer"]


def test_the_recipe_of_digits_gives_the_same_bits(typed, place):
    assert typed("fit", "digits", "--network", "linear", "--epochs", 3, "-q").code == 0
    said = typed("fit", "runs/digits-1/recipe.toml", "-q")
    assert said.out == "runs/digits-2\n"
    same_bits(place / "runs" / "digits-1", place / "runs" / "digits-2")
    recipes = [(place / "runs" / name / "recipe.toml").read_text() for name in ("digits-1", "digits-2")]
    assert recipes[0] == recipes[1]


def test_the_recipe_of_a_table_gives_the_same_bits(typed, trained, place):
    recipe = (trained[0] / "recipe.toml").read_text()
    (place / "mine.toml").write_text(recipe)
    assert typed("fit", "mine.toml", "--out", "again", "-q").code == 0
    same_bits(trained[0], place / "again")


def test_another_seed_gives_other_bits(typed, trained, place):
    (place / "mine.toml").write_text((trained[0] / "recipe.toml").read_text())
    assert typed("fit", "mine.toml", "--seed", 1, "--out", "other", "-q").code == 0
    with pytest.raises(AssertionError):
        same_bits(trained[0], place / "other")
    written = tomllib.loads((place / "other" / "recipe.toml").read_text())
    assert (written["seed"], written["data"]["seed"]) == (1, 1)


def test_options_beside_a_recipe_override_it(typed, trained, place):
    (place / "mine.toml").write_text((trained[0] / "recipe.toml").read_text())
    words = ("--epochs", 1, "--lr", 0.5, "--batch-size", "full", "--network", "3")
    assert typed("fit", "mine.toml", *words, "--out", "other", "-q").code == 0
    written = tomllib.loads((place / "other" / "recipe.toml").read_text())
    assert written["training"]["epochs"] == 1
    assert written["training"]["batch_size"] == "full"
    assert written["optimizer"]["learning_rate"] == 0.5
    assert written["optimizer"]["schedule"]["name"] == "cosine"
    assert [layer["units"] for layer in written["network"]["layers"] if layer["kind"] == "dense"] == [3, 1]
    assert written["data"]["target"] == "kind"


@pytest.mark.parametrize("network", ["", 'network = "mlp"\n', 'network = "5"\n'])
def test_a_recipe_may_leave_choices_out(typed, place, network):
    (place / "small.toml").write_text(f'{network}[data]\nsource = "good.csv"\ntarget = "kind"\n')
    assert typed("fit", "small.toml", "--epochs", 1, "--out", "run", "-q").code == 0
    assert ll.load_run("run").epochs == 1


def test_data_beside_a_recipe_is_found(typed, place, rows):
    (place / "deep").mkdir()
    rows().to_csv("deep/near.csv", index=False)
    (place / "deep" / "r.toml").write_text('[data]\nsource = "near.csv"\ntarget = "kind"\n')
    assert typed("fit", "deep/r.toml", *QUICK, "-q").out == "runs/near-1\n"


def test_one_look_at_the_test_rows_is_counted(trained):
    assert [(look.why, look.rows) for look in ll.load_run(trained[0]).looks] == [("fit", 9)]
    assert json.loads((trained[0] / "run.json").read_text())["looks"]
