"""Networks rewritten layer by layer: of any nesting, each single layer becomes none, one or several others.

Comes in: a network and what becomes of each of its single layers. Goes out: another network.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from leadline.core.errors import RecipeError
from leadline.nn.base import Layer, layers
from leadline.nn.spec import from_spec, to_spec

Spec = dict[str, Any]
Change = Callable[[Spec, int], list[Spec]]


def leaves(network: Layer) -> list[Spec]:
    """Return every single layer of a network, in order, as plain data.

    Example:
        >>> from leadline.nn import Dense, Sequential
        >>> [leaf["units"] for leaf in leaves(Sequential([Dense(3), Dense(1)]))]
        [3, 1]
    """
    return list(_leaves(to_spec(network)))


def _leaves(spec: Spec) -> Iterator[Spec]:
    inner = [one for value in spec.values() for one in _inside(value)]
    if not inner:
        yield spec
    for one in inner:
        yield from _leaves(one)


def _inside(value: Any) -> list[Spec]:
    if isinstance(value, Mapping) and "kind" in value:
        return [dict(value)]
    return (
        [dict(one) for one in value if isinstance(one, Mapping) and "kind" in one]
        if isinstance(value, list)
        else []
    )


def rewritten(network: Layer, change: Change, fault: str, needs: str) -> Layer:
    """Return a network whose single layers are changed.

    Args:
        network: Stays as it is.
        change: From a layer as plain data and its place among all single layers to those in its stead.
        fault: Name of the fault, for errors.
        needs: What a network must have so that anything changes, for errors.

    Raises:
        RecipeError: Nothing changes, or no layer is left.
    """
    spec, counted = to_spec(network), iter(range(len(leaves(network))))
    made = _rewritten(spec, change, counted)
    if made == [spec] or len(made) != 1:
        raise RecipeError.at(f"fault {fault!r}", f"planted in a network with {needs}", f"{network!r}")
    return from_spec(made[0])


def _rewritten(spec: Spec, change: Change, places: Iterator[int]) -> list[Spec]:
    if not any(_inside(value) for value in spec.values()):
        return change(dict(spec), next(places))
    made: Spec = {}
    for name, value in spec.items():
        if not _inside(value):
            made[name] = value
        elif isinstance(value, list):
            made[name] = [one for each in value for one in _rewritten(each, change, places)]
        else:  # one layer in a place of its own stays one
            found = _rewritten(value, change, places)
            made[name] = found[0] if len(found) == 1 else value
    empty = any(isinstance(value, list) and not value and _inside(spec[name]) for name, value in made.items())
    return [] if empty else [made]


def fields_of(spec: Spec) -> tuple[str, ...]:
    """Return the names of the choices of a layer."""
    return tuple(field.name for field in dataclasses.fields(layers[spec["kind"]]))  # type: ignore[arg-type]  # so it is


def weighs(spec: Spec) -> bool:
    """Tell whether a layer multiplies by a kernel."""
    return layers[spec["kind"]].has_weights


def last_weighted(network: Layer) -> int:
    """Return the place of the last layer with weights among all single layers; -1 where there is none.

    Example:
        >>> from leadline.nn import Dense, Dropout, Sequential
        >>> last_weighted(Sequential([Dense(3), Dropout(0.5), Dense(1)]))
        2
    """
    return max((place for place, leaf in enumerate(leaves(network)) if weighs(leaf)), default=-1)


def activation_of(spec: Spec) -> str:
    """Return the activation of a layer as recipes write it; "linear" where it has none."""
    return str(spec.get("activation", "linear"))


def ending_in(network: Layer, activation: str, fault: str) -> Layer:
    """Return a network whose outputs go through another activation, or through none ("linear").

    Raises:
        RecipeError: It has no layer with weights and an activation.

    Example:
        >>> from leadline.nn import Dense, Sequential
        >>> ending_in(Sequential([Dense(3)]), "softmax", "").activation_name
        'softmax'
    """
    last = last_weighted(network)

    def change(leaf: Spec, place: int) -> list[Spec]:
        if place > last and leaf["kind"] == "activate":
            return []
        return (
            [{**leaf, "activation": activation}]
            if place == last and "activation" in fields_of(leaf)
            else [leaf]
        )

    return rewritten(network, change, fault, f"another end than {activation}")


def hidden_activations(network: Layer, change: Callable[[str], str], fault: str, needs: str) -> Layer:
    """Return a network with other activations between its layers; the end stays.

    Args:
        network: Stays as it is.
        change: From the activation of each hidden layer, "linear" where it has none, to its new one.
        fault: Name of the fault, for errors.
        needs: What a network must have so that anything changes, for errors.

    Raises:
        RecipeError: Nothing changes.
    """
    last = last_weighted(network)

    def changed(leaf: Spec, place: int) -> list[Spec]:
        if (
            place >= last
            or not (weighs(leaf) or leaf["kind"] == "activate")
            or "activation" not in fields_of(leaf)
        ):
            return [leaf]
        now = activation_of(leaf)
        then = change(now)
        if then == now:
            return [leaf]
        return [] if leaf["kind"] == "activate" and then == "linear" else [{**leaf, "activation": then}]

    return rewritten(network, changed, fault, needs)
