"""A few hundred steps: does the program learn, does it learn from its inputs, and how large are its steps.

Comes in: a program. Goes out: the values of stage C, for a run. Simple models say what is to be had. Where the program
stays behind them, it is trained on permuted targets and on one batch alone too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from leadline.program.answers import constant_score
from leadline.program.baselines import simple_scores, within_scores
from leadline.program.budget import affordable
from leadline.program.course import Course, train_beside
from leadline.program.program import Program
from leadline.program.start import SEEDS

SHARE = 0.05  # of the program's own length
FEWEST, MOST = 200, 1000  # steps
ON_ONE = 300  # steps on one batch alone
LUCK = 3.0  # standard errors of a share
NEARLY = 0.9  # of the way from a constant answer to a simple model's


def probe_steps(program: Program) -> int:
    """Return the steps of a probe: 200, or a twentieth of the training where that is more; never more than it has.

    Example:
        >>> from leadline.nn import Dense, Sequential
        >>> from leadline.program.written import Written
        >>> probe_steps(Program(Sequential([Dense(1)]), np.eye(4), np.arange(4), Written("mse"), epochs=30))
        30
    """
    return max(1, min(program.updates, max(FEWEST, round(SHARE * program.updates)), MOST))


def probe_facts(program: Program, seeds: Sequence[int] = SEEDS) -> dict[str, Any]:
    """Return every ``probe.*`` value of a program; the second half of them only where it stays behind simple models.

    Args:
        program: With at least one update.
        seeds: At least two.
    """
    steps, seeds = affordable(program, seeds, probe_steps(program))
    (own,) = train_beside([program], seeds, steps)
    linear, near = simple_scores(program)
    facts = {
        "probe.steps": steps,
        "probe.loss": own.losses,
        "probe.score": own.scores,
        "probe.score.own": own.own_scores,
        "probe.score.constant": constant_score(program),
        "probe.score.linear": linear,
        "probe.score.near": near,
        "probe.ratio": _late(own),
        "probe.outputs.spread": own.outputs.reshape(*own.outputs.shape[:2], -1).std(axis=1).mean(axis=0),
        "probe.loss.use": own.use_loss,
        "probe.loss.training": own.training_loss,
    }
    constant, best = facts["probe.score.constant"], np.nanmax([linear, near])
    luck = _may_be_luck(program, constant, best)
    if luck:
        facts["probe.score.within"] = np.array(within_scores(program))
    if not luck and own.scores.min() > constant + NEARLY * (best - constant) and own.scores.min() > constant:
        return facts  # it learns: what else it could do need not be asked
    mixed, one = train_beside([permuted(program), one_batch(program)], seeds, [steps, min(ON_ONE, steps)])
    return {**facts, "probe.score.permuted": mixed.own_scores, "probe.one_batch": one.own_scores}


def _may_be_luck(program: Program, constant: float, best: float) -> bool:
    """Tell whether simple models may only seem to know rows that were held out.

    Where training labels were shuffled, rows of one class still lie together and are all answered alike: as many
    answers are right by chance as there are classes, not as there are rows.
    """
    if program.held_out is None or not program.form.of_classes:
        return False
    return best < constant + LUCK * math.sqrt(constant * (1 - constant) / max(program.form.classes, 1))


def _late(course: Course) -> np.ndarray:
    half = course.ratios[:, course.ratios.shape[1] // 2 :]
    return np.asarray(np.median(half, axis=1))


def permuted(program: Program) -> Program:
    """Return the program on targets of other rows: what it learns of them is learned by heart."""
    order = np.random.default_rng(0).permutation(program.rows)
    return replace(program, targets=program.targets[order])


def one_batch(program: Program) -> Program:
    """Return the program on its first batch alone, at most 64 rows, for as long as it takes to know it by heart."""
    some = np.random.default_rng(0).permutation(program.rows)[: min(program.batch, 64)]
    alone = replace(
        program, inputs=program.inputs[some], targets=program.targets[some], held_out=None,
        batch_size=len(some), epochs=ON_ONE, problem=program.problem or _problem(program),
    )  # fmt: skip
    vars(alone)["form"] = program.form  # what targets look like is told by all of them, not by a few
    return alone


def _problem(program: Program) -> str:
    return "regression" if program.form.kind == "numbers" else ""
