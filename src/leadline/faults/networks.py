"""Faults of the network: activations, first weights, layers that are missing or too many.

Comes in: a program or a recipe. Goes out: the same with another network.
"""

# ruff: noqa: D417 (the first two arguments are the same for all: Fault tells of them)
from __future__ import annotations

from dataclasses import replace
from typing import Annotated, TypeVar

import numpy as np

from leadline.core.constraints import POSITIVE, RATE, Interval, OneOf
from leadline.core.errors import RecipeError
from leadline.faults.fault import DEEPCHECKER, DEEPCRIME, PROGRAM, RECIPE, fault
from leadline.faults.rewriting import (
    Spec,
    ending_in,
    fields_of,
    hidden_activations,
    last_weighted,
    rewritten,
    weighs,
)
from leadline.nn.base import Layer
from leadline.program.program import Program
from leadline.training.recipe import Recipe

C = TypeVar("C", Program, Recipe)
BOTH = (PROGRAM, RECIPE)
DROPS = ("dropout", "spatial_dropout")
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


def with_network(what: C, network: Layer) -> C:
    """Return a program or a recipe with another network."""
    return replace(what, network=network)


@fault(
    formula="batch norm → nothing",
    source=DEEPCHECKER,
    year=2023,
    on=BOTH,
    also=("start_scale", "vanishing_start", "rate_too_low", "rate_too_high"),
)
def missing_batchnorm(what: C, draw: np.random.Generator) -> C:
    """Take every batch norm away. A network without one is a network, too: it has no symptom of its own.

    Example:
        >>> from leadline.faults import healthy
        >>> [layer.kind for layer in missing_batchnorm(healthy("images")).network.layers][:2]
        ['conv', 'max_pool']
    """

    def change(leaf: Spec, place: int) -> list[Spec]:
        return [] if leaf["kind"] == "batch_norm" else [leaf]

    return with_network(what, rewritten(what.network, change, "missing_batchnorm", "batch norm"))


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


def _begun(what: C, initializer: str, fault_name: str, bias_value: float | None = None) -> C:
    def change(leaf: Spec, place: int) -> list[Spec]:
        if not weighs(leaf) or "initializer" not in fields_of(leaf):
            return [leaf]
        bias = {} if bias_value is None else {"bias_value": bias_value}
        return [{**leaf, "initializer": initializer, **bias}]

    return with_network(
        what, rewritten(what.network, change, fault_name, f"first weights other than {initializer}")
    )


@fault(
    formula="every kernel begins as one number",
    source=DEEPCHECKER,
    year=2023,
    on=BOTH,
    expects=("symmetric_start", "equal_units"),
    also=("no_gradient", "start_scale", "dead_start", "vanishing_start"),
)
def constant_init(what: C, draw: np.random.Generator, *, value: Annotated[float, Interval()] = 0.01) -> C:
    """Begin all kernels with one number, so that the units of a layer stay alike.

    Args:
        value: The number.

    Example:
        >>> from leadline.faults import healthy
        >>> constant_init(healthy()).network.layers[0]
        ll.Dense(32, ll.relu, 'constant')
    """
    return _begun(what, "constant" if value == 0.01 else f"constant(value={value!r})", "constant_init")


@fault(
    formula="every kernel begins as N(0, spread²), whatever the size of the layer",
    source=DEEPCHECKER,
    year=2023,
    on=BOTH,
    expects=("start_scale",),
    also=(
        "rate_too_high",
        "vanishing_start",
        "saturated_units",
        "dead_start",
        "first_loss",
        "exploding_gradients",
    ),
)
def random_init_bad_scale(
    what: C, draw: np.random.Generator, *, spread: Annotated[float, POSITIVE] = 3.0
) -> C:
    """Draw kernels far too large, or too small.

    Args:
        spread: Standard deviation; 3 lets signals explode, 0.001 lets them die.

    Example:
        >>> from leadline.faults import healthy
        >>> random_init_bad_scale(healthy(), spread=5.0).network.layers[0].initializer
        'normal(spread=5.0)'
    """
    return _begun(what, f"normal(spread={spread!r})", "random_init_bad_scale")


