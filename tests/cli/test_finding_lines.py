"""Findings in the terminal: everything one needs to act, and pictures no wider than the terminal."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from leadline.cli.findings import findings
from leadline.cli.picture import drawing
from leadline.diagnosis import rules_by_fault
from leadline.record.finding import Finding, Picture, Proof, Remedy

BARS = Picture("bars", ("0.dense", "1.dense"), ((0.1,), (0.9,)), "share", {"half": 0.5})
PROOF = Proof(5, 200, 0.51, 0.93, 0.38, 0.46, True)


def printed(*found: Finding, width: int = 100) -> str:
    out = Console(file=io.StringIO(), width=width, highlight=False, emoji=False)
    findings(found, out, Path("runs/a/recipe.toml"), "accuracy")
    return out.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def finding(title: str = "A layer is dead", **more: object) -> Finding:
    remedy = Remedy("Smaller steps.", "learning_rate=0.01")
    return Finding("dead_units", title, "error", "1.dense", "90% of 64", "why", remedy, **more)  # type: ignore[arg-type]


def test_a_finding_is_told_with_all_one_needs() -> None:
    said = printed(finding(picture=BARS, proof=PROOF))
    assert said.splitlines()[1] == "error     A layer is dead  1.dense  dead_units"
    for words in (
        "90% of 64",
        "→ Smaller steps.",
        "leadline fit runs/a/recipe.toml --learning-rate 0.01",
        "half: 0.5",
    ):
        assert words in said
    assert "accuracy 0.51 → 0.93, gain 0.42 (0.38 … 0.46)" in " ".join(said.split())


def test_only_the_first_finding_is_drawn() -> None:
    said = printed(finding(picture=BARS), finding("Another", picture=BARS))
    assert said.count("share") == 1
    assert said.index("share") < said.index("Another")


def test_nothing_is_drawn_without_a_picture_and_nothing_found_says_so() -> None:
    assert "█" not in printed(finding())
    assert "findings  none" in printed()


@pytest.mark.parametrize("width", [24, 30, 40, 72, 100])
@pytest.mark.parametrize("fault", sorted(f for f, rule in rules_by_fault().items() if rule.example))
def test_a_picture_fits_its_width(fault: str, width: int) -> None:
    rule = rules_by_fault()[fault]
    found = rule.find(rule.example()) if rule.example else None
    assert found is not None
    if found.picture is not None:
        lines = drawing(found.picture, width)
        assert lines
        assert max(map(len, lines)) <= width
        assert len(lines) <= 9


def test_a_picture_in_a_narrow_terminal_stays_within_it() -> None:
    said = printed(finding(picture=BARS), width=40).splitlines()
    assert max(len(line) for line in said if "leadline fit" not in line) <= 40  # a command is never broken
    assert any("█" in line for line in said)
    assert drawing(BARS, 10) == []


def test_bars_are_as_long_as_their_numbers() -> None:
    small, large = (line.count("█") for line in drawing(BARS, 72) if "█" in line)
    assert large == pytest.approx(9 * small, abs=9)


def test_ranges_and_lines() -> None:
    ranges = drawing(Picture("ranges", ("a", "b"), ((0.0, 1.0), (5.0, 10.0))), 60)
    assert ranges[0].index("━") < ranges[1].index("━")
    lines = drawing(Picture("lines", ("loss",), (tuple(float(9 - at) for at in range(8)),)), 60)
    assert lines == ["loss █▇▆▅▄▃▂▁ 9 → 2"]


def test_odd_numbers_are_no_harm() -> None:
    nan, inf = float("nan"), float("inf")
    for kind in ("bars", "lines", "ranges"):
        for log in (False, True):
            picture = Picture(kind, ("a", "b"), ((nan, inf), (-1.0, 0.0)), log=log, marks={"m": nan})
            assert max(map(len, drawing(picture, 40))) <= 40
