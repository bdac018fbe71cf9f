"""How good outputs are as answers, whatever the loss was: accuracy, or R squared.

Comes in: outputs of a network and targets as they are. Goes out: the score that a person would look at, and that of a
model that looks at no input.
"""

from __future__ import annotations

import numpy as np

from leadline.nn.tasks import Task
from leadline.program.program import Program
from leadline.program.targets import Form, codes_of, table_of
from leadline.program.written import Written


def score(program: Program, outputs: np.ndarray, targets: np.ndarray) -> float:
    """Return accuracy in [0, 1] where classes are asked, else R squared, of at most 1; NaN counts as wrong.

    Args:
        program: Says what is asked, and how outputs are read.
        outputs: Shape (B, K).
        targets: As they are.

    Example:
        >>> from leadline.nn import Dense, Sequential
        >>> program = Program(Sequential([Dense(1)]), np.eye(4), np.array([0, 1, 1, 0]), Written("mse"))
        >>> score(program, np.array([[0.2], [0.9], [0.4], [0.1]]), program.targets)
        0.75
    """
    form = program.form
    if form.of_classes:
        right = _answered(program, outputs, form) == codes_of(targets, form, program.targets)
        return float(np.mean(right & np.isfinite(outputs).all(axis=1)))
    if form.kind == "labels" and outputs.shape[1] == form.columns:
        return float(np.mean((outputs > _threshold(program, form)) == (table_of(targets) > 0.5)))
    return _r_squared(outputs, table_of(targets))


def constant_score(program: Program) -> float:
    """Return the score of always answering what is most frequent, or the mean: what a network must beat."""
    form = program.form
    targets = program.judged[1]
    if form.of_classes:
        return float(np.bincount(codes_of(targets, form, program.targets)).max() / len(targets))
    if form.kind == "labels":
        shares = table_of(targets).mean(axis=0)
        return float(np.maximum(shares, 1 - shares).mean())
    return 0.0


def _answered(program: Program, outputs: np.ndarray, form: Form) -> np.ndarray:
    if outputs.shape[1] > 1:
        return np.asarray(outputs.argmax(axis=1))
    if form.classes == 2:
        return (outputs[:, 0] > _threshold(program, form)).astype(np.int64)
    low, _ = form.values
    return np.nan_to_num(np.rint(outputs[:, 0] - low), nan=-1, posinf=-1, neginf=-1).astype(np.int64)


def _threshold(program: Program, form: Form) -> float:
    if program.threshold is not None:
        return program.threshold
    if isinstance(program.loss, Task) or program.loss.reads == "scores":
        return 0.0
    if isinstance(program.loss, Written) and program.loss.reads == "probabilities":
        return 0.5
    return sum(form.values) / 2


def _r_squared(outputs: np.ndarray, targets: np.ndarray) -> float:
    if not np.isfinite(outputs).all():
        return -np.inf
    left, total = np.square(targets - outputs.astype(np.float64)), np.square(targets - targets.mean(axis=0))
    wide = max(
        1, outputs.shape[1] // targets.shape[1]
    )  # one target against several outputs counts each of them
    return float(1 - left.sum() / max(total.sum() * wide, 1e-300))
