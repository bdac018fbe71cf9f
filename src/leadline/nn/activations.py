"""Activations: what a unit does with its sum. One entry is one small documented function.

A decorated function becomes a frozen :class:`Activation` that is called like the function, knows its formula,
range and source, and is written to recipes and files by its name. In: an array of any shape. Out: an array of
the same shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.core.catalogue import Catalogue, Entry

Function = Callable[[Float[Array, "*shape"]], Float[Array, "*shape"]]
INFINITY = math.inf


@dataclass(frozen=True, repr=False)
class Activation:
    """A named activation function.

    Args:
        name: In code, recipe and file.
        function: From inputs to outputs, of any shape.
        entry: Formula, derivative, range, year and source.
        bounds: Greatest lower and least upper bound of the outputs; infinite where there is none.
        initializer: Name of the initializer that keeps the spread of signals through layers with it.
        linear: Whether a stack of layers with it is one linear layer.

    Example:
        >>> relu(jnp.array([-1.0, 2.0])).tolist()
        [0.0, 2.0]
        >>> relu.entry.range, relu.initializer
        ('[0, inf)', 'he_normal')
    """

    name: str
    function: Function
    entry: Entry
    bounds: tuple[float, float] = (-INFINITY, INFINITY)
    initializer: str = "glorot_uniform"
    linear: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "__doc__", self.function.__doc__)

    def __call__(self, inputs: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return the outputs, in the shape and type of the inputs."""
        return self.function(inputs)

    def __repr__(self) -> str:
        return repr(self.name) if self.linear else f"ll.{self.name}"

    @property
    def saturates(self) -> bool:
        """Whether it is flat at both ends, so that a unit can get stuck at a bound."""
        return all(map(math.isfinite, self.bounds))


activations: Catalogue[Activation] = Catalogue("activations")


def activation(
    *,
    formula: str,
    derivative: str,
    range: str,
    year: int,
    source: str,
    bounds: tuple[float, float] = (-INFINITY, INFINITY),
    initializer: str = "glorot_uniform",
    linear: bool = False,
) -> Callable[[Function], Activation]:
    """Decorate a function: it becomes an :class:`Activation` in the catalogue, under its own name."""

    def decorate(function: Function) -> Activation:
        name = function.__name__
        entry = Entry(name, formula, derivative, range, year, source)
        return activations.add(name, Activation(name, function, entry, bounds, initializer, linear))

    return decorate


