"""The compiled programs of one training: many steps in a loop on the device, and the step that closes an epoch.

Comes in: a problem and the shapes of what it learns from. Goes out: compiled functions. ``sweep`` runs all full batches
of a short epoch; ``advance`` runs any range of them and leaves at once when the loss is no longer finite; ``close``
makes the epoch's last step, which may be shorter, judges the validation part and takes soundings. The bounds of
``advance`` are arguments, so one compilation serves every range: short ones while a long epoch is watched, chunks of
rows that are not full, and the replay up to the last finite weights.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from leadline.nn.keys import key_of
from leadline.training.closing import Closing, close
from leadline.training.compiling import BRIEF, LONG, SHORT, Options, compiled
from leadline.training.plan import Chosen
from leadline.training.step import Carry, Problem, Rows, make_step


class Progress(NamedTuple):
    """What ``advance`` tells: steps made, the last step's loss and the sum of all losses."""

    end: Int[Array, ""]
    last: Float[Array, ""]
    total: Float[Array, ""]


class Shapes(NamedTuple):
    """What the programs are compiled for.

    Args:
        rows: Shapes and types of the rows that are on the device at a time.
        judged: Those of the rows to judge by.
        batches: Full batches among the rows on the device, and the rows of each.
        rest: Rows of an epoch's last step.
    """

    rows: Any
    judged: Any
    batches: tuple[int, int]
    rest: int


@dataclass(frozen=True)
class Programs:
    """The compiled functions; arguments as in this file's functions of these names, without the problem.

    Args:
        start: Draws parameters and state.
        sweep: Runs all full batches of an epoch; None where an epoch is a single step, comes in chunks, or is so
            long that it must be watched.
        advance: Runs a range of them; compiled when it is first called where ``sweep`` is there.
        close: Makes the last step, takes the soundings and judges. Beside ``sweep`` it takes over the memory of the
            weights it is given.
    """

    start: Callable[[PRNGKeyArray], Carry]
    sweep: Callable[..., tuple[Carry, Array]] | None
    advance: Callable[..., tuple[Carry, Progress]]
    close: Callable[..., tuple[Carry, Closing]]


def _advance(
    problem: Problem,
    carry: Carry,
    rows: Rows,
    order: Array,
    low: Array,
    high: Array,
    first: Array,
    key: PRNGKeyArray,
) -> tuple[Carry, Progress]:
    def body(at: tuple[Carry, Progress]) -> tuple[Carry, Progress]:
        carry, seen = at
        batch = lax.dynamic_index_in_dim(order, seen.end, keepdims=False)
        carry, loss, _, _ = make_step(problem, rows, carry, batch, problem.key_of(key, first + seen.end))
        return carry, Progress(seen.end + 1, loss, seen.total + loss)

    def goes_on(at: tuple[Carry, Progress]) -> Array:
        return (at[1].end < high) & jnp.isfinite(at[1].last)

    zero = jnp.zeros((), rows.inputs.dtype)
    return lax.while_loop(goes_on, body, (carry, Progress(low, zero, zero)))


def _sweep(
    problem: Problem, unroll: int, carry: Carry, rows: Rows, order: Array, first: Array, key: PRNGKeyArray
) -> tuple[Carry, Float[Array, " S"]]:
    """Run all full batches of an epoch; a loop of known length costs less a step than one that may end."""

    def body(carry: Carry, at: tuple[Array, Array]) -> tuple[Carry, Array]:
        batch, step = at
        carry, loss, _, _ = make_step(problem, rows, carry, batch, problem.key_of(key, step))
        return carry, loss

    return lax.scan(body, carry, (order, first + jnp.arange(len(order))), unroll=unroll)


def first_key(seed: int) -> PRNGKeyArray:
    """Return the key that weights are drawn with; its generator compiles in a third of the usual one's time."""
    return key_of(seed, "rbg")


def compile_programs(problem: Problem, shapes: Shapes, chosen: Chosen, key: PRNGKeyArray) -> Programs:
    """Compile the programs side by side.

    Args:
        problem: What is to be solved.
        shapes: Of what it learns from.
        chosen: Whether a whole epoch may run without a look, the steps written one after the other in its loop, and
            how much effort compilation is worth.
        key: Randomness of the training; only its type matters.
    """
    full, swept = shapes.batches[0], chosen.swept and shapes.batches[0] > 0
    order, last, zero = np.zeros(shapes.batches, np.int32), np.zeros(shapes.rest, np.int32), np.int32(0)
    start = partial(problem.start, shape=shapes.rows.inputs.shape[1:])
    everywhere = problem.devices.everywhere
    carry = problem.devices.like(jax.eval_shape(start, first_key(0)))
    efforts = BRIEF if chosen.brief else SHORT if swept else LONG

    def made(function: Callable[..., Any], effort: Options, *arguments: Any, donated: bool = False) -> Any:
        jitted = jax.jit(function, out_shardings=everywhere, donate_argnums=0 if donated else ())
        return compiled(jitted, arguments, effort)

    sweeping = partial(_sweep, problem, chosen.unroll), efforts.loop, carry, shapes.rows, order, zero, key
    advancing = partial(_advance, problem), efforts.loop, carry, shapes.rows, order, zero, zero, zero, key
    closing = (
        partial(close, problem), efforts.close, carry, shapes.rows, last, shapes.judged, zero, key, np.bool_(True)
    )  # fmt: skip
    with ThreadPoolExecutor(3) as pool:  # compilation leaves Python's lock, so two cores help
        end = pool.submit(made, *closing, donated=swept)
        loop = pool.submit(made, *(sweeping if swept else advancing)) if full else None
        begin = pool.submit(made, start, efforts.start, first_key(0))
        steps = loop.result() if loop else None
        return Programs(
            start=begin.result(),
            sweep=steps if swept else None,
            advance=_later(partial(made, *advancing)) if swept or steps is None else steps,
            close=end.result(),
        )


def _later(compile_it: Callable[[], Callable[..., Any]]) -> Callable[..., Any]:
    """Return a function that is compiled when it is first called."""
    made: list[Callable[..., Any]] = []

    def call(*arguments: Any) -> Any:
        if not made:
            made.append(compile_it())
        return made[0](*arguments)

    return call


def epoch_steps(rows: int, batch: int) -> tuple[int, int]:
    """Return how many full batches come before the epoch's last step, and the rows of that one.

    Example:
        >>> epoch_steps(100, 32), epoch_steps(96, 32), epoch_steps(5, 5)
        ((3, 4), (2, 32), (0, 5))
    """
    full = (rows - 1) // batch
    return full, rows - full * batch
