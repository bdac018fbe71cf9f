"""How cost grows: seconds of a step against width, depth and batch, and of an epoch against the rows, on log scales.

    python -m benchmarks.growth                      all four, JSON and picture
    python -m benchmarks.growth width --most 256     one of them, up to a size
    python -m benchmarks.growth --draw               the picture and the table again, from the JSON

Leadline stands against the fastest of PyTorch's variants with fused Adam at each size. Each point is its own run of
interleaved workers. A slope of 1 means twice the size costs twice the time; slopes are fitted to the lower and the
upper half of the points, since small sizes cost overhead and large ones arithmetic.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator

from benchmarks.draw import PAGE, put
from benchmarks.interleave import started, take_turns
from benchmarks.machine import described, machine
from benchmarks.peers import ON_CPU, OURS, contestants
from benchmarks.results import keep, load
from benchmarks.workloads import Workload, find

KEPT = Path("benchmarks") / "growth.json"
STEPS = 50
"""Steps of one epoch where the rows do not count."""
SIZES: dict[str, tuple[int, ...]] = {
    "width": (32, 64, 128, 256, 512, 1024, 2048),
    "depth": (1, 2, 4, 8, 16, 32),
    "batch": (1, 4, 16, 64, 256, 1024, 4096),
    "rows": (1_000, 10_000, 100_000, 1_000_000),
}
ABOUT = {
    "width": "units of two layers, batch 64",
    "depth": "layers of 128 units, batch 64",
    "batch": "rows of a step, 64-128-128-10",
    "rows": "rows of an epoch, 20-64-64-3, batch 100",
}


def workload_of(axis: str, size: int) -> Workload:
    """Return the MLP of one point."""
    many = 64 * STEPS
    words = {
        "width": f"64-{size}-{size}-10/b64/n{many}",
        "depth": f"64-{'128-' * size}10/b64/n{many}",
        "batch": f"64-128-128-10/b{size}/n{size * STEPS}",
        "rows": f"20-64-64-3/b100/n{size}",
    }
    return find(words[axis])


def point(workload: Workload, rounds: int) -> dict[str, list[float]]:
    """Return the seconds of a step in every turn, of Leadline and of PyTorch with fused Adam."""
    some = [one for one in contestants(workload, "cpu") if one.name.startswith((OURS, "torch fused"))]
    running = {}
    with tempfile.TemporaryDirectory() as folder:
        weights = str(Path(folder) / "weights.npz")
        for one in some:
            given = "--export" if one.name == OURS else "--weights"
            running[one.name] = started(one.command({}, workload.name, given, weights), ON_CPU)
    take_turns(running, rounds)
    for worker in running.values():
        worker.end()
    return {name: worker.seconds for name, worker in running.items()}


def measured(axis: str, sizes: Sequence[int], rounds: int) -> dict[str, Any]:
    """Return one axis: sizes, and by size every worker's turns."""
    points = []
    for size in sizes:
        workload = workload_of(axis, size)
        seconds = point(workload, rounds)
        points.append({"size": size, "steps": workload.epoch_steps, "seconds": seconds})
        said = ", ".join(f"{name} {statistics.median(own) * 1e6:,.1f} µs" for name, own in seconds.items())
        print(f"  {axis} {size:,}: a step takes {said}", flush=True)
    return {**described(), "about": ABOUT[axis], "points": points}


