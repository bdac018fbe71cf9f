"""What a loss is: how wrong the scores of each row are, with a name, an entry and settings.

In: scores (B, K) as the network gives them, before any softmax or sigmoid, and targets. Out: one loss for
each row, (B,), computed in float32. The task chooses the loss and brings the targets to its form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.core.catalogue import Catalogue, Entry
from leadline.core.errors import LeadlineError, RecipeError
from leadline.core.named import Named

Rows = Float[Array, " B"]
Scores = Float[Array, "B K"]
Function = Callable[..., Rows]


@dataclass(frozen=True, repr=False)
class Loss(Named):
    """A named loss.

    Args:
        name: In code, recipe and file.
        function: From scores (B, K) and targets to row losses (B,); settings by keyword.
        entry: Formula, derivative by the score, range, year and source.
        settings: Those that differ from the function's own defaults, by name.
        takes: "classes" for targets that are class codes (B,), "numbers" for targets like the scores (B, K).
        link: What makes predictions of the scores: "softmax", "sigmoid" or "identity".
        smooths: Whether it takes ``label_smoothing``.

    Example:
        >>> losses["mae"](jnp.array([[2.0]]), jnp.array([[5.0]])).tolist()
        [3.0]
    """

    takes: str = "numbers"
    link: str = "identity"
    smooths: bool = False

    error: ClassVar[type[LeadlineError]] = RecipeError

    def __call__(self, *where: Any, **settings: Any) -> Any:
        """Return one loss for each row of (scores, targets); with settings alone, this loss with them."""
        if not where:
            return self.having(**settings)
        scores, targets = where
        scores = jnp.asarray(scores)
        scores = scores.astype(jnp.promote_types(scores.dtype, jnp.float32))
        return self.function(scores, targets, **(dict(self.settings) | settings))

    def __repr__(self) -> str:
        return repr(self.text)


losses: Catalogue[Loss] = Catalogue("losses")


def loss(
    *,
    formula: str,
    derivative: str,
    year: int,
    source: str,
    takes: str,
    link: str = "identity",
    smooths: bool = False,
) -> Callable[[Function], Loss]:
    """Decorate a function: it becomes a :class:`Loss` in the catalogue, under its own name."""

    def decorate(function: Function) -> Loss:
        name = function.__name__
        entry = Entry(name, formula, derivative, "[0, inf)", year, source)
        return losses.add(name, Loss(name, function, entry, (), takes, link, smooths))

    return decorate
