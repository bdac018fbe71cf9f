"""Losses of numbers whose spread is predicted too: Gaussian and Laplace negative log-likelihood.

In: two scores for each target number, (B, 2K): first the K means, then the K logarithms of the spreads; and the
numbers, (B, K). Out: one loss for each row, (B,), the mean over its numbers. The constants are in: each is the
negative logarithm of a density, so that both can be compared, and below 0 where the density is above 1.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.nn.losses.loss import Rows, Scores, loss

WIDEST = 1e6  # of a predicted spread, in those of the targets; its inverse is the narrowest
LIMIT = math.log(WIDEST)

Numbers = Float[Array, "B K"]


def means_of(scores: Scores) -> Numbers:
    """Return the first half of the columns: the means."""
    return jnp.split(scores, 2, axis=-1)[0]


def _log_spreads(scores: Scores) -> Numbers:
    """Return the second half of the columns, held within ± ln 10⁶ with the gradient let through.

    A density of no width is infinite; and a score held fast at its limit could never come back.
    """
    logs = jnp.split(scores, 2, axis=-1)[1]
    held = jnp.clip(logs, -LIMIT, LIMIT)
    return jax.lax.stop_gradient(held) + (logs - jax.lax.stop_gradient(logs))


def _gaussian_spread(scores: Scores) -> Numbers:
    return jnp.exp(_log_spreads(scores))


def _laplace_spread(scores: Scores) -> Numbers:
    return math.sqrt(2) * jnp.exp(_log_spreads(scores))


@loss(
    formula="(t - m)²/(2 exp(2c)) + c + ln(2π)/2 with scores m, c; mean over outputs",
    derivative="-z exp(-c) / K for m and (1 - z²) / K for c, with z = (t - m) exp(-c)",
    year=1994,
    source="Nix and Weigend, Estimating the mean and variance of the target probability distribution",
    takes="numbers",
    range="(-inf, inf)",
    likelihood="Gaussian",
    spread=_gaussian_spread,
)
def gaussian_nll(scores: Scores, targets: Numbers) -> Rows:
    """Take the negative logarithm of a Gaussian density whose mean and spread are both predicted.

    Rows that cannot be told well get a wide spread and pull less. The spread is held within 10⁻⁶ .. 10⁶.

    Args:
        scores: K means m, then K logarithms c of the standard deviations, shape (B, 2K).
        targets: Shape (B, K).

    Example:
        >>> [round(v, 4) for v in gaussian_nll(jnp.array([[1.0, 0.0]]), jnp.array([[1.0]])).tolist()]
        [0.9189]
    """
    logs = _log_spreads(scores)
    away = (targets - means_of(scores)) * jnp.exp(-logs)
    return (0.5 * away * away + logs + 0.5 * math.log(2 * math.pi)).mean(axis=-1)


@loss(
    formula="|t - m| exp(-c) + c + ln 2 with scores m, c; mean over outputs",
    derivative="-sign(t - m) exp(-c) / K for m and (1 - |t - m| exp(-c)) / K for c",
    year=1774,
    source="Laplace, Mémoire sur la probabilité des causes par les évènemens",
    takes="numbers",
    range="(-inf, inf)",
    likelihood="Laplace",
    spread=_laplace_spread,
)
def laplace_nll(scores: Scores, targets: Numbers) -> Rows:
    """Take the negative logarithm of a Laplace density whose middle and spread are both predicted.

    As :func:`gaussian_nll`, but outliers pull less: the middle is the median, and the second score is the
    logarithm of the mean absolute deviation from it, 1/√2 of the standard deviation.

    Args:
        scores: K medians m, then K logarithms c of the mean absolute deviations, shape (B, 2K).
        targets: Shape (B, K).

    Example:
        >>> [round(v, 4) for v in laplace_nll(jnp.array([[1.0, 0.0]]), jnp.array([[1.0]])).tolist()]
        [0.6931]
    """
    logs = _log_spreads(scores)
    return (jnp.abs(targets - means_of(scores)) * jnp.exp(-logs) + logs + math.log(2)).mean(axis=-1)
