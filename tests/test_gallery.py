"""Pages of the gallery: each asks one question, runs in seconds, holds what it claims, and shows a picture.

A page's ```python blocks run in order in an empty folder; its assertions hold its claims. What it prints may differ
in figures from machine to machine, never in form.
"""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parent.parent
GALLERY = REPOSITORY / "gallery"
PAGES = sorted(page for page in GALLERY.glob("*.md") if page.name != "README.md")
EVERY = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
PRINTED = re.compile(r"^<!-- printed -->\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"[NALITR]\d{1,2}")
LARGEST = 250_000  # bytes of a picture

EXPECTED = {
    "activations", "batch_sizes", "few_and_many_units", "hinge_and_cross_entropy", "kernels", "learning_rates",
    "linear_layers_collapse", "pooling", "regularization", "ring_data", "ten_layers", "threshold_units",
    "vanishing_gradients", "width_and_depth",
}  # fmt: skip


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(REPOSITORY / "scripts" / "gallery"))


def shape(words: str) -> list[str]:
    """What is printed, without figures, spaces and drawn bars."""
    figures = re.compile(r"[-+−]?[\d.,]+(e[-+]?\d+)?|nan|inf|[█▇▆▅▄▃▂▁▏▎▍▌▋▊▉▕┬─#*\s]")
    return [figures.sub("", line) for line in words.strip().splitlines()]


def test_every_page_of_the_plan_is_there() -> None:
    assert {page.stem for page in PAGES} >= EXPECTED


@EVERY
def test_page_has_its_parts(page: Path, script: dict[str, Any]) -> None:
    text = page.read_text(encoding="utf-8")
    lines = text.splitlines()
    assert re.fullmatch(r"# .+\?", lines[0]), "a page opens with one question"
    assert script["rows"](page), "a page names the rows it covers: *covers: N1, T2*"
    assert all(ROW.fullmatch(row) for row in script["rows"](page))
    assert re.search(r"^\*\*Sources\.\*\* .*\(\d{4}\)", text, re.MULTILINE)
    assert re.search(rf"^!\[[^\]]{{20,}}\]\(images/{page.stem}\.png\)$", text, re.MULTILINE), (
        "a described picture"
    )
    assert "import leadline" in text
    assert "assert " in text
    picture = GALLERY / "images" / f"{page.stem}.png"
    assert picture.read_bytes()[:4] == b"\x89PNG"
    assert picture.stat().st_size < LARGEST


@EVERY
def test_page_runs(page: Path, tmp_path: Path, script: dict[str, Any]) -> None:
    said = [words for words in script["apart"](page, tmp_path) if words.strip()]
    assert (tmp_path / f"{page.stem}.png").stat().st_size > 5_000
    shown = PRINTED.findall(page.read_text(encoding="utf-8"))
    assert [shape(words) for words in said] == [shape(words) for words in shown], "run scripts/gallery"


def test_index_is_current(script: dict[str, Any]) -> None:
    assert (GALLERY / "README.md").read_text(encoding="utf-8") == script["index"](), "run scripts/gallery"


PAGE = """# Why?

*covers: N1*

```python
print("a", 1 + 1)
```

<!-- printed -->
```text
old
```
"""


def test_output_is_put_where_it_belongs(script: dict[str, Any], tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    said = script["run"](page, tmp_path)
    assert said == ["a 2\n"]
    assert "```text\na 2\n```" in script["with_output"](PAGE, said)
    assert script["question"](page) == "Why?"
    assert script["rows"](page) == ["N1"]


def test_form_is_compared_and_figures_are_not() -> None:
    assert shape("loss 0.12 | 3") == shape("loss -1.5e-3 |  17")
    assert shape("loss 0.12") != shape("accuracy 0.12")
