"""Faults of the loss: what it takes outputs and targets for, how it adds up, and which way it is followed.

Comes in: a program. Goes out: the same with a loss as somebody wrote it wrong; the task of a recipe, which cannot be
written wrong, first becomes the loss that it stands for.
"""

# ruff: noqa: D417 (the first two arguments are the same for all: Fault tells of them)
from __future__ import annotations

from dataclasses import replace
from typing import Annotated, TypeVar

import numpy as np

from leadline.core.constraints import OneOf
from leadline.core.errors import RecipeError
from leadline.faults.fault import DEEPCHECKER, DEEPCRIME, PROGRAM, RECIPE, fault
from leadline.faults.rewriting import ending_in
from leadline.nn.tasks import Task
from leadline.program.program import Program
from leadline.program.targets import codes_of
from leadline.program.written import NUMBERS, Written
from leadline.training.recipe import Recipe

C = TypeVar("C", Program, Recipe)
PROBABLE = ("cross_entropy", "binary_cross_entropy")


def as_written(loss: Written | Task, where: str = "loss") -> Written:
    """Return a loss as somebody would write it; of the task of a recipe, with scores.

    Args:
        loss: As written, or a task.
        where: The place, for errors.

    Raises:
        RecipeError: The task has a loss that has no such form.

    Example:
        >>> from leadline.nn.tasks import for_problem
        >>> as_written(for_problem("classification", 3, 3)).to_spec()
        {'name': 'cross_entropy', 'reads': 'scores', 'labels': 'codes'}
    """
    if isinstance(loss, Written):
        return loss
    plain = loss.loss == loss.measure.name or loss.loss == "huber(delta=1.0)"
    if plain and not loss.label_smoothing:
        if loss.kind == "regression" and loss.measure.name in NUMBERS:
            return Written(loss.measure.name)
        if loss.loss == "cross_entropy" and loss.outputs > 1:
            return Written("cross_entropy", "scores", "codes")
        if loss.loss == "binary_cross_entropy" and (loss.outputs == 1 or loss.kind == "several_labels"):
            return Written("binary_cross_entropy", "scores", "columns")
    must = "the usual loss of its task, or mse, mae, huber or log_cosh, without label smoothing"
    raise RecipeError.at(where, must, repr(loss.loss))


def _written(program: Program, name: str, of: tuple[str, ...] = ()) -> Written:
    """Return the loss of a program as written; an error where it is none of those."""
    loss = as_written(program.loss, f"fault {name!r}, loss")
    if of and loss.name not in of:
        raise RecipeError.at(
            f"fault {name!r}", f"planted where the loss is {' or '.join(of)}", repr(loss.name)
        )
    return loss


@fault(
    formula="w - step → w + step",
    source=DEEPCHECKER,
    year=2023,
    expects=("goes_up",),
    also=("rate_too_high", "not_finite_loss"),
)
def flipped_gradient_sign(program: Program, draw: np.random.Generator) -> Program:
    """Follow the gradient up.

    Example:
        >>> from leadline.faults import healthy
        >>> flipped_gradient_sign(healthy()).loss.sign
        -1.0
    """
    loss = _written(program, "flipped_gradient_sign")
    return replace(program, loss=replace(loss, sign=-loss.sign))


@fault(
    formula="-ln softmax(s) → -ln s",
    source=DEEPCHECKER,
    year=2023,
    expects=("missing_output_activation",),
    also=("rate_too_high", "no_gradient", "rectified_output"),
)
def missing_softmax(program: Program, draw: np.random.Generator) -> Program:
    """Give scores to a loss that takes the logarithm of probabilities.

    Raises:
        RecipeError: The loss is none of probabilities.

    Example:
        >>> from leadline.faults import healthy
        >>> planted = missing_softmax(healthy())
        >>> planted.loss.reads, planted.network.activation_name
        ('probabilities', 'linear')
    """
    loss = _written(program, "missing_softmax", PROBABLE)
    network = program.network
    if network.activation_name != "linear":
        network = ending_in(network, "linear", "missing_softmax")
    return replace(program, network=network, loss=replace(loss, reads="probabilities"))


