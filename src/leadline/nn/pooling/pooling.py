"""Pooling layers: make sequences, images and volumes smaller by what stands under a window.

In: sequences (T, F), images (H, W, C) or volumes (D, H, W, C). Out: the same with fewer places. Padding, around
the inputs or after the end of a sequence, is never the largest and counts in no mean. A convolution with a
stride, ``Conv(channels, 2, stride=2)``, is a pooling whose weights are learned (Springenberg et al., 2015).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.core.constraints import Interval
from leadline.core.errors import NetworkError
from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State, needed_key, register
from leadline.nn.choices import AxisSizes, Flag, PaddingField
from leadline.nn.pooling.pool_windows import Windows, drawn, largest, mean
from leadline.nn.sequences.lengths import real_steps, steps_after, without_padding
from leadline.nn.windows import output_lengths, spatial_axes, windows_over

HINT = "floor=True leaves out the last rows, or choose another size or stride"
SHARE = Interval(0, 1)


@dataclass(frozen=True, repr=False)
class Pool(Layer):
    """What all poolings under a window share: where their windows stand."""

    size: AxisSizes = 2
    stride: AxisSizes | None = None
    padding: PaddingField = "valid"
    floor: Flag = False

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the lengths by the formula, and the channels."""
        spatial_axes(self, shape, (self.size, self.stride, self.padding), path)
        lengths = output_lengths(self.windows(shape), self.floor, self.called(path), HINT)
        return (*lengths, shape[-1])

    def lengths_after(self, inputs: Float[Array, "B ..."], lengths: Array | None) -> Array | None:
        """Return how many windows belong to each sequence, at least one."""
        return steps_after(self.windows(inputs.shape[1:])[0], lengths)

    def windows(self, shape: Shape) -> Windows:
        """Return the window on each axis."""
        return windows_over(shape, self.size, self.size if self.stride is None else self.stride, self.padding)


def _padded(inputs: Array, windows: Windows, fill: float = 0.0) -> Array:
    sides = [window.sides for window in windows]
    if not any(map(sum, sides)):
        return inputs
    return jnp.pad(inputs, ((0, 0), *sides, (0, 0)), constant_values=fill)


def _largest(inputs: Array, windows: Windows, how: Pass) -> Array:
    """Return the largest of the real places under each window; 0 where a window stands behind a sequence."""
    places = _padded(without_padding(inputs, how.lengths, -math.inf), windows, -math.inf)
    found = largest(places, windows)
    return found if how.lengths is None else jnp.where(found == -math.inf, jnp.zeros_like(found), found)


def _mean(inputs: Array, windows: Windows, how: Pass) -> Array:
    """Return the mean of the real places under each window; 0 where a window stands behind a sequence."""
    found = mean(_padded(without_padding(inputs, how.lengths), windows), windows)
    if how.lengths is None and not any(sum(window.sides) for window in windows):
        return found
    real = jnp.ones((1, *inputs.shape[1:-1], 1), inputs.dtype)
    if how.lengths is not None:
        real = real * real_steps(inputs, how.lengths).astype(inputs.dtype)
    least = 1 / math.prod(window.size for window in windows)  # of one place; less is none
    return found / jnp.maximum(mean(_padded(real, windows), windows), least)


@register(
    "max_pool",
    formula="max under the window, out = (W - F + 2P)/S + 1",
    year=1992,
    source="Weng, Ahuja and Huang, Cresceptron: a self-organizing neural network which grows adaptively",
)
class MaxPool(Pool):
    """Take the largest under each window, for each channel: out = (W - F + 2P)/S + 1 on each axis.

    The gradient is 0 at all places but the largest, the first one of equals in reading order.

    Args:
        size: Size F of the window, one for all axes or a tuple.
        stride: Step S; the size by default, so that windows stand side by side.
        padding: Places added around, never the largest: "valid" is none, "same" gives ceil(W / S), a number P is
            that many on each side.
        floor: Where the windows do not cover the input exactly, leave out the last rows instead of an error.

    Raises:
        NetworkError: A choice is out of range, or the window does not fit the inputs.

    Example:
        >>> from leadline.nn import MaxPool
        >>> MaxPool(2).output_shape((28, 28, 16)), MaxPool(3, stride=2, padding="same").output_shape((99, 8))
        ((14, 14, 16), (50, 8))
    """

    @property
    def nonlinear(self) -> bool:
        """Taking the largest is not linear."""
        return True

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the largest under each window."""
        return _largest(inputs, self.windows(inputs.shape[1:]), how), state


@register(
    "average_pool",
    formula="mean under the window, out = (W - F + 2P)/S + 1",
    year=1998,
    source="LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition",
)
class AveragePool(Pool):
    """Take the mean under each window, for each channel: out = (W - F + 2P)/S + 1 on each axis.

    Args:
        size: Size F of the window, one for all axes or a tuple.
        stride: Step S; the size by default, so that windows stand side by side.
        padding: Places added around, which count in no mean: "valid" is none, "same" gives ceil(W / S), a number P
            is that many on each side.
        floor: Where the windows do not cover the input exactly, leave out the last rows instead of an error.

    Raises:
        NetworkError: A choice is out of range, or the window does not fit the inputs.

    Example:
        >>> from leadline.nn import AveragePool
        >>> AveragePool(2).output_shape((100, 8))
        (50, 8)
    """

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return the mean under each window."""
        return _mean(inputs, self.windows(inputs.shape[1:]), how), state


