"""Records as plain data and back: frozen values to what JSON can say, arrays put aside by name.

Comes in: dataclasses made of numbers, words, arrays, tuples and mappings. Goes out: dictionaries,
lists and strict JSON values. What JSON lacks is written as a mapping of one entry whose key begins with "$":
``{"$float": "nan"}`` (also "inf", "-inf") and ``{"$array": name}``; a key of one's own that begins with "$"
gets one more "$". Reading is led by the dataclass's type hints and refuses what does not fit them.
"""

from __future__ import annotations

import dataclasses
import math
import re
import types
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

T = TypeVar("T")


class Arrays(dict[str, np.ndarray]):
    """Arrays put aside under names that are safe inside an archive."""

    def put(self, path: str, array: np.ndarray) -> str:
        """Keep an array and return the name it got.

        Example:
            >>> arrays = Arrays()
            >>> arrays.put("evaluations/my file.csv/confusion", np.zeros((2, 2)))
            'evaluations/my_file.csv/confusion'
        """
        name = stem = re.sub(r"[^A-Za-z0-9_./-]", "_", path)
        number = 1
        while name in self:
            number += 1
            name = f"{stem}-{number}"
        self[name] = array
        return name


def to_plain(value: Any, arrays: Arrays, path: str = "") -> Any:
    """Return what JSON can say.

    Args:
        value: A dataclass, mapping, sequence, array, number, word or None.
        arrays: Where arrays are put aside.
        path: The value's place, for names of arrays and for errors.

    Raises:
        TypeError: A value, named by its place, is none of these.

    Example:
        >>> to_plain({"a": (1, float("nan"))}, Arrays())
        {'a': [1, {'$float': 'nan'}]}
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return {name: to_plain(inner, arrays, f"{path}/{name}") for name, inner in fields.items()}
    if isinstance(value, Mapping):
        return {_escaped(k): to_plain(v, arrays, f"{path}/{k}") for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(inner, arrays, f"{path}/{i}") for i, inner in enumerate(value)]
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        return {"$array": arrays.put(path, value)}
    return _single(value, path)


def _single(value: Any, path: str) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"$float": str(float(value))}
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"{path}: {type(value).__name__}")


def _escaped(key: object) -> str:
    return f"${key}" if str(key).startswith("$") else str(key)


def from_plain(hint: Any, value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """Return the value of a type that was written by :func:`to_plain`.

    Args:
        hint: A dataclass, ``tuple[X, ...]``, ``Mapping[str, X]``, ``np.ndarray``, a plain type or ``Any``.
        value: What was read.
        arrays: The arrays put aside.

    Raises:
        TypeError: The value does not fit the type; names what was expected.
        KeyError: An array or a field is missing.

    Example:
        >>> from_plain(tuple[float, ...], [1.5, {"$float": "inf"}], {})
        (1.5, inf)
    """
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    origin = get_origin(hint)
    if hint is Any:
        return _anything(value, arrays)
    if origin in (Union, types.UnionType):
        return None if value is None else from_plain(_other_than_none(hint), value, arrays)
    if dataclasses.is_dataclass(hint):
        return _dataclass(hint, value, arrays)
    if origin is tuple:
        return tuple(from_plain(get_args(hint)[0], inner, arrays) for inner in _expect(list, value))
    if origin is not None and issubclass(origin, Mapping):
        inner = get_args(hint)[1]
        return {_unescaped(k): from_plain(inner, v, arrays) for k, v in _expect(dict, value).items()}
    return _expect((int, float) if hint is float else hint, _anything(value, arrays))


def _dataclass(kind: Any, value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    hints = get_type_hints(kind, include_extras=True)
    fields = _expect(dict, value)
    if unknown := set(fields) - set(hints):
        raise TypeError(f"{kind.__name__} has no {sorted(unknown)[0]!r}")
    return kind(**{name: from_plain(hints[name], inner, arrays) for name, inner in fields.items()})


def _anything(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return [_anything(inner, arrays) for inner in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"$float"}:
        return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[value["$float"]]
    if set(value) == {"$array"}:
        return arrays[value["$array"]]
    return {_unescaped(key): _anything(inner, arrays) for key, inner in value.items()}


def _unescaped(key: str) -> str:
    return key.removeprefix("$")


def _other_than_none(hint: Any) -> Any:
    return next(option for option in get_args(hint) if option is not type(None))


def _expect(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        names = " or ".join(k.__name__ for k in (kind if isinstance(kind, tuple) else (kind,)))
        raise TypeError(f"{names} expected, {type(value).__name__} found")
    return value