@fault(
    formula="-ln softmax(s) → -ln softmax(softmax(s))",
    source=DEEPCHECKER,
    year=2023,
    expects=("softmax_twice",),
    also=("rate_too_low",),
)
def double_softmax(program: Program, draw: np.random.Generator) -> Program:
    """Give probabilities to a loss that applies softmax, or sigmoid, itself.

    Raises:
        RecipeError: The loss is none of probabilities.

    Example:
        >>> from leadline.faults import healthy
        >>> planted = double_softmax(healthy())
        >>> planted.loss.reads, planted.network.activation_name
        ('scores', 'softmax')
    """
    loss = _written(program, "double_softmax", PROBABLE)
    link = "softmax" if loss.name == "cross_entropy" else "sigmoid"
    network = program.network
    if network.activation_name != link:
        network = ending_in(network, link, "double_softmax")
    return replace(program, network=network, loss=replace(loss, reads="scores"))


@fault(
    formula="mean over the rows → sum",
    source=DEEPCHECKER,
    year=2023,
    expects=("sum_reduction",),
    also=("rate_too_high", "not_finite_loss"),
)
def loss_sum_reduction(program: Program, draw: np.random.Generator) -> Program:
    """Add up the losses of a batch. Adam and its kind do not mind.

    Example:
        >>> from leadline.faults import healthy
        >>> loss_sum_reduction(healthy()).loss.reduction
        'sum'
    """
    return replace(program, loss=replace(_written(program, "loss_sum_reduction"), reduction="sum"))


@fault(
    formula="(B, 1) - (B, 1) → (B, 1) - (B,) of shape (B, B); or Σ over classes → Σ over rows",
    source=DEEPCHECKER,
    year=2023,
    expects=("targets_broadcast", "softmax_over_rows", "sum_reduction"),
    also=("rate_too_high", "nothing_to_learn"),
)
def loss_wrong_axis_or_broadcast(program: Program, draw: np.random.Generator) -> Program:
    """Compare every output with every target where there is one output; else sum over the rows of a batch.

    With several outputs softmax stands in the network, over the classes, and the sum of the cross-entropy runs over
    the rows: the loss is B / C times what it should be.

    Raises:
        RecipeError: Several numbers or labels are asked.

    Example:
        >>> from leadline.faults import healthy
        >>> planted = loss_wrong_axis_or_broadcast(healthy("numbers"))
        >>> planted.loss.expands, planted.targets.shape
        (False, (600,))
    """
    name = "loss_wrong_axis_or_broadcast"
    loss = _written(program, name)
    outputs = program.network.output_shape(program.inputs.shape[1:])[-1]
    if outputs == 1 and program.form.columns == 1:
        held = program.held_out
        others = None if held is None else (held[0], held[1].reshape(len(held[1])))
        flat = program.targets.reshape(program.rows)
        return replace(program, targets=flat, held_out=others, loss=replace(loss, expands=False))
    if loss.name != "cross_entropy":
        asked = f"{outputs} outputs with {loss.name!r}"
        raise RecipeError.at(f"fault {name!r}", "planted with one output, or in a cross-entropy", asked)
    network = program.network
    if network.activation_name != "softmax":
        network = ending_in(network, "softmax", name)
    made = replace(loss, reads="probabilities", labels="columns", axis="rows", normalizes=False)
    return replace(_one_hot(program), network=network, loss=made)


def _one_hot(program: Program) -> Program:
    """Return a program with one column of targets for each class."""
    if program.form.kind not in ("codes", "yes_no"):
        return program
    form = program.form
    # Not by Program.changed: an error of form must not be mended on the way.
    classes = max(form.classes, program.network.output_shape(program.inputs.shape[1:])[-1])

    def told(targets: np.ndarray) -> np.ndarray:
        return np.asarray(np.eye(classes, dtype=np.float32)[codes_of(targets, form)])

    held = program.held_out
    others = None if held is None else (held[0], told(held[1]))
    return replace(program, targets=told(program.targets), held_out=others)


