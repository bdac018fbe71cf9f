"""The gain of an activation: what weights must be multiplied by so that signals keep their spread through it.

In: an activation. Out: one number for ``lecun_normal(gain=...)``, ``glorot_uniform(gain=...)`` or
``orthogonal(gain=...)``.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr

from leadline.core.errors import NetworkError
from leadline.core.named import read
from leadline.nn.activations import Activation, activations

CONVENTIONAL = {"sigmoid": 1.0, "tanh": 5 / 3}
"""Where the field uses another number than the measured one. PyTorch has these and the measured one of the
rectifiers; its 3/4 for SELU is left out, since it says itself that 1 is right for self-normalizing networks."""
REACH, POINTS = (
    12.0,
    24_000,
)  # beyond it the density is nothing; an even number of points lies on both sides of a jump at 0


def gain(activation: Activation | str, *, measured: bool = False) -> float:
    """Return the gain of an activation.

    Measured, it is 1 / sqrt(E[a(x)²]) for x ~ N(0, 1): sums of variance 1 come out with second moment 1 / gain²,
    and weights of variance gain² / n give the next sums variance 1 again. For ReLU that is sqrt(2), for leaky ReLU
    sqrt(2 / (1 + slope²)). For tanh and sigmoid the field uses 5/3 and 1.

    Args:
        activation: Or the name of one, perhaps with settings; one of what it learns takes its starting values.
        measured: Whether to measure also where the field uses another number.

    Returns:
        The gain, above 0.

    Raises:
        NetworkError: There is no such activation, or it looks at several sums at once, as softmax does.

    Example:
        >>> round(gain("relu"), 4), round(gain("tanh"), 4), round(gain("tanh", measured=True), 4)
        (1.4142, 1.6667, 1.5925)

    Source: He, Zhang, Ren and Sun, Delving deep into rectifiers (2015), for rectifiers.
    """
    one = read(activations, activation, "gain", NetworkError) if isinstance(activation, str) else activation
    if one.name in ("softmax", "log_softmax"):
        hint = "it belongs to the task, behind the scores; the last layer is linear: gain 1"
        raise NetworkError.at("gain", "given an activation of single sums", repr(one), hint)
    if not measured and one.name in CONVENTIONAL:
        return CONVENTIONAL[one.name]
    return 1 / math.sqrt(_second_moment(one))


def _second_moment(activation: Activation) -> float:
    """Return E[a(x)²] for standard normal sums, as a sum over many points; maxout takes the largest of its pieces."""
    points, pieces = np.linspace(-REACH, REACH, POINTS), activation.pieces
    outputs = activation(jnp.asarray(np.repeat(points[:, None], pieces, axis=1), jnp.float32))[:, 0]
    density = np.exp(-(points**2) / 2)
    if pieces > 1:  # of the largest of several: the others lie below it
        density *= np.asarray(ndtr(jnp.asarray(points, jnp.float32)), np.float64) ** (pieces - 1)
    return float((np.asarray(outputs, np.float64) ** 2 * density).sum() / density.sum())
