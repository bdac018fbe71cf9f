"""The constraints that layers declare on their fields, and how what people type becomes what is kept.

``Dense(64, "relu")`` and ``Dense(64, ll.relu)`` are the same value; ``kernel=[3, 5]`` from a recipe is ``(3,
5)``. Each class checks, says what must be, hints, and converts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import numpy as np

from leadline.core.catalogue import Catalogue
from leadline.core.constraints import Interval
from leadline.core.errors import LeadlineError
from leadline.core.named import N, read
from leadline.core.text import did_you_mean
from leadline.nn.activations import Activation, activations
from leadline.nn.initializers import Initializer, initializers
from leadline.nn.kernels import Kernels, kernels

V = TypeVar("V")


class WholeNumber(Interval):
    """A whole number of at least 1; NumPy's are kept as Python's."""

    def __init__(self) -> None:
        super().__init__(1, whole=True)

    def convert(self, value: float) -> int:
        """Keep it as an int."""
        return int(value)


@dataclass(frozen=True)
class YesNo:
    """True or False, nothing else."""

    def allows(self, value: object) -> bool:
        """Tell whether it is a boolean."""
        return isinstance(value, bool)

    def words(self) -> str:
        """Complete the words "must be"."""
        return "True or False"

    def hint(self, value: object) -> str:
        """Nothing to add."""
        return ""


@dataclass(frozen=True)
class Sizes:
    """One size for all axes, or one for each.

    Args:
        low: The least allowed.
    """

    low: int = 1

    def allows(self, value: object) -> bool:
        """Tell whether it is a whole number of at least the least, or one to three of them."""
        sizes = value if isinstance(value, list | tuple) else (value,)
        return len(sizes) in (1, 2, 3) and all(Interval(self.low, whole=True).allows(size) for size in sizes)

    def words(self) -> str:
        """Complete the words "must be"."""
        return f"a whole number of at least {self.low}, or a tuple of one for each axis"

    def hint(self, value: object) -> str:
        """Nothing to add."""
        return ""

    def convert(self, value: float | list[float] | tuple[float, ...]) -> int | tuple[int, ...]:
        """Keep ints."""
        return tuple(map(int, value)) if isinstance(value, list | tuple) else int(value)


@dataclass(frozen=True)
class PaddingChoice:
    """A word, or rows of zeros on each side, one for all axes or one for each.

    Args:
        options: The words.
    """

    options: tuple[str, ...] = ("same", "valid", "causal")

    def allows(self, value: object) -> bool:
        """Tell whether it is a word for a padding or a whole number, or one to three of them."""
        sides = value if isinstance(value, list | tuple) else (value,)
        return len(sides) in (1, 2, 3) and all(
            side in self.options if isinstance(side, str) else Interval(0, whole=True).allows(side)
            for side in sides
        )

    def words(self) -> str:
        """Complete the words "must be"."""
        return f"{', '.join(map(repr, self.options))} or a whole number of at least 0, or a tuple of one for each axis"

    def hint(self, value: object) -> str:
        """Name the nearest word."""
        return did_you_mean(value, self.options) if isinstance(value, str) else ""

    def convert(self, value: Any) -> str | int | tuple[str | int, ...]:
        """Keep words and ints."""
        if isinstance(value, list | tuple):
            return tuple(one if isinstance(one, str) else int(one) for one in value)
        return value if isinstance(value, str) else int(value)


def _problem(catalogue: Catalogue[N], value: object) -> str:
    """Return why words name no member of a catalogue, as a hint; "" where they do."""
    if not isinstance(value, str):
        return did_you_mean(getattr(value, "__name__", str(value)), list(catalogue), most=30)
    try:
        read(catalogue, value)
    except LeadlineError as error:
        first = error.problems[0]
        return first.hint if first.where == catalogue.family else f"{first.where}: {first.must_be}"
    return ""


@dataclass(frozen=True)
class ActivationChoice:
    """An activation or the name of one.

    Args:
        plain: Only one that learns nothing, draws nothing and keeps the shape.
    """

    plain: bool = False

    def allows(self, value: object) -> bool:
        """Tell whether it is an activation or the name of one."""
        if isinstance(value, str) and not _problem(activations, value):
            value = read(activations, value)
        return isinstance(value, Activation) and (value.plain or not self.plain)

    def words(self) -> str:
        """Complete the words "must be"."""
        plain = ", one that learns nothing and draws nothing" if self.plain else ""
        return f"an activation or the name of one{plain}"

    def hint(self, value: object) -> str:
        """Name the nearest activation, or the layer that can hold this one."""
        if isinstance(value, Activation):
            return f"put ll.Activate({value!r}) after it"
        return _problem(activations, value) or "put ll.Activate(...) after it"

    def convert(self, value: Activation | str) -> Activation:
        """Keep the activation itself."""
        return read(activations, value) if isinstance(value, str) else value


@dataclass(frozen=True)
class InitializerChoice:
    """An initializer or the name of one."""

    def allows(self, value: object) -> bool:
        """Tell whether it is an initializer or the name of one."""
        return isinstance(value, Initializer) or (
            isinstance(value, str) and not _problem(initializers, value)
        )

    def words(self) -> str:
        """Complete the words "must be"."""
        return "an initializer or the name of one"

    def hint(self, value: object) -> str:
        """Name the nearest initializer."""
        return _problem(initializers, value)

    def convert(self, value: Initializer | str) -> Initializer:
        """Keep the initializer itself."""
        return read(initializers, value) if isinstance(value, str) else value


Numbers = tuple[tuple[float | tuple[float, ...], ...], ...]


@dataclass(frozen=True)
class KernelsChoice:
    """Kernels of the catalogue, the name of some, or numbers of shape (M, N) or (M, N, K)."""

    def allows(self, value: object) -> bool:
        """Tell whether it is one of these."""
        if isinstance(value, str):
            return not _problem(kernels, value)
        return isinstance(value, Kernels) or _is_bank(value)

    def words(self) -> str:
        """Complete the words "must be"."""
        return "kernels, the name of some, or finite numbers of shape (M, N) or (M, N, K)"

    def hint(self, value: object) -> str:
        """Name the nearest kernels."""
        return _problem(kernels, value) if isinstance(value, str) else "ll.sobel, or [[-1, 0, 1], [-2, 0, 2]]"

    def convert(self, value: Any) -> Kernels | Numbers:
        """Keep kernels; keep numbers as tuples, which can be compared and written down."""
        if isinstance(value, str):
            return read(kernels, value)
        return value if isinstance(value, Kernels) else _tuples(np.asarray(value, np.float64).tolist())


def _is_bank(value: object) -> bool:
    try:
        numbers = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        return False
    return numbers.ndim in (2, 3) and numbers.size > 0 and bool(np.isfinite(numbers).all())


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


Count = Annotated[int, WholeNumber()]
Flag = Annotated[bool, YesNo()]
Number = Annotated[float, Interval()]
AxisSizes = Annotated[int | tuple[int, ...], Sizes()]
PaddingField = Annotated[str | int | tuple[str | int, ...], PaddingChoice()]
ActivationField = Annotated[Activation, ActivationChoice()]
PlainActivationField = Annotated[Activation, ActivationChoice(plain=True)]
InitializerField = Annotated[Initializer, InitializerChoice()]
KernelsField = Annotated[Kernels | Numbers, KernelsChoice()]


def expanded(value: V | tuple[V, ...], axes: int) -> tuple[V, ...]:
    """Return one size for each axis; the sizes as they are where there are as many.

    Example:
        >>> expanded(3, 2), expanded((3, 5), 2)
        ((3, 3), (3, 5))
    """
    return value if isinstance(value, tuple) else (value,) * axes
