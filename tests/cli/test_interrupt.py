"""Ctrl-C, sent to a real training: what was learned is kept, judged and saved; before that, nothing is."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
from contextlib import ExitStack

import pytest

import leadline as ll

ENDLESS = ("fit", "good.csv", "--target", "kind", "--epochs", "1000000", "--patience", "0", "--network", "64")


@pytest.fixture
def started():
    """Start Leadline beside the test; whatever the test does, it is ended and its pipes are closed."""
    with ExitStack() as stack:

        def start(*words: str, stderr=subprocess.PIPE) -> subprocess.Popen:
            command = [sys.executable, "-m", "leadline", *words]
            training = stack.enter_context(
                subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True)
            )
            stack.callback(training.kill)  # before the wait at the end of its own context
            return training

        yield start


def until(terminal: int, pattern: bytes, seconds: float = 90) -> bytes:
    """Read a terminal until the pattern was drawn."""
    seen, end = b"", time.monotonic() + seconds
    while not re.search(pattern, seen):
        assert time.monotonic() < end, seen[-500:]
        seen += os.read(terminal, 4096)
    return seen


@pytest.mark.parametrize("columns", [60, 110])
def test_what_was_learned_is_kept_judged_and_saved(place, started, columns):
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    training = started(*ENDLESS, stderr=theirs)
    os.close(theirs)
    bar = until(ours, rb"epoch \d{2,}/1000000")
    assert b"loss" in bar
    assert "…".encode() not in bar
    training.send_signal(signal.SIGINT)
    told = until(ours, rb"interrupted; judging")
    out, _ = training.communicate(timeout=90)
    os.close(ours)
    assert training.returncode == 0, told
    assert "interrupted after" in out
    assert "accuracy" in out
    run = ll.load_run(place / "runs" / "good-1")
    assert run["stop.reason"] == "interrupted"
    assert run.epochs >= 10
    assert run.evaluations["test"]["accuracy"].value > 0.8
    assert len(ll.load(place / "runs" / "good-1" / "good.leadline").predict("good.csv")) == 60


def test_before_anything_was_learned_nothing_is_left(place, started):
    before = set(place.iterdir())
    training = started("fit", "digits")
    assert training.stdout is not None
    assert "digits" in training.stdout.readline()  # the data is there; the network is still to be compiled
    training.send_signal(signal.SIGINT)
    _, err = training.communicate(timeout=90)
    assert training.returncode == 130
    assert err == "interrupted; nothing was written\n"
    assert set(place.iterdir()) == before


def test_an_epoch_begun_is_worth_keeping(typed, place, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("leadline.training.decide.SHORT_EPOCH", 0)  # watched, so that steps are kept
    monkeypatch.setattr("leadline.training.loop.Loop._finish", interrupted)
    said = typed("fit", "good.csv", "--target", "kind", "--network", "linear", "--batch-size", 8)
    assert said.code == 0
    assert "interrupted after 0 whole epochs; kept the last weights" in said.out
    assert (place / "runs" / "good-1" / "report.html").exists()


@pytest.mark.parametrize("step", ["data.tables.read_table", "training.loop.Loop._advance", "workflow.judge"])
def test_an_interrupt_elsewhere_leaves_nothing(typed, place, monkeypatch, step):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("leadline.training.decide.SHORT_EPOCH", 0)
    monkeypatch.setattr(f"leadline.{step}", interrupted)
    before = set(place.iterdir())
    said = typed("fit", "good.csv", "--target", "kind", "--network", "linear", "--epochs", 1)
    assert said.code == 130
    assert said.err == "interrupted; nothing was written\n"
    assert set(place.iterdir()) == before


def test_an_interrupt_while_saving_says_where_the_files_are(typed, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("leadline.workflow.Model.save", interrupted)
    said = typed("fit", "good.csv", "--target", "kind", "--network", "linear", "--epochs", 1)
    assert said.code == 130
    assert said.err == "interrupted while saving; what was written so far lies in runs/good-1\n"
