"""Lines over epochs, named at their ends: the one kind of plot that curves and soundings share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import (
    FixedLocator,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
)

from leadline.report.figures.style import INK, MUTED
from leadline.report.figures.ticks import Plain

MOST_POINTS = 300
SOLID = (0, (1.0, 0.0))
_GAP = 13.0  # pixels between the names at the ends of two lines


@dataclass(frozen=True)
class Line:
    """One line over epochs.

    Args:
        name: Short; stands at its end.
        values: Shape (E,); gaps where not finite.
        color: A placeholder color of the style.
        dash: A Matplotlib dash pattern.
    """

    name: str
    values: np.ndarray
    color: str
    dash: tuple[int, tuple[float, float]] = SOLID


def draw(axes: Axes, lines: Sequence[Line], kind: str = "plain") -> None:
    """Draw lines over epochs, each named at its end.

    Args:
        axes: To draw into.
        lines: With at least one finite value (above 0 where ``log``) each; others are left out.
        kind: Vertical axis: "plain", "percent", "share" (in percent, from 0) or "log".
    """
    log = kind == "log"
    shown = [line for line in (_plottable(line, log) for line in lines) if np.isfinite(line.values).any()]
    if log:
        axes.set_yscale("log")
    for line in shown:
        epochs, values = thinned(line.values)
        dash = "-" if line.dash == SOLID else line.dash
        axes.plot(epochs, values, color=line.color, linestyle=dash)
        if np.isfinite(values).sum() == 1:  # a line through one point cannot be seen
            axes.plot(epochs, values, color=line.color, marker="o", markersize=5, clip_on=False)
    _epochs(axes, max((len(line.values) for line in lines), default=1))
    if log:
        _log_ticks(axes)
    elif kind == "share":
        _share_ticks(axes, shown)
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_formatter(Plain(percent=kind == "percent"))
    _name_ends(axes, shown)


def thinned(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return epochs and values, thinned to what a small picture can show; the last one stays."""
    at = np.unique(np.linspace(0, len(values) - 1, min(len(values), MOST_POINTS)).round().astype(int))
    return at + 1, values[at]


def _epochs(axes: Axes, epochs: int) -> None:
    axes.set_xlim((1, epochs) if epochs > 1 else (0.5, 1.5))
    axes.xaxis.set_major_locator(
        MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]) if epochs > 1 else FixedLocator([1])
    )
    axes.xaxis.set_major_formatter(Plain())
    axes.set_xlabel("epoch", loc="right")


def mark_epoch(axes: Axes, epoch: int, words: str, at_top: bool = True) -> None:
    """Mark one epoch by a vertical line with words at its top or bottom, whichever the curve leaves free."""
    axes.axvline(epoch, color=INK, linewidth=1, linestyle=(0, (2, 3)))
    low, high = axes.get_xlim()
    late = epoch > (low + high) / 2
    shift = (-5 if late else 5, -2 if at_top else 4)
    axes.annotate(
        words,
        (epoch, 1 if at_top else 0),
        xycoords=("data", "axes fraction"),
        xytext=shift,
        textcoords="offset points",
        ha="right" if late else "left",
        va="top" if at_top else "bottom",
        color=INK,
        fontsize=11,
    )


def _plottable(line: Line, log: bool) -> Line:
    kept = np.isfinite(line.values) & ((line.values > 0) | (not log))
    return Line(line.name, np.where(kept, line.values, np.nan), line.color, line.dash)


def _log_ticks(axes: Axes) -> None:
    low, high = axes.get_ylim()
    if high < 3 * low:  # too narrow for a scale of powers to name two of its places
        axes.set_ylim(low / 1.7, high * 1.7)
    narrow = high < 30 * low
    axes.yaxis.set_major_locator(
        LogLocator(subs=(1.0, 2.0, 5.0) if narrow else (1.0,), numticks=8 if narrow else 6)
    )
    axes.yaxis.set_major_formatter(_tick)
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_formatter(NullFormatter())


def _tick(value: float, _position: float) -> str:
    if 5e-4 <= value < 1e5:
        return f"{value:,g}"
    power = math.floor(math.log10(value) + 1e-9)
    factor = round(value / 10.0**power)
    raised = "10" + str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return raised if factor == 1 else f"{factor}·{raised}"


def _share_ticks(axes: Axes, lines: Sequence[Line]) -> None:
    most = max((float(np.nanmax(line.values)) for line in lines), default=1.0)
    top = next(end for end in (0.02, 0.1, 0.2, 0.5, 1.0) if most <= end or end == 1.0)
    axes.set_ylim(-0.02 * top, 1.02 * top)
    axes.set_yticks([0, top / 2, top])
    axes.yaxis.set_major_formatter(Plain(percent=True))


def _name_ends(axes: Axes, lines: Sequence[Line]) -> None:
    """Write the names right of the ends, moved apart where they would touch."""
    height = axes.get_position().height * axes.figure.bbox.height
    ends = []
    for line in lines:
        at = int(np.flatnonzero(np.isfinite(line.values))[-1])
        spot = axes.transAxes.inverted().transform(axes.transData.transform((1 + at, line.values[at])))
        ends.append((float(spot[1]) * height, line))
    ends.sort(key=lambda end: end[0])
    places = spread([place for place, _ in ends], _GAP, height)
    for place, (_, line) in zip(places, ends, strict=True):
        axes.annotate(
            line.name,
            (1, place / height),
            xycoords="axes fraction",
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            ha="left",
            color=MUTED,
            fontsize=11,
            annotation_clip=False,
        )


def spread(places: Sequence[float], gap: float, length: float) -> list[float]:
    """Move sorted places apart until neighbors keep a gap, as little as a sweep up and a sweep down need.

    Args:
        places: Sorted, in any unit.
        gap: Smallest distance between neighbors.
        length: Places stay between 0 and this, where there is room.

    Example:
        >>> spread([0.0, 1.0, 50.0], 13.0, 100.0)
        [0.0, 13.0, 50.0]
        >>> spread([99.0, 100.0], 13.0, 100.0)
        [87.0, 100.0]
    """
    moved = [max(0.0, place) for place in places]
    for at in range(1, len(moved)):
        moved[at] = max(moved[at], moved[at - 1] + gap)
    if moved:
        moved[-1] = min(moved[-1], length)
    for at in range(len(moved) - 2, -1, -1):
        moved[at] = min(moved[at], moved[at + 1] - gap)
    return moved
