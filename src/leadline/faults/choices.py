"""Faults of what a recipe chooses beside the network: rate, optimizer, epochs, batches, clipping.

Comes in: a program or a recipe. Goes out: the same with other choices.
"""

# ruff: noqa: D417 (the first two arguments are the same for all: Fault tells of them)
from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, TypeVar

import numpy as np

from leadline.core.constraints import NOT_NEGATIVE, POSITIVE, POSITIVE_WHOLE, Interval, OneOf
from leadline.core.errors import RecipeError
from leadline.data.dataset import Dataset
from leadline.data.split import Split
from leadline.faults.fault import BOTH, DATA, DEEPCHECKER, DEEPCRIME, PROGRAM, fault
from leadline.program.program import Program
from leadline.training.optimizers import Optimizer, optimizers
from leadline.training.recipe import Recipe

C = TypeVar("C", Program, Recipe)
H = TypeVar("H", Program, Dataset)
Above = Annotated[float, Interval(1, open_low=True)]
Below = Annotated[float, Interval(0, 1, open_low=True, open_high=True)]


def _with_rate(what: C, factor: float) -> C:
    optimizer = what.optimizer
    return replace(what, optimizer=optimizer.with_rate(float(f"{optimizer.learning_rate * factor:.6g}")))


@fault(
    formula="rate → rate · factor",
    source=DEEPCHECKER,
    year=2023,
    on=BOTH,
    expects=("rate_too_high",),
    also=("not_finite_loss", "dead_units", "saturated_units", "exploding_gradients"),
)
def lr_too_high(what: C, draw: np.random.Generator, *, factor: Above = 100.0) -> C:
    """Multiply the learning rate.

    Args:
        factor: Above 1.

    Example:
        >>> from leadline.faults import healthy
        >>> lr_too_high(healthy()).optimizer.learning_rate
        10.0
    """
    return _with_rate(what, factor)


@fault(
    formula="rate → rate · factor",
    source=DEEPCHECKER,
    year=2023,
    on=BOTH,
    expects=("rate_too_low", "too_few_updates"),
)
def lr_too_low(what: C, draw: np.random.Generator, *, factor: Below = 0.001) -> C:
    """Make the learning rate far too small.

    Args:
        factor: Below 1.

    Example:
        >>> from leadline.faults import healthy
        >>> lr_too_low(healthy()).optimizer.learning_rate
        0.0001
    """
    return _with_rate(what, factor)


@fault(
    formula="eps → 1e-16, in Adam with a rate of its own if asked",
    source=DEEPCHECKER,
    year=2023,
    on=BOTH,
    expects=("rate_too_high",),
)
def adam_epsilon_too_low(
    what: C,
    draw: np.random.Generator,
    *,
    eps: Annotated[float, POSITIVE] = 1e-16,
    learning_rate: Annotated[float, NOT_NEGATIVE] = 0.0,
) -> C:
    """Divide by nearly nothing where gradients are nearly 0. An optimizer without eps becomes Adam.

    Args:
        eps: Added to the root of the mean squared gradient.
        learning_rate: Another rate as well; 0 keeps it, and is Adam's own where the optimizer becomes Adam.

    Example:
        >>> from leadline.faults import healthy
        >>> adam_epsilon_too_low(healthy("numbers")).optimizer.options["eps"]
        1e-16
    """
    now = what.optimizer
    if "eps" in now.options:
        rate = learning_rate or now.learning_rate
        return replace(what, optimizer=replace(now, learning_rate=rate, options={**now.options, "eps": eps}))
    rate = learning_rate or optimizers["adam"].learning_rate
    return replace(what, optimizer=Optimizer("adam", rate, now.schedule, 0.0, {"eps": eps}))


@fault(
    formula="rows of a step → another number",
    source=DEEPCRIME,
    year=2021,
    on=BOTH,
    expects=("too_few_updates", "rate_too_high"),
    also=("rate_too_low",),
)
def change_batch_size(
    what: C, draw: np.random.Generator, *, batch_size: Annotated[int, POSITIVE_WHOLE] = 1
) -> C:
    """Make steps of another number of rows. Where the rate suits, it does no harm.

    Args:
        batch_size: Rows of a step.

    Example:
        >>> from leadline.faults import healthy
        >>> change_batch_size(healthy()).updates
        12000
    """
    return replace(what, batch_size=batch_size)


