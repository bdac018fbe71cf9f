"""What a technique is to its benchmark: where it lives, why it wins, and the same work with and without it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

Unit = Callable[[], float]
Way = Callable[[Any, Any], Any]
STEPS = 4
"""Steps of one compiled loop: in a loop, as a training runs them, XLA's processor backend is not what it is outside."""
AGREE = 1e-3
"""Largest difference, relative to the largest number, after the steps of both ways."""


@dataclass(frozen=True)
class Pair:
    """The same work twice.

    Args:
        given: Does it with the technique and returns how many seconds it took.
        plain: Does it without.
    """

    given: Unit
    plain: Unit


@dataclass(frozen=True)
class Technique:
    """One technique.

    Args:
        name: What it is asked for by.
        where: File and function it lives in.
        why: Why it wins.
        cases: The work it is measured on, each made when it is asked for.
        unit: What the seconds are of.
    """

    name: str
    where: str
    why: str
    cases: Mapping[str, Callable[[], Pair]]
    unit: str = "step"


def drawn(*shape: int, scale: float = 1.0, seed: int = 0) -> jax.Array:
    """Return normal numbers."""
    return jnp.asarray(scale * np.random.default_rng(seed).standard_normal(shape), jnp.float32)


def loops(
    given: Way, plain: Way, params: Any, inputs: Any, off: AbstractContextManager[Any] | None = None
) -> Pair:
    """Return a pair of loops of training steps, which follow the gradients by parameters and inputs.

    Args:
        given: Outputs of parameters and inputs, with the technique.
        plain: The same without it.
        params: Where it starts from.
        inputs: One batch.
        off: Turns the technique off while the plain way is compiled.

    Raises:
        ArithmeticError: The two do not compute the same.
    """
    runs = [_loop(given, (params, inputs))]
    with off or nullcontext():
        runs.append(_loop(plain, (params, inputs)))
    for one, other in zip(*(jax.tree.leaves(run()) for run in runs), strict=True):
        apart = float(jnp.abs(one - other).max() / jnp.abs(other).max())
        if not apart <= AGREE:
            raise ArithmeticError(f"with and without differ by {apart:.1e} of the largest number")
    return Pair(*(partial(seconds, run, STEPS) for run in runs))


def _loop(way: Way, start: tuple[Any, Any]) -> Callable[[], Any]:
    rate = 1e-3 / start[1].size

    def step(at: tuple[Any, Any], _: None) -> tuple[tuple[Any, Any], None]:
        slopes = jax.grad(lambda at: jnp.square(way(*at)).sum())(at)
        return jax.tree.map(lambda array, slope: array - rate * slope, at, slopes), None

    run = jax.jit(lambda at: lax.scan(step, at, length=STEPS)[0]).lower(start).compile()
    return lambda: jax.block_until_ready(run(start))


def seconds(run: Callable[[], Any], parts: int = 1) -> float:
    """Return the seconds of a run, divided by its parts."""
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) / parts
