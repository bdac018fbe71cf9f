"""Soundings of weights: whether the units of a layer are still alike.

Comes in: the parameters after a step. Goes out: one number for each layer, NaN for a layer without kernels or
with a single unit. Runs inside the compiled program.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.nn.base import Layer
from leadline.nn.penalties import weights_of
from leadline.nn.tensors import layer_path

ALIKE = 1e-3  # of the largest weight: rounding adds 1e-6 over thousands of steps, a draw differs by 1


def equal_neighbors(network: Layer, params: Any, paths: Sequence[str]) -> Float[Array, " L"]:
    """Return the share of neighboring units of each layer that have the same weights.

    Units that begin alike are alike to all of their layer, so looking at the next one is enough, and cheap. Weights
    of a column count as the same where none differs by more than a thousandth of the largest. Of several kernels
    of a layer the one that differs most counts.

    Args:
        network: The network that the parameters belong to.
        params: Its parameters.
        paths: Layer paths, in the order of the answer.

    Example:
        >>> from leadline.nn import Dense, Dropout, Sequential
        >>> network = Sequential([Dense(3), Dropout(0.5)])
        >>> params = ({"kernel": jnp.array([[1.0, 1.0, 2.0]]), "bias": jnp.zeros(3)}, {})
        >>> equal_neighbors(network, params, ["0.dense", "1.dropout"]).tolist()
        [0.5, nan]
    """
    shares: dict[str, list[Array]] = {path: [] for path in paths}
    for name, kernel in weights_of(network, params).items():
        if kernel.shape[-1] > 1:
            shares[layer_path(name)].append(_alike(kernel.reshape(-1, kernel.shape[-1])))
    return jnp.stack([jnp.stack(found).min() if found else jnp.float32(jnp.nan) for found in shares.values()])


def _alike(columns: Float[Array, "N U"]) -> Float[Array, ""]:
    sizes = jnp.abs(columns).max(0)
    gaps = jnp.abs(columns[:, 1:] - columns[:, :-1]).max(0)
    share: Array = jnp.mean(gaps <= ALIKE * jnp.maximum(sizes[1:], sizes[:-1]), dtype=jnp.float32)
    return share
