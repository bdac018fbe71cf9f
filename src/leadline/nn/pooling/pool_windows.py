"""Windows over places: their largest and mean with gradients that are fast in loops, and one drawn by chance.

The gradient of a largest value goes to the first place that holds it, in reading order, as in PyTorch; the
other places get 0. A window over several axes is a window over each in turn, which gives the same values and
gradients. In: inputs with nothing left to pad. Out: one value for each position of the window.
"""

from __future__ import annotations

from functools import partial, reduce

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.nn.windows import Window

Windows = tuple[Window, ...]


def _places(inputs: Array, axis: int, size: int, stride: int) -> list[Array]:
    """Return for each place in the window what stands there, over all positions of the window."""
    count = (inputs.shape[axis] - size) // stride + 1
    span = (count - 1) * stride + 1
    return [lax.slice_in_dim(inputs, at, at + span, stride, axis) for at in range(size)]


def sum_windows(inputs: Float[Array, "*shape"], axis: int, size: int, stride: int) -> Float[Array, "*shape"]:
    """Return the sum under each window along an axis.

    Example:
        >>> sum_windows(jnp.array([1.0, 3.0, 5.0, 7.0]), axis=0, size=2, stride=2).tolist()
        [4.0, 12.0]
    """
    return reduce(jnp.add, _places(inputs, axis, size, stride))


def mean_windows(inputs: Float[Array, "*shape"], axis: int, size: int, stride: int) -> Float[Array, "*shape"]:
    """Return the mean under each window along an axis.

    Example:
        >>> mean_windows(jnp.array([1.0, 3.0, 5.0, 7.0]), axis=0, size=2, stride=2).tolist()
        [2.0, 6.0]
    """
    return sum_windows(inputs, axis, size, stride) / size


@partial(jax.custom_vjp, nondiff_argnums=(1, 2, 3))
def max_windows(inputs: Float[Array, "*shape"], axis: int, size: int, stride: int) -> Float[Array, "*shape"]:
    """Return the largest under each window along an axis; the gradient goes to the first of equals.

    Example:
        >>> max_windows(jnp.array([1.0, 3.0, 3.0, 0.0]), axis=0, size=2, stride=2).tolist()
        [3.0, 3.0]
    """
    return reduce(jnp.maximum, _places(inputs, axis, size, stride))


def _forward(inputs: Array, axis: int, size: int, stride: int) -> tuple[Array, tuple[Array, Array]]:
    outputs = max_windows(inputs, axis, size, stride)
    return outputs, (inputs, outputs)


def _backward(axis: int, size: int, stride: int, saved: tuple[Array, Array], outer: Array) -> tuple[Array]:
    inputs, outputs = saved
    shares, left = [], jnp.ones(outputs.shape, bool)
    for place in _places(inputs, axis, size, stride):
        first = (place == outputs) & left
        left = left & ~first
        shares.append(jnp.where(first, outer, jnp.zeros_like(outer)))
    return (_put_back(shares, inputs.shape[axis], axis, stride),)


max_windows.defvjp(_forward, _backward)


def _put_back(shares: list[Array], length: int, axis: int, stride: int) -> Array:
    """Add what each place of the window gets to where it stands on the axis."""
    if len(shares) == stride:  # windows side by side: interleave
        stacked = jnp.stack(shares, axis + 1)
        shape = list(shares[0].shape)
        shape[axis] *= stride
        whole = stacked.reshape(shape)
        return _edged(whole, axis, 0, length - shape[axis], 0)
    span = (shares[0].shape[axis] - 1) * stride + 1
    padded = (_edged(share, axis, at, length - at - span, stride - 1) for at, share in enumerate(shares))
    return reduce(jnp.add, padded)


def _edged(values: Array, axis: int, before: int, after: int, between: int) -> Array:
    edges = [(0, 0, 0)] * values.ndim
    edges[axis] = (before, after, between)
    return lax.pad(values, jnp.zeros((), values.dtype), edges)


def largest(inputs: Float[Array, "B ..."], windows: Windows) -> Float[Array, "B ..."]:
    """Return the largest under each window; the last axis goes first, so that equals are met in reading order.

    Example:
        >>> window = Window(4, 2, 2, "valid")
        >>> largest(jnp.arange(16.0).reshape(1, 4, 4, 1), (window, window)).squeeze().tolist()
        [[5.0, 7.0], [13.0, 15.0]]
    """
    for axis, window in reversed(list(enumerate(windows, start=1))):
        inputs = max_windows(inputs, axis, window.size, window.stride)
    return inputs


def mean(inputs: Float[Array, "B ..."], windows: Windows) -> Float[Array, "B ..."]:
    """Return the mean under each window.

    Example:
        >>> window = Window(4, 2, 2, "valid")
        >>> mean(jnp.arange(16.0).reshape(1, 4, 4, 1), (window, window)).squeeze().tolist()
        [[2.5, 4.5], [10.5, 12.5]]
    """
    for axis, window in enumerate(windows, start=1):
        inputs = mean_windows(inputs, axis, window.size, window.stride)
    return inputs


def drawn(inputs: Float[Array, "B ..."], windows: Windows, key: PRNGKeyArray) -> Float[Array, "B ..."]:
    """Return one value from each window, drawn with a probability proportional to it; 0 from a window of zeros.

    The gradient goes to the place that was drawn.

    Args:
        inputs: At least 0.
        windows: One for each axis after the batch.
        key: Of the draw.

    Example:
        >>> inputs = jnp.array([0.0, 3.0, 0.0, 0.0]).reshape(1, 4, 1)
        >>> drawn(inputs, (Window(4, 2, 2, "valid"),), jax.random.key(0)).squeeze().tolist()
        [3.0, 0.0]
    """
    places = [inputs]
    for axis, window in enumerate(windows, start=1):
        places = [found for place in places for found in _places(place, axis, window.size, window.stride)]
    values = jnp.stack(places, axis=-1)
    edges = jnp.cumsum(lax.stop_gradient(values).astype(jnp.float32), axis=-1)
    point = (
        jax.random.uniform(key, edges[..., -1:].shape) * edges[..., -1:]
    )  # on a line of all values end to end
    place = jnp.minimum((edges <= point).sum(-1, keepdims=True), len(places) - 1)
    return jnp.where(jnp.arange(len(places)) == place, values, jnp.zeros((), values.dtype)).sum(-1)


@jax.custom_vjp
def max_of_all(inputs: Float[Array, "B N C"]) -> Float[Array, "B C"]:
    """Return the largest over the middle axis; the gradient goes to the first of equals.

    Example:
        >>> max_of_all(jnp.array([[[1.0], [4.0], [2.0]]])).tolist()
        [[4.0]]
    """
    return inputs.max(axis=1)


def _all_forward(inputs: Array) -> tuple[Array, tuple[Array, Array]]:
    outputs = inputs.max(axis=1)
    return outputs, (inputs, outputs)


def _all_backward(saved: tuple[Array, Array], outer: Array) -> tuple[Array]:
    inputs, outputs = saved
    places = lax.broadcasted_iota(jnp.int32, inputs.shape, 1)
    # The least of their numbers is found much faster than by argmax, which XLA takes one by one.
    first = jnp.where(inputs == outputs[:, None], places, inputs.shape[1]).min(axis=1, keepdims=True)
    return (jnp.where(places == first, outer[:, None], jnp.zeros((), outer.dtype)),)


max_of_all.defvjp(_all_forward, _all_backward)
