"""What was measured, kept: one JSON file for all workloads, each with its own machine, versions and date.

A workload that is measured again takes the place of the old one; the others stay, so that a long run can be made in
parts. Every turn's seconds are kept; medians and ratios are made from them where they are shown.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.peers import FAMILIES, OURS

DEFAULT = Path("benchmarks") / "results.json"
Result = Mapping[str, Any]


def load(path: Path) -> dict[str, Any]:
    """Return what a file holds; nothing where there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def keep(path: Path, name: str, result: Result) -> None:
    """Put a result into a file, under its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {**load(path), name: result}
    path.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def ratio(result: Result, name: str, ours: str = OURS) -> float:
    """Return how many times longer one took than we did: the median over the turns."""
    seconds = result["seconds"]
    return statistics.median(a / b for a, b in zip(seconds[name], seconds[ours], strict=True))


def best(result: Result, family: str) -> str | None:
    """Return the fastest of a family by its median; None where none ran."""
    own = [name for name, kind in result["family"].items() if kind == family]
    return min(own, key=lambda name: statistics.median(result["seconds"][name]), default=None)


def ratios(result: Result) -> dict[str, tuple[str, float]]:
    """Return the best of each family other than ours that ran, and its ratio to us."""
    found = {family: best(result, family) for family in FAMILIES if family != OURS}
    return {family: (name, ratio(result, name)) for family, name in found.items() if name}
