"""Kernels that look at one scale of a picture: blurs, and the differences of blurs that find spots of a size.

In: size (rows and columns, odd) and spread (pixels). Out: banks of shape (size, size, 1), the same in every
direction but for the pixels' grid. Blurs sum to 1, so that a flat picture stays as it is; their differences sum
to 0.
"""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from jaxtyping import Float

from leadline.core.constraints import POSITIVE, Interval
from leadline.nn.kernels.kernel import Array, Odd, family, grid


def _bell(size: int, spread: float) -> Float[Array, "M N"]:
    """Return a Gaussian that sums to 1."""
    x, y = grid(size)
    bell = np.exp(-(x**2 + y**2) / (2 * spread**2))
    scaled: Array = bell / bell.sum()
    return scaled


@family(
    formula="exp(-(x² + y²)/(2·spread²)), scaled to sum 1",
    range="[0, 1]",
    year=1980,
    source="Marr and Hildreth, Theory of edge detection",
)
def gaussian_blur(
    *, size: Annotated[int, Odd()] = 5, spread: Annotated[float, POSITIVE] = 1.0
) -> Float[Array, "M N 1"]:
    """Blur: a mean over the neighborhood in which near pixels count more.

    Args:
        size: Rows and columns; 5 holds 2 spreads on each side.
        spread: Standard deviation, in pixels, above 0.

    Returns:
        Shape (size, size, 1), sum 1.

    Example:
        >>> gaussian_blur(size=7, spread=1.5).bank().shape, round(float(gaussian_blur.bank().sum()), 6)
        ((7, 7, 1), 1.0)
    """
    return _bell(size, spread)[..., None]


@family(
    formula="products of the binomial coefficients C(size - 1, i), scaled to sum 1; 1 4 6 4 1 for 5",
    range="[0, 1]",
    year=1983,
    source="Burt and Adelson, The Laplacian pyramid as a compact image code",
)
def binomial(*, size: Annotated[int, Odd()] = 5) -> Float[Array, "M N 1"]:
    """Blur in whole numbers: the Gaussian's nearest relative, by which a pyramid is made (weight a = 3/8).

    Args:
        size: Rows and columns; 5 as the pyramid has it. The variance along an axis is (size - 1)/4.

    Returns:
        Shape (size, size, 1), sum 1.

    Example:
        >>> (binomial.bank()[2, :, 0] * 256).astype(int).tolist()
        [6, 24, 36, 24, 6]
    """
    row = np.array([math.comb(size - 1, at) for at in range(size)]) / 2 ** (size - 1)
    return np.outer(row, row)[..., None]


@family(
    formula="gaussian(spread) - gaussian(ratio·spread)",
    range="within [-1, 1]",
    year=1980,
    source="Marr and Hildreth, Theory of edge detection",
)
def difference_of_gaussians(
    *,
    size: Annotated[int, Odd()] = 9,
    spread: Annotated[float, POSITIVE] = 1.0,
    ratio: Annotated[float, Interval(1, open_low=True)] = 1.6,
) -> Float[Array, "M N 1"]:
    """Find bright spots of a size: a narrow blur minus a wide one, as in the retina.

    Args:
        size: Rows and columns; 9 holds 2.5 of the wider spread on each side.
        spread: Of the narrow one, in pixels, above 0.
        ratio: Of the wide spread to the narrow one, above 1; at 1.6 it is nearest to the Laplacian of a Gaussian.

    Returns:
        Shape (size, size, 1), sum 0.

    Example:
        >>> kernel = difference_of_gaussians.bank()[..., 0]
        >>> bool(kernel[4, 4] > 0 > kernel[4, 7]), abs(float(kernel.sum())) < 1e-12
        (True, True)
    """
    return (_bell(size, spread) - _bell(size, ratio * spread))[..., None]


@family(
    formula="(x² + y² - 2·spread²)/spread² · gaussian(spread), minus its mean",
    range="within [-1, 1]",
    year=1980,
    source="Marr and Hildreth, Theory of edge detection",
)
def laplacian_of_gaussian(
    *, size: Annotated[int, Odd()] = 11, spread: Annotated[float, POSITIVE] = 1.5
) -> Float[Array, "M N 1"]:
    """Find dark spots of a size, and edges where its sign changes: the Laplacian of a blurred picture.

    It is multiplied by spread², so that spots of every size answer alike (Lindeberg, 1998).

    Args:
        size: Rows and columns; 11 holds 3.3 spreads on each side.
        spread: Standard deviation of the blur, in pixels, above 0.

    Returns:
        Shape (size, size, 1), sum 0.

    Example:
        >>> kernel = laplacian_of_gaussian.bank()[..., 0]
        >>> bool(kernel[5, 5] < 0 < kernel[5, 8]), abs(float(kernel.sum())) < 1e-12
        (True, True)
    """
    x, y = grid(size)
    kernel: Array = (x**2 + y**2 - 2 * spread**2) / spread**2 * _bell(size, spread)
    kernel -= kernel.mean()
    return kernel[..., None]
