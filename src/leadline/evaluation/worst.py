"""The rows a model gets most wrong: often the first look that tells a wrong label from a weak model.

Comes in: targets, outputs and a way to show a row. Goes out: examples, the highest loss first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from leadline.core.text import short
from leadline.evaluation.metrics import NO_CLASS, predicted_classes, row_errors, row_log_losses
from leadline.evaluation.several_labels import answers, row_label_losses
from leadline.record.evaluation import Example

MOST = 12
"""As many as a reader looks at."""

Shown = Callable[[int], Any]


def worst_rows(losses: np.ndarray, most: int = MOST) -> np.ndarray:
    """Return positions of the highest losses; rows that are not finite come first, equals in their order.

    Args:
        losses: Shape (B,).
        most: How many at most.

    Example:
        >>> worst_rows(np.array([0.1, np.nan, 0.5]), most=2).tolist()
        [1, 2]
    """
    return np.argsort(-np.where(np.isnan(losses), np.inf, losses), kind="stable")[:most]


def worst_classified(
    class_names: tuple[str, ...],
    targets: np.ndarray,
    probabilities: np.ndarray,
    rows: np.ndarray,
    shown: Shown,
    most: int = MOST,
) -> tuple[Example, ...]:
    """Return the rows with the highest log-loss.

    Args:
        class_names: Length C.
        targets: Class codes, shape (B,).
        probabilities: Shape (B, C).
        rows: Positions in the data as read, shape (B,).
        shown: From a position to what to show of it.
        most: How many at most.

    Example:
        >>> p = np.array([[0.9, 0.1], [0.9, 0.1]])
        >>> found = worst_classified(("cat", "dog"), np.array([0, 1]), p, np.array([5, 7]), lambda row: {})
        >>> found[0].row, found[0].target, found[0].predicted, round(found[0].loss, 2)
        (7, 'dog', 'cat', 2.3)
    """
    losses = row_log_losses(probabilities, targets)
    examples = []
    for at in worst_rows(losses, most):
        said = int(predicted_classes(probabilities[at : at + 1])[0])
        name = "nothing" if said == NO_CLASS else class_names[said]
        sure = math.nan if said == NO_CLASS else float(probabilities[at, said])
        row = int(rows[at])
        examples.append(Example(row, class_names[targets[at]], name, sure, float(losses[at]), shown(row)))
    return tuple(examples)


def worst_labeled(
    names: tuple[str, ...],
    targets: np.ndarray,
    probabilities: np.ndarray,
    rows: np.ndarray,
    shown: Shown,
    most: int = MOST,
) -> tuple[Example, ...]:
    """Return the rows whose labels have the highest mean log-loss.

    Args:
        names: L label names.
        targets: 0 and 1, shape (B, L).
        probabilities: Shape (B, L).
        rows: Positions in the data as read, shape (B,).
        shown: From a position to what to show of it.
        most: How many at most.

    Example:
        >>> p = np.array([[0.9, 0.8], [0.1, 0.2]])
        >>> found = worst_labeled(("red", "round"), np.array([[1, 1], [0, 1]]), p, np.arange(2), lambda row: {})
        >>> found[0].row, found[0].target, found[0].predicted
        (1, 'round', 'no label')
    """
    losses, found = row_label_losses(probabilities, targets), answers(targets, probabilities)
    examples = []
    for at in worst_rows(losses, most):
        said = _listed(names, found.said[at]) if math.isfinite(losses[at]) else "nothing"
        row, holds = int(rows[at]), _listed(names, found.holds[at])
        examples.append(Example(row, holds, said, math.nan, float(losses[at]), shown(row)))
    return tuple(examples)


def _listed(names: tuple[str, ...], which: np.ndarray) -> str:
    return ", ".join(name for name, yes in zip(names, which, strict=True) if yes) or "no label"


def worst_predicted(
    targets: np.ndarray, values: np.ndarray, rows: np.ndarray, shown: Shown, most: int = MOST
) -> tuple[Example, ...]:
    """Return the rows with the highest absolute error, which is their loss here, in the target's unit.

    Args:
        targets: Shape (B,).
        values: Predictions, shape (B,).
        rows: Positions in the data as read, shape (B,).
        shown: From a position to what to show of it.
        most: How many at most.

    Example:
        >>> found = worst_predicted(np.array([1.0, 2.0]), np.array([1.0, 5.5]), np.arange(2), lambda row: {})
        >>> found[0].row, found[0].target, found[0].predicted, found[0].loss
        (1, '2', '5.5', 3.5)
    """
    losses = np.abs(row_errors(values, targets))
    examples = []
    for at in worst_rows(losses, most):
        row, told = int(rows[at]), (short(float(targets[at]), 4), short(float(values[at]), 4))
        examples.append(Example(row, *told, math.nan, float(losses[at]), shown(row)))
    return tuple(examples)
