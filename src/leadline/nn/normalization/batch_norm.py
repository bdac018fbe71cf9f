"""Batch normalization: keep every feature near mean 0 and spread 1 while the layers before it learn.

In: anything with features or channels on the last axis. Out: the same shape. Its state is the running mean
and variance.
"""

from __future__ import annotations

import math
from typing import Annotated

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.core.constraints import POSITIVE, RATE
from leadline.core.errors import NetworkError
from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State, register
from leadline.nn.sequences.lengths import real_steps


def needed_features(layer: Layer, shape: Shape, path: str) -> Shape:
    """Return the shape, which must have a last axis.

    Raises:
        NetworkError: It has none.
    """
    if not shape:
        where, must_be = layer.called(path), "given inputs with features"
        raise NetworkError.at(where, must_be, "shape ()", "reshape to (B, 1)")
    return shape


@register(
    "batch_norm",
    formula="scale·(x - mean) / sqrt(variance + ε) + shift, over the batch",
    year=2015,
    source="Ioffe and Szegedy, Batch normalization: accelerating deep network training",
)
class BatchNorm(Layer):
    """Center and scale each feature over the batch (and all places), then scale and shift it as learned.

    y = scale·(x - mean) / sqrt(variance + epsilon) + shift. Ioffe and Szegedy, 2015.

    Training uses the mean and the biased variance of the batch, and moves the running ones:
    running = momentum·running + (1 - momentum)·batch, with the unbiased variance (n - 1), as PyTorch does,
    whose ``momentum`` is 1 minus this one. In use the running ones are taken. Steps after the end of a
    sequence count in neither.

    Args:
        momentum: Share of the running statistics that is kept at each step, in [0, 1).
        epsilon: Added to the variance, above 0.

    Raises:
        NetworkError: A choice is out of range.

    Example:
        >>> from leadline.nn import BatchNorm
        >>> BatchNorm().output_shape((14, 14, 16))
        (14, 14, 16)
    """

    momentum: Annotated[float, RATE] = 0.9
    epsilon: Annotated[float, POSITIVE] = 1e-5

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the same shape."""
        return needed_features(self, shape, path)

    def init(self, key: PRNGKeyArray, shape: Shape) -> tuple[Params, State]:
        """Return scale 1 and shift 0; running mean 0 and variance 1."""
        zeros, ones = jnp.zeros(shape[-1:]), jnp.ones(shape[-1:])
        return {"scale": ones, "shift": zeros}, {"mean": zeros, "variance": ones}

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the normalized inputs, and while training the moved running statistics."""
        flat = inputs.reshape(-1, inputs.shape[-1]).astype(jnp.promote_types(inputs.dtype, jnp.float32))
        mean, variance = state["mean"], state["variance"]
        if how.training:
            share, rows = _shares(inputs, flat.dtype, how)
            mean = share @ flat  # sums as matrix products are faster than sums in a loop
            variance = share @ jnp.square(flat - mean)
            state = self._moved(state, mean, variance * rows / jnp.maximum(rows - 1, 1))
        slope = params["scale"] * lax.rsqrt(variance + self.epsilon)
        outputs = flat * slope + (params["shift"] - mean * slope)  # one pass over the places
        return outputs.reshape(inputs.shape).astype(inputs.dtype), state

    def _moved(self, state: State, mean: Array, variance: Array) -> State:
        batch = lax.stop_gradient({"mean": mean, "variance": variance})
        return {
            name: (self.momentum * old + (1 - self.momentum) * batch[name]).astype(old.dtype)
            for name, old in state.items()
        }


def _shares(inputs: Array, dtype: jnp.dtype, how: Pass) -> tuple[Float[Array, " N"], Array | int]:
    """Return the share of each place in a mean, 0 for padding; and how many places count."""
    places = inputs.shape[:-1]
    if how.lengths is None:
        rows = math.prod(places)
        return jnp.full((rows,), 1 / rows, dtype), rows
    real = jnp.broadcast_to(real_steps(inputs, how.lengths)[..., 0], places).reshape(-1).astype(dtype)
    return real / real.sum(), real.sum()
