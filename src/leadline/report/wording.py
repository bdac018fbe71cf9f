"""Numbers, scores and dates in words for people; a number that is missing is written as a dash."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from leadline.core.text import short

if TYPE_CHECKING:  # it needs NumPy, and the command line says numbers before anything is loaded
    from leadline.record.evaluation import Score

MISSING = "–"
_MINUS = "−"
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SHARES = ("accuracy", "recall", "precision", "f1", "exact_match", "calibration_error", "error")
_LABELS = {
    "r2": "R²",
    "mae": "MAE",
    "rmse": "RMSE",
    "mse": "MSE",
    "auc": "AUC",
    "f1": "F1",
    "brier": "Brier score",
    "log_loss": "log-loss",
    "one_of_many": "one of many",
    "several_labels": "several labels",
    "hamming_accuracy": "Hamming accuracy",
    "macro_f1": "macro F1",
    "micro_f1": "micro F1",
    "roc_auc": "ROC-AUC",
}


def number(value: Any, digits: int = 3) -> str:
    """Write a number with few significant digits; NaN and None become a dash.

    Args:
        value: Anything ``float`` takes, or None.
        digits: Significant digits, at least 1.

    Example:
        >>> number(0.97512), number(-1234.5), number(float("nan")), number(2e-7)
        ('0.975', '−1,234', '–', '2 × 10⁻⁷')
    """
    if value is None:
        return MISSING
    amount = float(value)
    if math.isnan(amount):
        return MISSING
    if math.isinf(amount):
        return "∞" if amount > 0 else f"{_MINUS}∞"
    text = short(amount, digits)
    if "e" in text:
        factor, power = text.split("e")
        return f"{factor.replace('-', _MINUS)} × 10{str(int(power)).translate(_RAISED)}"
    return text.replace("-", _MINUS)


def percent(share: Any) -> str:
    """Write a share in percent.

    Example:
        >>> percent(0.9753), percent(float("nan"))
        ('97.5%', '–')
    """
    if share is None or not math.isfinite(share):
        return number(share)
    return f"{100 * float(share):.1f}%".replace("-", _MINUS)


def label(name: str) -> str:
    """Write a name of the vocabulary as people would.

    Example:
        >>> label("log_loss"), label("calibration_error")
        ('log-loss', 'calibration error')
    """
    return _LABELS.get(name, name.replace("_", " "))


def capital(words: str) -> str:
    """Begin with a capital letter, leaving the rest as it is.

    Example:
        >>> capital("log-loss")
        'Log-loss'
    """
    return words[:1].upper() + words[1:]


def is_share(name: str) -> bool:
    """Tell whether a score of this name is a share, written in percent."""
    return name in _SHARES or name.endswith(("_accuracy", "_recall", "_f1"))


def valued(score: Score) -> str:
    """Write the value of a score, with the decimals its interval needs.

    Example:
        >>> from leadline.record.evaluation import Score
        >>> valued(Score("accuracy", 0.975, 0.949, 0.988)), valued(Score("mae", 0.3, 0.291, 0.31))
        ('97.5%', '0.300')
    """
    return _scored(score, score.value)


def interval(score: Score) -> str:
    """Write the 95% interval of a score.

    Example:
        >>> from leadline.record.evaluation import Score
        >>> interval(Score("accuracy", 0.975, 0.949, 0.988)), interval(Score("r2", 0.6, 0.58, 0.62))
        ('94.9–98.8%', '0.580 to 0.620')
    """
    low, high = _scored(score, score.low), _scored(score, score.high)
    if MISSING in (low, high):
        return MISSING
    if is_share(score.name) and "∞" not in low + high:
        return f"{low.removesuffix('%')}–{high}"
    return f"{low} to {high}"


def _scored(score: Score, value: float) -> str:
    """Write one of the three numbers of a score, alike in decimals."""
    if is_share(score.name):
        return percent(value)
    ends = [abs(end) for end in (score.value, score.low, score.high) if math.isfinite(end)]
    scale = 1.0 if score.name == "r2" else max(ends, default=0.0)
    if not math.isfinite(value) or not 1e-4 <= scale < 1e4:
        return number(value)
    fine = 3 if scale >= 0.01 else 8  # three decimals are enough for losses people meet
    decimals = 3 if score.name == "r2" else min(fine, max(0, 2 - math.floor(math.log10(scale))))
    return f"{value:z,.{decimals}f}".replace("-", _MINUS)


def date(iso: str) -> str:
    """Write a time as people do; what is no ISO 8601 time is left as it is.

    Example:
        >>> date("2026-03-09T14:05:11+00:00"), date("yesterday")
        ('9 March 2026, 14:05', 'yesterday')
    """
    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{when.day} {when:%B %Y, %H:%M}"


def seconds(amount: float) -> str:
    """Write a duration.

    Example:
        >>> seconds(2.345), seconds(75.0), seconds(7260.0)
        ('2.3 s', '1 min 15 s', '2 h 1 min')
    """
    if not math.isfinite(amount):
        return MISSING
    if amount < 59.95:
        return f"{amount:.1f} s"
    whole = round(amount)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def shape(sizes: str | Sequence[float]) -> str:
    """Write a shape; sizes that are not finite become a dash.

    Example:
        >>> shape((8, 8, 1)), shape("28 x 28")
        ('8 × 8 × 1', '28 × 28')
    """
    if isinstance(sizes, str):
        return sizes.strip("()[] ,").replace(", ", " × ").replace(" x ", " × ")
    return " × ".join(f"{int(size):,}" if math.isfinite(size) else MISSING for size in sizes)
