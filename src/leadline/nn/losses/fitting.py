"""Whether targets match scores: their shapes and types always, their values where they are known.

In: scores and targets of a direct call. Out: nothing, or one error that names all that is wrong. Shapes must
match exactly: (N, 1) against (N,) would broadcast to all pairs of rows and train on nonsense without a word.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from leadline.core.errors import Problems, RecipeError
from leadline.core.text import count, listed

if TYPE_CHECKING:
    from leadline.nn.losses.loss import Loss

SUM = 1e-3  # how far from 1 shares may add up: half precision passes


def check_fit(loss: Loss, scores: Array, targets: Array) -> None:
    """Raise one error that names everything about the targets that does not match the scores.

    Args:
        loss: What is computed.
        scores: Shape (B, K).
        targets: As the loss takes them.

    Raises:
        RecipeError: A shape, a type or a known value does not fit.
    """
    problems = Problems()
    if scores.ndim != 2:
        hint = "scores[:, None]" if scores.ndim == 1 else ""
        problems.add(f"{loss.name}, scores", "of shape (B, K)", f"shape {scores.shape}", hint)
    elif loss.takes == "classes":
        _check_classes(loss, scores, targets, problems)
    else:
        _check_numbers(loss, scores, targets, problems)
    problems.raise_as(RecipeError)


def _check_classes(loss: Loss, scores: Array, targets: Array, problems: Problems) -> None:
    where, (rows, classes) = f"{loss.name}, targets", scores.shape
    if loss.soft and targets.shape == scores.shape:
        _check_values(where, "shares of the classes, each row with the sum 1", targets, _no_shares, problems)
    elif targets.shape != (rows,):
        either = f", or shares of shape ({rows}, {classes})" if loss.soft else ""
        must_be = f"class codes of shape ({rows},){either}"
        problems.add(where, must_be, f"shape {targets.shape}", _other_shape(targets, rows, classes))
    elif not jnp.issubdtype(targets.dtype, jnp.integer):
        must_be = "class codes, which are whole numbers"
        problems.add(where, must_be, f"{targets.dtype}", 'targets.astype("int32")')
    else:
        must_be = f"class codes in 0 .. {classes - 1}"
        _check_values(where, must_be, targets, lambda codes: (codes < 0) | (codes >= classes), problems)


def _check_numbers(loss: Loss, scores: Array, targets: Array, problems: Problems) -> None:
    each, (rows, columns) = loss.scores_per_number, scores.shape
    if columns % each:
        must_be = f"{each} for each target number: means first, then logs of the spreads"
        problems.add(
            f"{loss.name}, scores", must_be, f"shape {scores.shape}", "end the network in ll.Dense(2)"
        )
        return
    where, wanted = f"{loss.name}, targets", (rows, columns // each)
    if targets.shape != wanted:
        hint = "targets[:, None]" if wanted == (*targets.shape, 1) else ""
        problems.add(where, f"of shape {wanted}", f"shape {targets.shape}", hint)
    elif loss.of_shares:
        _check_values(where, "in [0, 1]", targets, lambda shares: (shares < 0) | (shares > 1), problems)


def _check_values(
    where: str, must_be: str, targets: Array, broken: Callable[[np.ndarray], np.ndarray], problems: Problems
) -> None:
    """Look at the values themselves; inside a compiled program there are none yet."""
    if isinstance(targets, jax.core.Tracer):
        return
    values = np.asarray(targets)
    bad = values[broken(values)]
    if bad.size:
        few = listed((f"{value:.6g}" for value in bad.ravel()), most=5)
        hint = "classes are counted from 0" if "codes" in must_be else ""
        problems.add(where, must_be, f"{few} in {count(len(bad), 'row')}", hint)


def _no_shares(shares: np.ndarray) -> np.ndarray:
    """Tell the rows that are no shares of a whole."""
    total = shares.sum(axis=-1, dtype=np.float64)
    return np.asarray((shares < 0).any(axis=-1) | ~(np.abs(total - 1) <= SUM))


def _other_shape(targets: Array, rows: int, classes: int) -> str:
    if targets.shape == (rows, 1):
        return "targets[:, 0]"
    return "targets.argmax(axis=-1)" if targets.shape == (rows, classes) else ""
