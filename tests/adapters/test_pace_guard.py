from __future__ import annotations

import math

import pytest

from leadline.adapters.guard import Guard
from leadline.adapters.pace import SHARE, Pace
from leadline.adapters.surroundings import versions


def test_a_pace_keeps_to_its_share() -> None:
    now = [0.0]
    pace = Pace(clock=lambda: now[0])
    taken = 0
    for step in range(10_000):
        if pace.due(step):
            pace.took(step, 0.05)
            taken += 1
        now[0] += 0.01
    assert pace.spent <= SHARE * now[0] + 0.05
    assert taken >= 20


def test_the_first_step_is_always_sounded_and_every_is_kept() -> None:
    pace = Pace(every=3)
    found = []
    for step in range(8):
        if pace.due(step):
            found.append(step)
            pace.took(step, 100.0)
    assert found == [0, 3, 6]


def test_a_guard_ends_one_thing_and_only_that() -> None:
    guard, calls = Guard(), []

    def broken() -> None:
        calls.append(1)
        raise ValueError("no  such\nthing")

    first, second = guard.safe("this", broken), guard.safe("that", lambda: calls.append(2))
    first(), first(), second()
    assert calls == [1, 2]
    assert guard.words == ["Watching this ended: ValueError: no such thing."]


def test_a_guard_lets_an_interrupt_pass() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    guard = Guard()
    with pytest.raises(KeyboardInterrupt):
        guard.safe("this", interrupt)()
    assert guard.words == []


def test_time_of_nested_hooks_counts_once() -> None:
    guard = Guard()
    inner = guard.safe("inner", lambda: math.fsum(range(100_000)))
    guard.safe("outer", inner)()
    alone = Guard()
    alone.safe("one", lambda: math.fsum(range(100_000)))()
    assert 0 < guard.spent < 20 * alone.spent


def test_versions_name_what_is_here() -> None:
    found = versions(["numpy", "no-such-package"])
    assert "numpy" in found
    assert "no-such-package" not in found
