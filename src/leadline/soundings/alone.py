"""How well one raw column alone gives the target: the way a leaking column is found.

Each column is judged by a model that sees nothing else, fitted on one half of the rows and judged on the
other, both ways. Rows are those of the training and validation part, at most 10,000 of them drawn by a
fixed seed; the test part is not looked at. Of several labels, the one it tells best counts. Words and numbers
with few values use a table with one entry for each value; other numbers use a step function (classes) or a
broken line (regression).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from leadline.data.dataset import Dataset
from leadline.soundings.columns import raw_columns

MOST_ROWS = 10_000  # shares are then known to 1%; keeps adult's 14 columns under 0.2 s
FEWEST_ROWS = 1_000  # shares are then known to 3%; of many labels, that share the time
FEW_VALUES = 64  # numbers with so few values are treated as names of values
MOST_STEPS = 256  # pieces of a step function or broken line
ROWS_A_STEP = 10  # rows behind each piece, so that noise averages out
SEED = 20_260_102  # of the rows that are drawn


def alone_facts(dataset: Dataset) -> dict[str, Any]:
    """Return ``data.alone.score`` and ``data.alone.rows``; nothing for images and wide arrays."""
    columns = raw_columns(dataset)
    rows = np.concatenate([dataset.split.train, dataset.split.validation])
    targets = dataset.targets[rows].astype(np.float64).reshape(len(rows), -1)
    known = np.isfinite(targets).all(axis=1)
    rows, targets = rows[known], targets[known]
    most = max(FEWEST_ROWS, MOST_ROWS // targets.shape[1])
    order = np.random.default_rng(SEED).permutation(len(rows))[:most]
    rows, targets = rows[order], targets[order]
    if not columns.names or len(rows) < 4 or not np.ptp(targets, axis=0).any():
        return {}
    codes = {name: columns.codes[index][rows] for index, name in enumerate(columns.names)}
    numbers = {name: values[rows] for name, values in columns.numbers.items()}
    judge = _number_score if dataset.problem == "regression" else _class_score
    scores = np.array(
        [[judge(codes[name], numbers.get(name), target) for target in targets.T] for name in columns.names]
    )
    facts: dict[str, Any] = {"data.alone.score": scores.max(axis=1), "data.alone.rows": len(rows)}
    if dataset.problem == "several_labels":
        facts["data.alone.label"] = [dataset.class_names[best] for best in scores.argmax(axis=1)]
    return facts


def _class_score(codes: np.ndarray, numbers: np.ndarray | None, targets: np.ndarray) -> float:
    """Return (accuracy - majority) / (1 - majority), at least 0, over both halves."""
    classes = np.unique(targets, return_inverse=True)[1]
    right, usual = 0, 0
    for learn, judge in _halves(len(targets)):
        cells = codes if _few(codes, numbers) else _steps(numbers, classes, learn)
        table = np.zeros((cells.max() + 1, classes.max() + 1), np.int64)
        np.add.at(table, (cells[learn], classes[learn]), 1)
        majority = int(table.sum(0).argmax())
        table[table.sum(1) == 0, majority] = 1
        right += int((table.argmax(1)[cells[judge]] == classes[judge]).sum())
        usual += int((classes[judge] == majority).sum())
    return max(0.0, (right - usual) / max(1, len(targets) - usual))


def _number_score(codes: np.ndarray, numbers: np.ndarray | None, targets: np.ndarray) -> float:
    """Return R squared against the mean of the learning half, at least 0, over both halves."""
    error, total = 0.0, 0.0
    for learn, judge in _halves(len(targets)):
        if _few(codes, numbers):
            guess = _means(codes, targets, learn)[judge]
        else:
            guess = _broken_line(_filled(numbers), targets, learn, judge)
        error += float(((targets[judge] - guess) ** 2).sum())
        total += float(((targets[judge] - targets[learn].mean()) ** 2).sum())
    return max(0.0, 1 - error / total) if total > 0 else 0.0


def _halves(rows: int) -> list[tuple[slice, slice]]:
    """Return both ways to learn on one half and judge on the other; the rows stand in random order."""
    first, second = slice(0, rows // 2), slice(rows // 2, rows)
    return [(first, second), (second, first)]


def _few(codes: np.ndarray, numbers: np.ndarray | None) -> bool:
    return bool(numbers is None or len(np.unique(codes)) <= FEW_VALUES)


def _filled(numbers: Any) -> np.ndarray:
    """Put missing numbers below all others, where they can be told apart, and infinities at the ends."""
    finite = numbers[np.isfinite(numbers)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    return np.asarray(np.nan_to_num(numbers, nan=low - (high - low) - 1, posinf=high + 1, neginf=low - 1))


def _steps(numbers: Any, classes: np.ndarray, learn: slice) -> np.ndarray:
    """Return the step each row stands on; steps begin where the class changes, or at quantiles."""
    values = _filled(numbers)
    order = np.argsort(values[learn], kind="stable")
    ordered, named = values[learn][order], classes[learn][order]
    change = np.flatnonzero((named[1:] != named[:-1]) & (ordered[1:] > ordered[:-1]))
    if len(change) <= MOST_STEPS // 4:
        edges = (ordered[change] + ordered[change + 1]) / 2
    else:
        edges = np.unique(np.quantile(ordered, np.linspace(0, 1, _pieces(len(ordered)) + 1)[1:-1]))
    return np.searchsorted(edges, values)


def _pieces(rows: int) -> int:
    return int(np.clip(rows // ROWS_A_STEP, 2, MOST_STEPS))


def _means(codes: np.ndarray, targets: np.ndarray, learn: slice) -> np.ndarray:
    """Return for each row the mean target of its value, or of all where the value is new."""
    size = codes.max() + 1
    number = np.bincount(codes[learn], minlength=size)
    total = np.bincount(codes[learn], targets[learn], minlength=size)
    known = np.where(number > 0, total / np.maximum(number, 1), targets[learn].mean())
    return np.asarray(known[codes])


def _broken_line(values: np.ndarray, targets: np.ndarray, learn: slice, judge: slice) -> np.ndarray:
    """Return the line through the mean points of equally full pieces, read at the rows to judge."""
    order = np.argsort(values[learn], kind="stable")
    pieces = np.array_split(order, _pieces(len(order)))
    x = np.array([values[learn][piece].mean() for piece in pieces])
    y = np.array([targets[learn][piece].mean() for piece in pieces])
    return np.asarray(np.interp(values[judge], x, y))
