"""Tables of scores: a dot with its 95% interval on one axis for the network and each baseline."""

from __future__ import annotations

import math
from collections.abc import Sequence

from leadline.record.evaluation import Evaluation, Score
from leadline.report import wording
from leadline.report.parts import Cell, Column, Interval, Part, Table

OURS = "this network"


def score_table(evaluation: Evaluation, score: Score) -> Table:
    """Return one score of the network beside the same score of the baselines.

    Args:
        evaluation: Holds the baselines.
        score: One of its scores.
    """
    named = [(OURS, score)]
    named += [
        (base.name, found)
        for base in evaluation.baselines
        for found in base.scores
        if found.name == score.name
    ]
    low, high = axis([found for _, found in named])
    ends = (_end(score.name, low), _end(score.name, high))
    columns = (
        Column("model"),
        Column(f"{low_high(score)} is better", "drawing", ends),
        Column("value", "number"),
        Column("95% interval", "number"),
    )
    rows = [_row(name, found, low, high) for name, found in named]
    return Table(wording.capital(wording.label(score.name)), columns, rows, look="scores")


def low_high(score: Score) -> str:
    """Return "lower" or "higher", whichever is better."""
    return "lower" if score.better == "lower" else "higher"


def axis(scores: Sequence[Score]) -> tuple[float, float]:
    """Return the ends of an axis that holds these scores: 0 to 1 where they fit, else from 0 or below.

    Example:
        >>> axis([Score("accuracy", 0.9, 0.8, 0.95)]), axis([Score("mae", 3.2, 3.0, 3.5)])
        ((0.0, 1.0), (0.0, 4.0))
    """
    ends = [end for score in scores for end in (score.value, score.low, score.high) if math.isfinite(end)]
    if not ends:
        return 0.0, 1.0
    low, high = min(0.0, min(ends)), max(ends)
    low = 0.0 if low > -0.05 * high else low  # a hair below zero is drawn at zero; the number stands beside
    bounded = all(score.better == "higher" for score in scores)
    bounded = bounded and all(wording.is_share(score.name) or score.name == "r2" for score in scores)
    return (0.0 if low == 0 else -_round_up(-low)), (1.0 if bounded and high <= 1 else _round_up(high))


def place(score: Score, low: float, high: float, strong: bool) -> Part:
    """Return a score as a dot and interval on an axis; an empty cell where it is not finite.

    Args:
        score: Its value and interval.
        low: Left end of the axis.
        high: Right end.
        strong: True for the one that is judged.
    """
    if not math.isfinite(score.value) or high <= low:
        return Cell(wording.MISSING)
    dot, left, right = (
        min(1.0, max(0.0, ((end if math.isfinite(end) else score.value) - low) / (high - low)))
        for end in (score.value, score.low, score.high)
    )
    return Interval(dot, left, right, strong)


def _row(name: str, score: Score, low: float, high: float) -> tuple[Part, ...]:
    ours = name == OURS
    return (
        Cell(name, strong=ours),
        place(score, low, high, ours),
        Cell(wording.valued(score), strong=ours),
        Cell(wording.interval(score)),
    )


def _end(name: str, value: float) -> str:
    return f"{100 * value:g}%" if wording.is_share(name) else wording.number(value)


def _round_up(value: float) -> float:
    """Return the next of 1, 1.5, 2, 3, 4, 5, 6, 8, 10 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10, 20) if step * power >= value)
