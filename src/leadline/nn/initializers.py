"""Initializers: how the kernels of a layer begin. One entry is one small documented function.

In: a key, the kernel's shape, and how many inputs (fan in) and outputs (fan out) one unit has. Out: float32
numbers.
Where a layer names none, its activation chooses: He for the rectifier family, LeCun for SELU, Glorot for the
others.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from leadline.core.catalogue import Catalogue, Entry
from leadline.nn.activations import Activation

Function = Callable[[PRNGKeyArray, tuple[int, ...], int, int], Float[Array, "*shape"]]


@dataclass(frozen=True, repr=False)
class Initializer:
    """A named way to begin.

    Args:
        name: In code, recipe and file.
        function: From key, shape, fan in and fan out to numbers.
        entry: Formula, range, year and source.

    Example:
        >>> he_normal(jax.random.key(0), (784, 10), 784, 10).shape
        (784, 10)
    """

    name: str
    function: Function
    entry: Entry

    def __post_init__(self) -> None:
        object.__setattr__(self, "__doc__", self.function.__doc__)

    def __call__(
        self, key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int
    ) -> Float[Array, "*shape"]:
        """Return float32 numbers of this shape."""
        return self.function(key, shape, fan_in, fan_out)

    def __repr__(self) -> str:
        return repr(self.name)


initializers: Catalogue[Initializer] = Catalogue("initializers")


def initializer(
    *, formula: str, range: str, source: str, year: int | None = None
) -> Callable[[Function], Initializer]:
    """Decorate a function: it becomes an :class:`Initializer` in the catalogue, under its own name."""

    def decorate(function: Function) -> Initializer:
        name = function.__name__
        return initializers.add(
            name, Initializer(name, function, Entry(name, formula, "", range, year, source))
        )

    return decorate


def usual_initializer(activation: Activation) -> Initializer:
    """Return the initializer that keeps the spread of signals through layers with this activation.

    Example:
        >>> from leadline.nn.activations import relu, selu, tanh
        >>> [usual_initializer(a).name for a in (relu, selu, tanh)]
        ['he_normal', 'lecun_normal', 'glorot_uniform']
    """
    return initializers[activation.initializer]


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return fan in and fan out of a kernel whose last two axes are inputs and outputs.

    Example:
        >>> fans((784, 10)), fans((3, 3, 16, 32))
        ((784, 10), (144, 288))
    """
    field = math.prod(shape[:-2])
    return field * shape[-2], field * shape[-1]


