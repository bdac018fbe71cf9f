"""What simple models reach on a program's rows: a linear one, and the nearest rows.

Comes in: a program. Goes out: two scores. They say what is to be had before a network is blamed for not having it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadline.program.answers import constant_score
from leadline.program.program import Program
from leadline.program.targets import codes_of, table_of

MOST_ROWS, MOST_JUDGED = 4_000, 1_000  # least squares and distances of so many take a tenth of a second
MOST_FEATURES = 800  # more are drawn together at random, which keeps distances
NEAREST = 15  # rows: the noise of one in four answers is left
RIDGE = 1e-3  # of the largest variance: constant and copied columns do no harm


def simple_scores(program: Program) -> tuple[float, float]:
    """Return the scores of a linear model and of the nearest rows, on the rows to judge by.

    Where nothing is held out, every third row is; under 12 rows both are that of a constant.

    Example:
        >>> from leadline.nn import Dense, Sequential
        >>> from leadline.program.written import Written
        >>> x = np.random.default_rng(0).normal(size=(300, 3))
        >>> linear, near = simple_scores(Program(Sequential([Dense(1)]), x, x.sum(1), Written("mse")))
        >>> linear > 0.99, 0.5 < near < 0.99
        (True, True)
    """
    if program.rows < 12:
        return (constant_score(program),) * 2
    train, judged = _parts(program)
    wanted = _columns(program, train[1])
    inputs, others = _scaled(train[0], judged[0])
    linear = _linear(inputs, wanted, others)
    near = _near(inputs, wanted, others)
    return _score(program, linear, judged[1]), _score(program, near, judged[1])


def within_scores(program: Program) -> tuple[float, float, float]:
    """Return the scores of a constant answer, a linear model and the nearest rows on a third of its own rows.

    Labels of these come from where those of the others come from, which those held out may not.
    """
    own = replace(program, held_out=None)
    return (constant_score(own), *simple_scores(own))


def _parts(program: Program) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    order = np.random.default_rng(0).permutation(program.rows)
    if program.held_out is None:
        cut = program.rows // 3
        rows, held = order[cut:][:MOST_ROWS], order[:cut][:MOST_JUDGED]
        return (program.inputs[rows], program.targets[rows]), (program.inputs[held], program.targets[held])
    rows = order[:MOST_ROWS]
    inputs, targets = program.held_out
    return (program.inputs[rows], program.targets[rows]), (inputs[:MOST_JUDGED], targets[:MOST_JUDGED])


def _columns(program: Program, targets: np.ndarray) -> np.ndarray:
    form = program.form
    if form.kind in ("codes", "yes_no"):
        return np.asarray(
            np.eye(form.classes)[np.minimum(codes_of(targets, form, program.targets), form.classes - 1)]
        )
    return table_of(targets)


def _scaled(inputs: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    flat, rest = (np.asarray(one, np.float64).reshape(len(one), -1) for one in (inputs, others))
    if flat.shape[1] > MOST_FEATURES:
        mix = np.random.default_rng(0).normal(size=(flat.shape[1], MOST_FEATURES)) / np.sqrt(flat.shape[1])
        flat, rest = flat @ mix, rest @ mix
    mean, spread = flat.mean(axis=0), flat.std(axis=0)
    spread = np.where(spread > 0, spread, 1)
    return (flat - mean) / spread, (rest - mean) / spread


def _linear(inputs: np.ndarray, wanted: np.ndarray, others: np.ndarray) -> np.ndarray:
    mean = wanted.mean(axis=0)
    gram = inputs.T @ inputs + RIDGE * len(inputs) * np.eye(inputs.shape[1])
    return np.asarray(others @ np.linalg.solve(gram, inputs.T @ (wanted - mean)) + mean)


def _near(inputs: np.ndarray, wanted: np.ndarray, others: np.ndarray) -> np.ndarray:
    away = np.square(others).sum(1)[:, None] - 2 * others @ inputs.T + np.square(inputs).sum(1)
    nearest = np.argpartition(away, min(NEAREST, len(inputs) - 1), axis=1)[:, :NEAREST]
    return np.asarray(wanted[nearest].mean(axis=1))


def _score(program: Program, answers: np.ndarray, targets: np.ndarray) -> float:
    form = program.form
    if form.of_classes:
        return float(np.mean(answers.argmax(axis=1) == codes_of(targets, form, program.targets)))
    known = table_of(targets)
    if form.kind == "labels":
        return float(np.mean((answers > 0.5) == (known > 0.5)))
    total = np.square(known - known.mean(axis=0)).sum()
    return float(1 - np.square(known - answers).sum() / max(total, 1e-300))
