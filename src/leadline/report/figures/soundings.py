"""Soundings of the layers over the epochs: a line for each layer, or a heat map where there are many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from leadline.report.figures import lines
from leadline.report.figures.heat import heat_map
from leadline.report.figures.lines import Line
from leadline.report.figures.style import ACCENT, DEPTHS, MUTED, plot
from leadline.report.wording import number, percent

MOST_LINES = len(DEPTHS)
USUAL_RATIO = 1e-3


def sounding(
    name: str, title: str, values: np.ndarray, numbers: Sequence[int], kind: str, layers: int
) -> str:
    """Draw one sounding of all layers that have it.

    Args:
        name: Unique on the page.
        title: What it shows.
        values: Shape (E, L), one column for each layer shown.
        numbers: Number of each layer as in the table of layers, shape (L,).
        kind: "plain", "share" (in [0, 1]), "log", or "ratio" (log, with the usual band).
        layers: How many layers the network has; more than :data:`MOST_LINES` give a heat map.

    Example:
        >>> sounding("spread", "Spread", np.ones((3, 2)), [1, 2], "log", 2).startswith("<svg")
        True
    """
    about = _about(values, numbers, kind)
    if layers > MOST_LINES:
        return heat_map(name, title, about, values, numbers, "log" if kind == "ratio" else kind)
    return plot(
        name, title, about, lambda axes: _draw(axes, values, numbers, kind, layers), right=28, height=180
    )


def _draw(axes: Axes, values: np.ndarray, numbers: Sequence[int], kind: str, layers: int) -> None:
    found = [Line(str(at), values[:, i], DEPTHS[depth(at, layers) - 1]) for i, at in enumerate(numbers)]
    if kind == "ratio":
        kind = "log"
        axes.axhspan(USUAL_RATIO / 3, USUAL_RATIO * 3, color=ACCENT, alpha=0.13, linewidth=0)
        axes.axhline(USUAL_RATIO, color=MUTED, linewidth=1, linestyle=(0, (2, 3)))
    lines.draw(axes, found, kind)


def depth(number: int, layers: int) -> int:
    """Return the color of a layer, 1 (shallow) to 8 (deep), the same in every picture.

    Args:
        number: Of the layer, from 1.
        layers: How many there are, at most :data:`MOST_LINES`.

    Example:
        >>> [depth(number, 3) for number in (1, 2, 3)]
        [1, 4, 8]
    """
    return 1 + int((number - 1) / max(layers - 1, 1) * (MOST_LINES - 1))


def _about(values: np.ndarray, numbers: Sequence[int], kind: str) -> str:
    write = percent if kind == "share" else number
    ends = []
    for i, at in enumerate(numbers):
        finite = values[np.isfinite(values[:, i]), i]
        if finite.size:
            ends.append(f"layer {at}: {write(finite[-1])}")
    said = "; ".join(ends[:12]) + (f"; and {len(ends) - 12} more layers" if len(ends) > 12 else "")
    return f"At the last epoch, {said}."
