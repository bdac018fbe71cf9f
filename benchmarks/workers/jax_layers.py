"""Layers written by hand in JAX with the techniques that make them fast on a CPU, for a loop without a framework.

XLA keeps a convolution fast inside a compiled loop only in the layout that it would choose by itself, so the images'
gradient is written as a convolution of that layout, and the kernel's as products of matrices. The LSTM saves its gates
and makes the gradients of its kernels as one product after the way back.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

LAYOUT = ("NHWC", "HWIO", "NHWC")
Weights = tuple[Array, Array, Array]


def _convolved(images: Array, kernel: Array, low: int, high: int, **how: Any) -> Array:
    stride = how.pop("stride", 1)
    return lax.conv_general_dilated(
        images, kernel, (stride, stride), ((low, high), (low, high)), dimension_numbers=LAYOUT, **how
    )


SMALL = 36  # numbers under the kernel up to which one product of patches is faster than a convolution


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def conv(images: Array, kernel: Array, stride: int) -> Array:
    """Return the convolution with half the kernel of zeros on each side."""
    size, around = kernel.shape[0], kernel.shape[0] // 2
    if size == 1:
        return images[:, ::stride, ::stride] @ kernel[0, 0]
    if stride == 1 and size**2 * images.shape[-1] <= SMALL:
        return jnp.concatenate(_rows(images, size, 1), -1) @ kernel.reshape(-1, kernel.shape[-1])
    return _convolved(images, kernel, around, around, stride=stride)


def _rows(images: Array, size: int, stride: int) -> list[Array]:
    """Return for each row of the kernel what lies under it at every position, (B, H, W, size·C)."""
    around = size // 2
    height, width = (-(-length // stride) for length in images.shape[1:3])
    padded = jnp.pad(images, ((0, 0), (around, around), (around, around), (0, 0)))
    spans = [slice(i, i + stride * (width - 1) + 1, stride) for i in range(size)]
    wide = jnp.concatenate([padded[:, :, span] for span in spans], -1)
    return [wide[:, i : i + stride * (height - 1) + 1 : stride] for i in range(size)]


def _conv_forth(images: Array, kernel: Array, stride: int) -> tuple[Array, tuple[Array, Array]]:
    return conv(images, kernel, stride), (images, kernel)


def _conv_back(stride: int, kept: tuple[Array, Array], slope: Array) -> tuple[Array, Array]:
    """Return the images' gradient as a convolution of the layout, the kernel's as one product for each of its rows."""
    images, kernel = kept
    size, length, flat = kernel.shape[0], images.shape[1], slope.reshape(-1, slope.shape[-1])
    around, apart = size // 2, (slope.shape[1] - 1) * stride + 1
    products = [row.reshape(-1, row.shape[-1]).T @ flat for row in _rows(images, size, stride)]
    to_images = _convolved(
        slope, kernel[::-1, ::-1].transpose(0, 1, 3, 2), size - 1 - around, length + around - apart,
        lhs_dilation=(stride, stride),
    )  # fmt: skip
    return to_images, jnp.stack(products).reshape(kernel.shape)


conv.defvjp(_conv_forth, _conv_back)


@jax.custom_vjp
def biased(inputs: Array, bias: Array) -> Array:
    """Return inputs plus bias; its gradient is a product with ones, which is faster than a sum in a loop."""
    return inputs + bias


def _biased_back(_: None, slope: Array) -> tuple[Array, Array]:
    flat = slope.reshape(-1, slope.shape[-1])
    return slope, jnp.ones(len(flat), flat.dtype) @ flat


biased.defvjp(lambda inputs, bias: (inputs + bias, None), _biased_back)


def pool(images: Array) -> Array:
    """Return the largest of each 2 by 2 places."""
    rows, height, width, channels = images.shape
    pairs = images.reshape(rows, height // 2, 2, width, channels)
    taller = jnp.maximum(pairs[:, :, 0], pairs[:, :, 1]).reshape(rows, height // 2, width // 2, 2, channels)
    return jnp.maximum(taller[:, :, :, 0], taller[:, :, :, 1])


def up(images: Array) -> Array:
    """Return every place 2 by 2 times."""
    rows, height, width, channels = images.shape
    spread = jnp.broadcast_to(images[:, :, None, :, None], (rows, height, 2, width, 2, channels))
    return spread.reshape(rows, 2 * height, 2 * width, channels)


def norm(inputs: Array, scale: Array, shift: Array, axis: str | None) -> Array:
    """Return inputs with mean 0 and spread 1 over the batch on all devices; sums are products with ones."""
    flat = inputs.reshape(-1, inputs.shape[-1])
    share = jnp.full(len(flat), 1 / len(flat), flat.dtype)
    mean, square = share @ flat, share @ jnp.square(flat)
    if axis:
        mean, square = lax.pmean((mean, square), axis)
    slope = scale * lax.rsqrt(square - mean**2 + 1e-5)
    return inputs * slope + (shift - mean * slope)


def _sigmoid(x: Array) -> Array:
    return 0.5 * jnp.tanh(0.5 * x) + 0.5


@jax.custom_vjp
def lstm(rows: Array, weights: Weights) -> Array:
    """Return the state after the last step of sequences (B, T, F); the gradient to the inputs is left out."""
    return _lstm_forth(rows, weights)[0]


def _lstm_forth(rows: Array, weights: Weights) -> tuple[Array, Any]:
    bias, kernel, recurrent = weights
    inputs = jnp.swapaxes(rows, 0, 1)
    sums = inputs @ kernel + bias

    def step(carry: tuple[Array, Array], total: Array) -> tuple[tuple[Array, Array], Any]:
        state, memory = carry
        i, f, g, o = jnp.split(total + state @ recurrent, 4, -1)
        i, f, g, o = _sigmoid(i), _sigmoid(f), jnp.tanh(g), _sigmoid(o)
        held = f * memory + i * g
        bent = jnp.tanh(held)
        return (o * bent, held), (state, memory, jnp.concatenate([i, f, g, o], -1), bent)

    zero = jnp.zeros((len(rows), len(recurrent)), rows.dtype)
    (last, _), kept = lax.scan(step, (zero, zero), sums)
    return last, (weights, inputs, kept)


def _lstm_back(saved: Any, slope: Array) -> tuple[None, Weights]:
    (_, _, recurrent), inputs, (states, memories, gates, bent) = saved

    def step(carry: tuple[Array, Array], at: Any) -> tuple[tuple[Array, Array], Array]:
        to_state, to_memory = carry
        memory, gate, curve = at
        i, f, g, o = jnp.split(gate, 4, -1)
        to_memory += to_state * o * (1 - curve**2)
        parts = [to_memory * g * i * (1 - i), to_memory * memory * f * (1 - f)]
        parts += [to_memory * i * (1 - g**2), to_state * curve * o * (1 - o)]
        sums = jnp.concatenate(parts, -1)
        return (sums @ recurrent.T, to_memory * f), sums

    start = slope, jnp.zeros_like(slope)
    _, sums = lax.scan(step, start, (memories, gates, bent), reverse=True)
    flat = sums.reshape(-1, sums.shape[-1])
    to_kernel = inputs.reshape(-1, inputs.shape[-1]).T @ flat
    return None, (flat.sum(0), to_kernel, states.reshape(-1, states.shape[-1]).T @ flat)


lstm.defvjp(_lstm_forth, _lstm_back)