@activation(
    formula="x",
    derivative="1",
    range="(-inf, inf)",
    year=1960,
    source="Widrow and Hoff, Adaptive switching circuits",
    linear=True,
)
def linear(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Pass the inputs on unchanged.

    Example:
        >>> linear(jnp.array([-2.0, 3.0])).tolist()
        [-2.0, 3.0]
    """
    return x


@activation(
    formula="1 / (1 + exp(-x))",
    derivative="σ(x)·(1 - σ(x))",
    range="(0, 1)",
    year=1986,
    source="Rumelhart, Hinton and Williams, Learning representations by back-propagating errors",
    bounds=(0.0, 1.0),
)
def sigmoid(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Squash to (0, 1): 1 / (1 + exp(-x)). Saturates at both ends and is not zero-centered.

    Example:
        >>> float(sigmoid(jnp.array(0.0)))
        0.5
    """
    return jax.nn.sigmoid(x)


@activation(
    formula="tanh(x)",
    derivative="1 - tanh(x)^2",
    range="(-1, 1)",
    year=1998,
    source="LeCun, Bottou, Orr and Müller, Efficient BackProp",
    bounds=(-1.0, 1.0),
)
def tanh(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Squash to (-1, 1), zero-centered. Saturates at both ends.

    Example:
        >>> float(tanh(jnp.array(0.0)))
        0.0
    """
    return jnp.tanh(x)


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
    formula="x where x > 0, else 0.01·x",
    derivative="1 where x > 0, else 0.01",
    range="(-inf, inf)",
    year=2013,
    source="Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models",
    initializer="he_normal",
)
def leaky_relu(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Let a hundredth through below zero, so that no unit dies: x where x > 0, else 0.01·x.

    Example:
        >>> [round(v, 4) for v in leaky_relu(jnp.array([-1.0, 2.0])).tolist()]
        [-0.01, 2.0]
    """
    return jnp.where(x > 0, x, 0.01 * x)  # slope 0.01 at 0, as the formula says and PyTorch has it


@activation(
    formula="x where x > 0, else exp(x) - 1",
    derivative="1 where x > 0, else exp(x)",
    range="(-1, inf)",
    year=2015,
    source="Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by ELUs",
    bounds=(-1.0, INFINITY),
    initializer="he_normal",
)
def elu(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Bend smoothly to -1 below zero: x where x > 0, else exp(x) - 1.

    Example:
        >>> [round(v, 4) for v in elu(jnp.array([-1.0, 2.0])).tolist()]
        [-0.6321, 2.0]
    """
    return jax.nn.elu(x)


@activation(
    formula="1.050701·x where x > 0, else 1.758099·(exp(x) - 1)",
    derivative="1.050701 where x > 0, else 1.758099·exp(x)",
    range="(-1.758, inf)",
    year=2017,
    source="Klambauer, Unterthiner, Mayr and Hochreiter, Self-normalizing neural networks",
    bounds=(-1.7580993408473766, INFINITY),
    initializer="lecun_normal",
)
def selu(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Scale an exponential linear unit so that mean 0 and variance 1 are kept through layers.

    Example:
        >>> round(float(selu(jnp.array(1.0))), 4)
        1.0507
    """
    return jax.nn.selu(x)


@activation(
    formula="x·Φ(x)",
    derivative="Φ(x) + x·φ(x)",
    range="[-0.17, inf)",
    year=2016,
    source="Hendrycks and Gimpel, Gaussian error linear units",
    bounds=(-0.16997120747, INFINITY),
    initializer="he_normal",
)
def gelu(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Weigh the input by the share of a standard normal below it: x·Φ(x), exactly, not by tanh.

    Example:
        >>> round(float(gelu(jnp.array(1.0))), 4)
        0.8413
    """
    return jax.nn.gelu(x, approximate=False)


@activation(
    formula="x·σ(x)",
    derivative="σ(x) + x·σ(x)·(1 - σ(x))",
    range="[-0.28, inf)",
    year=2017,
    source="Ramachandran, Zoph and Le, Searching for activation functions",
    bounds=(-0.27846454276, INFINITY),
    initializer="he_normal",
)
def swish(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Weigh the input by its own sigmoid: x·σ(x). Known as SiLU too.

    Example:
        >>> round(float(swish(jnp.array(1.0))), 4)
        0.7311
    """
    return jax.nn.silu(x)


@activation(
    formula="ln(1 + exp(x))",
    derivative="σ(x)",
    range="(0, inf)",
    year=2000,
    source="Dugas, Bengio, Bélisle, Nadeau and Garcia, Incorporating second-order functional knowledge",
    bounds=(0.0, INFINITY),
    initializer="he_normal",
)
def softplus(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Round off the corner of the rectifier: ln(1 + exp(x)).

    Example:
        >>> round(float(softplus(jnp.array(0.0))), 4)
        0.6931
    """
    return jax.nn.softplus(x)


@activation(
    formula="exp(x_i) / Σ_j exp(x_j)",
    derivative="y_i·(δ_ij - y_j)",
    range="(0, 1)",
    year=1990,
    source="Bridle, Probabilistic interpretation of feedforward classification network outputs",
    bounds=(0.0, 1.0),
)
def softmax(x: Float[Array, "... K"]) -> Float[Array, "... K"]:
    """Make shares that sum to one along the last axis: exp(x_i) / Σ_j exp(x_j).

    A constant added to all changes nothing. A network for classification needs none at its end, since the
    task applies it.

    Example:
        >>> [round(v, 3) for v in softmax(jnp.array([1.0, 2.0, 3.0])).tolist()]
        [0.09, 0.245, 0.665]
    """
    return jax.nn.softmax(x, axis=-1)


# Values have no docstrings of their own for doctest to find.
__test__ = {name: member.__doc__ or "" for name, member in activations.items()}
