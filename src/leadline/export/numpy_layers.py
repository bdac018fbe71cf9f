"""The layers in use that NumPy can say: from a layer's description and its tensors to functions of arrays.

In: plain data such as ``{"kind": "dense", "units": 64}``, the shape of the inputs, and tensors by name. Out: functions
of float32 arrays, each of which leaves its inputs as they are. One entry of the catalogue is one function whose
keywords are the fields of the layer in ``leadline.nn``, with what they must be. What is not exactly as it must be
raises :class:`NotSaid`: who reads a file then takes the long way by ``leadline.nn``, which tells what is wrong.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Annotated, Any, get_args, get_type_hints

import numpy as np

from leadline.core.catalogue import Catalogue
from leadline.core.constraints import NOT_NEGATIVE, POSITIVE, POSITIVE_WHOLE, RATE, Interval, OneOf
from leadline.core.errors import LeadlineError
from leadline.core.named import read
from leadline.export.numpy_activations import NumpyActivation, numpy_activations

Shape = tuple[int, ...]
Function = Callable[[np.ndarray], np.ndarray]
Functions = tuple[Function, ...]
Said = tuple[Functions, Shape]

IMAGE_RANK = 3
REST = -1
INITIALIZERS = (  # they need no settings, and in use no initializer is needed
    *(
        "zeros",
        "ones",
        "constant",
        "normal",
        "truncated_normal",
        "uniform",
        "glorot_uniform",
        "glorot_normal",
    ),
    *("he_normal", "he_uniform", "lecun_normal", "lecun_uniform", "orthogonal", "identity", "lsuv"),
)


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


def _activation(text: str, place: Place, features: int) -> Function:
    """Return an activation as a function, with what it learned for this many output features."""
    activation = _named(text)
    learned = {name: place.take(name, shape) for name, shape in activation.shapes(features).items()}
    given = learned | dict(activation.settings)
    return partial(activation.function, **given) if given else activation.function


def _named(text: str) -> NumpyActivation:
    try:
        return read(numpy_activations, text)
    except LeadlineError as error:
        raise NotSaid(text) from error


@in_use("dense")
def _dense(
    place: Place,
    *,
    units: Count,
    activation: Text = "linear",
    initializer: Annotated[str, OneOf(*INITIALIZERS)] = "",
    bias: Flag = True,
    bias_value: Annotated[float, Interval()] = 0.0,
) -> Said:
    shape = (math.prod(place.shape),) if len(place.shape) == IMAGE_RANK else place.shape
    if len(shape) not in (1, 2):
        raise NotSaid(f"dense on {place.shape}")
    sums = units * _named(activation).pieces
    kernel = place.take("kernel", (shape[-1], sums))
    shift = place.take("bias", (sums,)) if bias else None
    bent = _activation(activation, place, units)
    rows_of = (-1, shape[-1])  # one product for all steps of a sequence, and an image as one row
    outputs = (-1, *shape[:-1], units)

    def dense(x: np.ndarray) -> np.ndarray:
        made = x.reshape(rows_of) @ kernel
        if shift is not None:
            made += shift
        return bent(made)

    def dense_steps(x: np.ndarray) -> np.ndarray:
        return dense(x).reshape(outputs)

    return (dense if len(shape) == 1 else dense_steps,), (*shape[:-1], units)


@in_use("activate")
def _activate(place: Place, *, activation: Text) -> Said:
    pieces = _named(activation).pieces
    if not place.shape or place.shape[-1] % pieces:
        raise NotSaid(f"{activation} on {place.shape}")
    features = place.shape[-1] // pieces
    bent = _activation(activation, place, features)
    return (lambda x: bent(x.copy()),), (*place.shape[:-1], features)


@in_use("batch_norm")
def _batch_norm(
    place: Place, *, momentum: Annotated[float, RATE] = 0.9, epsilon: Annotated[float, POSITIVE] = 1e-5
) -> Said:
    if not place.shape:
        raise NotSaid("batch norm of single numbers")
    scale, shift = (place.take(name, place.shape[-1:]) for name in ("scale", "shift"))
    mean, variance = (place.take(name, place.shape[-1:], "state") for name in ("mean", "variance"))
    slope = scale / np.sqrt(variance + np.float32(epsilon))
    offset = shift - mean * slope

    def batch_norm(x: np.ndarray) -> np.ndarray:
        outputs = x * slope
        outputs += offset
        return outputs

    return (batch_norm,), place.shape


@in_use("flatten")
def _flatten(place: Place) -> Said:
    shape = (math.prod(place.shape),)
    return _laid_out(shape), shape


@in_use("reshape")
def _reshape(place: Place, *, shape: Annotated[Sequence[int], Sizes()]) -> Said:
    numbers, known = math.prod(place.shape), math.prod(size for size in shape if size != REST)
    if numbers % known if REST in shape else numbers != known:
        raise NotSaid(f"{place.shape} as {shape}")
    outputs = tuple(numbers // known if size == REST else int(size) for size in shape)
    return _laid_out(outputs), outputs


def _laid_out(shape: Shape) -> Functions:
    return (lambda x: x.reshape(len(x), *shape),)


@in_use("identity")
def _identity(place: Place) -> Said:
    return (), place.shape


@in_use("dropout")
def _dropout(place: Place, *, rate: Annotated[float, RATE]) -> Said:
    return (), place.shape


@in_use("gaussian_noise")
def _gaussian_noise(place: Place, *, spread: Annotated[float, NOT_NEGATIVE]) -> Said:
    return (), place.shape


@in_use("spatial_dropout")
def _spatial_dropout(place: Place, *, rate: Annotated[float, RATE]) -> Said:
    return _as_it_is(place, (2, 3, 4))


@in_use("random_flip")
def _random_flip(place: Place, *, horizontal: Flag = True, vertical: Flag = False) -> Said:
    if not horizontal and not vertical:
        raise NotSaid("a flip in no direction")
    return _as_it_is(place, (IMAGE_RANK,))


@in_use("random_shift")
def _random_shift(place: Place, *, pixels: Annotated[int, Interval(0, whole=True)] = 1) -> Said:
    if not place.known and pixels >= min(place.shape[:-1], default=0):
        raise NotSaid(f"a shift by {pixels} on {place.shape}")
    return _as_it_is(place, (2, 3, 4))


@in_use("random_rotation")
def _random_rotation(place: Place, *, degrees: Annotated[float, Interval(0, 180)] = 10) -> Said:
    return _as_it_is(place, (IMAGE_RANK,))


@in_use("random_erasing")
def _random_erasing(place: Place, *, share: Annotated[float, RATE]) -> Said:
    return _as_it_is(place, (IMAGE_RANK,))


@in_use("random_brightness")
def _random_brightness(place: Place, *, spread: Annotated[float, NOT_NEGATIVE]) -> Said:
    return _as_it_is(place, (IMAGE_RANK,))


@in_use("random_contrast")
def _random_contrast(place: Place, *, spread: Annotated[float, NOT_NEGATIVE]) -> Said:
    return _as_it_is(place, (IMAGE_RANK,))


def _as_it_is(place: Place, ranks: tuple[int, ...]) -> Said:
    """Do nothing to inputs of as many axes as the layer takes."""
    if len(place.shape) not in ranks:
        raise NotSaid(f"{place.path} on {place.shape}")
    return (), place.shape


@in_use("sequential")
def _sequential(place: Place, *, layers: Layers) -> Said:
    functions: list[Function] = []
    shape = place.shape
    for index, spec in enumerate(layers):
        more, shape = said(spec, place.into(index, str(spec.get("kind")), shape))
        functions += more
    return tuple(functions), shape


@in_use("residual")
def _residual(place: Place, *, layers: Layers, activation: Text = "linear", project: Flag = False) -> Said:
    functions, shape = _sequential(place, layers=layers)
    if not _named(activation).plain:
        raise NotSaid(f"{activation} after a sum")
    bent = _activation(activation, place, shape[-1] if shape else 1)
    kernel = None
    if shape != place.shape:
        if not project or len(shape) != 1 or len(place.shape) != 1:
            raise NotSaid(f"{place.shape} added to {shape}")
        kernel = place.into(len(layers), "project", place.shape).take("kernel", (*place.shape, *shape))

    def residual(x: np.ndarray) -> np.ndarray:
        outputs = x
        for function in functions:
            outputs = function(outputs)
        return bent(outputs + (x if kernel is None else x @ kernel))

    return (residual,), shape
