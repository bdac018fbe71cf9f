"""The activations in use, in NumPy: what they are in ``leadline.nn``, without JAX, which takes long to import.

In: float32 numbers, which a function may write into. Out: float32 numbers. One function for each activation of the
catalogue, under its name and with its settings; what an activation learned comes by keyword. They agree with those
of ``leadline.nn`` to 1e-6, and give NaN where those do; the tests hold both.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Annotated

import numpy as np

from leadline.core.catalogue import Catalogue, Entry
from leadline.core.constraints import POSITIVE, POSITIVE_WHOLE, RATE, Interval, OneOf
from leadline.core.named import Named

Numbers = np.ndarray
Shapes = Callable[..., dict[str, tuple[int, ...]]]

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
RRELU_SLOPE = (1 / 8 + 1 / 3) / 2  # in use the mean of what is drawn in training
ERF_P = 0.3275911  # erf(z) = 1 - (a_1·t + … + a_5·t^5)·exp(-z²) with t = 1 / (1 + p·z), for z >= 0
ERF_A = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
FEW = 16  # classes; of many, rows are as fast
FAR = np.float32(20)  # beyond it tanh(ln(1 + exp(x))) is 1 in float32


@dataclass(frozen=True, repr=False)
class NumpyActivation(Named):
    """An activation in use.

    Args:
        name: As in ``leadline.nn``.
        function: From numbers, settings and what was learned to numbers.
        entry: What the catalogue says.
        settings: Those that differ from the function's defaults.
        learned: From the number of features, and the settings by keyword, to the shapes of what it learned.
        random: It draws while training.
    """

    learned: Shapes | None = None
    random: bool = False

    @property
    def pieces(self) -> int:
        """How many sums it takes for one output."""
        return int(str(self.chosen.get("pieces", 1)))

    @property
    def plain(self) -> bool:
        """Whether it is a function of its inputs alone, as after the sum of a residual."""
        return self.learned is None and not self.random and self.pieces == 1

    def shapes(self, features: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of what it learned, for this many output features."""
        return {} if self.learned is None else self.learned(features, **self.chosen)


numpy_activations: Catalogue[NumpyActivation] = Catalogue("activations in NumPy")


def in_use(
    learned: Shapes | None = None, random: bool = False
) -> Callable[[Callable[..., Numbers]], Callable[..., Numbers]]:
    """Decorate a function: it stands in the catalogue under its own name."""

    def decorate(function: Callable[..., Numbers]) -> Callable[..., Numbers]:
        name = function.__name__
        entry = Entry(name, str(function.__doc__))
        numpy_activations.add(name, NumpyActivation(name, function, entry, (), learned, random))
        return function

    return decorate


def _leaking(x: Numbers, slope: float | Numbers) -> Numbers:
    """Give x where x > 0, else slope·x; a choice between two arrays takes NumPy three times as long."""
    below: Numbers = np.minimum(x, 0)
    below *= slope
    below += np.maximum(x, 0, out=x)
    return below


@in_use()
def linear(x: Numbers) -> Numbers:
    """Pass on."""
    return x


@in_use()
def step(x: Numbers, *, gradient: Annotated[str, OneOf("none", "straight_through")] = "none") -> Numbers:
    """Give 1 where x >= 0, else 0."""
    np.heaviside(x, np.float32(1), out=x)
    return x


@in_use()
def sigmoid(x: Numbers) -> Numbers:
    """Give 1 / (1 + exp(-x))."""
    np.negative(x, out=x)
    np.exp(x, out=x)
    x += 1
    np.reciprocal(x, out=x)
    return x


@in_use()
def hard_sigmoid(x: Numbers) -> Numbers:
    """Give min(max(0, x/6 + 1/2), 1)."""
    x /= 6
    x += 0.5
    np.clip(x, 0, 1, out=x)
    return x


@in_use()
def tanh(x: Numbers) -> Numbers:
    """Squash to (-1, 1)."""
    np.tanh(x, out=x)
    return x


@in_use()
def hard_tanh(x: Numbers) -> Numbers:
    """Give min(max(-1, x), 1)."""
    np.clip(x, -1, 1, out=x)
    return x


@in_use()
def softsign(x: Numbers) -> Numbers:
    """Give x / (1 + |x|)."""
    np.divide(x, 1 + np.abs(x), out=x)
    return x


@in_use()
def leaky_relu(x: Numbers, *, slope: Annotated[float, RATE] = 0.01) -> Numbers:
    """Give x where x > 0, else slope·x."""
    return _leaking(x, slope)


