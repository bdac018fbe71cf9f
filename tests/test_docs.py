"""Pages made from the source (A2) are current, and the script that makes them can tell when they are not."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leadline.diagnosis import rules
from leadline.diagnosis.engine import HEADINGS
from leadline.listing import FAMILIES, family

REPOSITORY = Path(__file__).parent.parent
DOCS = REPOSITORY / "docs"


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(REPOSITORY / "scripts" / "docs"))


@pytest.mark.parametrize(
    "page",
    ["activations.md", "coverage.md", "errors.md", "initializers.md", "kernels.md", "layers.md", "losses.md",
     "optimizers.md", "rules.md",  "soundings.md"],
)  # fmt: skip
def test_page_is_current(script: dict[str, Any], page: str) -> None:
    made = script["PAGES"][page]()
    assert (DOCS / page).read_text(encoding="utf-8") == made, f"docs/{page} is not current; run scripts/docs"


def test_every_quantity_stands_in_one_row(script: dict[str, Any]) -> None:
    rows = [line for line in script["soundings"]().splitlines() if line.startswith("| `")]
    assert len(rows) == len(script["VOCABULARY"]) == len(set(rows))
    assert {row.count(" | ") for row in rows} == {3}


def test_every_rule_has_a_part_with_the_fixed_headings(script: dict[str, Any]) -> None:
    parts = {part.splitlines()[0]: part for part in script["rules"]().split("\n## ")[1:]}
    files = {path.stem for path in Path(rules.__path__[0]).glob("*.py") if not path.name.startswith("_")}
    assert set(parts) == files
    missing = [(name, h) for name, part in parts.items() for h in HEADINGS if f"\n**{h}.** " not in part]
    assert missing == []


@pytest.mark.parametrize("name", FAMILIES)
def test_every_member_stands_on_the_page_of_its_family(script: dict[str, Any], name: str) -> None:
    page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    for item in family(name).items:
        assert f"\n## {item.entry.name}\n" in page
        assert name == "rules" or f"| [`{item.entry.name}`](#{item.entry.name}) | " in page


def numbers(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"-?\d+(?:\.\d+)?", text)]


def test_pictures_of_activations_are_current() -> None:
    made = runpy.run_path(str(REPOSITORY / "scripts" / "plots"))["drawings"]()
    folder = DOCS / "images" / "activations"
    assert {path.name for path in folder.glob("*.svg")} == set(made), "run scripts/plots"
    for name, text in made.items():
        drawn = numbers((folder / name).read_text(encoding="utf-8"))
        np.testing.assert_allclose(drawn, numbers(text), atol=0.25, err_msg=f"{name}: run scripts/plots")


def test_docstring_becomes_markdown(script: dict[str, Any]) -> None:
    words = "Do it: ``x``.\n\nArgs:\n    x: Any\n        shape.\n    y: Two.\n\nExample:\n    >>> 1\n    1"
    made = script["markdown"](words)
    assert made.splitlines()[0] == "Do it: `x`."
    assert "- `x`: Any shape.\n- `y`: Two.\n" in made
    assert "```pycon\n>>> 1\n1\n```" in made


def test_links_between_pages_lead_somewhere() -> None:
    links = [
        (page, link.split(")")[0].split("#")[0])
        for page in DOCS.glob("*.md")
        for link in page.read_text(encoding="utf-8").split("](")[1:]
    ]
    broken = [
        (page.name, link)
        for page, link in links
        if link and ":" not in link and not (page.parent / link).exists()
    ]
    assert links
    assert broken == []


def test_a_page_that_is_not_current_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stale = runpy.run_path(str(REPOSITORY / "scripts" / "docs"))
    page = tmp_path / "page.md"
    stale["main"].__globals__.update(PAGES={"page.md": lambda: "new"}, DOCS=tmp_path, REPOSITORY=tmp_path)
    assert (stale["main"](["--check"]), page.exists()) == (1, False)
    assert (stale["main"]([]), page.read_text()) == (0, "new")
    assert stale["main"](["--check"]) == 0
    assert capsys.readouterr().out == "not current: page.md\nwritten: page.md\n"
