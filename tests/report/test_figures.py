"""Pictures: well-formed, in the page's own colors, named, with names that do not meet."""

from __future__ import annotations

import base64
import io
import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
import sample_runs
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy import stats

from leadline.report.figures import curves, heat, judged, lines, network, png, soundings, style
from leadline.report.figures.marks import MARKS, mark
from leadline.report.figures.network import Block
from leadline.report.figures.ticks import Plain

SVG = "{http://www.w3.org/2000/svg}"
EPOCHS = np.linspace(2.0, 0.1, 40)


def block(number: int, path: str, **changes: object) -> Block:
    return Block(number, path, path.split(".")[-1], "relu", "64", 64, "4,160", **changes)  # type: ignore[arg-type]


PICTURES = {
    "loss": lambda: curves.loss(EPOCHS, EPOCHS[::-1], 7),
    "steep": lambda: curves.loss(np.geomspace(100, 1e-4, 30), None, 0),
    "score": lambda: curves.score(EPOCHS, 3, "R²", share=False),
    "rate": lambda: curves.rate(EPOCHS, log=True),
    "ratio": lambda: soundings.sounding("s", "S", np.outer(EPOCHS, [1e-3, 1e-4]), [1, 2], "ratio", 2),
    "share": lambda: soundings.sounding("s", "S", np.outer(EPOCHS, [0.3]) / 2, [2], "share", 3),
    "heat": lambda: soundings.sounding("s", "S", np.outer(EPOCHS, np.ones(9)), list(range(1, 10)), "log", 9),
    "reliability": lambda: judged.reliability(np.array([[0.5, 0.4, 3.0], [0.9, 0.95, 30.0]])),
    "truth": lambda: judged.against_truth(np.stack([EPOCHS, EPOCHS + 0.1], axis=1)),
    "residuals": lambda: judged.residuals(np.stack([EPOCHS, EPOCHS * 1.1], axis=1)),
    "network": lambda: network.network([block(1, "0.dense"), block(2, "1.residual.0.dense")], "8 × 8 & <1>"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_well_formed_named_and_themed(name: str) -> None:
    with style.themed():
        svg = PICTURES[name]()
    root = ElementTree.fromstring(svg)
    title, about = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert about is not None
    assert title.text
    assert about.text
    assert root.get("aria-labelledby") == f"{title.get('id')} {about.get('id')}"
    assert re.findall(r"#[0-9a-f]{6}\b", svg) == []
    assert "font-family" not in svg
    assert "<style" not in svg
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert len(ids) == len(set(ids))
    wanted = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg))
    assert {one or other for one, other in wanted} <= set(ids)


def test_dollars_are_words_and_not_mathematics() -> None:
    with style.themed():
        svg = style.plot("d", "t", "a", lambda axes: axes.set_xlabel("$100 & $x^{"))
    assert "$100 &amp; $x^{" in svg


def test_the_best_epoch_is_marked_and_said() -> None:
    with style.themed():
        svg = curves.loss(EPOCHS, None, 7)
    assert ">best: 7<" in svg
    assert "Epoch 7 is marked as the best." in svg
    assert "Training from 2 in epoch 1 to 0.1 in epoch 40." in svg


def test_a_line_with_one_point_is_a_dot() -> None:
    with style.themed():
        assert "<use" in curves.rate(np.array([0.1]), log=False)
        whole = curves.rate(EPOCHS, log=False)
    assert whole.count("var(--accent)") == 1


@given(st.lists(st.floats(0, 150), min_size=1, max_size=6))
def test_names_at_line_ends_never_touch(places: list[float]) -> None:
    moved = lines.spread(sorted(places), 13.0, 150.0)
    assert all(after - before >= 13.0 - 1e-9 for before, after in pairwise(moved))
    assert min(moved) >= -1e-9
    assert max(moved) <= 150.0 + 1e-9


def test_a_layer_has_one_color_in_every_picture() -> None:
    values = np.outer(EPOCHS, [1.0, 2.0, 3.0])
    with style.themed():
        every = soundings.sounding("a", "A", values, [1, 2, 3], "log", 3)
        last = soundings.sounding("b", "B", values[:, 2:], [3], "log", 3)
    assert "var(--depth-8)" in every
    assert "var(--depth-8)" in last
    assert "var(--depth-1)" not in last


