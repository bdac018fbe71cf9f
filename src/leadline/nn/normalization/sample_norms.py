"""Normalization of each sample alone, the same while training and in use: layer, group, instance and RMS.

In: anything with features or channels on the last axis. Out: the same shape. None has a state; what the batch
holds besides does not matter.
"""

from __future__ import annotations

from typing import Annotated

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.core.constraints import POSITIVE
from leadline.core.errors import NetworkError
from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State, register
from leadline.nn.choices import Count
from leadline.nn.normalization.batch_norm import needed_features
from leadline.nn.sequences.lengths import real_steps
from leadline.nn.windows import spatial_axes


class SampleNorm(Layer):
    """What all of them share: the shape is kept, and each feature has a scale and a shift."""

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the same shape."""
        return needed_features(self, shape, path)

    @property
    def nonlinear(self) -> bool:
        """It divides by a spread that the inputs themselves have."""
        return True

    def init(self, key: PRNGKeyArray, shape: Shape) -> tuple[Params, State]:
        """Return scale 1 and shift 0."""
        return {"scale": jnp.ones(shape[-1:]), "shift": jnp.zeros(shape[-1:])}, {}


def _precise(inputs: Array) -> Array:
    """Return the inputs in at least 32 bits, in which sums of squares are safe."""
    return inputs.astype(jnp.promote_types(inputs.dtype, jnp.float32))


def _standardized(values: Array, axes: tuple[int, ...], epsilon: float, real: Array | None = None) -> Array:
    """Return (x - mean) / sqrt(variance + ε), mean and variance over these axes where they are real."""
    around = values - values.mean(axes, keepdims=True, where=real)
    return around * lax.rsqrt(jnp.square(around).mean(axes, keepdims=True, where=real) + epsilon)


def _by_groups(inputs: Array, groups: int, epsilon: float, how: Pass) -> Array:
    """Standardize each group of channels of each sample, over all places that are real."""
    values = _precise(inputs).reshape(*inputs.shape[:-1], groups, -1)
    real = None if how.lengths is None else real_steps(values, how.lengths)
    axes = (*range(1, values.ndim - 2), values.ndim - 1)
    return _standardized(values, axes, epsilon, real).reshape(inputs.shape)


def _scaled(values: Array, params: Params, like: Array) -> Array:
    outputs: Array = values * params["scale"] + params["shift"]
    return outputs.astype(like.dtype)


@register(
    "layer_norm",
    formula="scale·(x - mean) / sqrt(variance + ε) + shift, over the last axis",
    year=2016,
    source="Ba, Kiros and Hinton, Layer normalization",
)
class LayerNorm(SampleNorm):
    """Center and scale the features of each sample, at each place, then scale and shift each as learned.

    y = scale·(x - mean) / sqrt(variance + epsilon) + shift, with mean and biased variance over the last axis: the
    features of a row, of each step of a sequence, the channels of each pixel. Ba, Kiros and Hinton, 2016.

    Args:
        epsilon: Added to the variance, above 0.

    Raises:
        NetworkError: A choice is out of range.

    Example:
        >>> import jax.numpy as jnp
        >>> from leadline.nn import LayerNorm
        >>> params = {"scale": jnp.ones(2), "shift": jnp.zeros(2)}
        >>> LayerNorm().apply(params, {}, jnp.array([[10.0, 30.0]]))[0].round(3).tolist()
        [[-1.0, 1.0]]
    """

    epsilon: Annotated[float, POSITIVE] = 1e-5

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the normalized inputs."""
        return _scaled(_standardized(_precise(inputs), (-1,), self.epsilon), params, inputs), state


@register(
    "group_norm",
    formula="scale·(x - mean) / sqrt(variance + ε) + shift, over places and the channels of a group",
    year=2018,
    source="Wu and He, Group normalization",
)
class GroupNorm(SampleNorm):
    """Center and scale groups of channels of each sample over all places, then scale and shift each channel.

    y = scale·(x - mean) / sqrt(variance + epsilon) + shift, with mean and biased variance over all places and the
    channels of one group. One group takes the whole sample. Steps after the end of a sequence do not count. Wu and
    He, 2018.

    Args:
        groups: How many, each of as many channels that follow one another; must divide the channels.
        epsilon: Added to the variance, above 0.

    Raises:
        NetworkError: A choice is out of range, or the groups do not divide the channels.

    Example:
        >>> from leadline.nn import GroupNorm
        >>> GroupNorm(4).output_shape((14, 14, 16))
        (14, 14, 16)
    """

    groups: Count
    epsilon: Annotated[float, POSITIVE] = 1e-5

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the same shape."""
        channels = needed_features(self, shape, path)[-1]
        if channels % self.groups:
            raise NetworkError.at(
                self.called(path),
                f"given channels that its {self.groups} groups divide",
                f"{channels} channels, shape {shape}",
                f"groups={max(size for size in range(1, self.groups) if channels % size == 0)}",
            )
        return shape

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the normalized inputs."""
        return _scaled(_by_groups(inputs, self.groups, self.epsilon, how), params, inputs), state


@register(
    "instance_norm",
    formula="scale·(x - mean) / sqrt(variance + ε) + shift, over places",
    year=2016,
    source="Ulyanov, Vedaldi and Lempitsky, Instance normalization: the missing ingredient for fast stylization",
)
class InstanceNorm(SampleNorm):
    """Center and scale each channel of each sample over all places, then scale and shift it as learned.

    It is ``GroupNorm`` with as many groups as channels. Ulyanov, Vedaldi and Lempitsky, 2016.

    Args:
        epsilon: Added to the variance, above 0.

    Raises:
        NetworkError: A choice is out of range, or the inputs are rows, of which nothing would be left.

    Example:
        >>> from leadline.nn import InstanceNorm
        >>> InstanceNorm().output_shape((14, 14, 16))
        (14, 14, 16)
    """

    epsilon: Annotated[float, POSITIVE] = 1e-5

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the same shape."""
        spatial_axes(self, shape, (), path)
        return shape

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the normalized inputs."""
        return _scaled(_by_groups(inputs, inputs.shape[-1], self.epsilon, how), params, inputs), state


@register(
    "rms_norm",
    formula="scale·x / sqrt(mean x² + ε), over the last axis",
    year=2019,
    source="Zhang and Sennrich, Root mean square layer normalization",
)
class RMSNorm(SampleNorm):
    """Scale the features of each sample, at each place, by their root mean square: scale·x / sqrt(mean x² + ε).

    ``LayerNorm`` without centering and without shift. Zhang and Sennrich, 2019.

    Args:
        epsilon: Added to the mean square, above 0.

    Raises:
        NetworkError: A choice is out of range.

    Example:
        >>> import jax.numpy as jnp
        >>> from leadline.nn import RMSNorm
        >>> RMSNorm().apply({"scale": jnp.ones(2)}, {}, jnp.array([[1.0, -1.0]]))[0].round(3).tolist()
        [[1.0, -1.0]]
    """

    epsilon: Annotated[float, POSITIVE] = 1e-5

    def init(self, key: PRNGKeyArray, shape: Shape) -> tuple[Params, State]:
        """Return scale 1."""
        return {"scale": jnp.ones(shape[-1:])}, {}

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the scaled inputs."""
        values = _precise(inputs)
        size = lax.rsqrt(jnp.square(values).mean(-1, keepdims=True) + self.epsilon)
        return (values * size * params["scale"]).astype(inputs.dtype), state
