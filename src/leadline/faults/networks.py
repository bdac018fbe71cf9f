"""Faults of the network: layers that are missing, or change the rows too much.

Comes in: a program or a recipe. Goes out: the same with another network.
"""

# ruff: noqa: D417 (the first two arguments are the same for all: Fault tells of them)
from __future__ import annotations

from dataclasses import replace
from typing import Annotated, TypeVar

import numpy as np

from leadline.core.constraints import POSITIVE, RATE, OneOf
from leadline.faults.fault import BOTH, DEEPCHECKER, DEEPCRIME, fault
from leadline.faults.rewriting import (
    Spec,
    fields_of,
    last_weighted,
    rewritten,
    weighs,
)
from leadline.nn.base import Layer
from leadline.program.program import Program
from leadline.training.recipe import Recipe

C = TypeVar("C", Program, Recipe)
DROPS = ("dropout", "spatial_dropout")


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
