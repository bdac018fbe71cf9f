"""``leadline check`` and ``leadline cure`` as typed: what they print, write and answer with."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(name="recipe")
def recipe_fixture(here):
    """A recipe whose network squashes twice."""
    lines = [
        "seed = 0",
        "[data]",
        'source = "iris"',
        "[training]",
        "epochs = 40",
        "[network]",
        'kind = "sequential"',
        "[[network.layers]]",
        'kind = "dense"',
        "units = 3",
        'activation = "softmax"',
    ]
    path = here / "twice.toml"
    path.write_text("\n".join(lines))
    return path


def test_a_check_says_what_is_wrong_and_writes_nothing(typed, recipe, here):
    said = typed("check", recipe)
    assert said.code == 0
    assert "softmax_twice" in said.out
    assert "nothing was trained" in said.out
    assert "→" in said.out  # what to do
    assert not list(here.glob("runs*"))
    assert not list(here.rglob("*.json"))


def test_a_strict_check_fails_on_an_error(typed, recipe):
    assert typed("check", recipe, "--strict").code == 1


def test_a_check_of_what_is_well_says_so(typed):
    said = typed("check", "iris", "--network", "linear", "--strict")
    assert said.code == 0
    assert "none" in said.out


def test_a_wrong_source_is_a_clear_error(typed):
    said = typed("check", "irs")
    assert said.code == 2
    assert "irs" in said.err
    assert "Traceback" not in said.err


def test_stop_ends_before_training_with_the_remedy(typed, recipe, here):
    said = typed("fit", recipe, "--on-error", "stop")
    assert said.code == 2
    assert "applied twice" in said.err
    assert "Take the softmax off" in said.err
    assert not list(here.glob("runs/*/run.json"))


def test_a_wish_that_is_none_is_told(typed, recipe):
    said = typed("fit", recipe, "--on-error", "stpo")
    assert "error     --on-error" in said.err
    assert "target" not in said.out  # before the rows are read
    assert said.code == 2
    assert "stop" in said.err


def test_several_processes_only_continue(typed):
    said = typed("fit", "iris", "--processes", "2", "--on-error", "cure")
    assert said.code == 2
    assert "--on-error" in said.err


def test_a_cure_says_what_changed_and_how_much_it_helped(typed, recipe, here):
    assert typed("fit", recipe, "--out", "first", "-q", "--no-prove").code == 0
    said = typed("cure", "first", "--out", "second")
    assert said.code == 0
    for words in ("network.layers", "before", "after", "verdict", "second/report.html"):
        assert words in said.out.replace("\n", ""), words
    assert (here / "second" / "recipe.toml").is_file()
    assert (here / "first" / "recipe.toml").is_file()


def test_a_cure_of_no_run_is_a_clear_error(typed, here):
    said = typed("cure", here)
    assert said.code == 2
    assert "Traceback" not in said.err
