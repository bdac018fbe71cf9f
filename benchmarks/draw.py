"""Draw what was measured for the pages: the table and a picture of all ratios, so that no figure is typed by hand.

    python -m benchmarks.draw benchmarks/results.json                  into docs/performance.md, its pictures, README.md
    python -m benchmarks.draw results.json --page other.md             into another page alone

Between ``<!-- begin: table -->`` and ``<!-- end -->`` of the page stands what this writes, in README.md between
``<!-- begin: speed -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from benchmarks.peers import BY_HAND
from benchmarks.results import DEFAULT, load, ratios
from benchmarks.table import grade, markdown, short
from benchmarks.workloads import WORKLOADS

PAGE = Path("docs") / "performance.md"
FRONT = Path("README.md")
NAMES = {
    "torch": "best PyTorch",
    "keras": "best Keras",
    "scikit-learn": "scikit-learn",
    BY_HAND: "JAX by hand",
}
COLORS = {"torch": "#0072B2", "keras": "#D55E00", "scikit-learn": "#009E73", BY_HAND: "#4D4D4D"}
BAR = 0.2


def picture(results: Mapping[str, Any], path: Path) -> Path:
    """Draw how many times longer the best of each family took, with what was wished against PyTorch."""
    shown = list(results.values())
    with plt.style.context("leadline.report.style"):
        figure, axes = plt.subplots(figsize=(8, 1.6 + 0.62 * len(shown)))
        for row, result in enumerate(shown):
            _bars(axes, row, result)
        _dress(axes, shown)
        figure.savefig(path)
        plt.close(figure)
    return path


def _bars(axes: Axes, row: int, result: Mapping[str, Any]) -> None:
    """Draw one workload: a bar from 1 to each ratio, and marks at what was wished."""
    against = ratios(result)
    for place, family in enumerate(NAMES):
        if family not in against:
            continue
        y, reached = row + (place - 1.5) * BAR, against[family][1]
        axes.barh(y, reached - 1, BAR * 0.85, left=1, color=COLORS[family], zorder=2)
        side, away = ("left", 5) if reached >= 1 else ("right", -5)
        clear = _beside(reached, result) if family == "torch" else reached
        axes.annotate(f"{reached:.2f}", (clear, y), (away, 0), textcoords="offset points", ha=side, va="center",
                      fontsize=8)  # fmt: skip
    if result.get("must") and "torch" in against:
        y, color = row - 1.5 * BAR, "#C0392B" if grade(against["torch"][1], result) == "MISSED" else "#1C2733"
        for value, style in ((result["must"], "-"), (result["stretch"], ":")):
            axes.plot(
                [value] * 2, [y - BAR * 0.62, y + BAR * 0.62], style, color=color, linewidth=1.8, zorder=3
            )


def _beside(reached: float, result: Mapping[str, Any]) -> float:
    """Return where a number may stand beside its bar without a mark running through it."""
    marks = [mark for mark in (result.get("must"), result.get("stretch")) if mark]
    for mark in sorted(marks, reverse=reached < 1):
        if (reached >= 1 and reached <= mark < reached * 1.5) or (
            reached < 1 and reached / 1.5 < mark <= reached
        ):
            reached = mark
    return reached


def _dress(axes: Axes, shown: Sequence[Mapping[str, Any]]) -> None:
    axes.set_xscale("log")
    axes.axvline(1, color="#1C2733", linewidth=1)
    axes.set_yticks(range(len(shown)), [result["title"] for result in shown])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    ticks = [0.5, 1, 2, 5, 10, 20, 50]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    low, high = axes.get_xlim()
    axes.set_xlim(min(low * 0.75, 0.5), high * 1.25)
    axes.set_xlabel("times as long as Leadline (right of 1: Leadline is faster)")
    met = [family for family in NAMES if any(family in ratios(result) for result in shown)]
    handles = [mpl.patches.Patch(color=COLORS[family], label=NAMES[family]) for family in met]
    marks = (("-", "must, against PyTorch"), (":", "stretch"))
    handles += [mpl.lines.Line2D([], [], linestyle=s, color="#1C2733", label=w) for s, w in marks]
    axes.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=3)


def ordered(results: Mapping[str, Any]) -> dict[str, Any]:
    """Return results in the order of the workloads, then the others as they were measured."""
    known = [name for name in WORKLOADS if name in results]
    return {name: results[name] for name in [*known, *(name for name in results if name not in known)]}


def where(results: Mapping[str, Any]) -> str:
    """Say on what machines, with which versions and when the workloads were measured."""
    found: dict[str, list[str]] = {}
    for result in results.values():
        versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
        words = f"{result['machine']} ({result['device']}); {versions}; {result['date'][:10]}"
        found.setdefault(words, []).append(result["title"])
    if len(found) == 1:
        return f"Measured on {next(iter(found))}."
    return "\n".join(f"- {', '.join(titles)}: {words}" for words, titles in found.items())


def put(page: Path, mark: str, words: str) -> None:
    """Put words between the marks of a page.

    Raises:
        SystemExit: The page has no such marks.
    """
    text = page.read_text(encoding="utf-8")
    pattern = re.compile(rf"(<!-- begin: {mark} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"{page} has no '<!-- begin: {mark} -->' with '<!-- end -->' after it")
    page.write_text(pattern.sub(lambda found: f"{found[1]}{words}\n{found[2]}", text), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args(arguments)
    results = ordered(load(asked.results))
    if not results:
        raise SystemExit(f"{asked.results} holds nothing: python -m benchmarks.steps first")
    images = asked.page.parent / "images"
    images.mkdir(exist_ok=True)
    image = picture(results, images / f"{asked.page.stem}.png")
    drawn = f"![How many times longer the peers take](images/{image.name})"
    put(asked.page, "table", f"{markdown(results)}\n\n{where(results)}\n\n{drawn}")
    written = [asked.page, image]
    if asked.page == PAGE:
        put(FRONT, "speed", f"{short(results)}\n\n{where(results)}")
        written.append(FRONT)
    print(f"written: {', '.join(map(str, written))}")


if __name__ == "__main__":
    main()
