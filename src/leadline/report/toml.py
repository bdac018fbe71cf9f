"""A recipe as TOML text to be shown: tables for the chapters, inline tables below them.

Comes in: plain tables, as a run holds them; what was left open (None) is left out. Goes out: text that a TOML
reader gives back as the same tables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml(tables: Mapping[str, Any]) -> str:
    """Return tables as TOML.

    Args:
        tables: Of numbers, words, lists and tables. Arrays become lists; anything else its text.

    Example:
        >>> print(toml({"seed": 0, "training": {"epochs": 30, "loss": ""}}))
        seed = 0
        <BLANKLINE>
        [training]
        epochs = 30
        loss = ""
    """
    plain = {name: value for name, value in tables.items() if not isinstance(value, Mapping)}
    below = {name: value for name, value in tables.items() if isinstance(value, Mapping)}
    chapters = [_lines(plain)] if plain else []
    chapters += [f"[{_key(name)}]\n{_lines(table)}".strip() for name, table in below.items()]
    return "\n\n".join(chapters)


def _lines(table: Mapping[str, Any]) -> str:
    return "\n".join(
        f"{_key(name)} = {_value(value, 0)}" for name, value in table.items() if value is not None
    )


def _value(value: Any, depth: int) -> str:
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        inner = ", ".join(
            f"{_key(name)} = {_value(found, depth)}" for name, found in value.items() if found is not None
        )
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return _list([_value(found, depth + 1) for found in value if found is not None], depth)
    return _words(str(value))


def _list(values: list[str], depth: int) -> str:
    if not any(value.startswith(("{", "[\n")) for value in values):
        return f"[{', '.join(values)}]"
    pad = "    " * (depth + 1)
    inner = "".join(f"{pad}{value},\n" for value in values)
    return f"[\n{inner}{'    ' * depth}]"


def _words(text: str) -> str:
    """Return a basic string; JSON's escapes are TOML's, but for one control character and lone surrogates."""
    safe = text.encode("utf-8", "replace").decode("utf-8")
    return json.dumps(safe, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: object) -> str:
    return str(name) if _BARE.fullmatch(str(name)) else _words(str(name))
