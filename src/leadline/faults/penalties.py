"""Faults of what holds weights down: too little of it, or too much.

Comes in: a program or a recipe. Goes out: the same with other choices.
"""

# ruff: noqa: D417 (the first two arguments are the same for all: Fault tells of them)
from __future__ import annotations

from dataclasses import replace
from typing import Annotated, TypeVar

import numpy as np

from leadline.core.constraints import NOT_NEGATIVE, POSITIVE, RATE
from leadline.core.errors import RecipeError
from leadline.faults.fault import BOTH, DEEPCHECKER, DEEPCRIME, fault
from leadline.faults.networks import over_dropped
from leadline.program.program import Program
from leadline.training.recipe import Recipe

C = TypeVar("C", Program, Recipe)


@fault(
    formula="l2 → l2 · factor",
    source=DEEPCHECKER,
    year=2023,
    on=BOTH,
    also=("overfitting", "too_many_parameters"),
)
def missing_regularization(what: C, draw: np.random.Generator, *, factor: Annotated[float, RATE] = 1e-7) -> C:
    """Weaken the L2 penalty until nothing is left. A small penalty has no symptom where the rows are enough.

    Args:
        factor: Below 1; 0 leaves nothing.

    Raises:
        RecipeError: There is no penalty.

    Example:
        >>> from leadline.faults import healthy
        >>> missing_regularization(healthy(), factor=0).l2
        0.0
    """
    if not what.l2:
        raise RecipeError.at(
            "fault 'missing_regularization'", "planted where there is an L2 penalty", "l2 = 0"
        )
    return replace(what, l2=what.l2 * factor)


@fault(
    formula="l2 → a strong one, and dropout behind every hidden layer",
    source=DEEPCHECKER,
    year=2023,
    on=BOTH,
    expects=("over_regularized",),
    also=("train_use_mismatch", "rate_too_low"),
)
def over_regularized(
    what: C,
    draw: np.random.Generator,
    *,
    l2: Annotated[float, NOT_NEGATIVE] = 0.1,
    dropout: Annotated[float, RATE] = 0.5,
) -> C:
    """Punish weights and drop units until the data no longer counts.

    Args:
        l2: Weight of the penalty; what is there stays where that is larger.
        dropout: Share that is dropped behind every hidden layer with weights; 0 for no dropout.

    Example:
        >>> from leadline.faults import healthy
        >>> planted = over_regularized(healthy())
        >>> planted.l2, [layer.kind for layer in planted.network.layers]
        (0.1, ['dense', 'dropout', 'dense', 'dropout', 'dense'])
    """
    made = over_dropped(what, dropout) if dropout else what
    return replace(made, l2=max(l2, what.l2))


@fault(
    formula="l2 → another one",
    source=DEEPCRIME,
    year=2021,
    on=BOTH,
    expects=("over_regularized",),
    also=("rate_too_low",),
)
def add_weights_regularisation(
    what: C, draw: np.random.Generator, *, l2: Annotated[float, POSITIVE] = 0.1
) -> C:
    """Punish the squares of all kernels.

    Args:
        l2: Weight of the penalty.

    Example:
        >>> from leadline.faults import healthy
        >>> add_weights_regularisation(healthy()).l2
        0.1
    """
    return replace(what, l2=l2)
