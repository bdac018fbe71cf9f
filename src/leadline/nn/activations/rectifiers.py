"""The rectifier and its relatives: straight above zero, flat or straight with another slope below."""

from __future__ import annotations

from functools import reduce
from typing import Annotated

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.core.constraints import RATE, Interval
from leadline.core.errors import NetworkError
from leadline.nn.activations.activation import INFINITY, activation

STRAIGHT_BELOW = "x where x > 0, else slope·x"
SLOPE_BELOW = "1 where x > 0, else slope"


@activation(
    formula="max(0, x)",
    derivative="1 where x > 0, else 0",
    range="[0, inf)",
    year=2010,
    source="Nair and Hinton, Rectified linear units improve restricted Boltzmann machines",
    bounds=(0.0, INFINITY),
    initializer="he_normal",
)
def relu(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Cut off below zero: max(0, x). A unit below zero for every row learns no more.

    The slope at 0 is 0.

    Example:
        >>> relu(jnp.array([-1.0, 2.0])).tolist()
        [0.0, 2.0]
    """
    return jax.nn.relu(x)


@activation(
    formula="min(max(0, x), 6)",
    derivative="1 where 0 < x < 6, else 0",
    range="[0, 6]",
    year=2010,
    source="Krizhevsky, Convolutional deep belief networks on CIFAR-10",
    bounds=(0.0, 6.0),
    initializer="he_normal",
)
def relu6(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Cut off below zero and above six: min(max(0, x), 6). Made for numbers of few bits.

    The slope at 0 and at 6 is 0.

    Example:
        >>> relu6(jnp.array([-1.0, 2.0, 7.0])).tolist()
        [0.0, 2.0, 6.0]
    """
    return jnp.where(x <= 0, 0.0, jnp.where(x >= 6, 6.0, x))


@activation(
    formula=STRAIGHT_BELOW,
    derivative=SLOPE_BELOW,
    range="(-inf, inf)",
    year=2013,
    source="Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models",
    initializer="he_normal",
)
def leaky_relu(x: Float[Array, "*shape"], *, slope: Annotated[float, RATE] = 0.01) -> Float[Array, "*shape"]:
    """Let a hundredth through below zero, so that no unit dies: x where x > 0, else slope·x.

    Args:
        x: Any shape.
        slope: Below zero, in [0, 1); 0.01 as its authors have it, 0.1 is usual too.

    Example:
        >>> [round(v, 4) for v in leaky_relu(jnp.array([-1.0, 2.0])).tolist()]
        [-0.01, 2.0]
    """
    return jnp.where(x > 0, x, slope * x)  # the lower slope at 0, as the formula says and PyTorch has it


@activation(
    formula=STRAIGHT_BELOW,
    derivative=SLOPE_BELOW,
    range="(-inf, inf)",
    year=2014,
    source="Graham, Spatially-sparse convolutional neural networks",
    initializer="he_normal",
)
def vlrelu(
    x: Float[Array, "*shape"], *, slope: Annotated[float, Interval(0.1, 0.5)] = 1 / 3
) -> Float[Array, "*shape"]:
    """Leak much, so that many layers still learn: x where x > 0, else slope·x. The very leaky rectifier.

    Args:
        x: Any shape.
        slope: Below zero, in [0.1, 0.5]; a third as its author has it.

    Example:
        >>> [round(v, 4) for v in vlrelu(jnp.array([-1.0, 2.0])).tolist()]
        [-0.3333, 2.0]
    """
    return jnp.where(x > 0, x, slope * x)


@activation(
    formula=f"{STRAIGHT_BELOW}; slope = (lower + upper)/2 in use, drawn from [lower, upper] in training",
    derivative=SLOPE_BELOW,
    range="(-inf, inf)",
    year=2015,
    source="Xu, Wang, Chen and Li, Empirical evaluation of rectified activations in convolutional network",
    initializer="he_normal",
    agree=("lower at most upper", lambda lower, upper: bool(lower <= upper)),
    random=True,
)
def rrelu(
    x: Float[Array, "*shape"],
    *,
    lower: Annotated[float, RATE] = 1 / 8,
    upper: Annotated[float, RATE] = 1 / 3,
    key: PRNGKeyArray | None = None,
) -> Float[Array, "*shape"]:
    """Draw the slope below zero anew for each number in training, against overfitting; use the mean in use.

    The slope is uniform in [lower, upper] in training and (lower + upper)/2 in use, as PyTorch has it.

    Args:
        x: Any shape.
        lower: Least slope, in [0, 1); an eighth as its authors have it.
        upper: Greatest slope, in [lower, 1); a third as its authors have it.
        key: To draw with; None in use.

    Raises:
        NetworkError: lower is above upper.

    Example:
        >>> [round(v, 4) for v in rrelu(jnp.array([-1.0, 2.0])).tolist()]
        [-0.2292, 2.0]
    """
    if key is None:
        return jnp.where(x > 0, x, (lower + upper) / 2 * x)
    return jnp.where(x > 0, x, jax.random.uniform(key, x.shape, x.dtype, lower, upper) * x)


@activation(
    formula="max(x_1, …, x_pieces)",
    derivative="1 for the largest, else 0",
    range="(-inf, inf)",
    year=2013,
    source="Goodfellow, Warde-Farley, Mirza, Courville and Bengio, Maxout networks",
    initializer="lecun_normal",  # the larger of two normal numbers has the mean square of one of them
)
def maxout(
    x: Float[Array, "... F"], *, pieces: Annotated[int, Interval(2, whole=True)] = 2
) -> Float[Array, "... K"]:
    """Give the largest of several sums, so that the shape is learned by the kernel: max(x_1, …, x_pieces).

    A layer of K units makes K·pieces sums. Neighbors belong together: output j is the largest of the sums
    j·pieces to (j + 1)·pieces - 1. The first of equal sums gets the gradient.

    Args:
        x: Features that pieces divides on the last axis.
        pieces: Sums for one output, at least 2; 2 as its authors have it on small images.

    Raises:
        NetworkError: pieces does not divide the features.

    Example:
        >>> maxout(jnp.array([1.0, 3.0, -2.0, -5.0])).tolist()
        [3.0, -2.0]
    """
    if not x.ndim or x.shape[-1] % pieces:
        must_be = f"given features that {pieces} divides on the last axis"
        raise NetworkError.at(f"maxout, pieces={pieces}", must_be, f"shape {x.shape}")
    sums = x.reshape(*x.shape[:-1], x.shape[-1] // pieces, pieces)
    return reduce(_larger, (sums[..., piece] for piece in range(pieces)))


def _larger(first: Float[Array, "*shape"], other: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return the larger; the first where they are equal, and what is not a number stays so."""
    return jnp.where((first >= other) | jnp.isnan(first), first, other)
