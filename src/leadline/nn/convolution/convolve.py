"""The convolution itself over 1, 2 or 3 axes, with gradients that are fast inside compiled loops.

XLA's processor backend runs a convolution fast in a loop only in its canonical layout (channels last, kernel with
inputs before outputs), which the gradients that JAX derives do not have; a step could take a hundred times longer.
So both gradients are written as convolutions of that layout with explicit transposes. On other devices JAX's own
gradients are used. In: inputs and kernels. Out: feature maps. Only reverse-mode differentiation is defined on the
processor.
"""

from __future__ import annotations

import math
from functools import partial

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from leadline.nn.convolution.grouped import convolve_groups
from leadline.nn.convolution.slide import Axes, Pairs, Slide, each_axis, views

SMALL_PATCH = (
    36  # numbers under the kernel up to which patches and a matrix product win (measured on two cores)
)


def convolve(
    inputs: Float[Array, "B *axes C"],
    kernel: Float[Array, "*sizes C K"],
    stride: Axes,
    padding: Pairs,
    dilation: Axes | None = None,
    groups: int = 1,
) -> Float[Array, "B *positions K"]:
    """Slide kernels over inputs: out[p, k] = Σ x[p·s + m·d, c] · kernel[m, c, k], not mirrored.

    Args:
        inputs: Sequences (B, T, C), images (B, H, W, C) or volumes (B, D, H, W, C).
        kernel: Shape (F, C, K), (M, N, C, K) or (L, M, N, C, K).
        stride: s, one for each axis.
        padding: Zeros before and after, for each axis.
        dilation: d, from one place under the kernel to the next, for each axis; no gaps by default.
        groups: How many groups of input channels have output channels of their own; the kernel then has C/groups.

    Example:
        >>> convolve(jnp.ones((1, 5, 5, 1)), jnp.ones((3, 3, 1, 2)), (1, 1), ((0, 0), (0, 0))).shape
        (1, 3, 3, 2)
    """
    slide = Slide(stride, padding, dilation or (1,) * len(stride))
    if groups > 1:
        return convolve_groups(inputs, kernel, slide, groups)
    if len(stride) == 1:  # a sequence is an image of height 1
        return _slid(inputs[:, None], kernel[None], slide.on_images)[:, 0]
    return _slid(inputs, kernel, slide)


def spread(
    inputs: Float[Array, "B *axes C"], kernel: Float[Array, "*sizes C K"], slide: Slide, lengths: Axes
) -> Float[Array, "B *lengths K"]:
    """Add up what every input paints through a kernel: out[p·s + m·d, k] += x[p, c] · kernel[m, c, k].

    It is the adjoint of :func:`convolve` with the last two axes of the kernel exchanged.

    Args:
        inputs: Sequences, images or volumes; the positions p.
        kernel: As for :func:`convolve`.
        slide: That of the convolution whose adjoint it is; its padding is cut off the edges.
        lengths: Of the outputs, from which that convolution would make as many positions.

    Example:
        >>> slide = Slide((2,), ((0, 0),), (1,))
        >>> spread(jnp.array([[[1.0], [5.0]]]), jnp.array([[[1.0]], [[2.0]]]), slide, (4,))[0, :, 0].tolist()
        [1.0, 2.0, 5.0, 10.0]
    """
    if len(lengths) == 1:
        return spread(inputs[:, None], kernel[None], slide.on_images, (1, *lengths))[:, 0]
    if jax.default_backend() != "cpu":
        return _plain_spread(inputs, kernel, slide, lengths)
    return _spread(inputs, kernel, slide, lengths)


def _slid(inputs: Array, kernel: Array, slide: Slide) -> Array:
    return (_plain if jax.default_backend() != "cpu" else _convolve)(inputs, kernel, slide)


def _plain(inputs: Array, kernel: Array, slide: Slide) -> Array:
    return lax.conv_general_dilated(
        inputs,
        kernel,
        slide.stride,
        slide.padding,
        rhs_dilation=slide.dilation,
        dimension_numbers=slide.layout,
    )


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _convolve(inputs: Array, kernel: Array, slide: Slide) -> Array:
    if _is_pointwise(kernel, slide):
        return _strided(inputs, slide) @ kernel.reshape(kernel.shape[-2:])
    if _is_small(kernel, slide):
        return _patches(inputs, kernel, slide) @ kernel.reshape(-1, kernel.shape[-1])
    return _plain(inputs, kernel, slide)


def _forward(inputs: Array, kernel: Array, slide: Slide) -> tuple[Array, tuple[Array, Array]]:
    return _convolve(inputs, kernel, slide), (inputs, kernel)