@fault(
    formula="rows of a step → all rows",
    source=DEEPCRIME,
    year=2021,
    on=BOTH,
    expects=("too_few_updates", "rate_too_low"),
)
def disable_batching(what: C, draw: np.random.Generator) -> C:
    """Make every step of all rows, as many epochs as before: the steps become few.

    Example:
        >>> from leadline.faults import healthy
        >>> disable_batching(healthy()).updates
        20
    """
    size: Any = what.rows if isinstance(what, Program) else "full"
    return replace(what, batch_size=size)


@fault(
    formula="rate → rate · factor",
    source=DEEPCRIME,
    year=2021,
    on=BOTH,
    expects=("rate_too_low", "too_few_updates"),
)
def decrease_learning_rate(what: C, draw: np.random.Generator, *, factor: Below = 0.01) -> C:
    """Make the learning rate smaller.

    Args:
        factor: Below 1.

    Example:
        >>> from leadline.faults import healthy
        >>> decrease_learning_rate(healthy()).optimizer.learning_rate
        0.001
    """
    return _with_rate(what, factor)


@fault(
    formula="epochs → fewer",
    source=DEEPCRIME,
    year=2021,
    on=BOTH,
    expects=("too_few_updates", "rate_too_low"),
)
def change_epochs(what: C, draw: np.random.Generator, *, epochs: Annotated[int, POSITIVE_WHOLE] = 1) -> C:
    """Train for another number of epochs.

    Args:
        epochs: At least 1.

    Example:
        >>> from leadline.faults import healthy
        >>> change_epochs(healthy()).epochs
        1
    """
    return replace(what, epochs=epochs)


@fault(
    formula="optimizer → another one, with its own default rate",
    source=DEEPCRIME,
    year=2021,
    on=BOTH,
    expects=("rate_too_low", "too_few_updates", "rate_too_high"),
)
def change_optimiser(
    what: C, draw: np.random.Generator, *, optimizer: Annotated[str, OneOf(*optimizers)] = "sgd"
) -> C:
    """Take another optimizer, without a thought for its rate. Many do as well as the one before.

    Args:
        optimizer: Its name.

    Raises:
        RecipeError: It is the one that is there, with its default rate.

    Example:
        >>> from leadline.faults import healthy
        >>> change_optimiser(healthy("numbers")).optimizer.learning_rate
        0.01
    """
    made = Optimizer(optimizer, optimizers[optimizer].learning_rate, what.optimizer.schedule)
    if made == what.optimizer:
        raise RecipeError.at(
            "fault 'change_optimiser'", "planted where another optimizer is", repr(optimizer)
        )
    return replace(what, optimizer=made)


@fault(
    formula="g → g · min(1, norm / length of g)",
    source=DEEPCRIME,
    year=2021,
    on=BOTH,
    expects=("rate_too_low", "too_few_updates"),
)
def change_gradient_clip(what: C, draw: np.random.Generator, *, norm: Annotated[float, POSITIVE] = 1e-3) -> C:
    """Clip gradients so that nearly nothing is left. Adam and its kind divide by their size and do not mind.

    Args:
        norm: Largest norm of the whole gradient.

    Example:
        >>> from leadline.faults import healthy
        >>> change_gradient_clip(healthy()).clip_norm
        0.001
    """
    return replace(what, clip_norm=norm)


@fault(
    formula="rows to judge by → none",
    source=DEEPCRIME,
    year=2021,
    on=(PROGRAM, DATA),
)
def remove_validation_set(what: H, draw: np.random.Generator) -> H:
    """Leave no rows to judge by; of a data set, the validation part is empty. The training is as good as before.

    Example:
        >>> from leadline.faults import healthy
        >>> remove_validation_set(healthy()).held_out is None
        True
    """
    if isinstance(what, Program):
        return replace(what, held_out=None)
    split = what.split
    made = Split(split.train, split.validation[:0], split.test, split.announcements)
    return replace(what, split=made, source={})
