"""The progress bar: one line within the terminal, nothing where there is none."""

from __future__ import annotations

import io
import math
import re
import sys

import pytest

from leadline.progress import left, shown, words
from leadline.training.moment import Moment, unwatched

MOMENT = Moment(12, 100, 0.5, 0.20871, 0.0604, 0.9712, 11, 31_643.0, 4.2)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def drawn(monkeypatch: pytest.MonkeyPatch, width: int, wanted: bool | None = None) -> str:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    with shown(wanted, "accuracy") as watch:
        watch(MOMENT)
    return re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", stream.getvalue())


@pytest.mark.parametrize("width", [80, 120])
def test_all_numbers_stand_within_the_width(monkeypatch, width):
    line = drawn(monkeypatch, width).replace("\r", "\n")
    last = next(row for row in reversed(line.splitlines()) if "loss" in row)
    assert last.startswith("epoch 12/100 ")
    assert last.rstrip().endswith("loss 0.209 · val 0.0604 · accuracy 0.971 · 31,643 rows/s · 0:04")
    assert len(last) <= width


def test_nothing_is_drawn_where_nobody_looks(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with shown(None, "accuracy") as watch:
        assert watch is unwatched
    with shown(False, "accuracy") as watch:
        assert watch is unwatched


def test_what_is_not_known_yet_is_left_out():
    first = Moment(1, 100, 0.5, 2.3, math.nan, math.nan, 0, 100.0, math.inf)
    assert words(first, "R²") == "loss 2.3 · 100 rows/s"


@pytest.mark.parametrize(
    ("seconds", "clock"), [(0.4, "0:00"), (59.6, "1:00"), (61, "1:01"), (7261, "2:01:01")]
)
def test_time_left_is_a_clock(seconds, clock):
    assert left(seconds) == [clock]
