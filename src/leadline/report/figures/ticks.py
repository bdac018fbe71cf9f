"""Numbers at the axes: alike in decimals, short where they are large, so that they fit a small picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.ticker import Formatter

_SMALL = 1e-4
_LARGE = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


class Plain(Formatter):
    """Writes ticks with the decimals their distance needs; "k", "M", "G" and "T" stand for large numbers.

    Args:
        percent: Write shares in percent.

    Example:
        >>> Plain().format_ticks([0.0, 0.25, 0.5]), Plain().format_ticks([0, 500_000, 1_000_000])
        (['0.00', '0.25', '0.50'], ['0', '500k', '1,000k'])
    """

    def __init__(self, percent: bool = False) -> None:
        self.percent = percent

    def __call__(self, value: float, pos: int | None = None) -> str:
        """Write one tick, as it would stand alone."""
        return self.format_ticks([value])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Write all ticks of an axis alike."""
        if self.percent:
            return [f"{text}%" for text in Plain().format_ticks([100 * value for value in values])]
        ticks = np.asarray(values, dtype=np.float64)
        most = float(np.abs(ticks).max(initial=0.0))
        if 0 < most < _SMALL:
            return [f"{tick:.1e}".replace("-", "−") if tick else "0" for tick in ticks]
        unit, letter = next(((unit, letter) for unit, letter in _LARGE if most >= 10 * unit), (1.0, ""))
        step = float(np.diff(np.sort(ticks)).min()) / unit if ticks.size > 1 else 1.0
        texts = [f"{tick / unit:,.{_decimals(step)}f}".replace("-", "−") for tick in ticks]
        return [f"{text}{letter}" if tick else text for text, tick in zip(texts, ticks, strict=True)]


def _decimals(step: float) -> int:
    """Return how many decimals tell ticks apart that lie a step away from each other."""
    if not 0 < step < math.inf:
        return 0
    places = 0
    while places < 6 and abs(step * 10**places - round(step * 10**places)) > 1e-6 * step * 10**places:
        places += 1
    return places
