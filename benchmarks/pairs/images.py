"""Techniques of layers for images, each beside what XLA makes of the same with the gradients that JAX derives."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from unittest import mock

import jax
import jax.numpy as jnp
from jax import Array, lax

import leadline.nn as nn
from benchmarks.pairs.pair import Pair, Technique, drawn, loops
from leadline.nn.convolution import convolve as own
from leadline.nn.convolution.slide import LAYOUTS, Slide

Shape = tuple[int, ...]


def convolution(shape: Shape, kernel: Shape, stride: int = 1, dilation: int = 1, groups: int = 1) -> Pair:
    """Return our convolution with as many zeros around as the kernel reaches over, and XLA's."""
    axes = len(shape) - 2
    reach = [(size - 1) * dilation for size in kernel[:axes]]
    sides = tuple((size // 2, size - size // 2) for size in reach)
    strides, dilations = (stride,) * axes, (dilation,) * axes

    def given(kernel: Array, inputs: Array) -> Array:
        return own.convolve(inputs, kernel, strides, sides, dilations, groups)

    def plain(kernel: Array, inputs: Array) -> Array:
        layout = {"dimension_numbers": LAYOUTS[axes], "feature_group_count": groups}
        return lax.conv_general_dilated(inputs, kernel, strides, sides, rhs_dilation=dilations, **layout)

    return loops(given, plain, drawn(*kernel, scale=0.1), drawn(*shape, seed=1))


def transposed(shape: Shape, kernel: Shape) -> Pair:
    """Return our transposed convolution that doubles the sizes, with a kernel of 4 x 4, and XLA's."""
    slide, lengths = Slide((2, 2), ((1, 1), (1, 1)), (1, 1)), (2 * shape[1], 2 * shape[2])

    def given(kernel: Array, inputs: Array) -> Array:
        return own.spread(inputs, kernel, slide, lengths)

    def plain(kernel: Array, inputs: Array) -> Array:
        turned, sides = jnp.flip(kernel, (0, 1)), ((2, 2), (2, 2))
        wide = {"lhs_dilation": (2, 2), "dimension_numbers": LAYOUTS[2]}
        return lax.conv_general_dilated(inputs, turned, (1, 1), sides, **wide)

    return loops(given, plain, drawn(*kernel, scale=0.1), drawn(*shape, seed=1))


def shortcut(shape: Shape, kernel: Shape, name: str, off: object) -> Pair:
    """Return our convolution with and without one of its shortcuts; without it, gradients are fast all the same."""
    sides = tuple((size // 2, size // 2) for size in kernel[:2])

    def way(kernel: Array, inputs: Array) -> Array:
        return own.convolve(inputs, kernel, (1, 1), sides)

    without = mock.patch.object(own, name, off)
    return loops(way, way, drawn(*kernel, scale=0.1), drawn(*shape, seed=1), without)


def normalization(shape: Shape) -> Pair:
    """Return our batch normalization while training, and one of means."""
    layer, weights = nn.BatchNorm(), {"scale": drawn(shape[-1]), "shift": drawn(shape[-1], seed=2)}
    _, state = layer.init(jax.random.key(0), shape[1:])
    axes = tuple(range(len(shape) - 1))

    def given(weights: dict[str, Array], inputs: Array) -> Array:
        return layer.apply(weights, state, inputs, nn.Pass(training=True))[0]

    def plain(weights: dict[str, Array], inputs: Array) -> Array:
        mean, variance = inputs.mean(axes), inputs.var(axes)
        return (inputs - mean) * lax.rsqrt(variance + layer.epsilon) * weights["scale"] + weights["shift"]

    return loops(given, plain, weights, drawn(*shape, seed=1))


def pooling(shape: Shape, layer: nn.Layer, size: int, stride: int) -> Pair:
    """Return one of our poolings, and XLA's windows of the same size and stride."""
    largest = isinstance(layer, nn.MaxPool)
    window, steps = (1, size, size, 1), (1, stride, stride, 1)

    def plain(inputs: Array) -> Array:
        if largest:
            return lax.reduce_window(inputs, -jnp.inf, lax.max, window, steps, "VALID")
        return lax.reduce_window(inputs, 0.0, lax.add, window, steps, "VALID") / size**2

    return applied(shape, layer, plain)


def applied(shape: Shape, layer: nn.Layer, plain: Callable[[Array], Array]) -> Pair:
    """Return a layer without weights, and another way to do the same; what follows weighs each output."""
    weights = drawn(*layer.output_shape(shape[1:]), seed=2)

    def given(params: None, inputs: Array) -> Array:
        return layer.apply({}, {}, inputs)[0] * weights

    return loops(given, lambda params, inputs: plain(inputs) * weights, None, drawn(*shape, seed=1))


@jax.custom_vjp
def largest_by_argmax(inputs: Array) -> Array:
    """Return the largest of all places; the gradient goes to the place that argmax finds."""
    return inputs.max((1, 2))


def _largest_forward(inputs: Array) -> tuple[Array, Array]:
    return inputs.max((1, 2)), inputs


def _largest_backward(inputs: Array, outer: Array) -> tuple[Array]:
    flat = inputs.reshape(len(inputs), -1, inputs.shape[-1])
    places = lax.broadcasted_iota(jnp.int32, flat.shape, 1)
    return (jnp.where(places == flat.argmax(1)[:, None], outer[:, None], 0).reshape(inputs.shape),)


largest_by_argmax.defvjp(_largest_forward, _largest_backward)


def repeated(inputs: Array) -> Array:
    """Repeat each place twice on both axes."""
    return jnp.repeat(jnp.repeat(inputs, 2, 1), 2, 2)


MAPS = (32, 16, 16, 32)
TECHNIQUES = (
    Technique(
        "convolution",
        "nn/convolution/convolve.py: _backward",
        "In a loop XLA's processor backend is fast in its canonical layout alone, which derived gradients do not have.",
        {
            "3x3, 16x16x32, batch 32": partial(convolution, MAPS, (3, 3, 32, 32)),
            "3x3, stride 2": partial(convolution, MAPS, (3, 3, 32, 64), stride=2),
            "5x5": partial(convolution, MAPS, (5, 5, 32, 32)),
            "3x3, dilation 2": partial(convolution, MAPS, (3, 3, 32, 32), dilation=2),
            "3x3x3, 8x8x8x16, batch 8": partial(convolution, (8, 8, 8, 8, 16), (3, 3, 3, 16, 16)),
        },
    ),
    Technique(
        "transposed",
        "nn/convolution/convolve.py: _spread_backward",
        "As for a convolution, whose adjoint it is.",
        {"4x4, stride 2, 8x8x32, batch 32": partial(transposed, (32, 8, 8, 32), (4, 4, 32, 32))},
    ),
    Technique(
        "grouped",
        "nn/convolution/grouped.py: convolve_groups",
        "XLA runs groups one by one; here they are one product of patches, or one pass where each sees one channel.",
        {
            "3x3, 4 groups, 16x16x32, batch 32": partial(convolution, MAPS, (3, 3, 8, 32), groups=4),
            "3x3, depthwise": partial(convolution, MAPS, (3, 3, 1, 32), groups=32),
        },
    ),
    Technique(
        "small_patch",
        "nn/convolution/convolve.py: _is_small",
        "Few numbers under the kernel leave XLA's convolution idle; patches and a matrix product do not.",
        {
            "5x5, 28x28x1 to 6, batch 64": partial(shortcut, (64, 28, 28, 1), (5, 5, 1, 6), "SMALL_PATCH", 0),
            "3x3, 32x32x3 to 32, batch 64": partial(
                shortcut, (64, 32, 32, 3), (3, 3, 3, 32), "SMALL_PATCH", 0
            ),
        },
    ),
    Technique(
        "pointwise",
        "nn/convolution/convolve.py: _is_pointwise",
        "A kernel of one place is a matrix product, which needs no windows.",
        {
            "1x1, 16x16x64 to 64, batch 32": partial(  # more channels than SMALL_PATCH, which would take it otherwise
                shortcut, (32, 16, 16, 64), (1, 1, 64, 64), "_is_pointwise", lambda *_: False
            )
        },
    ),
    Technique(
        "batch_norm",
        "nn/normalization/batch_norm.py",
        "Sums over all places as matrix products use all cores and vector units in a loop.",
        {
            "32x32x16, batch 64": partial(normalization, (64, 32, 32, 16)),
            "8x8x64, batch 64": partial(normalization, (64, 8, 8, 64)),
        },
    ),
    Technique(
        "pooling",
        "nn/pooling/pool_windows.py: max_windows, mean_windows",
        "A few passes over strided views, forward and back; XLA scatters the gradient of a window place by place.",
        {
            "max 2x2, 32x32x32, batch 64": partial(pooling, (64, 32, 32, 32), nn.MaxPool(2), 2, 2),
            "max 3x3, stride 2": partial(pooling, (64, 32, 32, 32), nn.MaxPool(3, 2, floor=True), 3, 2),
            "mean 2x2": partial(pooling, (64, 32, 32, 32), nn.AveragePool(2), 2, 2),
            "mean 3x3, stride 2": partial(pooling, (64, 32, 32, 32), nn.AveragePool(3, 2, floor=True), 3, 2),
        },
    ),
    Technique(
        "global_max",
        "nn/pooling/pool_windows.py: max_of_all",
        "The first of equals is the least of their numbers; that is a plain reduction, which argmax is not.",
        {"16x16x64, batch 64": partial(applied, (64, 16, 16, 64), nn.GlobalMaxPool(), largest_by_argmax)},
    ),
    Technique(
        "upsample",
        "nn/resizing.py: repeated",
        "Its gradient adds strided views; JAX's reduces two short axes.",
        {"16x16x64, batch 64": partial(applied, (64, 16, 16, 64), nn.Upsample(2), repeated)},
    ),
)
