"""What a family of kernels is: a function that makes a bank of them, with a name, an entry and settings.

``gabor(orientations=8)`` is the same family with another setting; ``gabor(orientations=8).bank()`` are its
numbers. In: settings. Out: an array of shape (M, N, K), K kernels of M rows and N columns, in float64 so that
layers can round it to the type of their inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from jaxtyping import Float

from leadline.core.catalogue import Catalogue, Entry
from leadline.core.constraints import Interval
from leadline.core.errors import LeadlineError, NetworkError
from leadline.core.named import Named

Array = np.ndarray[Any, np.dtype[np.float64]]
Function = Callable[..., Float[Array, "M N K"]]


@dataclass(frozen=True, repr=False)
class Kernels(Named):
    """A named family of kernels.

    Args:
        name: In code, recipe and file.
        function: From settings to the bank.
        entry: Formula, range of the responses to pictures in [0, 1], year and source.
        settings: Those that differ from the function's own defaults, by name.

    Example:
        >>> from leadline.nn import gabor
        >>> gabor(orientations=8), gabor(orientations=8).bank().shape
        (ll.gabor(orientations=8), (11, 11, 8))
    """

    error: ClassVar[type[LeadlineError]] = NetworkError

    def __call__(self, **settings: Any) -> Self:
        """Return the family with other settings."""
        return self.having(**settings)

    def bank(self) -> Float[Array, "M N K"]:
        """Return the numbers: K kernels of M rows and N columns, float64."""
        made: Array = self.function(**dict(self.settings))
        return made


kernels: Catalogue[Kernels] = Catalogue("kernels")


def family(*, formula: str, range: str, year: int, source: str) -> Callable[[Function], Kernels]:
    """Decorate a function: it becomes :class:`Kernels` in the catalogue, under its own name.

    Args:
        formula: In plain text, with x along the width and y along the height, in pixels from the center.
        range: Of the responses to pictures with values in [0, 1].
        year: Of its first description.
        source: Author and title.
    """

    def decorate(function: Function) -> Kernels:
        name = function.__name__
        return kernels.add(name, Kernels(name, function, Entry(name, formula, "", range, year, source)))

    return decorate


@dataclass(frozen=True)
class Odd:
    """An odd number of rows and columns, so that a kernel has a pixel in its center."""

    def allows(self, value: object) -> bool:
        """Tell whether it is an odd whole number of at least 3."""
        return isinstance(value, Integral) and Interval(3, whole=True).allows(value) and int(value) % 2 == 1

    def words(self) -> str:
        """Complete the words "must be"."""
        return "an odd whole number of at least 3, so that a pixel is the center"

    def hint(self, value: object) -> str:
        """Name the next odd number."""
        return f"{int(value) + 1}" if isinstance(value, Integral) and int(value) > 3 else "3"


@dataclass(frozen=True)
class Several:
    """One number or more, in parentheses, each within an interval."""

    each: Interval

    def allows(self, value: object) -> bool:
        """Tell whether it is a tuple or list of such numbers, not empty."""
        return isinstance(value, list | tuple) and bool(value) and all(map(self.each.allows, value))

    def words(self) -> str:
        """Complete the words "must be"."""
        return f"a tuple of numbers, each {self.each.words()}"

    def hint(self, value: object) -> str:
        """Put a single number into a tuple."""
        return f"({value!r},)" if self.each.allows(value) else ""


def grid(size: int) -> tuple[Float[Array, "M N"], Float[Array, "M N"]]:
    """Return x (along the width) and y (along the height, down), in pixels from the center.

    Example:
        >>> x, y = grid(3)
        >>> x[0].tolist(), y[:, 0].tolist()
        ([-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0])
    """
    along = np.arange(size) - (size - 1) / 2
    x, y = np.meshgrid(along, along)
    return x, y
