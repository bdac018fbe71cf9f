"""Layers that disturb while training and do nothing in use: dropout and Gaussian noise.

In: anything. Out: the same shape; the same values unless training.
"""

from __future__ import annotations

from typing import Annotated

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.core.constraints import NOT_NEGATIVE, RATE
from leadline.core.errors import NetworkError
from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State, register


def _key(layer: Layer, how: Pass) -> PRNGKeyArray:
    if how.key is None:
        raise NetworkError.at(
            layer.called(how.path), "given a key while training", "none", "ll.Pass(training=True, key=key)"
        )
    return how.key


@register(
    "dropout",
    formula="x·m / (1 - rate), m = 0 with probability rate; in use x",
    year=2014,
    source="Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout",
)
class Dropout(Layer):
    """Set a random share of the inputs to 0 while training and divide the others by what remains.

    Training: x·m / (1 - rate), m = 0 with probability ``rate``; in use: x. The mean stays the same.
        Srivastava, Hinton,
    Krizhevsky, Sutskever and Salakhutdinov, 2014.

    Args:
        rate: Share that is dropped, in [0, 1).

    Raises:
        NetworkError: The rate is out of range; or there is no key while training.

    Example:
        >>> from leadline.nn import Dropout
        >>> Dropout(0.5).output_shape((64,))
        (64,)
    """

    keeps_values = True

    rate: Annotated[float, RATE]

    @property
    def random(self) -> bool:
        """It needs a key while training."""
        return True

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the same shape."""
        return shape

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the inputs, some of them 0 while training."""
        if not how.training or self.rate == 0:
            return inputs, state
        kept = jax.random.bernoulli(_key(self, how), 1 - self.rate, inputs.shape)
        return jnp.where(kept, inputs / (1 - self.rate), jnp.zeros_like(inputs)), state


@register(
    "gaussian_noise",
    formula="x + spread·N(0, 1); in use x",
    year=1995,
    source="Bishop, Training with noise is equivalent to Tikhonov regularization",
)
class GaussianNoise(Layer):
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

    keeps_values = True

    spread: Annotated[float, NOT_NEGATIVE]

    @property
    def random(self) -> bool:
        """It needs a key while training."""
        return True

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the same shape."""
        return shape

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the inputs, with noise while training."""
        if not how.training or self.spread == 0:
            return inputs, state
        noise = jax.random.normal(_key(self, how), inputs.shape, inputs.dtype)
        return inputs + self.spread * noise, state
