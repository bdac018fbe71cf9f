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
from leadline.core.named import Named, read
from leadline.nn.losses.fitting import check_fit

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
        soft: Whether a loss of classes also takes a share of each class, (B, K); one-hot rows are such.
        likelihood: Whose negative log-likelihood it is, but for a constant factor and summand; "" where it is
            none.
        first: From the number of classes, and the settings by keyword, to the loss where all scores are
            equal; None where that depends on the targets.
        spread: From scores (B, 2K) to the standard deviations (B, K) that they predict; None for a loss that
            predicts none.

    Example:
        >>> losses["mae"](jnp.array([[2.0]]), jnp.array([[5.0]])).tolist()
        [3.0]
        >>> losses["huber"](delta=2)
        ll.huber(delta=2.0)
    """

    takes: str = "numbers"
    link: str = "identity"
    smooths: bool = False
    soft: bool = False
    likelihood: str = ""
    first: Callable[..., float] | None = None
    spread: Callable[[Array], Array] | None = None

    error: ClassVar[type[LeadlineError]] = RecipeError

    def __call__(self, *where: Any, **settings: Any) -> Any:
        """Return one loss for each row of (scores, targets); with settings alone, this loss with them.

        Raises:
            RecipeError: The targets do not match the scores; names all that is wrong with them. Inside
                ``jax.jit`` only shapes and types are known: a class code out of range then gives NaN.
        """
        if not where:
            return self.having(**settings)
        scores, targets = map(jnp.asarray, where)
        check_fit(self, scores, targets)
        scores = scores.astype(jnp.promote_types(scores.dtype, jnp.float32))
        return self.function(scores, targets, **(dict(self.settings) | settings))

    @property
    def scores_per_number(self) -> int:
        """How many scores it needs for each target number: 2 where it predicts mean and spread, else 1."""
        return 1 if self.spread is None else 2

    @property
    def of_shares(self) -> bool:
        """Whether its targets are numbers in [0, 1], each a yes, a no or a share between."""
        return self.takes == "numbers" and self.link == "sigmoid"


losses: Catalogue[Loss] = Catalogue("losses")


def loss_of(which: object, where: str = "loss") -> Loss:
    """Return the loss that is meant: itself, or the one that words such as "huber(delta=2)" name.

    Args:
        which: A loss, or its name, perhaps with settings.
        where: The place, for errors.

    Raises:
        RecipeError: There is no such loss, or a setting is unknown or out of range.

    Example:
        >>> loss_of("huber(delta=2)").chosen
        {'delta': 2.0}
    """
    if isinstance(which, Loss):
        return which
    if not isinstance(which, str):
        must_be = "a loss or the name of one"
        raise RecipeError.at(where, must_be, repr(which), 'loss="mae", or loss=ll.huber(delta=2)')
    return read(losses, which, where, RecipeError)


def loss(
    *,
    formula: str,
    derivative: str,
    year: int,
    source: str,
    takes: str,
    range: str = "[0, inf)",
    link: str = "identity",
    smooths: bool = False,
    soft: bool = False,
    likelihood: str = "",
    first: Callable[..., float] | None = None,
    spread: Callable[[Array], Array] | None = None,
) -> Callable[[Function], Loss]:
    """Decorate a function: it becomes a :class:`Loss` in the catalogue, under its own name."""

    def decorate(function: Function) -> Loss:
        name = function.__name__
        entry = Entry(name, formula, derivative, range, year, source)
        made = Loss(name, function, entry, (), takes, link, smooths, soft, likelihood, first, spread)
        return losses.add(name, made)

    return decorate
