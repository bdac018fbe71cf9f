"""Heat maps of many layers over many epochs, in tints of the page's accent, for light and dark alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leadline.report.figures.style import WIDTH, frame
from leadline.report.wording import number

MOST_EPOCHS, MOST_LAYERS, TINTS = 48, 36, 8
_LEFT, _RIGHT, _TOP, _SCALE = 34.0, 12.0, 6.0, 46.0


def heat_map(name: str, title: str, about: str, values: np.ndarray, numbers: Sequence[int], kind: str) -> str:
    """Draw layers from top to bottom, epochs from left to right, larger values in a stronger color.

    Args:
        name: Unique on the page.
        title: What it shows.
        about: What is to be seen.
        values: Shape (E, L).
        numbers: Number of each layer, shape (L,).
        kind: "plain", "share" (in [0, 1]) or "log".

    Example:
        >>> heat_map("dead", "Dead", "", np.eye(8), range(1, 9), "share").count("<path")
        2
    """
    epochs, layers = _picked(values.shape[0], MOST_EPOCHS), _picked(values.shape[1], MOST_LAYERS)
    shown = values[np.ix_(epochs, layers)].T
    low, high = _ends(values, kind)
    levels = _levels(shown, low, high, kind)
    row = max(8.0, min(18.0, 150.0 / len(layers)))
    column = (WIDTH - _LEFT - _RIGHT) / len(epochs)
    bottom = _TOP + row * len(layers)
    names = _names([numbers[i] for i in layers], row)
    axis = _text(_LEFT, bottom + 15, "1") + _text(
        WIDTH - _RIGHT, bottom + 15, f"epoch {values.shape[0]}", "end"
    )
    body = _cells(levels, row, column) + names + axis + _legend(bottom + 24, low, high, kind)
    return frame(name, title, f"{about} Larger values have a stronger color.", WIDTH, bottom + _SCALE, body)


def _picked(size: int, most: int) -> np.ndarray:
    return np.unique(np.linspace(0, size - 1, min(size, most)).round().astype(int))


def _ends(values: np.ndarray, kind: str) -> tuple[float, float]:
    if kind == "share":
        return 0.0, 1.0
    good = values[np.isfinite(values) & ((values > 0) | (kind != "log"))]
    return (float(good.min()), float(good.max())) if good.size else (0.0, 1.0)


def _levels(shown: np.ndarray, low: float, high: float, kind: str) -> np.ndarray:
    """Return tints from 0 to TINTS - 1; -1 where there is no number."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if kind == "log":
            shown, low, high = np.log(shown), float(np.log(low)), float(np.log(high))
        share = (shown - low) / (high - low) if high > low else np.zeros_like(shown)
    known = np.isfinite(share)
    return np.where(known, np.clip(np.where(known, share, 0.0) * TINTS, 0, TINTS - 1), -1).astype(int)


def _cells(levels: np.ndarray, row: float, column: float) -> str:
    drawn = []
    for level in range(TINTS):
        spots = np.argwhere(levels == level)
        if len(spots):
            places = [(_LEFT + column * x, _TOP + row * y) for y, x in spots]
            path = "".join(f"M{x:.1f} {y:.1f}h{column + 0.1:.1f}v{row - 1:.1f}H{x:.1f}z" for x, y in places)
            drawn.append(f'<path class="tint-{level}" d="{path}"/>')
    return "".join(drawn)


def _names(numbers: Sequence[int], row: float) -> str:
    every = 1 if row >= 13 else 2
    return "".join(
        _text(_LEFT - 7, _TOP + row * (i + 0.5) + 3.5, str(at), "end")
        for i, at in enumerate(numbers)
        if i % every == 0
    )


def _legend(top: float, low: float, high: float, kind: str) -> str:
    ends = [f"{100 * end:g}%" if kind == "share" else number(end) for end in (low, high)]
    size, start = 14, WIDTH / 2 - 7 * TINTS
    boxes = "".join(
        f'<rect class="tint-{i}" x="{start + size * i}" y="{top}" width="{size}" height="9"/>'
        for i in range(TINTS)
    )
    words = _text(start - 7, top + 8.5, ends[0], "end") + _text(start + size * TINTS + 7, top + 8.5, ends[1])
    return boxes + words


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="small">{words}</text>'
