"""How each class fares: recall with intervals, the weakest first, and what is taken for what."""

from __future__ import annotations

import numpy as np

from leadline.record.evaluation import ClassScore, Evaluation
from leadline.report import wording
from leadline.report.parts import Cell, Column, Group, Part, Shade, Table
from leadline.report.sections.scores import place

MOST_SHOWN, MOST_MATRIX, MOST_CONFUSIONS = 40, 20, 15


def per_class(evaluation: Evaluation) -> list[Part]:
    """Return recall, precision and F1 of each class, the weakest first."""
    if not evaluation.per_class:
        return []
    ordered = sorted(evaluation.per_class, key=lambda found: np.nan_to_num(found.recall.value, nan=-1.0))
    columns = (
        Column("class"),
        Column("recall", "drawing", ("0%", "100%")),
        Column("recall", "number"),
        Column("95% interval", "number"),
        Column("precision", "number"),
        Column("F1", "number"),
        Column("rows", "number"),
    )
    left_out = len(ordered) - MOST_SHOWN
    note = f"The {MOST_SHOWN} weakest classes; {left_out:,} better ones are left out." if left_out > 0 else ""
    table = Table(
        "Recall of each class, the weakest first",
        columns,
        [_row(found) for found in ordered[:MOST_SHOWN]],
        note,
    )
    return [Group("Class by class", [table])]


def _row(found: ClassScore) -> tuple[Part | str, ...]:
    recall = found.recall
    return (
        found.name,
        place(recall, 0.0, 1.0, True),
        wording.percent(recall.value),
        wording.interval(recall) if wording.is_share(recall.name) else wording.MISSING,
        wording.percent(found.precision),
        wording.percent(found.f1),
        f"{found.rows:,}",
    )


def confusion(evaluation: Evaluation) -> list[Part]:
    """Return the confusion matrix, or the most frequent confusions where there are many classes."""
    matrix = np.asarray(evaluation.confusion)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.size == 0 or matrix.sum() == 0:
        return []
    names = [found.name for found in evaluation.per_class]
    names = names if len(names) == len(matrix) else [str(i) for i in range(len(matrix))]
    table = _matrix(matrix, names) if len(matrix) <= MOST_MATRIX else _pairs(matrix, names)
    return [Group("What is taken for what", [table])] if table else []


def _matrix(matrix: np.ndarray, names: list[str]) -> Table:
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    rows = [
        [
            Cell(names[i]),
            *(Shade(f"{int(n):,}" if n else "·", float(shares[i, j]), i == j) for j, n in enumerate(line)),
        ]
        for i, line in enumerate(matrix)
    ]
    columns = [Column("true"), *(Column(name, "matrix") for name in names)]
    wordy = max(map(len, names)) > 6
    note = (
        "Rows are the true classes, columns the predicted ones. "
        "The diagonal (framed) is right; tints show the share of the row."
    )
    return Table(
        "Confusion matrix",
        columns,
        rows,
        note,
        across="predicted",
        look="matrix wordy" if wordy else "matrix",
    )


def _pairs(matrix: np.ndarray, names: list[str]) -> Table | None:
    wrong = matrix - np.diag(np.diag(matrix))
    order = np.argsort(-wrong, axis=None, kind="stable")[:MOST_CONFUSIONS]
    spots = [divmod(int(i), len(matrix)) for i in order if wrong.flat[i] > 0]
    if not spots:
        return None
    columns = (
        Column("true"),
        Column("predicted"),
        Column("rows", "number"),
        Column("of the class", "number"),
    )
    rows = [
        (
            Cell(names[i]),
            Cell(names[j]),
            Cell(f"{int(matrix[i, j]):,}"),
            Cell(wording.percent(matrix[i, j] / matrix[i].sum())),
        )
        for i, j in spots
    ]
    return Table("Most frequent confusions", columns, rows, f"Of {len(matrix):,} classes.")
