"""The compiled forward pass in use: prepared inputs of any number of rows through one program, for any network.

Comes in: a network with its numbers, and prepared inputs. Goes out: scores, and what the task makes of them. Rows are
computed in tiles of one size, the last one filled up, so that a row gives the same bits whatever rows come with it, and
nothing is compiled for another number of rows. Tiles are sent one after another without waiting: in a loop inside the
program, larger convolutions (32 x 32 x 32) take four times as long.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import jax
import numpy as np
from jaxtyping import Array, Float

from leadline.cache import use_cache
from leadline.nn.base import Layer, Params, State
from leadline.nn.tasks import Task

TILE = 8
"""Rows computed together. Fewer answer a single row sooner, more are faster for many: on 2 cores one row takes a small
convolutional network half as long as with 16 and twice as long as with 4; 1,024 rows take LeNet 1.3 times as long as
with 16, most others as long, and an MLP with layer norm less than half as long as with 4."""

Tile = Callable[
    [Params, State, Float[np.ndarray, "B ..."]], tuple[Float[Array, "B K"], Float[Array, "B ..."]]
]


@lru_cache(maxsize=32)
def program(network: Layer, task: Task) -> Tile:
    """Return the program that computes scores and predictions of one tile; equal networks share it.

    Args:
        network: The network.
        task: What its scores mean.
    """

    @jax.jit
    def tile(params: Params, state: State, inputs: Array) -> tuple[Array, Array]:
        scores, _ = network.apply(params, state, inputs)
        return scores, task.predictions(scores)

    return tile


def on_device(params: Params, state: State) -> tuple[Params, State]:
    """Return parameters and state where they are computed with."""
    use_cache()
    placed: tuple[Params, State] = jax.device_put((params, state))
    return placed


def forward(
    network: Layer, task: Task, params: Params, state: State, inputs: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return scores (B, K), and probabilities (B, C) or standardized numbers (B, K), in order.

    Args:
        network: The network.
        task: What its scores mean.
        params: Its parameters.
        state: Its state.
        inputs: Prepared inputs, float32, any number of rows.

    Example:
        >>> from leadline.nn import Dense, Sequential, for_problem
        >>> network, task = Sequential([Dense(1)]), for_problem("regression")
        >>> numbers = network.init(jax.random.key(0), (3,))
        >>> [a.shape for a in forward(network, task, *numbers, np.zeros((5, 3), np.float32))]
        [(5, 1), (5, 1)]
    """
    compute, rows = program(network, task), len(inputs)
    starts = range(0, max(rows, 1), TILE)  # one tile of filling tells the shapes of no rows
    tiles = [compute(params, state, _filled(inputs[start : start + TILE])) for start in starts]
    scores, predictions = (
        np.concatenate([np.asarray(part) for part in parts])[:rows] for parts in zip(*tiles, strict=True)
    )
    return scores, predictions


def _filled(some: np.ndarray) -> np.ndarray:
    """Return a tile whose last rows may be filling."""
    if len(some) == TILE:
        return some
    return np.concatenate([some, np.zeros((TILE - len(some), *some.shape[1:]), some.dtype)])
