"""Once through sequences step by step, with a way back of its own that is faster than the one JAX derives.

JAX's way back adds to the gradient of the recurrent kernel at every step, and keeps every factor of every product.
Here each step keeps its slopes alone, and the gradient of each kernel is one matrix product over all steps after the
way back (``python -m benchmarks.techniques lstm gru rnn`` measures what that gains). Only reverse-mode
differentiation is defined on the processor; on other devices JAX's own is used. In: sequences with time first,
weights, and what happens at one step. Out: hidden states.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float

from leadline.nn.sequences.recurrent_cells import Asked, Carry, Cell

Weights = Mapping[str, Array]
Real = Bool[Array, "T B 1"] | None


def through_time(
    cell: Cell, weights: Weights, inputs: Float[Array, "T B F"], real: Real, backward: bool, every: bool
) -> Float[Array, "B U"] | Float[Array, "T B U"]:
    """Return the hidden state after the last real step, or after every step.

    A padded step changes nothing. So the state at the end is that of the last real step, and the way from the last
    step to the first, which meets the padding first, begins at the last real step.

    Args:
        cell: What happens at one step.
        weights: "kernel" (F, S), "recurrent_kernel" (U, S), and where there are any "bias" (S,), and
            "recurrent_bias", which is added to the last sums of the product with the state.
        inputs: Time first.
        real: Which steps are; None where all are.
        backward: From the last step to the first.
        every: Whether to give the hidden state after every step.
    """
    way = _plain if jax.default_backend() != "cpu" else _through
    outputs: Array = way(cell, backward, every, dict(weights), inputs, real)
    return outputs


def _plain(cell: Cell, backward: bool, every: bool, weights: Weights, inputs: Array, real: Real) -> Array:
    """Go forward alone; JAX derives the way back."""
    return _ahead(cell, backward, every, weights, inputs, real, keep=False)[0]


def _ahead(
    cell: Cell, backward: bool, every: bool, weights: Weights, inputs: Array, real: Real, keep: bool
) -> tuple[Array, Any]:
    """Return the outputs, and if asked the state before each step with the slopes of the step."""
    # All inputs are weighed before the loop, which is faster than in it.
    sums = inputs @ weights["kernel"] + weights.get("bias", 0)
    recurrent, bias = weights["recurrent_kernel"], weights.get("recurrent_bias")
    offset = 0 if bias is None else jnp.pad(bias, (sums.shape[-1] - len(bias), 0))

    def advance(carry: Carry, now: tuple[Array, Array | None]) -> tuple[Carry, Any]:
        sums, counts = now
        after, slopes = cell.step(sums, carry[0] @ recurrent + offset, carry)
        after = _where(counts, after, carry)
        return after, (after[0] if every else None, (carry[0], slopes) if keep else None)

    start = jnp.zeros((sums.shape[1], len(recurrent)), sums.dtype)
    (last, *_), (found, kept) = lax.scan(advance, (start,) * cell.carried, (sums, real), reverse=backward)
    return found if every else last, kept


def _where(counts: Array | None, some: Carry, others: Carry) -> Carry:
    if counts is None:
        return some
    return tuple(jnp.where(counts, one, other) for one, other in zip(some, others, strict=True))


_through = partial(jax.custom_vjp, nondiff_argnums=(0, 1, 2))(_plain)


def _forward(
    cell: Cell, backward: bool, every: bool, weights: Weights, inputs: Array, real: Real
) -> tuple[Array, Any]:
    outputs, kept = _ahead(cell, backward, every, weights, inputs, real, keep=True)
    return outputs, (weights, inputs, real, *kept)


def _backward(
    cell: Cell, backward: bool, every: bool, saved: Any, outer: Array
) -> tuple[dict[str, Array], Array, None]:
    weights, inputs, real, before, slopes = saved
    turned = weights["recurrent_kernel"].T  # once, not at every step
    nothing = (jnp.zeros(before.shape[1:], outer.dtype),) * cell.carried

    def retreat(asked: Carry, now: tuple[Any, Array | None, Array | None]) -> tuple[Carry, Asked]:
        slopes, counts, given = now
        if given is not None:
            asked = (asked[0] + given, *asked[1:])
        found, (hidden, *others) = cell.back(slopes, _where(counts, asked, nothing))
        earlier = (hidden + found[-1] @ turned, *others)
        if counts is not None:  # a padded step hands on what is asked of it
            earlier = tuple(map(jnp.add, earlier, _where(counts, nothing, asked)))
        return earlier, found

    start, given = (nothing, outer) if every else ((outer, *nothing[1:]), None)
    _, found = lax.scan(retreat, start, (slopes, real, given), reverse=not backward)
    return _gradients(weights, inputs, before, found), found[0] @ weights["kernel"].T, None


def _gradients(weights: Weights, inputs: Array, before: Array, found: Asked) -> dict[str, Array]:
    """Return the gradients of all weights, each at once over all steps and rows."""
    of_sums, of_product = found[0], found[-1]
    gradients = {
        "kernel": _product(inputs, of_sums),
        "recurrent_kernel": _product(before, of_product),
        "bias": of_sums.sum((0, 1)),
    }
    if "recurrent_bias" in weights:
        gradients["recurrent_bias"] = of_product[..., -len(weights["recurrent_bias"]) :].sum((0, 1))
    return {name: gradients[name].astype(array.dtype) for name, array in weights.items()}


def _product(left: Array, right: Array) -> Array:
    """Sum the outer products over steps and rows; made flat, rows could not be shared out over devices by JAX."""
    return lax.dot_general(left, right, (((0, 1), (0, 1)), ((), ())))


_through.defvjp(_forward, _backward)
