"""Global pooling: one number for each channel of a sequence, an image or a volume, whatever its size.

In: sequences (T, F), images (H, W, C) or volumes (D, H, W, C). Out: rows (C,). Steps after the end of a
sequence are never the largest and count in no mean.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.nn.base import IN_USE, Layer, Params, Pass, Shape, State, register
from leadline.nn.pooling.pool_windows import max_of_all
from leadline.nn.sequences.lengths import without_padding
from leadline.nn.windows import spatial_axes


class GlobalPool(Layer):
    """What both share: of all axes, the channels are left."""

    def output_shape(self, shape: Shape, path: str = "") -> Shape:
        """Return the channels."""
        spatial_axes(self, shape, (), path)
        return shape[-1:]

    def lengths_after(self, inputs: Float[Array, "B ..."], lengths: Array | None) -> None:
        """No steps are left."""
        return


@register(
    "global_max_pool",
    formula="max over all places",
    year=2015,
    source="Oquab, Bottou, Laptev and Sivic, Is object localization for free?",
)
class GlobalMaxPool(GlobalPool):
    """Take the largest of each channel over all places; the gradient goes to the first of equals.

    Example:
        >>> from leadline.nn import GlobalMaxPool
        >>> GlobalMaxPool().output_shape((7, 7, 32))
        (32,)
    """

    @property
    def nonlinear(self) -> bool:
        """Taking the largest is not linear."""
        return True

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B C"], State]:
        """Return the largest of each channel."""
        places = without_padding(inputs, how.lengths, -math.inf)
        return max_of_all(places.reshape(len(inputs), -1, inputs.shape[-1])), state


@register(
    "global_average_pool",
    formula="mean over all places",
    year=2014,
    source="Lin, Chen and Yan, Network in network",
)
class GlobalAveragePool(GlobalPool):
    """Take the mean of each channel over all places.

    Example:
        >>> from leadline.nn import GlobalAveragePool
        >>> GlobalAveragePool().output_shape((7, 7, 32))
        (32,)
    """

    def apply(
        self, params: Params, state: State, inputs: Float[Array, "B ..."], how: Pass = IN_USE
    ) -> tuple[Float[Array, "B C"], State]:
        """Return the mean of each channel."""
        found = jnp.mean(without_padding(inputs, how.lengths), axis=tuple(range(1, inputs.ndim - 1)))
        if how.lengths is None:
            return found, state
        return found * (inputs.shape[1] / how.lengths[:, None]).astype(found.dtype), state