@register(
    "stochastic_pool",
    formula="x_i drawn with p_i = x_i / Σ x; in use Σ p_i·x_i",
    year=2013,
    source="Zeiler and Fergus, Stochastic pooling for regularization of deep convolutional neural networks",
)
class StochasticPool(Pool):
    """Draw one value from each window while training; take the mean of such draws in use.

    Training: x_i with probability p_i = x_i / Σ x. In use: Σ p_i·x_i = Σ x² / Σ x. It is made for what is at least
    0, as after relu: negative inputs count as 0, and a window without any positive one gives 0. The gradient goes
    to the value that was drawn. Zeiler and Fergus, 2013.

    Args:
        size: Size F of the window, one for all axes or a tuple.
        stride: Step S; the size by default, so that windows stand side by side.
        padding: Places added around, which are never drawn: "valid" is none, "same" gives ceil(W / S), a number P
            is that many on each side.
        floor: Where the windows do not cover the input exactly, leave out the last rows instead of an error.

    Raises:
        NetworkError: A choice is out of range, the window does not fit the inputs, or there is no key while
            training.

    Example:
        >>> import jax.numpy as jnp
        >>> from leadline.nn import StochasticPool
        >>> StochasticPool(2).apply({}, {}, jnp.array([[[3.0], [1.0], [-1.0], [0.0]]]))[0].squeeze().tolist()
        [2.5, 0.0]
    """

    @property
    def nonlinear(self) -> bool:
        """Probabilities times values are not linear."""
        return True

    @property
    def random(self) -> bool:
        """It needs a key while training."""
        return True

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return a draw from each window while training, the mean of such draws in use."""
        windows = self.windows(inputs.shape[1:])
        values = _padded(jax.nn.relu(without_padding(inputs, how.lengths)), windows)
        if how.training:
            return drawn(values, windows, needed_key(self, how)), state
        total = mean(values, windows)
        some = total > 0
        found = mean(values * values, windows) / jnp.where(some, total, 1)
        return jnp.where(some, found, jnp.zeros_like(found)), state


@register(
    "mixed_pool",
    formula="share·max + (1 - share)·mean under the window",
    year=2016,
    source="Lee, Gallagher and Tu, Generalizing pooling functions in convolutional neural networks",
)
class MixedPool(Pool):
    """Mix the largest and the mean under each window: share·max + (1 - share)·mean. Lee, Gallagher and Tu, 2016.

    Args:
        size: Size F of the window, one for all axes or a tuple.
        stride: Step S; the size by default, so that windows stand side by side.
        padding: Places added around, never the largest and in no mean: "valid" is none, "same" gives ceil(W / S), a
            number P is that many on each side.
        floor: Where the windows do not cover the input exactly, leave out the last rows instead of an error.
        share: Of the largest, in [0, 1].
        learned: Learn the share of each channel, beginning with ``share``; as sigmoid(balance), so that it stays
            between 0 and 1.

    Raises:
        NetworkError: A choice is out of range, the window does not fit the inputs, or a learned share begins at 0
            or 1, from where it could not move.

    Example:
        >>> import jax.numpy as jnp
        >>> from leadline.nn import MixedPool
        >>> MixedPool(2, share=0.25).apply({}, {}, jnp.array([[[1.0], [3.0]]]))[0].squeeze().tolist()
        2.25
    """

    share: Annotated[float, SHARE] = 0.5
    learned: Flag = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.learned and self.share in (0, 1):
            where, must_be = "MixedPool, share", "above 0 and below 1 where it is learned"
            raise NetworkError.at(where, must_be, repr(self.share), "share=0.5")

    @property
    def nonlinear(self) -> bool:
        """Taking the largest is not linear."""
        return self.share > 0

    def init(self, key: PRNGKeyArray, shape: Shape) -> tuple[Params, State]:
        """Return the balance of each channel, log(share / (1 - share)); nothing where the share is fixed."""
        if not self.learned:
            return {}, {}
        return {"balance": jnp.full(shape[-1:], math.log(self.share / (1 - self.share)), jnp.float32)}, {}

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B ..."], State]:
        """Return share·max + (1 - share)·mean."""
        windows = self.windows(inputs.shape[1:])
        share = jax.nn.sigmoid(params["balance"]) if self.learned else self.share
        return share * _largest(inputs, windows, how) + (1 - share) * _mean(inputs, windows, how), state
