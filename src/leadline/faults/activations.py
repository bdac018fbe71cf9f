"""Faults of activations: of another kind, missing, or one too many.

Comes in: a program or a recipe. Goes out: the same with another network.
"""

# ruff: noqa: D417 (the first two arguments are the same for all: Fault tells of them)
from __future__ import annotations

from typing import Annotated, TypeVar

import numpy as np

from leadline.core.constraints import OneOf
from leadline.core.errors import RecipeError
from leadline.faults.fault import BOTH, DEEPCHECKER, DEEPCRIME, fault
from leadline.faults.networks import with_network
from leadline.faults.rewriting import (
    ending_in,
    hidden_activations,
)
from leadline.program.program import Program
from leadline.training.recipe import Recipe

C = TypeVar("C", Program, Recipe)
GATES = (
    "relu",
    "sigmoid",
    "tanh",
    "softmax",
    "linear",
    "elu",
    "selu",
    "softplus",
    "softsign",
    "hard_sigmoid",
)


@fault(
    formula="softmax, or another squashing function, between the layers or at the end of a regression",
    source=DEEPCHECKER,
    year=2023,
    on=BOTH,
    expects=("hidden_softmax", "bounded_output", "softmax_single_unit", "vanishing_start"),
    also=("saturated_units", "rate_too_low", "no_gradient", "output_loss_mismatch"),
)
def wrong_hidden_activation(
    what: C,
    draw: np.random.Generator,
    *,
    activation: Annotated[str, OneOf("softmax", "sigmoid", "hard_sigmoid", "tanh", "step")] = "softmax",
    place: Annotated[str, OneOf("hidden", "output")] = "hidden",
) -> C:
    """Put a squashing function where none belongs.

    Args:
        activation: Which one.
        place: "hidden" for every layer but the last, "output" for the last.

    Example:
        >>> from leadline.faults import healthy
        >>> [layer.activation_name for layer in wrong_hidden_activation(healthy()).network.layers]
        ['softmax', 'softmax', 'linear']
    """
    name = "wrong_hidden_activation"
    if place == "output":
        return with_network(what, ending_in(what.network, activation, name))
    needs = f"a hidden layer that is not {activation}"
    return with_network(what, hidden_activations(what.network, lambda now: activation, name, needs))


@fault(
    formula="a → another activation, between the layers",
    source=DEEPCRIME,
    year=2021,
    on=BOTH,
    expects=("vanishing_start", "hidden_softmax", "no_nonlinearity"),
    also=("saturated_units", "rate_too_low", "start_scale"),
)
def change_activation(
    what: C, draw: np.random.Generator, *, activation: Annotated[str, OneOf(*GATES)] = "sigmoid"
) -> C:
    """Give the hidden layers that have an activation another one. In a shallow network it may do no harm.

    Args:
        activation: The new one.

    Example:
        >>> from leadline.faults import healthy
        >>> [layer.activation_name for layer in change_activation(healthy()).network.layers]
        ['sigmoid', 'sigmoid', 'linear']
    """
    needs = f"a hidden activation that is not {activation}"
    made = hidden_activations(
        what.network, lambda now: now if now == "linear" else activation, "change_activation", needs
    )
    return with_network(what, made)


@fault(
    formula="a → linear, between the layers",
    source=DEEPCRIME,
    year=2021,
    on=BOTH,
    expects=("no_nonlinearity",),
    also=("start_scale",),
)
def remove_activation(what: C, draw: np.random.Generator) -> C:
    """Take the activations of all hidden layers away; max pooling is left, and bends too.

    Example:
        >>> from leadline.faults import healthy
        >>> [layer.activation_name for layer in remove_activation(healthy()).network.layers]
        ['linear', 'linear', 'linear']
    """
    made = hidden_activations(what.network, lambda now: "linear", "remove_activation", "a hidden activation")
    return with_network(what, made)


@fault(
    formula="linear → relu, at the end",
    source=DEEPCRIME,
    year=2021,
    on=BOTH,
    expects=("rectified_output", "bounded_output", "softmax_twice"),
    also=("dead_start", "output_loss_mismatch"),
)
def add_activation(
    what: C, draw: np.random.Generator, *, activation: Annotated[str, OneOf(*GATES)] = "relu"
) -> C:
    """Put an activation behind a linear end.

    Args:
        activation: Which one.

    Raises:
        RecipeError: The network does not end in a linear layer.

    Example:
        >>> from leadline.faults import healthy
        >>> add_activation(healthy()).network.activation_name
        'relu'
    """
    if what.network.activation_name != "linear":
        ends = f"one in {what.network.activation_name}"
        raise RecipeError.at("fault 'add_activation'", "planted in a network with a linear end", ends)
    return with_network(what, ending_in(what.network, activation, "add_activation"))
