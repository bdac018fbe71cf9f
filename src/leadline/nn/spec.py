"""Networks as plain data for recipes and model files, and back. Reading runs only the layers' own checks.

In: a layer. Out: dictionaries, lists, words and numbers such as ``{"kind": "dense", "units": 64,
"activation": "relu"}``; only what differs from the default is written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from leadline.core.errors import NetworkError, Problem, Problems
from leadline.core.named import Named
from leadline.core.text import did_you_mean
from leadline.nn.base import Layer, layers

Spec = dict[str, Any]


def to_spec(layer: Layer) -> Spec:
    """Return a layer as plain data.

    Args:
        layer: A layer or a whole network.

    Example:
        >>> from leadline.nn import Dense, relu
        >>> to_spec(Dense(64, relu))
        {'kind': 'dense', 'units': 64, 'activation': 'relu'}
    """
    spec: Spec = {"kind": layer.kind}
    for field in dataclasses.fields(layer):  # type: ignore[arg-type]  # every layer is a dataclass
        value = getattr(layer, field.name)
        if value != field.default:
            spec[field.name] = _plain(value)
    return spec


def _plain(value: Any) -> Any:
    if isinstance(value, Layer):
        return to_spec(value)
    if isinstance(value, Named):
        return value.text
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def from_spec(spec: Any, where: str = "network") -> Layer:
    """Return the layer that plain data describes.

    Args:
        spec: As :func:`to_spec` gives it.
        where: The place in the file, for errors.

    Raises:
        NetworkError: A kind or key is unknown, one is missing, or a value is out of range; all are told.

    Example:
        >>> from_spec({"kind": "dense", "units": 64, "activation": "relu"})
        ll.Dense(64, ll.relu)
    """
    if not isinstance(spec, Mapping) or "kind" not in spec:
        raise NetworkError.at(where, "a layer with a kind", repr(spec), '{kind = "dense", units = 10}')
    made = layers.find(str(spec["kind"]), f"{where}, kind", NetworkError)
    fields = {field.name: field for field in dataclasses.fields(made)}  # type: ignore[arg-type]  # so it is
    problems = Problems()
    for name in spec:
        if name != "kind" and name not in fields:
            problems.add(
                f"{where}, {name}",
                f"a choice of {spec['kind']}",
                "an unknown one",
                _known(name, list(fields)),
            )
    for name, field in fields.items():
        if field.default is dataclasses.MISSING and name not in spec:
            problems.add(f"{where}, {name}", "given", "nothing", f"{name} = ...")
    values = {name: _read(spec[name], f"{where}.{name}", problems) for name in fields if name in spec}
    problems.raise_as(NetworkError)
    try:
        return made(**values)
    except NetworkError as error:
        raise NetworkError(*(_inside(where, problem) for problem in error.problems)) from None


def _known(name: object, fields: list[str]) -> str:
    return did_you_mean(str(name), fields) if fields else "it has no choices"


def _read(value: Any, where: str, problems: Problems) -> Any:
    """Read the layers in a list; leave all else to the layer's own check."""
    if not isinstance(value, list) or not any(isinstance(item, Mapping) for item in value):
        return value
    found = []
    for index, item in enumerate(value):
        try:
            found.append(from_spec(item, f"{where}[{index}]"))
        except NetworkError as error:
            problems.take(error)
    return found


def _inside(where: str, problem: Problem) -> Problem:
    return dataclasses.replace(problem, where=f"{where}, {problem.where}")
