"""Errors by one form: where, what it must be, what it got, and a hint to type next.

Every mistake of a user ends in a :class:`LeadlineError`. It carries one or more :class:`Problem`, so that all
mismatches of a call are told at once. Comes in: problems found by any room. Goes out: one readable message.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Problem:
    """One mismatch.

    Args:
        where: The call, column, file or layer path, as the user knows it.
        must_be: What it must be, completing the words "must be".
        got: What was found instead, completing the word "got".
        hint: What to type next; may be empty.

    Example:
        >>> print(Problem("Dropout, rate", "a number in [0, 1)", "1.5", "ll.Dropout(0.5)"))
        Dropout, rate – must be a number in [0, 1) – got 1.5
        <BLANKLINE>
        hint: ll.Dropout(0.5)
    """

    where: str
    must_be: str
    got: str
    hint: str = ""

    def __str__(self) -> str:
        line = f"{self.where} – must be {self.must_be} – got {self.got}"
        return f"{line}\n\nhint: {self.hint}" if self.hint else line


class LeadlineError(ValueError):
    """A user's mistake, with every problem found.

    Args:
        problems: At least one :class:`Problem`.

    Example:
        >>> raise LeadlineError(Problem("epochs", "a whole number of at least 1", "0", "epochs=30"))
        Traceback (most recent call last):
        leadline.core.errors.LeadlineError: epochs – must be a whole number of at least 1 – got 0
        <BLANKLINE>
        hint: epochs=30
    """

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n\n".join(map(str, problems)))

    def __reduce__(self) -> tuple[type[Self], tuple[Problem, ...]]:
        # An exception is rebuilt from its message by default; other processes need the problems.
        return type(self), self.problems

    @classmethod
    def at(cls, where: str, must_be: str, got: str, hint: str = "") -> Self:
        """Make an error of one problem."""
        return cls(Problem(where, must_be, got, hint))


class DataError(LeadlineError):
    """The data cannot be read or used as asked."""


class NetworkError(LeadlineError):
    """The network's shapes or choices do not fit together."""


class RecipeError(LeadlineError):
    """A choice of training is out of range, or a recipe file does not say what it must."""


class ModelFileError(LeadlineError):
    """A model file is damaged, foreign or newer than this version."""


class RunError(LeadlineError):
    """A run folder cannot be written or read."""


class Problems:
    """Collects problems, then raises them together.

    Example:
        >>> found = Problems()
        >>> found.add("seed", "a whole number", "'one'")
        >>> len(list(found))
        1
    """

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, where: str, must_be: str, got: str, hint: str = "") -> None:
        """Remember one problem."""
        self._found.append(Problem(where, must_be, got, hint))

    def take(self, error: LeadlineError) -> None:
        """Remember every problem of an error caught elsewhere."""
        self._found.extend(error.problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found)

    def raise_as(self, kind: type[LeadlineError]) -> None:
        """Raise all of them as one error of this kind; do nothing where there are none."""
        if self._found:
            raise kind(*self._found)


class StoppedError(LeadlineError):
    """A fault was found before training, and ``on_error="stop"`` was asked for."""