def _backward(slide: Slide, saved: tuple[Array, Array], outer: Array) -> tuple[Array, Array]:
    inputs, kernel = saved
    if _is_pointwise(kernel, slide):
        return _pointwise_gradients(inputs, kernel, slide, outer)
    if _is_small(kernel, slide):
        kernel_gradient = _product(_patches(inputs, kernel, slide), outer).reshape(kernel.shape)
    else:
        kernel_gradient = _kernel_gradient(inputs, kernel, slide, outer)
    return _plain_spread(outer, kernel.swapaxes(-1, -2), slide, inputs.shape[1:-1]), kernel_gradient


_convolve.defvjp(_forward, _backward)


def _is_pointwise(kernel: Array, slide: Slide) -> bool:
    return math.prod(kernel.shape[:-2]) == 1 and not any(map(sum, slide.padding))


def _is_small(kernel: Array, slide: Slide) -> bool:
    return set(slide.stride) == {1} and math.prod(kernel.shape[:-1]) <= SMALL_PATCH


def _strided(inputs: Array, slide: Slide) -> Array:
    return inputs[:, *(slice(None, None, step) for step in slide.stride)]


def _patches(inputs: Array, kernel: Array, slide: Slide) -> Array:
    """Return what lies under the kernel at every position, shape (B, ..., M·N·C)."""
    return jnp.concatenate(views(inputs, kernel.shape[:-2], slide), axis=-1)


def _product(left: Array, right: Array) -> Array:
    """Sum the outer products over all but the last axes."""
    return left.reshape(-1, left.shape[-1]).T @ right.reshape(-1, right.shape[-1])


def _pointwise_gradients(inputs: Array, kernel: Array, slide: Slide, outer: Array) -> tuple[Array, Array]:
    spread_out = outer @ kernel.reshape(kernel.shape[-2:]).T
    edges = [
        (0, length - 1 - (count - 1) * step, step - 1)
        for length, count, step in zip(inputs.shape[1:-1], outer.shape[1:-1], slide.stride, strict=True)
    ]
    input_gradient = lax.pad(spread_out, jnp.zeros((), outer.dtype), ((0, 0, 0), *edges, (0, 0, 0)))
    return input_gradient, _product(_strided(inputs, slide), outer).reshape(kernel.shape)


def _kernel_gradient(inputs: Array, kernel: Array, slide: Slide, outer: Array) -> Array:
    """Slide the outer gradient over the inputs: stride and dilation change places."""
    shapes = inputs.shape[1:-1], kernel.shape[:-2], outer.shape[1:-1]
    edges = [
        (axis.before, axis.reach + axis.span + 1 - axis.length - axis.before)
        for axis in each_axis(*shapes, slide)
    ]
    channels_first = inputs.swapaxes(0, -1)  # channels as the batch, batch as the channels
    turned = Slide(slide.dilation, tuple(edges), slide.stride)
    return jnp.moveaxis(_plain(channels_first, jnp.moveaxis(outer, 0, -2), turned), 0, -2)


def _plain_spread(inputs: Array, kernel: Array, slide: Slide, lengths: Axes) -> Array:
    """Convolve the inputs, with zeros between them, with the mirrored kernel."""
    axes = list(each_axis(lengths, kernel.shape[:-2], inputs.shape[1:-1], slide))
    befores = [axis.reach - axis.before for axis in axes]
    afters = [axis.length - axis.span - 1 + axis.before for axis in axes]
    return lax.conv_general_dilated(
        inputs,
        jnp.flip(kernel, range(len(axes))),
        [1 for _ in axes],
        list(zip(befores, afters, strict=True)),
        lhs_dilation=slide.stride,
        rhs_dilation=slide.dilation,
        dimension_numbers=slide.layout,
    )


_spread = partial(jax.custom_vjp, nondiff_argnums=(2, 3))(_plain_spread)


def _spread_forward(
    inputs: Array, kernel: Array, slide: Slide, lengths: Axes
) -> tuple[Array, tuple[Array, Array]]:
    return _spread(inputs, kernel, slide, lengths), (inputs, kernel)


def _spread_backward(
    slide: Slide, lengths: Axes, saved: tuple[Array, Array], outer: Array
) -> tuple[Array, Array]:
    inputs, kernel = saved
    turned = kernel.swapaxes(-1, -2)
    kernel_gradient = _kernel_gradient(outer, turned, slide, inputs)
    return _convolve(outer, turned, slide), kernel_gradient.swapaxes(-1, -2)


_spread.defvjp(_spread_forward, _spread_backward)
