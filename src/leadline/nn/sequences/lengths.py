"""Sequences of unequal length in one batch: which steps are real, and how many are left behind a window.

In: inputs of shape (B, T, ...) and the real steps of each sequence, (B,). Out: masks, inputs without what
stands in the padding, and lengths. Layers use it so that a sequence gives the same alone and in a batch.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax.core import Tracer
from jaxtyping import Array, Bool, Float, Int

from leadline.core.errors import NetworkError
from leadline.core.text import count, listed
from leadline.nn.windows import Window


def real_steps(inputs: Float[Array, "B T ..."], lengths: Int[Array, " B"]) -> Bool[Array, "B T ..."]:
    """Return True at the real steps, of shape (B, T, 1, ...) with as many axes as the inputs.

    Example:
        >>> real_steps(jnp.zeros((2, 3, 5)), jnp.array([1, 3]))[:, :, 0].tolist()
        [[True, False, False], [True, True, True]]
    """
    steps = jnp.arange(inputs.shape[1]) < lengths[:, None]
    return steps.reshape(*steps.shape, *(1,) * (inputs.ndim - 2))


def without_padding(
    inputs: Float[Array, "B T ..."], lengths: Int[Array, " B"] | None, fill: float = 0.0
) -> Float[Array, "B T ..."]:
    """Return the inputs with ``fill`` in the steps after the end of each sequence; as they are without lengths.

    Example:
        >>> without_padding(jnp.ones((1, 3, 1)), jnp.array([2]))[0, :, 0].tolist()
        [1.0, 1.0, 0.0]
    """
    if lengths is None:
        return inputs
    return jnp.where(real_steps(inputs, lengths), inputs, jnp.asarray(fill, inputs.dtype))


def steps_after(window: Window, lengths: Int[Array, " B"] | None) -> Int[Array, " B"] | None:
    """Return how many positions of a window belong to each sequence, at least 1: what does not divide is left out.

    Args:
        window: On the axis of time, as it stands on the whole batch.
        lengths: Real steps before it; None where all are.

    Example:
        >>> steps_after(Window(9, 3, 2, "valid"), jnp.array([9, 6, 2])).tolist()
        [4, 2, 1]
        >>> steps_after(Window(9, 3, 2, "same"), jnp.array([9, 6, 2])).tolist()
        [5, 3, 1]
    """
    if lengths is None:
        return None
    if window.padding == "same":
        return -(-lengths // window.stride)
    return jnp.maximum((lengths - window.reach + sum(window.sides)) // window.stride + 1, 1)


def trailing(padded: Bool[Array, "B T"]) -> Int[Array, " B"]:
    """Return the steps of each sequence before the padding at its end; at least 1, padding in between counts.

    Args:
        padded: True where a step holds what padding holds.

    Example:
        >>> trailing(jnp.array([[False, True, False, True], [True, True, True, True]])).tolist()
        [3, 1]
    """
    ends = jnp.where(padded, 1, jnp.arange(1, padded.shape[1] + 1))
    return jnp.max(ends, axis=1)


def check_lengths(where: str, inputs: Float[Array, "B T ..."], lengths: Int[Array, " B"] | None) -> None:
    """Hold the lengths that were given against the inputs; inside ``jax.jit`` only their shape is known.

    Args:
        where: The layer, for the error.
        inputs: Shape (B, T, ...).
        lengths: Shape (B,), from 1 to T; None where all steps are real.

    Raises:
        NetworkError: There is not one for each sequence, or one is longer than its sequence or below 1.

    Example:
        >>> check_lengths("0.lstm", jnp.ones((2, 3, 1)), jnp.array([1, 4]))
        Traceback (most recent call last):
        leadline.core.errors.NetworkError: 0.lstm, lengths – must be from 1 to 3, the steps – got 4 for sequence 1
        <BLANKLINE>
        hint: ll.Pass(lengths=...) holds the real steps of each sequence
    """
    if lengths is None:
        return
    rows, steps = inputs.shape[:2]
    hint = "ll.Pass(lengths=...) holds the real steps of each sequence"
    if jnp.shape(lengths) != (rows,) or not jnp.issubdtype(jnp.result_type(lengths), jnp.integer):
        must_be = f"whole numbers, one for each of {count(rows, 'sequence')}"
        got = f"{jnp.result_type(lengths)} of shape {jnp.shape(lengths)}"
        raise NetworkError.at(f"{where}, lengths", must_be, got, hint)
    if isinstance(lengths, Tracer):
        return
    wrong = [(row, length) for row, length in enumerate(lengths.tolist()) if not 1 <= length <= steps]
    if wrong:
        must_be = f"from 1 to {steps}, the steps"
        got = listed((f"{length} for sequence {row}" for row, length in wrong), most=3)
        raise NetworkError.at(f"{where}, lengths", must_be, got, hint)
