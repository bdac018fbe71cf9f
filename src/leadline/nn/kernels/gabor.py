"""The Gabor bank: waves under a bell, the receptive fields of the visual cortex.

In: size, orientations, wavelengths and phases. Out: a bank of one kernel for each of their combinations.
"""

from __future__ import annotations

import itertools
import math
from typing import Annotated

import numpy as np
from jaxtyping import Float

from leadline.core.constraints import POSITIVE, POSITIVE_WHOLE, Interval
from leadline.nn.kernels.kernel import Array, Odd, Several, family, grid


@family(
    formula="exp(-(u² + (aspect·v)²)/(2σ²))·(cos(2πu/wavelength + phase) - c), u and v: x and y turned by θ",
    range="[-1, 1]",
    year=1985,
    source="Daugman, Uncertainty relation for two-dimensional visual cortical filters, after Gabor (1946)",
)
def gabor(
    *,
    size: Annotated[int, Odd()] = 11,
    orientations: Annotated[int, POSITIVE_WHOLE] = 4,
    wavelengths: Annotated[tuple[float, ...], Several(Interval(2, 1000, open_low=True))] = (4.0,),
    phases: Annotated[tuple[float, ...], Several(Interval())] = (0.0,),
    bandwidth: Annotated[float, POSITIVE] = 1.0,
    aspect: Annotated[float, POSITIVE] = 1.0,
) -> Float[Array, "M N K"]:
    """Find stripes and edges of a direction and width: a wave under a bell.

    u = x cos θ + y sin θ runs across the stripes, v = y cos θ - x sin θ along them. The bell's
    spread follows from the bandwidth b: σ = wavelength/π · sqrt(ln 2 / 2) · (2^b + 1)/(2^b - 1), 0.56 wavelengths
    for one octave. c makes the kernel sum to 0, so that a flat picture gives 0; then its positive numbers are
    scaled to sum 1, so that a picture in [0, 1] gives responses in [-1, 1].

    Args:
        size: Rows and columns; 11 holds 2.2 spreads on each side at the other defaults.
        orientations: How many directions θ = i·180°/orientations across the stripes, from along the width (upright
            stripes) to along the height. 4 are the axes and the diagonals.
        wavelengths: From one bright stripe to the next, in pixels, above 2 (finer stripes no picture
            can hold) and up to 1,000.
        phases: In degrees: 0 is a bright stripe in the middle (lines), 90 an edge, falling along θ.
        bandwidth: In octaves, above 0: wider reacts to more wavelengths and knows better where. Simple cells have
            about 1 (Jones and Palmer, 1987).
        aspect: Of the bell's width to its length along the stripes, above 0; 1 is round, simple cells have 0.23
            to 0.92.

    Returns:
        Shape (size, size, len(wavelengths)·orientations·len(phases)); the phases change fastest, then the
        orientations, then the wavelengths.

    Example:
        >>> gabor(orientations=6, wavelengths=(3, 6), phases=(0, 90)).bank().shape
        (11, 11, 24)
    """
    turns = [math.pi * step / orientations for step in range(orientations)]
    octaves = (2**bandwidth + 1) / (2**bandwidth - 1)
    made = []
    for wavelength, turn, phase in itertools.product(wavelengths, turns, phases):
        spread = wavelength / math.pi * math.sqrt(math.log(2) / 2) * octaves
        made.append(_wave(size, wavelength, turn, math.radians(phase), spread, aspect))
    return np.stack(made, axis=-1)


def _wave(
    size: int, wavelength: float, turn: float, phase: float, spread: float, aspect: float
) -> Float[Array, "M N"]:
    x, y = grid(size)
    u, v = x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn)
    bell = np.exp(-(u**2 + aspect**2 * v**2) / (2 * spread**2))
    wave = np.cos(2 * math.pi * u / wavelength + phase)
    kernel = bell * (wave - (bell * wave).sum() / bell.sum())
    scaled: Array = kernel / kernel[kernel > 0].sum()
    return scaled
