"""The application itself: fast help, exit codes, completion, pipes and encodings, as real processes."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

import pytest

import leadline

HEAVY = ("jax", "numpy", "pandas", "sklearn", "matplotlib", "optax", "pyarrow")
LEADLINE = (sys.executable, "-m", "leadline")


def ran(*words: str, **how):
    return subprocess.run(
        [*LEADLINE, *words], capture_output=True, text=True, timeout=120, check=False, **how
    )


def seconds(*words: str) -> float:
    """Return the processor time of a command, which other work on the machine does not change much."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ran(*words).returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("words", [("--help",), ("fit", "--help"), ("--version",)])
def test_help_comes_at_once(words):
    assert any(seconds(*words) < 0.5 for _ in range(5))  # the first may find the disk's cache cold


@pytest.mark.parametrize("words", [("--help",), ("fit", "-h"), ("predict", "-h")])
def test_help_imports_nothing_heavy(words):
    code = (
        "import sys\nfrom leadline.cli.app import app\n"
        f"try:\n    app({list(words)!r})\nexcept SystemExit as end:\n    assert not end.code\n"
        f"print('LOADED', *(name for name in {HEAVY!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.rstrip().endswith("LOADED"), done.stdout + done.stderr


def test_every_verb_is_in_the_help(typed):
    said = typed("--help")
    assert said.code == 0
    for verb in ("fit", "evaluate", "predict", "report", "leadline fit digits"):
        assert verb in said.out


def test_the_version_is_the_installed_one(typed):
    assert typed("--version").out == f"leadline {leadline.__version__}\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("fitt",), "Did you mean 'fit'?"),
        (("fit", "digits", "--epoch", "3"), "--epochs"),
        (("fit",), "source"),
        (("fit", "digits", "--epochs", "many"), "--epochs"),
        (("fit", "digts"), "did you mean 'digits'"),
        (("predict", "nothing.leadline", "good.csv"), "nothing there"),
    ],
)
def test_a_mistake_ends_with_2(typed, words, told):
    said = typed(*words)
    assert said.code == 2
    assert told in said.err
    assert not said.out


def test_a_mistake_in_a_real_process():
    done = ran("fit", "nothing-here.csv", "--target", "kind")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[:3] == [
        "error     data, 'nothing-here.csv'",
        "must be   a file or folder",
        "got       nothing there",
    ]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_can_be_shown(shell):
    done = ran(
        "--show-completion", shell, env={**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    )
    assert done.returncode == 0
    assert "_COMPLETE" in done.stdout


def test_options_are_completed():
    line = {"_LEADLINE_COMPLETE": "complete_bash", "COMP_WORDS": "leadline fit --opt", "COMP_CWORD": "2"}
    code = "import sys; sys.argv = ['leadline']; from leadline.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ, **line}
    )
    assert done.stdout.split() == ["--optimizer"]


def test_a_reader_that_goes_away_is_no_error(trained, rows):
    rows(20_000).to_csv("many.csv", index=False)
    command = f"{sys.executable} -m leadline predict {trained[0]} many.csv | head -n 2"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.splitlines()[0] == "kind,p(no),p(yes)"
    assert len(done.stdout.splitlines()) == 2
    assert "Error" not in done.stderr
    assert "Traceback" not in done.stderr


def test_an_encoding_without_arrows_does_not_end_a_run(place):
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii", "LEADLINE_CACHE": "off"}
    done = ran("fit", "good.csv", "--target", "kind", "--epochs", "1", "--network", "4-4", env=ascii_only)
    assert done.returncode == 0, done.stderr
    assert "dense 4 ? dense 4" in done.stdout
    assert (place / "runs" / "good-1" / "good.leadline").exists()
