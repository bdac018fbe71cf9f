"""Layers that disturb while training and do nothing in use: dropout, dropout of whole channels, Gaussian noise.

In: anything. Out: the same shape; the same values unless training.
"""

from __future__ import annotations

from typing import Annotated

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.core.constraints import NOT_NEGATIVE, RATE
from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State, needed_key, register
from leadline.nn.windows import spatial_axes


class Disturbance(Layer):
    """What all of them share: a key while training, and nothing in use."""

    keeps_values = True

    @property
    def random(self) -> bool:
        """It needs a key while training."""
        return True

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the same shape."""
        return shape


def _dropped(layer: Layer, rate: float, inputs: Array, drawn: Shape, how: Pass) -> Array:
    """Return the inputs, while training with a share of 0 and the others divided by what remains.

    Args:
        layer: Which drops.
        rate: The share.
        inputs: Of the layer.
        drawn: Shape of the draws; where it has 1, they hold for the whole axis.
        how: The pass.
    """
    if not how.training or rate == 0:
        return inputs
    kept = jax.random.bernoulli(needed_key(layer, how), 1 - rate, drawn)
    return jnp.where(kept, inputs / (1 - rate), jnp.zeros_like(inputs))


@register(
    "dropout",
    formula="x·m / (1 - rate), m = 0 with probability rate; in use x",
    year=2014,
    source="Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout",
)
class Dropout(Disturbance):
    """Set a random share of the inputs to 0 while training and divide the others by what remains.

    Training: x·m / (1 - rate), m = 0 with probability ``rate``; in use: x. The mean stays the same.
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, 2014.

    Args:
        rate: Share that is dropped, in [0, 1).

    Raises:
        NetworkError: The rate is out of range; or there is no key while training.

    Example:
        >>> from leadline.nn import Dropout
        >>> Dropout(0.5).output_shape((64,))
        (64,)
    """

    rate: Annotated[float, RATE]

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the inputs, some of them 0 while training."""
        return _dropped(self, self.rate, inputs, inputs.shape, how), state


@register(
    "spatial_dropout",
    formula="x·m / (1 - rate), one m for each channel, 0 with probability rate; in use x",
    year=2015,
    source="Tompson, Goroshin, Jain, LeCun and Bregler, Efficient object localization",
)
class SpatialDropout(Disturbance):
    """Set a random share of the channels to 0 at all places while training and divide the others by what remains.

    Neighbors in a feature map say nearly the same, so that dropping single ones of them takes little away; this
    drops the whole map. The mean stays the same. Tompson, Goroshin, Jain, LeCun and Bregler, 2015.

    Args:
        rate: Share of the channels that is dropped, in [0, 1).

    Raises:
        NetworkError: The rate is out of range, the inputs are rows, or there is no key while training.

    Example:
        >>> from leadline.nn import SpatialDropout
        >>> SpatialDropout(0.2).output_shape((28, 28, 16))
        (28, 28, 16)
    """

    rate: Annotated[float, RATE]

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the same shape."""
        spatial_axes(self, shape, (), path)
        return shape

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the inputs, some channels of them 0 while training."""
        drawn = (len(inputs), *(1,) * (inputs.ndim - 2), inputs.shape[-1])
        return _dropped(self, self.rate, inputs, drawn, how), state


@register(
    "gaussian_noise",
    formula="x + spread·N(0, 1); in use x",
    year=1995,
    source="Bishop, Training with noise is equivalent to Tikhonov regularization",
)
class GaussianNoise(Disturbance):
    """Add normal noise while training: x + spread·N(0, 1); in use: x. Bishop, 1995.

    Args:
        spread: Standard deviation of the noise, in the unit of the inputs, at least 0.

    Raises:
        NetworkError: The spread is out of range; or there is no key while training.

    Example:
        >>> from leadline.nn import GaussianNoise
        >>> GaussianNoise(0.1).output_shape((64,))
        (64,)
    """

    spread: Annotated[float, NOT_NEGATIVE]

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the inputs, with noise while training."""
        if not how.training or self.spread == 0:
            return inputs, state
        noise = jax.random.normal(needed_key(self, how), inputs.shape, inputs.dtype)
        return inputs + self.spread * noise, state
