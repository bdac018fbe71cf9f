"""Kernels for edges: small differences of neighboring pixels, in the whole numbers of their authors.

In: nothing or a switch. Out: banks of shape (3, 3, 2), (2, 2, 2) or (3, 3, 1). Where there are two kernels, the
first answers to changes along the width (upright edges), the second to changes along the height; a change from
dark to bright, to the right or downwards, is positive. Each sums to 0: a flat picture gives 0.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from jaxtyping import Float

from leadline.core.constraints import Switch
from leadline.nn.kernels.kernel import Array, family


def _slopes(across: list[float]) -> Float[Array, "3 3 2"]:
    """Return a difference along one axis, smoothed along the other, for the width and for the height."""
    along_width = np.outer(across, [-1.0, 0.0, 1.0])
    return np.stack([along_width, along_width.T], axis=-1)


@family(
    formula="[1 2 1]ᵀ·[-1 0 1] and its transpose",
    range="[-4, 4]",
    year=1968,
    source="Sobel and Feldman, A 3×3 isotropic gradient operator for image processing",
)
def sobel() -> Float[Array, "3 3 2"]:
    """Find edges: the difference of left and right, and of above and below, smoothed with 1 2 1.

    On a ramp that rises by 1 a pixel it gives 8.

    Returns:
        Shape (3, 3, 2): along the width, along the height.

    Example:
        >>> sobel.bank()[..., 0].astype(int).tolist()
        [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    """
    return _slopes([1.0, 2.0, 1.0])


@family(
    formula="[1 1 1]ᵀ·[-1 0 1] and its transpose",
    range="[-3, 3]",
    year=1970,
    source="Prewitt, Object enhancement and extraction",
)
def prewitt() -> Float[Array, "3 3 2"]:
    """Find edges: the difference of left and right, and of above and below, summed over three rows.

    On a ramp that rises by 1 a pixel it gives 6.

    Returns:
        Shape (3, 3, 2): along the width, along the height.

    Example:
        >>> prewitt.bank()[..., 1].astype(int).tolist()
        [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]
    """
    return _slopes([1.0, 1.0, 1.0])


@family(
    formula="[3 10 3]ᵀ·[-1 0 1] and its transpose",
    range="[-16, 16]",
    year=2000,
    source="Scharr, Optimale Operatoren in der digitalen Bildverarbeitung",
)
def scharr() -> Float[Array, "3 3 2"]:
    """Find edges, equally strong in every direction: like Sobel's, with weights 3 10 3.

    On a ramp that rises by 1 a pixel it gives 32.

    Returns:
        Shape (3, 3, 2): along the width, along the height.

    Example:
        >>> scharr.bank()[..., 0].astype(int).tolist()
        [[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]]
    """
    return _slopes([3.0, 10.0, 3.0])


@family(
    formula="[[-1 0] [0 1]] and [[0 -1] [1 0]]",
    range="[-1, 1]",
    year=1963,
    source="Roberts, Machine perception of three-dimensional solids",
)
def roberts() -> Float[Array, "2 2 2"]:
    """Find edges with the least pixels: the differences along both diagonals.

    Returns:
        Shape (2, 2, 2): down to the right, down to the left.

    Example:
        >>> roberts.bank()[..., 0].astype(int).tolist()
        [[-1, 0], [0, 1]]
    """
    down_right = np.array([[-1.0, 0.0], [0.0, 1.0]])
    return np.stack([down_right, down_right[:, ::-1]], axis=-1)


@family(
    formula="sum of the neighbors - their number · the pixel",
    range="[-4, 4]",
    year=1976,
    source="Rosenfeld and Kak, Digital picture processing",
)
def laplacian(*, diagonals: Annotated[bool, Switch()] = False) -> Float[Array, "3 3 1"]:
    """Find spots and both sides of an edge in every direction: the neighbors minus the pixel itself.

    Args:
        diagonals: Take all 8 neighbors; the 4 nearest by default, the second differences of both axes.
            Then the range is [-8, 8].

    Returns:
        Shape (3, 3, 1).

    Example:
        >>> laplacian.bank()[..., 0].astype(int).tolist()
        [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    """
    corner = float(diagonals)
    middle = -4 - 4 * corner
    kernel = np.array([[corner, 1.0, corner], [1.0, middle, 1.0], [corner, 1.0, corner]])
    return kernel[..., None]
