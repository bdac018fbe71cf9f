"""What an initializer is: a way for kernels to begin, with a name, an entry and settings.

In: a key, the kernel's shape, and how many inputs (fan in) and outputs (fan out) one unit has. Out: float32
numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.core.catalogue import Catalogue, Entry
from leadline.core.constraints import POSITIVE
from leadline.core.errors import LeadlineError, NetworkError
from leadline.core.named import Named
from leadline.nn.activations import Activation

Function = Callable[..., Float[Array, "*shape"]]
FLOAT = jnp.float32
"""What kernels begin as, whether or not JAX is asked for 64 bits: a seed gives the same numbers in both."""
Gain = Annotated[float, POSITIVE]
"""What the drawn numbers are multiplied by."""


@dataclass(frozen=True, repr=False)
class Initializer(Named):
    """A named way to begin.

    Args:
        name: In code, recipe and file.
        function: From key, shape, fan in and fan out to numbers; settings by keyword.
        entry: Formula, range, year and source.
        settings: Those that differ from the function's own defaults, by name.

    Example:
        >>> import jax
        >>> initializers["he_normal"](jax.random.key(0), (784, 10), 784, 10).shape
        (784, 10)
    """

    error: ClassVar[type[LeadlineError]] = NetworkError

    def __call__(self, *where: Any, **settings: Any) -> Any:
        """Return the numbers a kernel begins with; with settings alone, this initializer with them.

        Args:
            where: The key that decides the draw; the kernel's shape; how many inputs one unit has (fan in); how many
                units one input feeds (fan out).
            settings: By keyword.

        Returns:
            float32 numbers of that shape, or an initializer.
        """
        if not where:
            return self.having(**settings)
        return self.function(*where, **(dict(self.settings) | settings))

    def __repr__(self) -> str:
        return repr(self.text)


initializers: Catalogue[Initializer] = Catalogue("initializers")


def initializer(
    *, formula: str, range: str, source: str, year: int | None = None
) -> Callable[[Function], Initializer]:
    """Decorate a function: it becomes an :class:`Initializer` in the catalogue, under its own name."""

    def decorate(function: Function) -> Initializer:
        name = function.__name__
        entry = Entry(name, formula, "", range, year, source)
        return initializers.add(name, Initializer(name, function, entry))

    return decorate


def usual_initializer(activation: Activation) -> Initializer:
    """Return the initializer that keeps the spread of signals through layers with this activation.

    Example:
        >>> from leadline.nn.activations import relu, selu, tanh
        >>> [usual_initializer(a).name for a in (relu, selu, tanh)]
        ['he_normal', 'lecun_normal', 'glorot_uniform']
    """
    return initializers[activation.initializer]


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return fan in and fan out of a kernel whose last two axes are inputs and outputs.

    Example:
        >>> fans((784, 10)), fans((3, 3, 16, 32))
        ((784, 10), (144, 288))
    """
    field = math.prod(shape[:-2])
    return field * shape[-2], field * shape[-1]
