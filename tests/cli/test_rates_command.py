"""``leadline rates``: the curve within the terminal, and a command that can be typed as it stands."""

from __future__ import annotations

import re
import shlex

import pytest

COMMAND = ("rates", "good.csv", "--target", "kind", "--network", "8", "--optimizer", "sgd", "--steps", 60)


def words(text: str) -> str:
    return " ".join(text.split())


def next_command(out: str) -> list[str]:
    return shlex.split(re.search(r"^next +leadline (.*)$", out, re.MULTILINE)[1])


def test_the_next_command_is_the_same_training_at_the_rate_found(typed, place):
    before = set(place.iterdir())
    said = typed(*COMMAND, "--batch-size", "16", "--seed", 3)
    assert said.code == 0, said.err
    assert set(place.iterdir()) == before
    asked = ["--target", "kind", "--network", "8", "--optimizer", "sgd", "--batch-size", "16", "--seed", "3"]
    command = next_command(said.out)
    assert command[:2] == ["fit", "good.csv"]
    assert command[-2] == "--learning-rate"
    assert sorted(command[2:-2]) == sorted(asked)
    assert re.search(rf"^try +{re.escape(command[-1])}, ", said.out, re.MULTILINE)
    assert f"▲ {command[-1]}" in said.out
    trained = typed(*command, "--epochs", 2)
    assert trained.code == 0, trained.err
    assert f"sgd {command[-1]}, cosine, batch 16" in words(trained.out)
    again = typed(*COMMAND, "--batch-size", "16", "--seed", 3)
    assert again.out == said.out


@pytest.mark.parametrize("columns", ["44", "80", "110"])
def test_the_curve_fills_the_terminal_and_stays_within_it(typed, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    said = typed(*COMMAND)
    drawn = [line for line in said.out.splitlines() if "▕" in line]
    assert len(drawn) == 8
    assert max(map(len, drawn)) == int(columns)


def test_a_recipe_gives_what_it_holds(typed, place):
    (place / "recipe.toml").write_text(
        """
        seed = 1
        network = "linear"
        [data]
        source = "good.csv"
        target = "kind"
        [training]
        epochs = 7
        patience = 3
        batch_size = 16
        [optimizer]
        name = "sgd"
        learning_rate = 0.5
        momentum = 0.9
        """
    )
    said = typed("rates", "recipe.toml", "--steps", 60, "--drop", "color")
    assert said.code == 0, said.err
    assert next_command(said.out)[:-1] == ["fit", "recipe.toml", "--drop", "color", "--learning-rate"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--steps", 3), "error --steps must be a whole number of at least 20 got 3"),
        (("--lowest", 0), "error --lowest must be a number above 0 got 0.0"),
        (("--highest", 1e-9), "error --highest must be above the lowest rate, 1e-06 got 1e-09"),
        (
            ("--optimizer", "smd"),
            "error --optimizer must be a known optimizer got 'smd' hint did you mean 'sgd'?",
        ),
        (
            ("--batch-size", "many"),
            "error --batch-size must be a whole number of at least 1, or full got 'many'",
        ),
        (
            ("--batch-size", "5000"),
            "error recipe, batch_size must be at most the 42 training rows, or 'full'",
        ),
    ],
)
def test_what_cannot_be_is_told_by_its_option(typed, options, told):
    said = typed("rates", "good.csv", "--target", "kind", *options)
    assert said.code == 2
    assert words(said.err).startswith(told)


def test_an_interrupt_leaves_nothing(typed, place, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("leadline.training.feed.epoch_order", interrupted)
    before = set(place.iterdir())
    said = typed(*COMMAND)
    assert said.code == 130
    assert said.err == "interrupted; nothing was written\n"
    assert set(place.iterdir()) == before
