"""The forward pass in use: prepared inputs of any number of rows through one compiled program.

Comes in: a network with its numbers, and prepared inputs. Goes out: scores, and what the task makes of
them. Rows are computed in tiles of one size, so that a row gives the same bits whatever rows come with it;
tiles are sent in chunks of few sizes, so that no new number of rows is compiled for.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float

from leadline.nn.base import Layer, Params, State
from leadline.nn.tasks import Task

TILE = 16
"""Rows computed together. Fewer answer a single row sooner, more are faster for many: on 2 cores 1,024 rows
take an MLP 784-256-128-10 twice as long as in one piece, and a small CNN 0.6 times as long."""

CHUNKS = (TILE, 8 * TILE, 64 * TILE)
"""Rows sent together; what is left over is filled up to the smallest that holds it."""


@partial(jax.jit, static_argnums=(0, 1))
def in_tiles(
    network: Layer, task: Task, params: Params, state: State, inputs: Float[Array, "B ..."]
) -> tuple[Float[Array, "B K"], Float[Array, "B ..."]]:
    """Return scores and predictions, tile by tile.

    Args:
        network: The network.
        task: What its scores mean.
        params: Its parameters.
        state: Its state.
        inputs: Prepared; B is a multiple of the tile.
    """

    def one(tile: Array) -> tuple[Array, Array]:
        scores, _ = network.apply(params, state, tile)
        return scores, task.predictions(scores)

    tiles = inputs.reshape(-1, TILE, *inputs.shape[1:])
    scores, predictions = jax.lax.map(one, tiles)
    rows = inputs.shape[0]
    return scores.reshape(rows, *scores.shape[2:]), predictions.reshape(rows, *predictions.shape[2:])


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
    parts: list[tuple[Any, Any]] = []
    start = 0
    while start < len(inputs) or not parts:  # one chunk of filling tells the shapes of no rows
        rows, size = _next_chunk(len(inputs) - start)
        some = inputs[start : start + rows]
        if rows < size:
            some = np.concatenate([some, np.zeros((size - rows, *inputs.shape[1:]), inputs.dtype)])
        scores, predictions = in_tiles(network, task, params, state, some)
        parts.append((np.asarray(scores)[:rows], np.asarray(predictions)[:rows]))
        start += size
    return np.concatenate([s for s, _ in parts]), np.concatenate([p for _, p in parts])


def _next_chunk(left: int) -> tuple[int, int]:
    """Return how many rows to take and the chunk they are sent in."""
    size = next((size for size in CHUNKS if size >= left), CHUNKS[-1])
    return min(left, size), size
