"""How lines are laid out, and how choices are written as options."""

from __future__ import annotations

import inspect
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from leadline.cli import terminal
from leadline.cli.fit import fit
from leadline.cli.terminal import LABEL, WIDEST, as_options, row, shortened
from leadline.core.errors import LeadlineError, Problem


def test_options_are_those_of_fit():
    parameters = set(inspect.signature(fit).parameters) - {"source", "out", "checkpoint", "strict", "quiet"}
    parameters -= {"explain_plan", "processes", "coordinator", "process", "prove"}  # of the command alone
    assert set(terminal.OPTIONS) == parameters


@pytest.mark.parametrize(
    ("python", "typed"),
    [
        ("problem='regression'", "--problem regression"),
        ('batch_size="full"', "--batch-size full"),
        ("epochs=30", "--epochs 30"),
        ("stream=False", "--no-stream"),
        ("stream=True, or", "--stream, or"),
        ("memory='2GB'", "--memory 2GB"),
        ("learning_rate=0.001.", "--learning-rate 0.001."),
        ("drop=['a b', 'c']", "--drop 'a b,c'"),
        ("split=(0.7, 0.15, 0.15)", "--split 0.7,0.15,0.15"),
        ("size=(64, 48)", "--size 64x48"),
        ("(problem='regression' if not.)", "(--problem regression if not.)"),
        ("optimizer=ll.sgd(0.1)", "optimizer=ll.sgd(0.1)"),
        ("early_stopping=True", "early_stopping=True"),
        ("my_target='x'", "my_target='x'"),
        ("x = np.nan_to_num(x, posinf=0)", "x = np.nan_to_num(x, posinf=0)"),
    ],
)
def test_choices_are_written_as_options(python, typed):
    assert as_options(python) == typed


def printed(label, words, width, hanging=0) -> list[str]:
    out = terminal.console()
    out.width, out.file = width, io.StringIO()
    row(out, label, words, hanging)
    return out.file.getvalue().splitlines()


@given(
    words=st.lists(st.text("abcdefgh,.'", min_size=1, max_size=15), min_size=1, max_size=40),
    width=st.integers(40, WIDEST),
)
def test_a_row_keeps_every_word_within_the_width(words, width):
    lines = printed("data", " ".join(words), width)
    assert " ".join(line[LABEL:] for line in lines).split() == words
    assert lines[0].startswith("data      ")
    assert all(line[:LABEL] == " " * LABEL for line in lines[1:])
    assert all(len(line) <= width and line == line.rstrip() for line in lines)


def test_further_lines_can_hang_deeper():
    lines = printed("", Text("→ " + "word " * 20), 60, hanging=2)
    assert lines[0].startswith(" " * LABEL + "→ word")
    assert lines[1].startswith(" " * (LABEL + 2) + "word")


def test_markup_in_a_users_words_is_left_alone():
    assert printed("data", "[bold]x[/] :smile:", 60) == ["data      [bold]x[/] :smile:"]


def test_every_problem_of_an_error_is_shown(capsys):
    terminal.show_error(LeadlineError(Problem("a", "b", "c", "epochs=3"), Problem("d", "e", "f")))
    told = capsys.readouterr()
    assert told.err.splitlines() == [
        "error     a",
        "must be   b",
        "got       c",
        "hint      --epochs 3",
        "",
        "error     d",
        "must be   e",
        "got       f",
    ]
    assert not told.out


def test_a_long_chain_loses_its_middle():
    layers = [f"dense {n}" for n in range(30)]
    short = shortened(layers, 10)
    assert len(short) == 10
    assert short[0] == "dense 0"
    assert short[-1] == "dense 29"
    assert "… 21 more …" in short
    assert shortened(layers[:10], 10) == layers[:10]