def test_a_heat_map_shows_every_cell_that_has_a_number() -> None:
    values = np.arange(80.0).reshape(8, 10)
    values[3, 4] = np.nan
    svg = heat.heat_map("h", "H", "", values, range(1, 11), "plain")
    paths = re.findall(r'<path class="tint-(\d)" d="([^"]+)"', svg)
    assert sum(path.count("M") for _, path in paths) == 79
    assert [int(tint) for tint, _ in paths] == list(range(8))


def test_long_runs_are_thinned_to_their_ends() -> None:
    epochs, values = lines.thinned(np.arange(10_000.0))
    assert len(epochs) == lines.MOST_POINTS
    assert (epochs[0], epochs[-1], values[-1]) == (1, 10_000, 9_999.0)


@pytest.mark.parametrize(
    ("ticks", "texts"),
    [
        ([0.0, 0.00025, 0.0005], ["0.00000", "0.00025", "0.00050"]),
        ([-1.0, 0.0, 1.0], ["−1", "0", "1"]),
        ([0, 20, 40], ["0", "20", "40"]),
        ([0, 250_000, 500_000], ["0", "250k", "500k"]),
        ([0, 2e7], ["0", "20M"]),
        ([0, 1e-6], ["0", "1.0e−06"]),
    ],
)
def test_ticks(ticks: list[float], texts: list[str]) -> None:
    assert Plain().format_ticks(ticks) == texts


@pytest.mark.parametrize("shape", [(8, 8), (5, 9, 3), (7, 3, 1), (1, 1)])
def test_small_images_keep_every_pixel(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    read = Image.open(io.BytesIO(base64.b64decode(png.data_uri(pixels).partition(",")[2])))
    assert np.array_equal(np.asarray(read), pixels[..., 0] if shape[-1] == 1 and len(shape) == 3 else pixels)


@pytest.mark.parametrize("shape", [(512, 640, 3), (97, 3), (1, 500), (300, 200)])
def test_large_images_are_averaged_down(shape: tuple[int, ...]) -> None:
    pixels = np.full(shape, 77, np.uint8)
    read = np.asarray(Image.open(io.BytesIO(base64.b64decode(png.data_uri(pixels).partition(",")[2]))))
    assert max(read.shape[:2]) <= png.MOST_PIXELS
    assert (read == 77).all()


@pytest.mark.parametrize(
    "odd", [None, "x", {}, np.zeros((0, 4), np.uint8), np.zeros((2, 2)), np.zeros((2, 2, 4), np.uint8)]
)
def test_what_is_no_image_is_not_shown(odd: object) -> None:
    assert png.data_uri(odd) == ""


def test_every_mark_can_be_drawn() -> None:
    for fathoms in MARKS:
        assert ElementTree.fromstring(mark(fathoms)).get("aria-hidden") == "true"


def test_nested_layers_stand_in_their_frame() -> None:
    with style.themed():
        svg = network.network(
            [block(1, "0.dense"), block(2, "1.residual.0.dense"), block(3, "1.residual.1.conv")], ""
        )
    assert svg.count('class="group"') == 1
    assert ">1.residual<" in svg


def test_words_of_the_network_are_escaped() -> None:
    assert sample_runs.EVIL[:8] not in network.network([block(1, sample_runs.EVIL)], sample_runs.EVIL)


def test_ticks_in_percent() -> None:
    assert Plain(percent=True).format_ticks([0.9, 0.95, 1.0]) == ["90%", "95%", "100%"]
    assert Plain(percent=True).format_ticks([0.0, 0.005]) == ["0.0%", "0.5%"]


@pytest.mark.parametrize(("right", "rows"), [(5, 10), (20, 20), (0, 1), (298, 360)])
def test_the_interval_of_a_share_is_wilsons(right: int, rows: int) -> None:
    low, high = judged._wilson(np.array([right / rows]), np.array([float(rows)]))
    reference = stats.binomtest(right, rows).proportion_ci(0.95, method="wilson")
    assert (low[0], high[0]) == pytest.approx((reference.low, reference.high), abs=1e-4)
