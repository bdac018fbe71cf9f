"""The convolution itself, with gradients that are fast inside compiled loops.

XLA's processor backend runs a convolution fast in a loop only in its canonical layout (NHWC inputs, HWIO
kernel), which the gradients that JAX derives do not have; a step could take a hundred times longer. So both
gradients are written as convolutions of that layout with explicit transposes. On other devices JAX's own
gradients are used. In: images and kernels. Out: feature maps. Only reverse-mode differentiation is defined on
the processor.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

Pair = tuple[int, int]
Images = Float[Array, "B H W C"]
Kernel = Float[Array, "M N C K"]

LAYOUT = ("NHWC", "HWIO", "NHWC")
SMALL_PATCH = (
    36  # numbers under the kernel up to which patches and a matrix product win (measured on two cores)
)


def convolve(
    inputs: Images, kernel: Kernel, stride: Pair, padding: tuple[Pair, Pair]
) -> Float[Array, "B P Q K"]:
    """Slide kernels over images: out[p, q, k] = Σ x[p·s + m, q·s + n, c] · kernel[m, n, c, k] (not mirrored).

    Args:
        inputs: Images, shape (B, H, W, C).
        kernel: Shape (M, N, C, K).
        stride: Along height and width.
        padding: Zeros before and after, for height and width.

    Example:
        >>> convolve(jnp.ones((1, 5, 5, 1)), jnp.ones((3, 3, 1, 2)), (1, 1), ((0, 0), (0, 0))).shape
        (1, 3, 3, 2)
    """
    if jax.default_backend() != "cpu":
        return _plain(inputs, kernel, stride, padding)
    return _convolve(inputs, kernel, stride, padding)


def _plain(inputs: Array, kernel: Array, stride: Pair, padding: tuple[Pair, Pair]) -> Array:
    return lax.conv_general_dilated(inputs, kernel, stride, padding, dimension_numbers=LAYOUT)


@partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def _convolve(inputs: Array, kernel: Array, stride: Pair, padding: tuple[Pair, Pair]) -> Array:
    if _is_pointwise(kernel, padding):
        return inputs[:, :: stride[0], :: stride[1]] @ kernel[0, 0]
    if _is_small(kernel, stride):
        return _patches(inputs, kernel, padding) @ kernel.reshape(-1, kernel.shape[-1])
    return _plain(inputs, kernel, stride, padding)


def _forward(
    inputs: Array, kernel: Array, stride: Pair, padding: tuple[Pair, Pair]
) -> tuple[Array, tuple[Array, Array]]:
    return _convolve(inputs, kernel, stride, padding), (inputs, kernel)


def _backward(
    stride: Pair, padding: tuple[Pair, Pair], saved: tuple[Array, Array], outer: Array
) -> tuple[Array, Array]:
    inputs, kernel = saved
    if _is_pointwise(kernel, padding):
        return _pointwise_gradients(inputs, kernel, stride, outer)
    if _is_small(kernel, stride):
        kernel_gradient = _product(_patches(inputs, kernel, padding), outer).reshape(kernel.shape)
    else:
        kernel_gradient = _kernel_gradient(inputs, kernel, stride, padding, outer)
    return _input_gradient(inputs, kernel, stride, padding, outer), kernel_gradient


_convolve.defvjp(_forward, _backward)


def _is_pointwise(kernel: Array, padding: tuple[Pair, Pair]) -> bool:
    return kernel.shape[:2] == (1, 1) and padding == ((0, 0), (0, 0))


def _is_small(kernel: Array, stride: Pair) -> bool:
    rows, columns, channels, _ = kernel.shape
    return stride == (1, 1) and rows * columns * channels <= SMALL_PATCH


def _patches(inputs: Array, kernel: Array, padding: tuple[Pair, Pair]) -> Array:
    """Return what lies under the kernel at every position, shape (B, P, Q, M·N·C)."""
    rows, columns = kernel.shape[:2]
    padded = jnp.pad(inputs, ((0, 0), *padding, (0, 0)))
    height, width = padded.shape[1] - rows + 1, padded.shape[2] - columns + 1
    shifted = [padded[:, m : m + height, n : n + width] for m in range(rows) for n in range(columns)]
    return jnp.concatenate(shifted, axis=-1)


def _product(left: Array, right: Array) -> Array:
    """Sum the outer products over all but the last axes."""
    return left.reshape(-1, left.shape[-1]).T @ right.reshape(-1, right.shape[-1])


def _pointwise_gradients(inputs: Array, kernel: Array, stride: Pair, outer: Array) -> tuple[Array, Array]:
    seen = inputs[:, :: stride[0], :: stride[1]]
    spread = outer @ kernel[0, 0].T
    edges = [
        (0, length - 1 - (count - 1) * step, step - 1)
        for length, count, step in zip(inputs.shape[1:3], outer.shape[1:3], stride, strict=True)
    ]
    input_gradient = lax.pad(spread, jnp.zeros((), spread.dtype), ((0, 0, 0), *edges, (0, 0, 0)))
    return input_gradient, _product(seen, outer)[None, None]


def _input_gradient(
    inputs: Array, kernel: Array, stride: Pair, padding: tuple[Pair, Pair], outer: Array
) -> Array:
    edges = []
    for axis in (0, 1):
        before = kernel.shape[axis] - 1 - padding[axis][0]
        dilated = (outer.shape[1 + axis] - 1) * stride[axis] + 1
        edges.append((before, inputs.shape[1 + axis] + kernel.shape[axis] - 1 - dilated - before))
    mirrored = kernel[::-1, ::-1].transpose(0, 1, 3, 2)
    return lax.conv_general_dilated(
        outer, mirrored, (1, 1), edges, lhs_dilation=stride, dimension_numbers=LAYOUT
    )


def _kernel_gradient(
    inputs: Array, kernel: Array, stride: Pair, padding: tuple[Pair, Pair], outer: Array
) -> Array:
    edges = []
    for axis in (0, 1):
        before = padding[axis][0]
        dilated = (outer.shape[1 + axis] - 1) * stride[axis] + 1
        edges.append((before, kernel.shape[axis] - 1 + dilated - inputs.shape[1 + axis] - before))
    channels_first = inputs.transpose(3, 1, 2, 0)  # channels as the batch, batch as the channels
    gradient = lax.conv_general_dilated(
        channels_first,
        outer.transpose(1, 2, 0, 3),
        (1, 1),
        edges,
        rhs_dilation=stride,
        dimension_numbers=LAYOUT,
    )
    return gradient.transpose(1, 2, 0, 3)


@jax.custom_vjp
def add_bias(maps: Images, bias: Float[Array, " C"]) -> Images:
    """Add a bias to every channel; its gradient is summed by a matrix product, which is faster than a sum.

    Example:
        >>> add_bias(jnp.zeros((1, 2, 2, 3)), jnp.ones(3)).shape
        (1, 2, 2, 3)
    """
    return maps + bias


def _bias_forward(maps: Array, bias: Array) -> tuple[Array, None]:
    return maps + bias, None


def _bias_backward(_: None, outer: Array) -> tuple[Array, Array]:
    flat = outer.reshape(-1, outer.shape[-1])
    return outer, jnp.ones((len(flat),), flat.dtype) @ flat


add_bias.defvjp(_bias_forward, _bias_backward)
