"""Straight lines, steps and functions that squash to a finite range, each number by itself."""

from __future__ import annotations

from typing import Annotated, Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.core.constraints import OneOf
from leadline.nn.activations.activation import activation


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
    formula="1 where x >= 0, else 0",
    derivative="0 where gradient = 'none', else 1",
    range="[0, 1]",
    year=1943,
    source="McCulloch and Pitts, A logical calculus of the ideas immanent in nervous activity",
    bounds=(0.0, 1.0),
)
def step(
    x: Float[Array, "*shape"],
    *,
    gradient: Annotated[str, OneOf("none", "straight_through")] = "none",
) -> Float[Array, "*shape"]:
    """Fire or be silent, as a linear threshold unit does: 1 where x >= 0, else 0.

    Its slope is 0 wherever it has one, so nothing before it learns. The straight-through estimator of Bengio,
    Léonard and Courville (2013) passes the gradient of the outputs on to the inputs unchanged, for every x, as
    if the step were linear.

    Args:
        x: Any shape.
        gradient: "none" is the true slope 0; "straight_through" passes it on unchanged.

    Example:
        >>> step(jnp.array([-0.1, 0.0, 2.0])).tolist()
        [0.0, 1.0, 1.0]
        >>> float(jax.grad(step)(2.0)), float(jax.grad(step(gradient="straight_through"))(2.0))
        (0.0, 1.0)
    """
    return _straight_through(x) if gradient == "straight_through" else _step(x)


def _step(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    return jnp.heaviside(x, jnp.ones((), x.dtype))  # what is not a number stays so


_straight_through = jax.custom_jvp(_step)
_straight_through.defjvps(lambda tangent, outputs, x: tangent)


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
    formula="min(max(0, x/6 + 1/2), 1)",
    derivative="1/6 where -3 < x < 3, else 0",
    range="[0, 1]",
    year=2019,
    source="Howard et al., Searching for MobileNetV3",
    bounds=(0.0, 1.0),
)
def hard_sigmoid(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Squash to [0, 1] by straight lines: min(max(0, x/6 + 1/2), 1). A sigmoid without exp.

    The slope at -3 and at 3 is 0.

    Example:
        >>> hard_sigmoid(jnp.array([-4.0, 0.0, 1.5])).tolist()
        [0.0, 0.5, 0.75]
    """
    return jnp.where(x <= -3, 0.0, jnp.where(x >= 3, 1.0, x / 6 + 0.5))


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
    formula="min(max(-1, x), 1)",
    derivative="1 where -1 < x < 1, else 0",
    range="[-1, 1]",
    year=2004,
    source="Collobert, Large scale machine learning",
    bounds=(-1.0, 1.0),
)
def hard_tanh(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Squash to [-1, 1] by straight lines: min(max(-1, x), 1). A tanh without exp.

    The slope at -1 and at 1 is 0.

    Example:
        >>> hard_tanh(jnp.array([-4.0, 0.5])).tolist()
        [-1.0, 0.5]
    """
    return jnp.where(x <= -1, -1.0, jnp.where(x >= 1, 1.0, x))


@activation(
    formula="x / (1 + |x|)",
    derivative="1 / (1 + |x|)^2",
    range="(-1, 1)",
    year=2009,
    source="Bergstra, Desjardins, Lamblin and Bengio, Quadratic polynomials learn better image features",
    bounds=(-1.0, 1.0),
)
def softsign(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Squash to (-1, 1), zero-centered and slower to saturate than tanh: x / (1 + |x|).

    Example:
        >>> softsign(jnp.array([-1.0, 3.0])).tolist()
        [-0.5, 0.75]
    """
    outputs: Array = _softsign(x)
    return outputs


@jax.custom_jvp
def _softsign(x: Any) -> Any:
    return x / (1 + jnp.abs(x))


# Differentiated term by term, far from zero two nearly equal numbers would be subtracted.
_softsign.defjvps(lambda tangent, outputs, x: tangent / jnp.square(1 + jnp.abs(x)))
