"""Pages made from the source (A2) are current, and the script that makes them can tell when they are not."""

from __future__ import annotations

import re
import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leadline.core.errors import LeadlineError
from leadline.diagnosis import rules
from leadline.diagnosis.engine import HEADINGS, rules_by_fault
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


def test_the_tree_of_errors_is_of_the_library_alone(script: dict[str, Any]) -> None:
    theirs = type("TheirError", (LeadlineError,), {"__doc__": "Made by somebody who uses the library."})
    assert theirs.__name__ not in script["error_tree"]()


def test_every_quantity_stands_in_one_row(script: dict[str, Any]) -> None:
    rows = [line for line in script["soundings"]().splitlines() if line.startswith("| `")]
    assert len(rows) == len(script["VOCABULARY"]) == len(set(rows))
    assert {row.count(" | ") for row in rows} == {3}


def test_every_page_of_a_rule_is_current(script: dict[str, Any]) -> None:
    stale = [
        name
        for name in script["PAGES"]
        if name.startswith(("rules/", "images/")) and not current(script, name)
    ]
    assert stale == [], "run scripts/docs"
    there = {str(path.relative_to(DOCS)) for folder in script["WHOLE"] for path in (DOCS / folder).glob("*")}
    assert there <= set(script["PAGES"]), "pages of rules that are gone; run scripts/docs"


def current(script: dict[str, Any], name: str) -> bool:
    path = DOCS / name
    return path.exists() and path.read_text(encoding="utf-8") == script["PAGES"][name]()


def test_every_rule_has_a_page_with_the_fixed_headings(script: dict[str, Any]) -> None:
    files = {path.stem for path in Path(rules.__path__[0]).glob("*.py") if not path.name.startswith("_")}
    pages = {fault: script["rule_page"](rule) for fault, rule in rules_by_fault().items()}
    assert set(pages) == files
    missing = [(name, h) for name, page in pages.items() for h in HEADINGS if f"\n**{h}.** " not in page]
    assert missing == []
    assert all(f"| [`{fault}`](rules/{fault}.md) | " in script["rules"]() for fault in files)


def test_the_page_of_a_rule_shows_its_example(script: dict[str, Any]) -> None:
    page = script["rule_page"](rules_by_fault()["dead_units"])
    assert "*Of the network* · **error**: the result cannot be trusted; **warning**: it hurts" in page
    assert "## Example\n\nBiases far below 0 let two layers fire for no row.\n" in page
    assert "> 97% of its units are 0 for each of 128 rows" in page
    assert "![share of units that are 0 for every row](../images/rules/dead_units.svg)" in page
    plain = replace(rules_by_fault()["dead_units"], example=None)
    assert "## Example" not in script["rule_page"](plain)
    assert script["drawing_of"](plain) == ""


def test_the_page_of_a_rule_names_the_rows_that_lead_to_it(script: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "coverage.toml").write_text(
        '[T1]\nwhat = "early stopping"\npages = ["docs/rules/overfitting.md"]\n'
    )
    made = runpy.run_path(str(REPOSITORY / "scripts" / "docs"))
    made["rule_page"].__globals__["DOCS"] = tmp_path
    assert "- [T1](../coverage.md): early stopping\n" in made["rule_page"](rules_by_fault()["overfitting"])
    assert "What the lectures ask" not in made["rule_page"](rules_by_fault()["dead_units"])


@pytest.mark.parametrize("name", FAMILIES)
def test_every_member_stands_on_the_page_of_its_family(script: dict[str, Any], name: str) -> None:
    page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    for item in family(name).items:
        link = f"rules/{item.entry.name}.md" if name == "rules" else f"#{item.entry.name}"
        assert f"| [`{item.entry.name}`]({link}) | " in page
        assert name == "rules" or f"\n## {item.entry.name}\n" in page


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
        for page in DOCS.rglob("*.md")
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


def test_a_page_of_a_rule_that_is_gone_is_taken_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = runpy.run_path(str(REPOSITORY / "scripts" / "docs"))
    (tmp_path / "rules").mkdir()
    gone = tmp_path / "rules" / "gone.md"
    gone.write_text("old")
    made["main"].__globals__.update(PAGES={"rules/new.md": lambda: "new"}, DOCS=tmp_path, REPOSITORY=tmp_path)
    assert (made["main"](["--check"]), gone.exists()) == (1, True)
    assert (made["main"]([]), gone.exists()) == (0, False)
    assert made["main"](["--check"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "taken away: rules/gone.md"
