"""An evaluation as plain text for the terminal.

Comes in: an :class:`~leadline.record.evaluation.Evaluation`. Goes out: a few aligned tables, at most about 40
lines whatever the number of classes: scores beside baselines, classes, the commonest mistakes, the worst
rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from leadline.core.text import count, short

if TYPE_CHECKING:
    from leadline.record.evaluation import ClassScore, Evaluation, Score

MOST_CLASSES = 12
MOST_MISTAKES = 3
MOST_WORST = 3
IN_A_UNIT = ("mae", "rmse")
"""Scores written with three digits, for they may be any size; the others with three decimals."""


def as_text(evaluation: Evaluation) -> str:
    """Return what a person reads in the terminal.

    Args:
        evaluation: To be shown.

    Example:
        >>> from leadline.record.evaluation import Evaluation, Score
        >>> error = Score("mae", 47123.4, 45000.0, 49000.0, "lower")
        >>> print(as_text(Evaluation("test", "regression", 9, (error,))))
        test, 9 rows
        <BLANKLINE>
                            model
        mae (lower better)  47,123 [45,000, 49,000]
    """
    blocks = [
        [f"{evaluation.part}, {count(evaluation.rows, 'row')}"],
        _scores(evaluation),
        _classes(evaluation),
        _labels(evaluation),
        _mistakes(evaluation),
        _worst(evaluation),
        _made(evaluation),
        list(evaluation.notes),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _scores(evaluation: Evaluation) -> list[str]:
    beside = [{score.name: score for score in baseline.scores} for baseline in evaluation.baselines]
    rows = [["", "model", *(baseline.name for baseline in evaluation.baselines)]]
    for score in evaluation.scores:
        name = score.name.replace("_", " ") + ("" if score.better == "higher" else " (lower better)")
        others = [scores[score.name].value if score.name in scores else math.nan for scores in beside]
        rows.append([name, _with_interval(score), *(_number(score.name, other) for other in others)])
    return _aligned(rows, left=(0, 1))


def _classes(evaluation: Evaluation) -> list[str]:
    shown = list(evaluation.per_class)
    if not shown:
        return []
    if len(shown) > MOST_CLASSES:
        # With many classes the ones that are missed matter; those without rows say nothing.
        shown = sorted(shown, key=lambda each: (math.isnan(each.recall.value), each.recall.value))[
            :MOST_CLASSES
        ]
    mean = evaluation.headline.value
    rows = [["class", "rows", "recall", "precision", "f1", ""]]
    rows += [_class(each, mean) for each in shown]
    lines = _aligned(rows, left=(0, 2, 5))
    if left := len(evaluation.per_class) - len(shown):
        lines.append(f"and {count(left, 'class', 'classes')} with a higher recall or without rows")
    return lines


def _labels(evaluation: Evaluation) -> list[str]:
    shown = sorted(evaluation.per_label, key=lambda each: np.nan_to_num(each.f1.value, nan=-1.0))
    if not shown:
        return []
    if len(shown) <= MOST_CLASSES:
        shown = list(evaluation.per_label)
    rows = [["label", "rows", "f1", "precision", "recall", "roc auc"]]
    rows += [
        [_clipped(each.name), f"{each.rows:,}", *map(_with_interval, (each.f1, each.precision, each.recall)),
         _number("roc_auc", each.roc_auc.value)]
        for each in shown[:MOST_CLASSES]
    ]  # fmt: skip
    lines = _aligned(rows, left=(0, 2, 3, 4))
    if left := len(shown) - MOST_CLASSES:
        lines += [f"and {count(left, 'label')} with a higher f1"] if left > 0 else []
    return lines


def _class(each: ClassScore, mean: float) -> list[str]:
    mark = "no rows" if not each.rows else "below the mean" if each.recall.high < mean else ""
    numbers = (_number("recall", each.precision), _number("recall", each.f1))
    return [_clipped(each.name), f"{each.rows:,}", _with_interval(each.recall), *numbers, mark]


def _mistakes(evaluation: Evaluation) -> list[str]:
    wrong = evaluation.confusion.copy()
    np.fill_diagonal(wrong, 0)
    names = [each.name for each in evaluation.per_class]
    if not wrong.any() or len(names) != len(wrong):
        return []
    told = []
    for cell in np.argsort(-wrong, axis=None, kind="stable")[:MOST_MISTAKES]:
        target, said = np.unravel_index(cell, wrong.shape)
        if rows := int(wrong[target, said]):
            told.append(f"{_clipped(names[target])} taken for {_clipped(names[said])} ({count(rows, 'row')})")
    return [f"most often: {', '.join(told)}"]


def _worst(evaluation: Evaluation) -> list[str]:
    told = []
    for example in evaluation.worst[:MOST_WORST]:
        sure = "" if math.isnan(example.probability) else f" at {example.probability:.0%}"
        target, said = _clipped(example.target), _clipped(example.predicted)
        told.append(f"row {example.row} is {target}, model says {said}{sure}")
    return [f"highest loss: {'; '.join(told)}"] if told else []


def _made(evaluation: Evaluation) -> list[str]:
    return [f"{baseline.name}: {baseline.what}" for baseline in evaluation.baselines]


def _with_interval(score: Score) -> str:
    if math.isnan(score.value):
        return "unknown"
    low, high = _number(score.name, score.low), _number(score.name, score.high)
    return f"{_number(score.name, score.value)} [{low}, {high}]"


def _number(name: str, value: float) -> str:
    if math.isnan(value):
        return "-"
    if name in IN_A_UNIT or abs(value) >= 1000:
        return short(float(value))
    if 0 < value < 0.0005:
        return "<0.001"
    # Adding 0 turns -0.000 into 0.000.
    return f"{round(value, 3) + 0.0:.3f}"


def _clipped(name: str, most: int = 24) -> str:
    return name if len(name) <= most else f"{name[: most - 3]}..."


def _aligned(rows: Sequence[Sequence[str]], left: tuple[int, ...]) -> list[str]:
    """Pad cells to columns, two spaces apart; the named columns flush left, the others right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    pads = [str.ljust if at in left else str.rjust for at in range(len(widths))]
    padded = ([pad(cell, w) for pad, cell, w in zip(pads, row, widths, strict=True)] for row in rows)
    return ["  ".join(cells).rstrip() for cells in padded]
