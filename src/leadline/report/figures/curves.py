"""Curves of the training: loss, score and learning rate over the epochs, with the epoch that was kept."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from leadline.report.figures import lines
from leadline.report.figures.lines import Line
from leadline.report.figures.style import ACCENT, SECOND, plot
from leadline.report.wording import capital, number

_STEEP = 30.0  # a loss that falls by more than this factor is drawn on a logarithmic axis


def loss(train: np.ndarray | None, validation: np.ndarray | None, best: int) -> str:
    """Draw the loss over the epochs.

    Args:
        train: Shape (E,), or None.
        validation: Shape (E,), or None.
        best: Epoch (from 1) whose weights were kept; 0 for none to mark.

    Example:
        >>> loss(np.array([2.0, 1.0]), None, 0).startswith("<svg")
        True
    """
    found = []
    if train is not None:
        found.append(Line("training", train, SECOND, (0, (5, 2.2))))
    if validation is not None:
        found.append(Line("validation", validation, ACCENT))
    about = " ".join(_about(line) for line in found)
    kind = "log" if _steep(found) else "plain"
    scale = " The vertical axis is logarithmic." if kind == "log" else ""
    return plot(
        "loss",
        "Loss over the epochs",
        about + _best(best) + scale,
        lambda axes: _draw(axes, found, best, kind),
        right=66,
    )


def score(values: np.ndarray, best: int, name: str, share: bool) -> str:
    """Draw the validation score over the epochs.

    Args:
        values: Shape (E,).
        best: Epoch (from 1) whose weights were kept; 0 for none to mark.
        name: Of the score, for people.
        share: True for a score in [0, 1] that is written in percent.
    """
    line = Line("validation", values, ACCENT)
    about = _about(line) + _best(best)
    title = f"Validation {name} over the epochs"
    return plot(
        "score",
        title,
        about,
        lambda axes: _draw(axes, [line], best, "percent" if share else "plain", at_top=False),
        right=66,
    )


def rate(values: np.ndarray, log: bool) -> str:
    """Draw the learning rate over the epochs.

    Args:
        values: Shape (E,).
        log: Logarithmic vertical axis, for rates that fall by orders of magnitude.
    """
    line = Line("", values, ACCENT)
    return plot(
        "rate",
        "Learning rate over the epochs",
        _about(line),
        lambda axes: lines.draw(axes, [line], "log" if log else "plain"),
    )


def _draw(axes: Axes, found: list[Line], best: int, kind: str, at_top: bool = True) -> None:
    lines.draw(axes, found, kind)
    if best:
        lines.mark_epoch(axes, best, f"best: {best}", at_top)


def _steep(found: list[Line]) -> bool:
    values = np.concatenate([line.values[np.isfinite(line.values)] for line in found])
    return bool(values.size and values.min() > 0 and values.max() > _STEEP * values.min())


def _about(line: Line) -> str:
    finite = np.flatnonzero(np.isfinite(line.values))
    first, last = line.values[finite[0]], line.values[finite[-1]]
    ends = f"from {number(first)} in epoch {finite[0] + 1} to {number(last)} in epoch {finite[-1] + 1}."
    return capital(f"{line.name} {ends}".strip())


def _best(best: int) -> str:
    return f" Epoch {best} is marked as the best." if best else ""
