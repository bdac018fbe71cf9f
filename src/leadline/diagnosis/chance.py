"""What chance alone does: intervals, noise of a curve, and what a model reaches that looks at no input.

Comes in: counts and curves of a run. Goes out: plain numbers that rules compare with, instead of bare
thresholds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from leadline.record.run import Run

Z95 = 1.959964  # the normal quantile that leaves 2.5% on each side


def wilson(hits: float, rows: float, z: float = Z95) -> tuple[float, float]:
    """Return the interval of a share, 95% by default.

    Centre (p + z²/2n) / (1 + z²/n), half width z·sqrt(p(1-p)/n + z²/4n²) / (1 + z²/n).

    Args:
        hits: Rows that count, in [0, rows]; need not be whole.
        rows: Rows in all, above 0; with 0 rows nothing is known and the interval is (0, 1).
        z: Normal quantile; 3 leaves 0.13% on each side.

    Example:
        >>> low, high = wilson(0, 20)
        >>> round(low, 3), round(high, 3)
        (0.0, 0.161)

    Source: Wilson 1927, Probable inference, the law of succession, and statistical inference.
    """
    if rows <= 0:
        return 0.0, 1.0
    share, weight = hits / rows, z**2 / rows
    center = share + weight / 2
    half = z * math.sqrt(max(share * (1 - share), 0.0) / rows + weight / (4 * rows))
    return max(0.0, (center - half) / (1 + weight)), min(1.0, (center + half) / (1 + weight))


def majority_share(counts: Sequence[int] | np.ndarray) -> float:
    """Return the accuracy of always answering the most frequent class.

    Example:
        >>> majority_share([60, 40])
        0.6
    """
    numbers = np.asarray(counts, float)
    return float(numbers.max() / numbers.sum()) if numbers.size and numbers.sum() else math.nan


def frequency_loss(counts: Sequence[int] | np.ndarray) -> float:
    """Return the log-loss of always answering the class frequencies: their entropy in nats.

    Example:
        >>> round(frequency_loss([50, 50]), 4)
        0.6931
    """
    numbers = np.asarray(counts, float)
    shares = numbers[numbers > 0] / max(numbers.sum(), 1.0)
    return float(-(shares * np.log(shares)).sum()) if shares.size else math.nan


def label_shares(run: Run, part: str) -> np.ndarray:
    """Return the share of a part's rows that has each of several labels; empty where the task is another.

    Example:
        >>> label_shares(Run({"data.label_count.train": [30, 70], "data.rows.train": 100}), "train").tolist()
        [0.3, 0.7]
    """
    counts, rows = np.asarray(run.get(f"data.label_count.{part}", ()), float), run.get(f"data.rows.{part}", 0)
    return counts / rows if rows else np.zeros(0)


def constant_loss(run: Run) -> float:
    """Return the log-loss of always answering the training frequencies, of classes or labels; NaN where unknown.

    Of several labels it is the mean of their entropies, as the task's loss is the mean over labels.

    Example:
        >>> round(constant_loss(Run({"data.label_count.train": [50, 0], "data.rows.train": 100})), 4)
        0.3466
    """
    shares = label_shares(run, "train")
    if not shares.size:
        return frequency_loss(run.get("data.class_count.train", ()))
    return float(np.mean([frequency_loss([share, 1 - share]) for share in shares]))


def constant_accuracy(run: Run, part: str) -> float:
    """Return the accuracy of always answering what is most frequent in a part; NaN where unknown.

    Example:
        >>> constant_accuracy(Run({"data.label_count.test": [30, 20], "data.rows.test": 100}), "test")
        0.75
    """
    shares = label_shares(run, part)
    if not shares.size:
        return majority_share(run.get(f"data.class_count.{part}", ()))
    return float(np.maximum(shares, 1 - shares).mean())


def curve_noise(curve: Sequence[float] | np.ndarray) -> float:
    """Return the standard deviation of a curve around its own smooth course.

    From second differences, which a straight course leaves at 0: 1.4826 · median|d²| / sqrt(6).

    Args:
        curve: One value per epoch; under four values the noise is unknown and 0 is given.

    Example:
        >>> curve_noise([5.0, 4.0, 3.0, 2.0, 1.0])
        0.0

    Source: Gasser, Sroka, Jennen-Steinmetz 1986, Residual variance and residual pattern.
    """
    values = np.asarray(curve, float)
    if values.size < 4:
        return 0.0
    return float(1.4826 * np.median(np.abs(np.diff(values, n=2))) / math.sqrt(6))


def finite_curve(values: Any) -> np.ndarray:
    """Return a curve up to its first value that is NaN or infinite; empty where there is no curve."""
    curve = np.asarray([] if values is None else values, float).ravel()
    broken = np.flatnonzero(~np.isfinite(curve))
    return curve[: broken[0]] if broken.size else curve


def expected_first_loss(run: Run) -> float | None:
    """Return the loss of a network that knows nothing, or None where it is not known.

    The task's own account (ln C); 1 for squared errors, as the targets of a regression are standardized.

    Example:
        >>> expected_first_loss(Run({"task.first_loss": 2.303}))
        2.303
    """
    told = run.get("task.first_loss")
    if told is not None:
        return float(told) if math.isfinite(told) and told > 0 else None
    return 1.0 if run.get("task.loss") == "mse" and run.get("data.problem") == "regression" else None
