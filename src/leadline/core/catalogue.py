"""Catalogues: every activation, loss, initializer or layer is one documented entry under one name.

The table of what is there, its documentation and its (de)serialization by name are made from the entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from leadline.core.errors import LeadlineError
from leadline.core.text import did_you_mean

T = TypeVar("T")


@dataclass(frozen=True)
class Entry:
    """What a reader wants to know of a named thing.

    Args:
        name: The name in code, recipe and file.
        formula: In plain text, with x the input.
        derivative: In plain text; empty where it does not apply.
        range: Of the outputs, e.g. "(0, 1)".
        year: Of its first description.
        source: Author and title.
    """

    name: str
    formula: str
    derivative: str = ""
    range: str = ""
    year: int | None = None
    source: str = ""


class Catalogue(Mapping[str, T], Generic[T]):
    """Named members of one family, in order of their registration.

    Example:
        >>> family: Catalogue[int] = Catalogue("numbers")
        >>> family.add("one", 1)
        1
        >>> family["one"]
        1
    """

    def __init__(self, family: str) -> None:
        self.family = family
        self._members: dict[str, T] = {}
        self._aliases: dict[str, T] = {}

    def add(self, name: str, member: T) -> T:
        """Register a member under its name and return it."""
        self._check_new(name)
        self._members[name] = member
        return member

    def alias(self, name: str, of: str) -> None:
        """Let a member be found under another name too; it is listed and written under its own alone."""
        self._check_new(name)
        self._aliases[name] = self._members[of]

    def _check_new(self, name: str) -> None:
        if name in self:
            raise LeadlineError.at(f"catalogue of {self.family}", "a new name", repr(name))

    def registered(self, name: str) -> Callable[[T], T]:
        """Decorate a class or function: register it under this name."""
        return lambda member: self.add(name, member)

    def find(self, name: str, where: str = "", kind: type[LeadlineError] = LeadlineError) -> T:
        """Return the member, or raise an error that names the nearest one."""
        if not isinstance(name, str) or name not in self:
            must_be = f"the name of one of the {self.family}"
            hint = did_you_mean(str(name), [*self, *self._aliases], most=30)
            raise kind.at(where or self.family, must_be, repr(name), hint)
        return self[name]

    def __getitem__(self, name: str) -> T:
        return self._aliases[name] if name in self._aliases else self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __repr__(self) -> str:
        return f"{self.family}: {', '.join(self)}"
