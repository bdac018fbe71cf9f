"""The evidence drawn: its numbers, a dozen names, odd numbers, escaped words, alone on a page."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.record.finding import Picture
from leadline.report.evidence import MOST_NAMES, Axis, axis_of, picked
from leadline.report.figures.evidence import MOST_LINES, alone, evidence

NAN = float("nan")


def texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return ["".join(node.itertext()) for node in root.iter() if node.tag.endswith("}text")]


def test_bars_have_names_numbers_axis_and_marks() -> None:
    svg = evidence(
        "a", Picture("bars", ("x", "y"), ((0.25,), (1.0,)), "share of rows", {"half": 0.5}), "Shares"
    )
    assert texts(svg) == ["share of rows", "x", "0.25", "y", "1", "half: 0.5"]
    first, second = (float(width) for width in re.findall(r'class="ev-bar"[^>]* width="([\d.]+)"', svg))
    assert second == pytest.approx(4 * first, rel=0.01)
    assert svg.count("ev-across") == 1


def test_bars_go_both_ways_from_zero() -> None:
    svg = evidence("a", Picture("bars", ("x", "y"), ((-1.0,), (1.0,))), "Both")
    (left, length), (start, _) = (
        (float(x), float(width))
        for x, width in re.findall(r'ev-bar" x="([\d.]+)"[^>]* width="([\d.]+)"', svg)
    )
    assert left + length == pytest.approx(start, abs=0.1)


def test_a_logarithmic_axis_is_said_and_keeps_decades_apart() -> None:
    svg = evidence(
        "a", Picture("bars", ("x", "y", "z"), ((0.01,), (1.0,), (100.0,)), "norm", log=True), "Norms"
    )
    lengths = [float(width) for width in re.findall(r'ev-bar"[^>]* width="([\d.]+)"', svg)]
    assert lengths[2] - lengths[1] == pytest.approx(lengths[1] - lengths[0], abs=0.2)
    assert texts(svg)[0] == "norm (logarithmic)"


def test_lines_are_named_at_their_ends_and_lifted_over_gaps() -> None:
    svg = evidence(
        "a", Picture("lines", ("one", "two"), ((1.0, NAN, 2.0), (2.0, 1.0, 0.5)), "loss", {"low": 0.7}), "L"
    )
    assert {"loss", "low: 0.7", "one", "two", "1", "3"} <= set(texts(svg))
    first = re.findall(r'class="ev-line ev-second" d="([^"]+)"', svg)[0]
    assert first.count("M") == 2
    assert svg.count("ev-across") == 2  # across the lines, and beside its meaning


def test_ranges_span_low_to_high() -> None:
    svg = evidence("a", Picture("ranges", ("x",), ((2.0, 4.0),), marks={"end": 8.0, "start": 0.0}), "R")
    assert "2 to 4" in texts(svg)
    assert svg.count('class="ev-range"') == 1


def test_many_names_become_a_dozen_and_a_sentence() -> None:
    picture = Picture(
        "bars", tuple(f"layer {at}" for at in range(100)), tuple((float(at == 37),) for at in range(100))
    )
    small, rest = picked(picture)
    assert len(small.names) == MOST_NAMES
    assert {"layer 0", "layer 37", "layer 99"} <= set(small.names)
    assert rest == "12 of 100 are shown; the others lie between 0 and 0."
    assert "12 of 100 are shown" in " ".join(texts(evidence("a", picture, "Many")))
    lines = Picture("lines", tuple("abcdefghijkl"), ((1.0, 2.0),) * 12)
    assert evidence("a", lines, "Many").count('class="ev-line') == MOST_LINES


def test_words_stay_inside_the_picture() -> None:
    long = "a name that goes on for much longer than any column ever should"
    for kind in ("bars", "lines", "ranges"):
        svg = evidence("a", Picture(kind, (long, "b"), ((1.0, 2.0), (2.0, 3.0)), long * 2, {long: 1.5}), long)
        for x, anchor, words in re.findall(
            r'<text class="[^"]*" x="([-\d.]+)"[^>]*?(text-anchor="end")?>([^<]*)<', svg
        ):
            length = len(words) * 6.1
            start = float(x) - length if anchor else float(x)
            assert start >= -1
            assert start + length <= 321


def test_words_are_escaped() -> None:
    evil = "<script>alert(1)</script>&"
    for kind in ("bars", "lines", "ranges"):
        svg = evidence("a", Picture(kind, (evil,), ((1.0, 2.0),), evil, {evil: 1.5}), evil)
        assert "<script" not in svg
        ElementTree.fromstring(svg)
        ElementTree.fromstring(alone(svg))


ROWS = st.lists(st.lists(st.floats(), min_size=1, max_size=5).map(tuple), min_size=1, max_size=15).map(tuple)


@settings(max_examples=100, deadline=None)
@given(ROWS, st.sampled_from(["bars", "lines", "ranges"]), st.booleans(), st.floats())
def test_no_number_breaks_a_picture(
    rows: tuple[tuple[float, ...], ...], kind: str, log: bool, mark: float
) -> None:
    picture = Picture(kind, tuple(str(at) for at in range(len(rows))), rows, "x", {"mark": mark}, log)
    svg = evidence("a", picture, "Odd")
    ElementTree.fromstring(svg)
    assert "nan" not in svg
    assert "inf" not in svg


def test_numbers_that_hardly_move_look_so() -> None:
    assert axis_of(Picture("lines", ("a",), ((2.3, 2.31),)), from_zero=False).low == 0
    assert axis_of(Picture("lines", ("a",), ((2.3, 4.0),)), from_zero=False).low == 2.3


def test_ticks_are_round_and_few() -> None:
    assert Axis(0.0, 1.0).ticks() == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert Axis(-3.0, 7.0).ticks() == [-2.0, 0.0, 2.0, 4.0, 6.0]
    assert len(Axis(1e-30, 1.0, log=True).ticks()) <= 6
    assert Axis(1.1, 4.0, log=True).ticks() == [2.0]


def test_alone_it_carries_both_color_schemes() -> None:
    svg = alone(evidence("a", Picture("bars", ("x",), ((1.0,),)), "A"))
    assert "prefers-color-scheme:dark" in svg
    assert set(re.findall(r"var\((--[a-z0-9-]+)\)", svg)) <= set(re.findall(r"(--[a-z0-9-]+):", svg))
