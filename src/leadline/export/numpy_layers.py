"""The layers in use that NumPy can say: from a layer's description and its tensors to functions of arrays.

One entry of the catalogue is one function whose keywords are the fields of the layer in ``leadline.nn``, with what
they must be; it gives functions of float32 arrays, each of which leaves its inputs as they are, and the outputs' shape.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import numpy as np

from leadline.core.constraints import NOT_NEGATIVE, POSITIVE, RATE, Interval, OneOf
from leadline.core.errors import LeadlineError
from leadline.core.named import read
from leadline.export.numpy_activations import NumpyActivation, numpy_activations
from leadline.export.numpy_place import (
    REST,
    Count,
    Flag,
    Function,
    Functions,
    Layers,
    NotSaid,
    Place,
    Said,
    Shape,
    Sizes,
    Text,
    in_use,
    said,
)

IMAGE_RANK = 3
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