@fault(
    formula="every kernel begins by another initializer",
    source=DEEPCRIME,
    year=2021,
    on=BOTH,
    expects=("symmetric_start", "no_gradient", "start_scale"),
    also=("dead_start", "vanishing_start", "rate_too_high", "rate_too_low"),
)
def change_weights_initialisation(
    what: C,
    draw: np.random.Generator,
    *,
    initializer: Annotated[
        str,
        OneOf("zeros", "ones", "constant", "normal", "uniform", "he_normal", "glorot_uniform", "orthogonal"),
    ] = "zeros",
) -> C:
    """Begin kernels in another way. Those that look at the size of a layer do no harm.

    Args:
        initializer: Its name.

    Example:
        >>> from leadline.faults import healthy
        >>> change_weights_initialisation(healthy()).network.layers[0].initializer
        'zeros'
    """
    return _begun(what, initializer, "change_weights_initialisation")


@fault(formula="x W + b → x W", source=DEEPCRIME, year=2021, on=BOTH)
def remove_bias(what: C, draw: np.random.Generator) -> C:
    """Take the biases of all layers with weights away. On centered inputs it does little: it has no symptom.

    Example:
        >>> from leadline.faults import healthy
        >>> remove_bias(healthy()).network.layers[0]
        ll.Dense(32, ll.relu, bias=False)
    """

    def change(leaf: Spec, place: int) -> list[Spec]:
        return [{**leaf, "bias": False}] if weighs(leaf) and "bias" in fields_of(leaf) else [leaf]

    return with_network(what, rewritten(what.network, change, "remove_bias", "biases"))


@fault(
    formula="rate → another rate, in every dropout layer",
    source=DEEPCRIME,
    year=2021,
    on=BOTH,
    expects=("over_regularized",),
    also=("train_use_mismatch", "rate_too_low"),
)
def change_dropout_rate(what: C, draw: np.random.Generator, *, rate: Annotated[float, RATE] = 0.9) -> C:
    """Drop another share in the dropout layers that are there.

    Args:
        rate: The share.

    Example:
        >>> from leadline.faults import healthy
        >>> sound = over_dropped(healthy(), 0.1)
        >>> change_dropout_rate(sound).network.layers[1]
        ll.Dropout(0.9)
    """

    def change(leaf: Spec, place: int) -> list[Spec]:
        return [{**leaf, "rate": rate}] if leaf["kind"] in DROPS else [leaf]

    needs = f"dropout of another rate than {rate:g}"
    return with_network(what, rewritten(what.network, change, "change_dropout_rate", needs))


def over_dropped(what: C, rate: float) -> C:
    """Return a program or a recipe with dropout behind every hidden layer with weights.

    Raises:
        RecipeError: There is no hidden layer.
    """
    last = last_weighted(what.network)

    def change(leaf: Spec, place: int) -> list[Spec]:
        return [leaf, {"kind": "dropout", "rate": rate}] if weighs(leaf) and place < last else [leaf]

    return with_network(
        what, rewritten(what.network, change, "over_regularized", "a hidden layer with weights")
    )


@fault(
    formula="x + spread · N(0, 1), or x with a rectangle of 0, for every row while training",
    source=DEEPCHECKER,
    year=2023,
    on=BOTH,
    expects=("shifted_augmentation", "train_use_mismatch", "over_regularized"),
    also=("rate_too_low", "rate_too_high", "nothing_to_learn"),
)
def wrong_augmentation(
    what: C,
    draw: np.random.Generator,
    *,
    kind: Annotated[str, OneOf("noise", "erasing")] = "noise",
    strength: Annotated[float, POSITIVE] = 3.0,
) -> C:
    """Change the rows of the training so much that they no longer are like those in use.

    Args:
        kind: "noise" on anything, or "erasing" a part of images.
        strength: Of noise, its spread in units of the inputs' own (a recipe's are 1); of erasing, its share of an
            image is 1 - 1 / (1 + strength).

    Raises:
        NetworkError: The inputs of a program are no images, and a part is to be erased.

    Example:
        >>> from leadline.faults import healthy
        >>> wrong_augmentation(healthy("images"), kind="erasing").network.layers[0]
        ll.RandomErasing(0.75)
    """
    unit = float(np.std(what.inputs)) if isinstance(what, Program) else 1.0
    first: Spec = {"kind": "gaussian_noise", "spread": strength * unit}
    if kind == "erasing":
        first = {"kind": "random_erasing", "share": 1 - 1 / (1 + strength)}

    def change(leaf: Spec, place: int) -> list[Spec]:
        return [leaf] if place else [first, leaf]

    network = rewritten(what.network, change, "wrong_augmentation", "layers in a row")
    if isinstance(what, Program):
        network.output_shape(what.inputs.shape[1:])
    return with_network(what, network)
