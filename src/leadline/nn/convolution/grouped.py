"""Convolution in groups: every group of output channels looks at its own group of input channels.

On the processor a grouped convolution of XLA takes some twenty to fifty times as long inside a compiled loop as
these sums over the places of the kernel. In: inputs and kernels. Out: feature maps.
"""

from __future__ import annotations

from functools import reduce

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from leadline.nn.convolution.slide import Slide, views


def convolve_groups(
    inputs: Float[Array, "B *axes C"], kernel: Float[Array, "*sizes I K"], slide: Slide, groups: int
) -> Float[Array, "B *positions K"]:
    """Slide kernels over groups of channels: output k sees the I = C/groups inputs of its group.

    Args:
        inputs: Sequences, images or volumes.
        kernel: Its outputs stand group by group, K/groups of each.
        slide: Stride, padding and dilation.
        groups: Divides C and K.

    Example:
        >>> slide = Slide((1,), ((0, 0),), (1,))
        >>> kernel = jnp.array([[[1.0, 1.0]], [[1.0, 2.0]]])
        >>> convolve_groups(jnp.array([[[1.0, 10.0], [2.0, 20.0]]]), kernel, slide, 2).tolist()
        [[[3.0, 50.0]]]
    """
    if jax.default_backend() != "cpu":
        return _plain(inputs, kernel, slide, groups)
    met = views(inputs, kernel.shape[:-2], slide)
    weights = kernel.reshape(len(met), kernel.shape[-2], groups, -1)
    sums = _one_channel(met, weights) if kernel.shape[-2] == 1 else _many_channels(met, weights)
    return sums.reshape(*sums.shape[:-2], -1)


def _plain(inputs: Array, kernel: Array, slide: Slide, groups: int) -> Array:
    """Leave it to XLA."""
    if inputs.ndim == 3:  # a sequence is an image of height 1
        return _plain(inputs[:, None], kernel[None], slide.on_images, groups)[:, 0]
    return lax.conv_general_dilated(
        inputs,
        kernel,
        slide.stride,
        slide.padding,
        rhs_dilation=slide.dilation,
        dimension_numbers=slide.layout,
        feature_group_count=groups,
    )


def _one_channel(met: list[Array], weights: Float[Array, "M 1 G N"]) -> Float[Array, "B *positions G N"]:
    """Weigh and add what each place meets: XLA makes it one pass over the outputs."""
    parts = (view[..., None] * weight[0] for view, weight in zip(met, weights, strict=True))
    sums: Array = reduce(jnp.add, parts)
    return sums


def _many_channels(met: list[Array], weights: Float[Array, "M I G N"]) -> Float[Array, "B *positions G N"]:
    """Multiply the patches of each group by its kernels."""
    places, channels, groups, _ = weights.shape
    patches = jnp.concatenate([view.reshape(*view.shape[:-1], groups, channels) for view in met], axis=-1)
    joined = weights.reshape(places * channels, groups, -1)
    sums: Array = jnp.einsum("...gm,mgn->...gn", patches, joined)
    return sums
