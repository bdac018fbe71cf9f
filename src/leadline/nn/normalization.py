"""Batch normalization: keep every feature near mean 0 and spread 1 while the layers before it learn.

In: anything with features or channels on the last axis. Out: the same shape. Its state is the running mean
and variance.
"""

from __future__ import annotations

from typing import Annotated

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.core.constraints import POSITIVE, RATE
from leadline.core.errors import NetworkError
from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State, register


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
    whose ``momentum`` is 1 minus this one. In use the running ones are taken.

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
        if not shape:
            raise NetworkError.at(
                self.called(path), "given inputs with features", "shape ()", "reshape to (B, 1)"
            )
        return shape

    def init(self, key: PRNGKeyArray, shape: Shape) -> tuple[Params, State]:
        """Return scale 1 and shift 0; running mean 0 and variance 1."""
        zeros, ones = jnp.zeros(shape[-1:]), jnp.ones(shape[-1:])
        return {"scale": ones, "shift": zeros}, {"mean": zeros, "variance": ones}

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the normalized inputs, and while training the moved running statistics."""
        flat = inputs.reshape(-1, inputs.shape[-1]).astype(jnp.float32)
        mean, variance = state["mean"], state["variance"]
        if how.training:
            mean, variance = _moments(flat)
            state = self._moved(state, mean, variance * len(flat) / max(len(flat) - 1, 1))
        slope = params["scale"] * lax.rsqrt(variance + self.epsilon)
        outputs = flat * slope + (params["shift"] - mean * slope)
        return outputs.reshape(inputs.shape).astype(inputs.dtype), state

    def _moved(self, state: State, mean: Array, variance: Array) -> State:
        old, new = self.momentum, 1 - self.momentum
        mean, variance = lax.stop_gradient((mean, variance))
        return {
            "mean": old * state["mean"] + new * mean,
            "variance": old * state["variance"] + new * variance,
        }


def _moments(flat: Float[Array, "N C"]) -> tuple[Float[Array, " C"], Float[Array, " C"]]:
    """Return mean and biased variance; sums as matrix products, which are faster than sums in a loop."""
    share = jnp.full((len(flat),), 1 / len(flat))
    mean = share @ flat
    return mean, share @ jnp.square(flat - mean)
