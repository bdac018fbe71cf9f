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


QUICK: dict[str, str | bool] = {"xla_cpu_use_fusion_emitters": False, "xla_backend_optimization_level": "1"}
"""How XLA compiles what runs once an epoch: half the compilation, a tenth more time to run. Flags may go; then
compilation is as usual."""


def first_key(seed: int) -> PRNGKeyArray:
    """Return the key that weights are drawn with; its generator compiles in a third of the usual one's time."""
    return key_of(seed, "rbg")


def compile_programs(
    problem: Problem, shapes: Shapes, swept: bool, unroll: int, key: PRNGKeyArray
) -> Programs:
    """Compile the programs side by side.

    Args:
        problem: What is to be solved.
        shapes: Of what it learns from.
        swept: Whether a whole epoch may run without a look.
        unroll: Steps written one after the other in the sweep's loop.
        key: Randomness of the training; only its type matters.
    """
    order, last, zero = np.zeros(shapes.batches, np.int32), np.zeros(shapes.rest, np.int32), np.int32(0)
    start = partial(problem.start, shape=shapes.rows.inputs.shape[1:])
    everywhere = problem.devices.everywhere
    carry = problem.devices.like(jax.eval_shape(start, first_key(0)))

    def compiled(function: Callable[..., Any], *arguments: Any) -> Any:
        return jax.jit(function, out_shardings=everywhere).lower(*arguments).compile()

    sweep = partial(compiled, partial(_sweep, problem, unroll), carry, shapes.rows, order, zero, key)
    advance = partial(compiled, partial(_advance, problem), carry, shapes.rows, order, zero, zero, zero, key)
    ending = jax.jit(partial(close, problem), out_shardings=everywhere, donate_argnums=0 if swept else ())
    beginning = jax.jit(start, out_shardings=everywhere)
    full = shapes.batches[0]
    with ThreadPoolExecutor(3) as pool:  # compilation leaves Python's lock, so two cores help
        closing = pool.submit(
            _quickly, ending, carry, shapes.rows, last, shapes.judged, zero, key, np.bool_(True)
        )
        loop = pool.submit(sweep if swept else advance) if full else None
        begin = pool.submit(_quickly, beginning, first_key(0))
        made = loop.result() if loop else None
        return Programs(
            start=begin.result(),
            sweep=made if swept else None,
            advance=_later(advance) if swept or made is None else made,
            close=closing.result(),
        )


def _quickly(function: Any, *arguments: Any) -> Any:
    """Compile with less effort on a CPU."""
    lowered = function.lower(*arguments)
    if jax.default_backend() != "cpu":
        return lowered.compile()
    try:
        return lowered.compile(compiler_options=dict(QUICK))
    except (ValueError, jax.errors.JaxRuntimeError):  # another jaxlib may not know the flags
        return lowered.compile()


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
