"""Layer-sequential unit variance: scale kernels by the data until the sums of every layer have variance 1.

In: a network with fresh parameters, and one batch of inputs. Out: the parameters with scaled kernels. Sums are what
stands before the activation. The layers come one after another, each on what the scaled ones before it give; one
pass does it, whatever the layers are nested in.
"""

from __future__ import annotations

import dataclasses

import jax.numpy as jnp
from jaxtyping import Array, Float

from leadline.core.errors import NetworkError
from leadline.nn.activations import linear
from leadline.nn.base import IN_USE, Layer, Params, Pass, State
from leadline.nn.initializers import lsuv
from leadline.nn.penalties import is_weight
from leadline.nn.tensors import flatten_params, tensor_name, unflatten


def unit_variance(
    network: Layer, params: Params, state: State, inputs: Float[Array, "B ..."], *, every: bool = True
) -> Params:
    """Divide each layer's kernel by the standard deviation of its sums over rows, places and units of a batch.

    Pure, so that it can be compiled. Dropout and noise rest; batch norm uses its running statistics. Where all sums
    are alike there is no spread to divide by, and the kernel is left.

    Args:
        network: The network.
        params: Its parameters, as ``init`` gives them; the biases of a layer alike.
        state: Its state.
        inputs: One batch of prepared inputs; some hundred rows are enough.
        every: Whether to scale all layers that have an initializer and one kernel, or only those whose initializer
            is "lsuv".

    Returns:
        Parameters of the same structure.

    Raises:
        NetworkError: A layer whose initializer is "lsuv" has several kernels; names it.

    Example:
        >>> import jax
        >>> from leadline.nn import Dense, Sequential, relu
        >>> network, inputs = Sequential([Dense(50, relu), Dense(5)]), jax.random.normal(jax.random.key(1), (64, 9))
        >>> params, state = network.init(jax.random.key(0), (9,))
        >>> params = unit_variance(network, params, state, inputs)
        >>> round(float(network.apply(params, state, inputs)[0].var()), 3)
        1.0

    Source: Mishkin and Matas, All you need is a good init (2015).
    """
    found: dict[str, Array] = {}

    def scaled(layer: Layer, params: Params, state: State, inputs: Array, how: Pass) -> Params:
        if not (asks(layer) or (every and _scalable(layer, params))):
            return params
        if not _scalable(layer, params):
            kernels = ", ".join(filter(is_weight, params)) or "none"
            must_be = "a layer with one kernel, to be scaled by lsuv"
            raise NetworkError.at(layer.called(how.path), must_be, kernels, 'initializer="orthogonal"')
        sums, _ = _without_activation(layer).apply(params, state, inputs, how)
        spread = sums.std()
        usable = jnp.isfinite(spread) & (spread > 0)
        kernel = found[tensor_name(how.path, "kernel")] = params["kernel"] / jnp.where(usable, spread, 1)
        return params | {"kernel": kernel}

    if not network.inner():
        return scaled(network, params, state, inputs, IN_USE)
    network.apply(params, state, inputs, Pass(before=scaled))
    return unflatten(network, flatten_params(network, params) | found, params)


def asks(network: Layer) -> bool:
    """Tell whether a network, or a layer in it, begins with "lsuv".

    Example:
        >>> from leadline.nn import Dense, Sequential
        >>> asks(Sequential([Dense(3), Dense(2, initializer="lsuv")]))
        True
    """
    return lsuv in vars(network).values() or any(map(asks, network.inner()))


def _scalable(layer: Layer, params: Params) -> bool:
    return hasattr(layer, "initializer") and list(filter(is_weight, params)) == ["kernel"]


def _without_activation(layer: Layer) -> Layer:
    """Return the layer that gives the sums."""
    if not hasattr(layer, "activation"):
        return layer
    return dataclasses.replace(layer, activation=linear)  # type: ignore[type-var]  # a layer is a dataclass
