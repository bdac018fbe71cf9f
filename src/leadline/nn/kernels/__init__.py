"""Kernels that need no learning: edges, blurs and their differences, the Gabor bank.

In: settings. Out: banks of shape (M, N, K), for :class:`leadline.nn.kernels.filter.Filter` or to look at.
"""

from leadline.nn.kernels.blurs import (
    binomial,
    difference_of_gaussians,
    gaussian_blur,
    laplacian_of_gaussian,
)
from leadline.nn.kernels.edges import laplacian, prewitt, roberts, scharr, sobel
from leadline.nn.kernels.gabor import gabor
from leadline.nn.kernels.kernel import Kernels, kernels

__all__ = [
    "Kernels",
    "binomial",
    "difference_of_gaussians",
    "gabor",
    "gaussian_blur",
    "kernels",
    "laplacian",
    "laplacian_of_gaussian",
    "prewitt",
    "roberts",
    "scharr",
    "sobel",
]
