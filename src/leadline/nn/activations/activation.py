"""What an activation is: a function of a unit's sum with a name, an entry and settings.

A decorated function becomes a frozen :class:`Activation`. Called with an array it computes; called with settings
alone it returns itself with these settings, so that ``Dense(64, leaky_relu(slope=0.1))`` reads as it is meant.
Some learn numbers of their own (PReLU), some draw while training (RReLU), some take several sums for one output
(maxout); a layer that has an activation keeps those numbers beside its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.core.catalogue import Catalogue, Entry
from leadline.core.errors import LeadlineError, NetworkError
from leadline.core.named import Named

INFINITY = math.inf
Bounds = tuple[float, float]
Agreement = tuple[str, Callable[..., bool]]
UNBOUNDED = (-INFINITY, INFINITY)


@dataclass(frozen=True, repr=False)
class Activation(Named):
    """A named activation function.

    Args:
        name: In code, recipe and file.
        function: From inputs to outputs; settings, learned numbers and a key by keyword.
        entry: Formula, derivative, range, year and source.
        settings: Those that differ from the function's own defaults, by name.
        limits: Greatest lower and least upper bound of the outputs, or a function of the settings that gives
            them; infinite where there is none.
        initializer: Name of the initializer that keeps the spread of signals through layers with it.
        linear: Whether a stack of layers with it is one linear layer.
        learned: From the number of features, and the settings by keyword, to the numbers it learns, by name.
        random: Whether it draws while training: it then takes a ``key``, which is None in use.
        agree: What settings must be together, in words, and a function of all of them that tells.

    Example:
        >>> from leadline.nn import leaky_relu, relu
        >>> relu(jnp.array([-1.0, 2.0])).tolist()
        [0.0, 2.0]
        >>> leaky_relu(slope=0.5), leaky_relu(slope=0.5)(jnp.array([-1.0, 2.0])).tolist()
        (ll.leaky_relu(slope=0.5), [-0.5, 2.0])
    """

    limits: Bounds | Callable[..., Bounds] = UNBOUNDED
    initializer: str = "glorot_uniform"
    linear: bool = False
    learned: Callable[..., dict[str, Array]] | None = None
    random: bool = False
    agree: Agreement | None = None

    error: ClassVar[type[LeadlineError]] = NetworkError

    def __call__(self, inputs: Any = None, /, **given: Any) -> Any:
        """Return the outputs for inputs; with settings alone, this activation with them.

        Args:
            inputs: Shape (..., F), of any floating type.
            given: Settings; with inputs also learned numbers (their starting values by default) and a key.

        Returns:
            Outputs in the type and, but for ``pieces``, the shape of the inputs; or an activation.
        """
        if inputs is None:
            return self.having(**given)
        inputs = jnp.asarray(inputs)
        if self.learned is not None:
            features = inputs.shape[-1] // self.pieces if inputs.ndim else 1
            start = {n: a.astype(inputs.dtype) for n, a in self.start(features).items()}
            # A single number has no axis of features.
            given = (start if inputs.ndim else {n: a[..., 0] for n, a in start.items()}) | given
        return self.function(inputs, **(dict(self.settings) | given))

    def having(self, **settings: Any) -> Self:
        """Return it with other settings.

        Raises:
            NetworkError: A setting is unknown, out of range or does not agree with another.
        """
        made = super().having(**settings)
        if made.agree is not None and not made.agree[1](**made.chosen):
            got = ", ".join(f"{name}={value!r}" for name, value in made.chosen.items())
            raise NetworkError.at(self.name, f"given {made.agree[0]}", got)
        return made

    def start(self, features: int) -> dict[str, Array]:
        """Return the numbers it learns as they begin, for this many output features; none for most."""
        return {} if self.learned is None else self.learned(features, **self.chosen)

    def applied(
        self, inputs: Float[Array, "... F"], params: Mapping[str, Array], key: PRNGKeyArray | None
    ) -> Float[Array, "... K"]:
        """Return the outputs with learned numbers out of a layer's parameters.

        Args:
            inputs: Shape (..., F).
            params: Of the layer; those that :meth:`start` names are taken.
            key: To draw with while training; None in use.
        """
        given: dict[str, Any] = {name: params[name] for name in (self.start(1) if self.learned else ())}
        if self.random:
            given["key"] = key
        outputs: Array = self.function(inputs, **dict(self.settings), **given)
        return outputs

    def __repr__(self) -> str:
        return repr(self.name) if self.linear else super().__repr__()

    @property
    def pieces(self) -> int:
        """How many sums it takes for one output: 1 for all but maxout."""
        pieces = self.chosen.get("pieces", 1)
        return pieces if isinstance(pieces, int) else 1

    @property
    def plain(self) -> bool:
        """Whether it is a function of its inputs alone: learns nothing, draws nothing, keeps the shape."""
        return self.learned is None and not self.random and self.pieces == 1

    @property
    def bounds(self) -> Bounds:
        """Greatest lower and least upper bound of the outputs."""
        return self.limits(**self.chosen) if callable(self.limits) else self.limits

    @property
    def saturates(self) -> bool:
        """Whether it is flat at both ends, so that a unit can get stuck at a bound."""
        return all(map(math.isfinite, self.bounds))


activations: Catalogue[Activation] = Catalogue("activations")


def activation(
    *,
    formula: str,
    derivative: str,
    range: str,
    year: int,
    source: str,
    bounds: Bounds | Callable[..., Bounds] = UNBOUNDED,
    initializer: str = "glorot_uniform",
    linear: bool = False,
    learned: Callable[..., dict[str, Array]] | None = None,
    random: bool = False,
    agree: Agreement | None = None,
) -> Callable[[Callable[..., Array]], Activation]:
    """Decorate a function: it becomes an :class:`Activation` in the catalogue, under its own name."""

    def decorate(function: Callable[..., Array]) -> Activation:
        name = function.__name__
        entry = Entry(name, formula, derivative, range, year, source)
        made = Activation(name, function, entry, (), bounds, initializer, linear, learned, random, agree)
        return activations.add(name, made)

    return decorate
