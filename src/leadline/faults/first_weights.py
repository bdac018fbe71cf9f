"""Faults of the first weights: all alike, of another scale, of another method.

Comes in: a program or a recipe. Goes out: the same with another network.
"""

# ruff: noqa: D417 (the first two arguments are the same for all: Fault tells of them)
from __future__ import annotations

from typing import Annotated, TypeVar

import numpy as np

from leadline.core.constraints import POSITIVE, Interval, OneOf
from leadline.faults.fault import BOTH, DEEPCHECKER, DEEPCRIME, fault
from leadline.faults.networks import with_network
from leadline.faults.rewriting import (
    Spec,
    fields_of,
    rewritten,
    weighs,
)
from leadline.program.program import Program
from leadline.training.recipe import Recipe

C = TypeVar("C", Program, Recipe)


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