def curves(axis: str, result: Mapping[str, Any]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return sizes, and the median seconds of a step (or epoch) of Leadline and of the fastest PyTorch at each."""
    sizes = np.array([at["size"] for at in result["points"]], float)
    found: dict[str, list[float]] = {"Leadline": [], "best PyTorch": []}
    for at in result["points"]:
        medians = {name: statistics.median(own) for name, own in at["seconds"].items()}
        units = at["steps"] if axis == "rows" else 1
        found["Leadline"].append(medians.pop(OURS) * units)
        found["best PyTorch"].append(min(medians.values()) * units)
    return sizes, {name: np.array(values) for name, values in found.items()}


def slopes(sizes: np.ndarray, seconds: np.ndarray) -> tuple[float, float]:
    """Return the slopes of a line through the lower and one through the upper half of the points, on log scales.

    >>> slopes(np.array([1.0, 2, 4, 8]), np.array([1.0, 1, 1, 8]))[0]
    0.0
    """
    half = max(2, (len(sizes) + 1) // 2)
    parts = slice(None, half), slice(-half, None)
    low, high = (float(np.polyfit(np.log(sizes[part]), np.log(seconds[part]), 1)[0]) for part in parts)
    return round(low, 2) + 0.0, round(high, 2) + 0.0


def picture(results: Mapping[str, Any], path: Path) -> Path:
    """Draw all axes that were measured, two beside each other."""
    shown = [axis for axis in SIZES if axis in results]
    with plt.style.context("leadline.report.style"):
        wide, high = min(2, len(shown)), -(-len(shown) // 2)
        figure, places = plt.subplots(high, wide, figsize=(4.3 * wide, 3.4 * high), squeeze=False)
        for axes, axis in zip(places.flat, shown, strict=False):
            _draw(axes, axis, results[axis])
        for axes in places.flat[len(shown) :]:
            axes.set_axis_off()
        figure.savefig(path)
        plt.close(figure)
    return path


def _draw(axes: Axes, axis: str, result: Mapping[str, Any]) -> None:
    sizes, found = curves(axis, result)
    for marker, (name, seconds) in zip("os", found.items(), strict=True):
        low, high = slopes(sizes, seconds)
        words = f"{name}: slope {low:.2f}, then {high:.2f}"
        axes.loglog(sizes, seconds * 1e3, marker=marker, markersize=4, label=words)
    axes.set_title(f"{axis.capitalize()}: {result['about']}", fontsize=9.5)
    axes.set_xticks(sizes, [f"{size:,.0f}" for size in sizes])
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if _decades(found) < 1.5 else (1,)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.minorticks_off()
    axes.set_ylabel(f"ms {'an epoch' if axis == 'rows' else 'a step'}")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high * (high / low) ** 0.35)  # room for the legend above the curves
    axes.legend(loc="upper left", fontsize=8)


def _decades(found: Mapping[str, np.ndarray]) -> float:
    every = np.concatenate(list(found.values()))
    return float(np.log10(every.max() / every.min()))


def table(results: Mapping[str, Any]) -> str:
    """Return the slopes as a table of Markdown, and times at both ends."""
    lines = [
        "| against | from | to | Leadline | best PyTorch | slopes of Leadline | of PyTorch |",
        "|---|---|---|---|---|---|---|",
    ]
    for axis, result in results.items():
        sizes, found = curves(axis, result)
        ours, theirs = found.values()
        ends = (f"{own[0] * 1e3:.3g} to {own[-1] * 1e3:.3g} ms" for own in (ours, theirs))
        fitted = (
            f"{low:.2f}, then {high:.2f}" for low, high in (slopes(sizes, own) for own in (ours, theirs))
        )
        cells = f"{axis} ({result['about']})", f"{sizes[0]:,.0f}", f"{sizes[-1]:,.0f}", *ends, *fitted
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(kept: Path, page: Path) -> None:
    """Put picture and table into a page."""
    results = load(kept)
    images = page.parent / "images"
    images.mkdir(exist_ok=True)
    image = picture(results, images / f"{page.stem}-growth.png")
    machines = "; ".join(
        sorted({f"{result['machine']}, {result['date'][:10]}" for result in results.values()})
    )
    put(
        page,
        "growth",
        f"{table(results)}\n\nMeasured on {machines}.\n\n![How cost grows](images/{image.name})",
    )
    print(f"written: {page}, {image}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("axes", nargs="*", help=f"{', '.join(SIZES)}; all by default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--most", type=int, default=10**9, help="largest size")
    parser.add_argument("--json", type=Path, default=KEPT)
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--draw", action="store_true", help="measure nothing")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.axes) - set(SIZES):
        raise SystemExit(f"no axis {', '.join(sorted(unknown))}; there are {', '.join(SIZES)}")
    if not asked.draw:
        print(machine(), flush=True)
        for axis in asked.axes or SIZES:
            sizes = [size for size in SIZES[axis] if size <= asked.most]
            keep(asked.json, axis, measured(axis, sizes, asked.rounds))
    print(table(load(asked.json)))
    draw(asked.json, asked.page)


if __name__ == "__main__":
    main()
