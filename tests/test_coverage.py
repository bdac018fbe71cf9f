"""What the lectures ask for is there: every row names public things, tests that cite it, and pages that show it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import leadline as ll

REPOSITORY = Path(__file__).parent.parent
ROWS: dict[str, dict[str, Any]] = tomllib.loads(
    (REPOSITORY / "docs" / "coverage.toml").read_text(encoding="utf-8")
)
ASKED = [
    *(f"N{number}" for number in range(1, 15)), "N19", "A1", "A2", "A3", *(f"L{number}" for number in range(1, 14)),
    "I1", "T1", "T2", "T3", "T8", "T10", "T11",
]  # fmt: skip


LECTURES = {*(f"{letter}{number}" for letter, last in zip("NALITR", (19, 3, 13, 1, 12, 10), strict=True)
              for number in range(1, last + 1))}  # fmt: skip


def cites(path: Path, row: str) -> bool:
    return re.search(rf"\b{row}\b", path.read_text(encoding="utf-8")) is not None


def test_every_row_is_there() -> None:
    assert set(ASKED) <= set(ROWS)
    assert all(line.keys() == {"what", "names", "tests", "pages"} for line in ROWS.values())


@pytest.mark.parametrize("row", ROWS)
def test_row_is_public_tested_and_shown(row: str) -> None:
    line = ROWS[row]
    assert line["names"], "something public"
    assert line["tests"], "a test"
    assert line["pages"], "a page"
    assert [name for name in line["names"] if not hasattr(ll, name)] == []
    files = [REPOSITORY / name for name in (*line["tests"], *line["pages"])]
    assert [str(path) for path in files if not path.exists()] == []
    assert [name for name in line["tests"] if not cites(REPOSITORY / name, row)] == []
    assert [n for n in line["pages"] if n.startswith("gallery/") and not cites(REPOSITORY / n, row)] == []


def test_a_page_of_the_gallery_covers_rows_that_are_there() -> None:
    for page in (REPOSITORY / "gallery").glob("*.md"):
        found = re.search(r"^\*covers: ([^*]*)\*$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert {row.strip() for row in found[1].split(",")} <= LECTURES if found else page.name == "README.md"


def test_citations_are_found_whole(tmp_path: Path) -> None:
    page = tmp_path / "test.py"
    page.write_text("def test_it():  # T10, N1\n")
    assert cites(page, "T10")
    assert cites(page, "N1")
    assert not cites(page, "T1")