@in_use()
def maxout(x: Numbers, *, pieces: Annotated[int, Interval(2, whole=True)] = 2) -> Numbers:
    """Give max(x_1, …, x_pieces)."""
    sums = x.reshape(*x.shape[:-1], x.shape[-1] // pieces, pieces)
    return reduce(np.maximum, (sums[..., piece] for piece in range(pieces)))


@in_use()
def relu(x: Numbers) -> Numbers:
    """Give max(0, x)."""
    np.maximum(x, 0, out=x)
    return x


@in_use()
def relu6(x: Numbers) -> Numbers:
    """Give min(max(0, x), 6)."""
    np.clip(x, 0, 6, out=x)
    return x


@in_use(random=True)
def rrelu(x: Numbers) -> Numbers:
    """Give x where x > 0, else the mean slope·x; other slopes than the usual ones are not known here."""
    return _leaking(x, RRELU_SLOPE)


@in_use()
def vlrelu(x: Numbers, *, slope: Annotated[float, Interval(0.1, 0.5)] = 1 / 3) -> Numbers:
    """Give x where x > 0, else slope·x."""
    return _leaking(x, slope)


@in_use(learned=lambda features, hinges: dict.fromkeys(("slope", "place"), (hinges, features)))
def apl(x: Numbers, *, hinges: Annotated[int, POSITIVE_WHOLE] = 1, slope: Numbers, place: Numbers) -> Numbers:
    """Give max(0, x) + Σ_s slope_s·max(0, place_s - x)."""
    outputs: Numbers = np.maximum(x, 0)
    for steepness, corner in zip(slope, place, strict=True):
        outputs += steepness * np.maximum(corner - x, 0)
    return outputs


@in_use(learned=lambda features, start: {"slope": (features,)})
def prelu(x: Numbers, *, start: Annotated[float, Interval(-1, 1)] = 0.25, slope: Numbers) -> Numbers:
    """Give x where x > 0, else slope·x."""
    return _leaking(x, slope)


@in_use()
def softplus(x: Numbers) -> Numbers:
    """Give ln(1 + exp(x)), as max(0, x) + ln(1 + exp(-|x|)), which no x is too large for."""
    small: Numbers = np.abs(x)
    np.negative(small, out=small)
    np.exp(small, out=small)
    np.log1p(small, out=small)
    small += np.maximum(x, 0, out=x)
    return small


@in_use()
def centered_softplus(x: Numbers) -> Numbers:
    """Give ln(1 + exp(x)) - ln(2)."""
    outputs = softplus(x)
    outputs -= math.log(2)
    return outputs


@in_use()
def elu(x: Numbers, *, alpha: Annotated[float, POSITIVE] = 1.0) -> Numbers:
    """Give x where x > 0, else α·(exp(x) - 1)."""
    below: Numbers = np.minimum(x, 0)
    np.expm1(below, out=below)
    below *= alpha
    below += np.maximum(x, 0, out=x)
    return below


@in_use()
def selu(x: Numbers) -> Numbers:
    """Give 1.050701·x where x > 0, else 1.758099·(exp(x) - 1)."""
    outputs = elu(x, alpha=SELU_ALPHA)
    outputs *= SELU_SCALE
    return outputs


@in_use()
def gelu(x: Numbers, *, approximate: Annotated[str, OneOf("none", "tanh")] = "none") -> Numbers:
    """Give x·Φ(x), with Φ to 1e-7 as Abramowitz and Stegun have it.

    NumPy has no error function, and SciPy's is five times slower on many rows.

    Source: Abramowitz and Stegun, Handbook of mathematical functions (1964), 7.1.26.
    """
    if approximate == "tanh":
        x *= 0.5 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
        return x
    size = np.abs(x)
    t = 1 / (1 + (ERF_P / math.sqrt(2)) * size)
    below = t * ERF_A[-1]
    for a in ERF_A[-2::-1]:
        below += a
        below *= t
    below *= 0.5 * np.exp(-0.5 * size * size)  # Φ(-|x|)
    x *= 0.5 + np.copysign(0.5 - below, x)
    return x


@in_use()
def mish(x: Numbers) -> Numbers:
    """Give x·tanh(ln(1 + exp(x))) = x·n / (n + 2) with n = exp(x)·(exp(x) + 2): one exp and no logarithm."""
    e = np.exp(np.minimum(x, FAR))
    n = e * (e + 2)
    np.multiply(x, n / (n + 2), out=x)
    return x


@in_use()
def swish(x: Numbers, *, beta: Annotated[float, POSITIVE] = 1.0) -> Numbers:
    """Give x·σ(β·x)."""
    np.multiply(x, sigmoid(beta * x), out=x)
    return x


@in_use()
def softmax(x: Numbers) -> Numbers:
    """Give exp(x_i) / Σ_j exp(x_j)."""
    if x.ndim == 2 and x.shape[1] <= FEW < len(x):  # class by class: a quarter of the time of row by row
        return np.ascontiguousarray(_softmax(np.ascontiguousarray(x.T), 0).T)
    return _softmax(x, -1)


def _softmax(x: Numbers, axis: int) -> Numbers:
    x -= np.maximum.reduce(x, axis=axis, keepdims=True)
    np.exp(x, out=x)
    x /= np.add.reduce(x, axis=axis, keepdims=True)
    return x


@in_use()
def log_softmax(x: Numbers) -> Numbers:
    """Give x_i - ln Σ_j exp(x_j)."""
    x -= np.maximum.reduce(x, axis=-1, keepdims=True)
    x -= np.log(np.add.reduce(np.exp(x), axis=-1, keepdims=True))
    return x
