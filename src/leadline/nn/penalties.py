"""Penalties on large weights, and which of the parameters are weights.

The whole loss is the data's loss plus λ times a penalty. Where the data's loss is a negative log-likelihood, the
penalty is the negative logarithm of what is believed of a weight beforehand: Laplace for L1, Gaussian for L2. Only
kernels are penalized: biases and the scales of batch norm carry no complexity and are never penalized or decayed.
In: parameters. Out: one number, or a mask of the same structure for decoupled weight decay.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.core.constraints import Interval
from leadline.core.errors import RecipeError
from leadline.nn.base import Layer, Params
from leadline.nn.tensors import flatten_params

SHARE = Interval(0, 1)


def is_weight(name: str) -> bool:
    """Tell whether an array of this name is a kernel; a recurrent layer has a ``recurrent_kernel`` too.

    Example:
        >>> is_weight("0.dense/kernel"), is_weight("0.dense/bias"), is_weight("1.batch_norm/scale")
        (True, False, False)
    """
    return name.rpartition("/")[2].endswith("kernel")


def weights_of(network: Layer, params: Params) -> dict[str, Float[Array, "*shape"]]:
    """Return the kernels alone, by name.

    Example:
        >>> import jax
        >>> from leadline.nn import Dense, Sequential
        >>> network = Sequential([Dense(3)])
        >>> list(weights_of(network, network.init(jax.random.key(0), (2,))[0]))
        ['0.dense/kernel']
    """
    return {name: array for name, array in flatten_params(network, params).items() if is_weight(name)}


def weight_mask(params: Params) -> Any:
    """Return the same structure with True for a kernel and False for all else.

    Example:
        >>> weight_mask(({"kernel": 1, "bias": 2}, {}))
        ({'kernel': True, 'bias': False}, {})
    """
    if isinstance(params, tuple):
        return tuple(map(weight_mask, params))
    return {name: is_weight(name) for name in params}


def l1(weights: Iterable[Float[Array, "*shape"]]) -> Float[Array, ""]:
    """Sum the absolute weights: Σ |w|. Drives weights to exactly 0. Tibshirani, 1996.

    Example:
        >>> float(l1([jnp.array([1.0, -2.0])]))
        3.0
    """
    return sum((jnp.abs(kernel).sum() for kernel in weights), start=jnp.zeros(()))


def l2(weights: Iterable[Float[Array, "*shape"]]) -> Float[Array, ""]:
    """Sum the squared weights: Σ w². Prefers many small weights to one large. Hoerl and Kennard, 1970.

    Example:
        >>> float(l2([jnp.array([1.0, -2.0])]))
        5.0
    """
    return sum((jnp.square(kernel).sum() for kernel in weights), start=jnp.zeros(()))


def elastic(weights: Iterable[Float[Array, "*shape"]], share: float = 0.5) -> Float[Array, ""]:
    """Mix both penalties: share·Σ |w| + (1 - share)·Σ w². Zou and Hastie, 2005.

    Drives weights to 0 as L1 does, but keeps weights of inputs that go together, as L2 does. A recipe with ``l1`` and
    ``l2`` is just this: λ·elastic(w, share) is l1 = λ·share with l2 = λ·(1 - share). (scikit-learn halves the
    squares.)

    Args:
        weights: The kernels.
        share: Of L1, in [0, 1]: 1 is L1 alone, 0 is L2 alone; 0.5, halfway, has no deeper reason.

    Raises:
        RecipeError: The share is outside [0, 1].

    Example:
        >>> float(elastic([jnp.array([1.0, -2.0])], share=0.5))
        4.0
    """
    if not SHARE.allows(share):
        raise RecipeError.at("elastic, share", SHARE.words(), repr(share), "share=0.5")
    kernels = list(weights)
    return share * l1(kernels) + (1 - share) * l2(kernels)


def penalty(network: Layer, params: Params, l1_share: float = 0.0, l2_share: float = 0.0) -> Float[Array, ""]:
    """Return what is added to the loss: l1_share·Σ |w| + l2_share·Σ w².

    Args:
        network: The network.
        params: Its parameters.
        l1_share: Of the absolute weights, at least 0.
        l2_share: Of the squared weights, at least 0.

    Example:
        >>> from leadline.nn import Dense
        >>> float(penalty(Dense(2), {"kernel": jnp.array([[3.0, -1.0]]), "bias": jnp.ones(2)}, l2_share=0.5))
        5.0
    """
    weights = list(weights_of(network, params).values())
    total = jnp.zeros(())
    if l1_share:
        total = total + l1_share * l1(weights)
    return total + l2_share * l2(weights) if l2_share else total
