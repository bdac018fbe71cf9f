"""Pictures of predictions: how far a confidence can be believed, and how numbers fall beside the truth."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from leadline.report.figures.style import ACCENT, INK, MUTED, plot
from leadline.report.figures.ticks import Plain
from leadline.report.wording import percent

MOST_DOTS = 600


def reliability(bins: np.ndarray) -> str:
    """Draw accuracy against confidence; a calibrated model lies on the diagonal.

    Args:
        bins: Mean confidence, accuracy and rows, shape (bins, 3); at least one bin with rows.

    Example:
        >>> reliability(np.array([[0.9, 0.8, 12.0]])).startswith("<svg")
        True
    """
    said = "; ".join(
        f"at {percent(c)} confidence {percent(a)} are right ({int(n):,} rows)" for c, a, n in bins
    )
    about = f"{said[:1].upper()}{said[1:]}."
    return plot(
        "reliability", "Accuracy against confidence", about, lambda axes: _reliability(axes, bins), height=250
    )


def against_truth(pairs: np.ndarray) -> str:
    """Draw predictions against the truth; a perfect model lies on the diagonal.

    Args:
        pairs: Target and prediction, shape (n, 2), finite.
    """
    about = (
        f"{len(pairs):,} rows; correlation {np.corrcoef(pairs.T)[0, 1]:.2f}."
        if _varies(pairs)
        else f"{len(pairs):,} rows."
    )
    return plot(
        "truth", "Predicted against actual", about, lambda axes: _against_truth(axes, thin(pairs)), height=250
    )


def residuals(pairs: np.ndarray) -> str:
    """Draw what is left over, prediction minus truth, against the prediction.

    Args:
        pairs: Target and prediction, shape (n, 2), finite.
    """
    left = pairs[:, 1] - pairs[:, 0]
    about = f"Residuals have mean {left.mean():.3g} and standard deviation {left.std():.3g}."
    return plot("residuals", "Residuals", about, lambda axes: _residuals(axes, thin(pairs)), height=250)


def thin(pairs: np.ndarray) -> np.ndarray:
    """Return at most :data:`MOST_DOTS` rows, evenly picked."""
    at = np.unique(np.linspace(0, len(pairs) - 1, min(len(pairs), MOST_DOTS)).round().astype(int))
    return np.asarray(pairs[at])


def _varies(pairs: np.ndarray) -> bool:
    return len(pairs) > 1 and bool((pairs.std(axis=0) > 0).all())


def _reliability(axes: Axes, bins: np.ndarray) -> None:
    confidence, accuracy, rows = bins.T
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (2, 3)))
    axes.vlines(confidence, *_wilson(accuracy, rows), color=ACCENT, linewidth=1.5, alpha=0.45)
    sizes = 3 + 9 * np.sqrt(rows / rows.max())
    for x, y, size in zip(confidence, accuracy, sizes, strict=True):
        axes.plot([x], [y], marker="o", markersize=size, color=ACCENT, markeredgewidth=0, clip_on=False)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks([0, 0.25, 0.5, 0.75, 1])
        axis.set_major_formatter(PercentFormatter(1.0))
    axes.set_xlabel("confidence", loc="right")


def _wilson(share: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95% interval of shares (E. B. Wilson, 1927)."""
    z = 1.96
    whole = 1 + z**2 / rows
    middle = share + z**2 / (2 * rows)
    reach = z * np.sqrt(np.clip(share * (1 - share), 0, None) / rows + z**2 / (4 * rows**2))
    return (middle - reach) / whole, (middle + reach) / whole


def _against_truth(axes: Axes, pairs: np.ndarray) -> None:
    low, high = float(pairs.min()), float(pairs.max())
    axes.plot([low, high], [low, high], color=INK, linewidth=1, linestyle=(0, (2, 3)), zorder=3)
    _dots(axes, pairs[:, 0], pairs[:, 1])
    axes.set_xlabel("actual", loc="right")


def _residuals(axes: Axes, pairs: np.ndarray) -> None:
    axes.axhline(0, color=INK, linewidth=1, linestyle=(0, (2, 3)), zorder=3)
    _dots(axes, pairs[:, 1], pairs[:, 1] - pairs[:, 0])
    axes.set_xlabel("predicted", loc="right")


def _dots(axes: Axes, x: np.ndarray, y: np.ndarray) -> None:
    axes.plot(x, y, linestyle="none", marker="o", markersize=3.6, color=ACCENT, alpha=0.55, markeredgewidth=0)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter(Plain())