@initializer(formula="0", range="{0}", source="none: every unit learns the same")
def zeros(key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Float[Array, "*shape"]:
    """Begin with 0. All units of a layer stay alike; for a linear classifier that does no harm.

    Example:
        >>> zeros(jax.random.key(0), (2,), 1, 1).tolist()
        [0.0, 0.0]
    """
    return jnp.zeros(shape)


@initializer(formula="1", range="{1}", source="none: every unit learns the same")
def ones(key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Float[Array, "*shape"]:
    """Begin with 1. All units of a layer stay alike.

    Example:
        >>> ones(jax.random.key(0), (2,), 1, 1).tolist()
        [1.0, 1.0]
    """
    return jnp.ones(shape)


@initializer(
    formula="N(0, 0.01²)",
    range="(-inf, inf)",
    year=2012,
    source="Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional networks",
)
def normal(key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Float[Array, "*shape"]:
    """Draw from a normal distribution of standard deviation 0.01. In deep networks signals die out with it.

    Example:
        >>> bool(jnp.abs(normal(jax.random.key(0), (100,), 1, 1)).max() < 0.06)
        True
    """
    return 0.01 * jax.random.normal(key, shape)


@initializer(
    formula="U(-0.05, 0.05)",
    range="[-0.05, 0.05)",
    year=2015,
    source="Chollet, Keras: its uniform initializer",
)
def uniform(key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Float[Array, "*shape"]:
    """Draw evenly from -0.05 to 0.05.

    Example:
        >>> bool(jnp.abs(uniform(jax.random.key(0), (100,), 1, 1)).max() <= 0.05)
        True
    """
    return jax.random.uniform(key, shape, minval=-0.05, maxval=0.05)


GLOROT = "Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks"
HE = "He, Zhang, Ren and Sun, Delving deep into rectifiers"


@initializer(formula="U(-a, a), a = sqrt(6 / (fan_in + fan_out))", range="[-a, a)", year=2010, source=GLOROT)
def glorot_uniform(
    key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int
) -> Float[Array, "*shape"]:
    """Draw evenly with variance 2 / (fan in + fan out).

    Keeps the spread of signals and gradients through tanh and linear layers.

    Example:
        >>> bool(jnp.abs(glorot_uniform(jax.random.key(0), (3, 3), 3, 3)).max() <= 1.0)
        True
    """
    limit = math.sqrt(6 / (fan_in + fan_out))
    return jax.random.uniform(key, shape, minval=-limit, maxval=limit)


@initializer(formula="N(0, 2 / (fan_in + fan_out))", range="(-inf, inf)", year=2010, source=GLOROT)
def glorot_normal(
    key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int
) -> Float[Array, "*shape"]:
    """Draw from a normal distribution of variance 2 / (fan in + fan out).

    Example:
        >>> round(float(glorot_normal(jax.random.key(0), (100, 100), 100, 100).std()), 2)
        0.1
    """
    return math.sqrt(2 / (fan_in + fan_out)) * jax.random.normal(key, shape)


@initializer(formula="N(0, 2 / fan_in)", range="(-inf, inf)", year=2015, source=HE)
def he_normal(key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Float[Array, "*shape"]:
    """Draw from a normal distribution of variance 2 / fan in.

    Makes up for the half that a rectifier cuts off.

    Example:
        >>> round(float(he_normal(jax.random.key(0), (200, 100), 200, 100).std()), 2)
        0.1
    """
    return math.sqrt(2 / fan_in) * jax.random.normal(key, shape)


@initializer(formula="U(-a, a), a = sqrt(6 / fan_in)", range="[-a, a)", year=2015, source=HE)
def he_uniform(
    key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int
) -> Float[Array, "*shape"]:
    """Draw evenly with variance 2 / fan in.

    Example:
        >>> bool(jnp.abs(he_uniform(jax.random.key(0), (6, 3), 6, 3)).max() <= 1.0)
        True
    """
    limit = math.sqrt(6 / fan_in)
    return jax.random.uniform(key, shape, minval=-limit, maxval=limit)


@initializer(
    formula="N(0, 1 / fan_in)",
    range="(-inf, inf)",
    year=1998,
    source="LeCun, Bottou, Orr and Müller, Efficient BackProp",
)
def lecun_normal(
    key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int
) -> Float[Array, "*shape"]:
    """Draw from a normal distribution of variance 1 / fan in.

    Keeps the spread of signals through linear layers and SELU.

    Example:
        >>> round(float(lecun_normal(jax.random.key(0), (100, 100), 100, 100).std()), 2)
        0.1
    """
    return math.sqrt(1 / fan_in) * jax.random.normal(key, shape)


@initializer(
    formula="Q of the QR decomposition of N(0, 1)",
    range="[-1, 1]",
    year=2013,
    source="Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning",
)
def orthogonal(
    key: PRNGKeyArray, shape: tuple[int, ...], fan_in: int, fan_out: int
) -> Float[Array, "*shape"]:
    """Draw a kernel whose rows or columns, the fewer of them, are at right angles and of length one.

    Example:
        >>> kernel = orthogonal(jax.random.key(0), (5, 3), 5, 3)
        >>> bool(jnp.allclose(kernel.T @ kernel, jnp.eye(3), atol=1e-5))
        True
    """
    rows, columns = math.prod(shape[:-1]), shape[-1]
    draw = jax.random.normal(key, (max(rows, columns), min(rows, columns)))
    q, r = jnp.linalg.qr(draw)
    q = q * jnp.sign(jnp.diagonal(r))  # without it the draw is not even over all rotations (Mezzadri, 2007)
    return (q if rows >= columns else q.T).reshape(shape)


# Values have no docstrings of their own for doctest to find.
__test__ = {name: member.__doc__ or "" for name, member in initializers.items()}
