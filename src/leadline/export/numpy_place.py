"""What a layer in NumPy is made from: where it stands, its tensors, and what its choices must be.

In: plain data such as ``{"kind": "dense", "units": 64}``, the shape of the inputs, and tensors by name. Out: functions
of float32 arrays by the catalogue ``numpy_layers``, which ``numpy_layers.py`` fills. What is not exactly as it must be
raises :class:`NotSaid`: who reads a file then takes the long way by ``leadline.nn``, which tells what is wrong.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Annotated, Any, get_args, get_type_hints

import numpy as np

from leadline.core.catalogue import Catalogue
from leadline.core.constraints import POSITIVE_WHOLE

Shape = tuple[int, ...]
Function = Callable[[np.ndarray], np.ndarray]
Functions = tuple[Function, ...]
Said = tuple[Functions, Shape]

REST = -1


class NotSaid(Exception):  # noqa: N818 - it is no error: another way is taken
    """NumPy cannot say this network, or its description is not what it must be."""


@dataclass(frozen=True)
class YesNo:
    """True or False."""

    def allows(self, value: object) -> bool:
        """Tell whether it is a boolean."""
        return isinstance(value, bool)


@dataclass(frozen=True)
class Sizes:
    """Whole numbers of at least 1; one may be -1, for what is left."""

    def allows(self, value: object) -> bool:
        """Tell whether it is a list of sizes."""
        if not isinstance(value, list | tuple) or not value:
            return False
        whole = all(POSITIVE_WHOLE.allows(size) or (type(size) is int and size == REST) for size in value)
        return whole and list(value).count(REST) <= 1


@dataclass(frozen=True)
class Members:
    """At least one description of a layer."""

    def allows(self, value: object) -> bool:
        """Tell whether it is a list of descriptions."""
        return isinstance(value, list | tuple) and bool(value) and all(isinstance(m, Mapping) for m in value)


@dataclass(frozen=True)
class Word:
    """A word; what it names is looked up where it is needed."""

    def allows(self, value: object) -> bool:
        """Tell whether it is text."""
        return isinstance(value, str)


Flag = Annotated[bool, YesNo()]
Count = Annotated[int, POSITIVE_WHOLE]
Text = Annotated[str, Word()]
Layers = Annotated[Sequence[Mapping[str, Any]], Members()]


@dataclass(frozen=True)
class Place:
    """Where a layer stands, and what it may take.

    Args:
        tensors: All of the network, by name.
        taken: Names that layers took; shared by all places.
        shape: Of the inputs, without the batch.
        path: Of the layer.
        known: The network was made by ``leadline.nn``, so that its choices need no check.
    """

    tensors: Mapping[str, np.ndarray]
    shape: Shape
    taken: set[str] = field(default_factory=set)
    path: str = ""
    known: bool = False

    def into(self, index: int, name: str, shape: Shape) -> Place:
        """Return the place of a layer inside this one."""
        path = f"{self.path}.{index}.{name}" if self.path else f"{index}.{name}"
        return replace(self, path=path, shape=shape)

    def take(self, name: str, shape: Shape, part: str = "params") -> np.ndarray:
        """Return a tensor of the layer.

        Raises:
            NotSaid: It is not there, or of another shape or type.
        """
        full = f"{part}/{self.path}/{name}" if self.path else f"{part}/{name}"
        found = self.tensors.get(full)
        if found is None or found.shape != shape or found.dtype != np.float32:
            raise NotSaid(full)
        self.taken.add(full)
        return np.ascontiguousarray(found)


numpy_layers: Catalogue[Callable[..., Said]] = Catalogue("layers in NumPy")
in_use = numpy_layers.registered


def said(spec: Mapping[str, Any], place: Place) -> Said:
    """Return what a layer computes in use, one function after another, and the shape of its outputs.

    Args:
        spec: As :func:`leadline.nn.to_spec` gives it.
        place: Where it stands.

    Raises:
        NotSaid: The kind is not in the catalogue, a choice is not what it must be, or a tensor does not fit.

    Example:
        >>> tensors = {"params/kernel": np.ones((3, 2), np.float32)}
        >>> (function,), shape = said({"kind": "dense", "units": 2, "bias": False}, Place(tensors, (3,)))
        >>> function(np.ones((1, 3), np.float32)), shape
        (array([[3., 3.]], dtype=float32), (2,))
    """
    given = {name: value for name, value in spec.items() if name != "kind"}
    made = numpy_layers[spec["kind"]] if spec.get("kind") in numpy_layers else None
    if made is None:
        raise NotSaid(f"kind {spec.get('kind')!r}")
    fields, needed = _fields(made)
    if not place.known and not (
        needed <= given.keys() <= fields.keys() and all(fields[name].allows(given[name]) for name in given)
    ):
        raise NotSaid(f"choices of {spec['kind']}: {given}")
    return made(place, **given)


@cache
def _fields(made: Callable[..., Said]) -> tuple[dict[str, Any], set[str]]:
    """Return what each keyword must be, and which have no default."""
    hints = get_type_hints(made, include_extras=True)
    words = {n: p for n, p in inspect.signature(made).parameters.items() if p.kind is p.KEYWORD_ONLY}
    return {n: get_args(hints[n])[1] for n in words}, {n for n, p in words.items() if p.default is p.empty}
