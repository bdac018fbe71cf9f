"""How each of several labels fares: F1, precision, recall and ROC-AUC with intervals, the weakest first."""

from __future__ import annotations

import math

import numpy as np

from leadline.record.evaluation import Evaluation, LabelScore, Score
from leadline.report import wording
from leadline.report.parts import Cell, Column, Group, Part, Table
from leadline.report.sections.scores import place

MOST_SHOWN = 40
_HOW = (
    "A label is said where its probability is above 50%. ROC-AUC is the chance that a row that has the label gets a "
    "higher probability than one that has not: 0.5 tells nothing, 1 all. In brackets 95% intervals."
)


def per_label(evaluation: Evaluation) -> list[Part]:
    """Return the scores of each label, the weakest first; nothing where there are no labels."""
    if not evaluation.per_label:
        return []
    ordered = sorted(evaluation.per_label, key=lambda found: np.nan_to_num(found.f1.value, nan=-1.0))
    columns = (
        Column("label"),
        Column("rows", "number"),
        Column("F1", "drawing", ("0%", "100%")),
        *(Column(name, "number") for name in ("F1", "precision", "recall", "ROC-AUC")),
    )
    left_out = len(ordered) - MOST_SHOWN
    note = f" The {MOST_SHOWN} weakest labels; {left_out:,} better ones are left out." if left_out > 0 else ""
    rows = [_row(found) for found in ordered[:MOST_SHOWN]]
    return [
        Group(
            "Label by label", [Table("Scores of each label, the weakest first", columns, rows, _HOW + note)]
        )
    ]


def _row(found: LabelScore) -> tuple[Part | str, ...]:
    return (
        found.name,
        f"{found.rows:,}",
        place(found.f1, 0.0, 1.0, True),
        *(Cell(_with_interval(score)) for score in (found.f1, found.precision, found.recall, found.roc_auc)),
    )


def _with_interval(score: Score) -> str:
    """Write value and interval in one cell; the area with two decimals, for four cells must fit side by side."""
    if not math.isfinite(score.value):
        return wording.MISSING
    if score.name == "roc_auc":
        return f"{score.value:.2f} ({score.low:.2f}–{score.high:.2f})"
    return f"{wording.valued(score)} ({wording.interval(score)})"
