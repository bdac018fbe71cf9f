"""A curve over learning rates as text: bars for a terminal or a notebook.

Comes in: rates in equal factors, the loss at each, and a rate to point at. Goes out: lines.
"""

from __future__ import annotations

import math

import numpy as np

from leadline.core.text import short

BARS = " ▁▂▃▄▅▆▇█"
HEIGHT = 8  # lines
HEADROOM = (
    1.2  # of the fall is shown above its foot; where the loss blows up is told by bars that reach the top
)


def curve(rates: np.ndarray, losses: np.ndarray, pointed: float | None, width: int) -> str:
    """Return the curve in lines of at most so many characters.

    Args:
        rates: Shape (S,), rising by a constant factor.
        losses: Shape (S,), finite.
        pointed: A rate to point at, or None.
        width: At least 40.

    Example:
        >>> rates = np.geomspace(0.001, 10, 80)
        >>> curve(rates, np.abs(np.log10(rates)), pointed=0.1, width=46).splitlines()[-1].strip()
        '▲ 0.1'
    """
    low, high = float(losses.min()), float(losses[0])
    top = low + HEADROOM * (high - low) if high > low else float(np.median(losses)) + abs(low) + 1e-9
    top = min(top, float(losses.max())) if losses.max() > low else top
    labels = {0: short(top), HEIGHT - 1: short(low)}
    left = max(map(len, labels.values())) + 2
    columns = width - left - 1
    places = np.linspace(0, len(losses) - 1, columns)
    share = (np.interp(places, np.arange(len(losses)), losses) - low) / (top - low)
    eighths = np.clip(np.round(share * HEIGHT * 8), 1, HEIGHT * 8).astype(int)
    lines = ["loss"]
    for line in range(HEIGHT):
        floor = (HEIGHT - 1 - line) * 8
        bars = "".join(BARS[min(8, max(0, int(eighth) - floor))] for eighth in eighths)
        lines.append(f"{labels.get(line, ''):>{left}}▕{bars}".rstrip())
    lines += [" " * (left + 1) + line for line in _axis(rates, columns)]
    if pointed is not None:
        lines.append(" " * (left + 1) + _pointer(_place(rates, pointed, columns), f"{pointed:g}", columns))
    return "\n".join(lines)


def _place(rates: np.ndarray, rate: float, columns: int) -> int:
    """Return the column of a rate."""
    share = math.log(rate / rates[0]) / math.log(rates[-1] / rates[0]) if len(rates) > 1 else 0.0
    return min(columns - 1, max(0, round(share * (columns - 1))))


def _axis(rates: np.ndarray, columns: int) -> list[str]:
    """Return two lines: a tick for every power of ten, and their names as far as there is room."""
    first, last = math.ceil(math.log10(rates[0]) - 1e-3), math.floor(math.log10(rates[-1]) + 1e-3)
    ticks, names = ["─"] * columns, ""
    for power in range(first, last + 1):
        at, name = _place(rates, 10.0**power, columns), f"{10.0**power:g}"
        ticks[at] = "┬"
        if (not names or at > len(names)) and at + len(name) <= columns:
            names = f"{names:<{at}}{name}"
    return ["".join(ticks), f"{names:<{columns - 13}}learning rate" if len(names) < columns - 14 else names]


def _pointer(at: int, words: str, columns: int) -> str:
    """Return an arrow under a column, the words on the side where there is room."""
    left = at + 2 + len(words) > columns
    return f"{words} ▲".rjust(at + 1) if left else f"{'':<{at}}▲ {words}"