@fault(
    formula="cross-entropy → squared error; of numbers: squared error → cross-entropy",
    source=DEEPCHECKER,
    year=2023,
    expects=("loss_for_numbers", "targets_outside_loss", "softmax_single_unit", "no_gradient"),
    also=("output_loss_mismatch", "output_units", "label_encoding"),
)
def loss_selection(program: Program, draw: np.random.Generator) -> Program:
    """Take the loss of another kind of problem: squared error for classes, cross-entropy for numbers.

    Squared error of one-hot columns is a proper score and trains, only later.

    Raises:
        RecipeError: The loss is neither of classes nor of numbers.

    Example:
        >>> from leadline.faults import healthy
        >>> loss_selection(healthy()).loss.name, loss_selection(healthy("numbers")).loss.name
        ('mse', 'cross_entropy')
    """
    loss = _written(program, "loss_selection", (*PROBABLE, *NUMBERS))
    if loss.name in NUMBERS:
        made = Written("cross_entropy", "scores", "columns", reduction=loss.reduction)
        return replace(
            program, loss=made, problem="regression" if program.form.kind == "numbers" else program.problem
        )
    return _of_numbers(program, "mse")


def _of_numbers(program: Program, name: str) -> Program:
    """Return a classifier that learns the columns of its classes by a loss of numbers."""
    several = program.network.output_shape(program.inputs.shape[1:])[-1] > 1
    return replace(_one_hot(program) if several else program, loss=Written(name))


@fault(
    formula="softmax over the classes → over the rows of a batch",
    source=DEEPCHECKER,
    year=2023,
    expects=("softmax_over_rows",),
    also=("rate_too_high",),
)
def softmax_wrong_axis(program: Program, draw: np.random.Generator) -> Program:
    """Let the rows of a batch compete in place of the classes; the softmax is then that of the loss.

    Raises:
        RecipeError: The loss is no cross-entropy over several outputs.

    Example:
        >>> from leadline.faults import healthy
        >>> softmax_wrong_axis(healthy()).loss.axis
        'rows'
    """
    loss = _written(program, "softmax_wrong_axis", ("cross_entropy",))
    network = program.network
    if loss.reads == "probabilities" and network.activation_name == "softmax":
        network = ending_in(network, "linear", "softmax_wrong_axis")
    return replace(program, network=network, loss=replace(loss, reads="scores", axis="rows"))


@fault(
    formula="loss → one for numbers",
    source=DEEPCRIME,
    year=2021,
    on=(PROGRAM, RECIPE),
    expects=("loss_for_numbers", "output_loss_mismatch"),
    also=("rate_too_low", "first_loss"),
)
def change_loss(what: C, draw: np.random.Generator, *, loss: Annotated[str, OneOf(*NUMBERS)] = "mae") -> C:
    """Take another loss: one for numbers, whatever is asked. In a regression it may do no harm.

    Args:
        loss: Its name.

    Raises:
        RecipeError: It is the loss that is there.

    Example:
        >>> from leadline.faults import healthy
        >>> change_loss(healthy()).loss.name
        'mae'
    """
    if isinstance(what, Recipe):
        if what.loss == loss:
            raise RecipeError.at("fault 'change_loss'", "planted where another loss is", repr(loss))
        return replace(what, loss=loss)
    if isinstance(what.loss, Task):
        return replace(what, loss=replace(what.loss, loss=loss, label_smoothing=0.0))
    if what.loss.name == loss:
        raise RecipeError.at("fault 'change_loss'", "planted where another loss is", repr(loss))
    return (
        _of_numbers(what, loss)
        if what.loss.name not in NUMBERS
        else replace(what, loss=replace(what.loss, name=loss))
    )
