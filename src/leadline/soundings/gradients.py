"""Soundings of gradients and updates: how strongly each layer is asked to move, and how far it moves.

Comes in: trees of parameters, gradients and updates of one step. Goes out: one number for each layer, NaN for a
layer without parameters. Runs inside the compiled program.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.nn.base import Layer
from leadline.nn.tensors import flatten_params, layer_path


def norms(network: Layer, tree: Any, paths: Sequence[str]) -> Float[Array, " L"]:
    """Return the Euclidean norm of each layer's part of a tree.

    Args:
        network: The network that the tree belongs to.
        tree: Parameters, gradients or updates.
        paths: Layer paths, in the order of the answer.

    Example:
        >>> import jax.numpy as jnp
        >>> from leadline.nn import Dense, Dropout, Sequential
        >>> network = Sequential([Dense(1), Dropout(0.5)])
        >>> norms(network, ({"kernel": jnp.array([[3.0], [4.0]])}, {}), ["0.dense", "1.dropout"]).tolist()
        [5.0, nan]
    """
    squares: dict[str, list[Array]] = {path: [] for path in paths}
    for name, values in flatten_params(network, tree).items():
        squares[layer_path(name)].append(jnp.sum(jnp.square(values)))
    sums = [jnp.sqrt(jnp.stack(found).sum()) if found else jnp.float32(jnp.nan) for found in squares.values()]
    return jnp.stack(sums)


def update_ratios(
    updates: Float[Array, " L"], parameters: Float[Array, " L"], tiny: float = 1e-12
) -> Float[Array, " L"]:
    """Return how far each layer moved, as a share of its size: about 1e-3 in a healthy training.

    Args:
        updates: Norms of the last update.
        parameters: Norms of the parameters before it.
        tiny: Keeps a layer of zeros from dividing by 0.

    Source: the rule of thumb of Karpathy, CS231n notes (2015).

    Example:
        >>> import jax.numpy as jnp
        >>> update_ratios(jnp.array([2.0]), jnp.array([4.0])).tolist()
        [0.5]
    """
    return updates / (parameters + tiny)
