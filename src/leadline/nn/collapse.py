"""A network without non-linearity as the single layer that it is.

In: a network with its parameters. Out: one dense layer with parameters that gives the same outputs; or an error
that says where the network bends.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array

from leadline.core.errors import NetworkError, Problems
from leadline.nn.base import Layer, Params, Shape, State
from leadline.nn.dense import Dense
from leadline.nn.linearity import nonlinearities
from leadline.nn.tensors import flatten_params, unflatten

CLOSE = 1e-3  # of the outputs' size: far above rounding, far below any layer that bends


def collapse(
    network: Layer, params: Params, state: State = None, shape: Shape | None = None
) -> tuple[Dense, dict[str, Array]]:
    """Return the single dense layer that equals a network without non-linearity: y = x W + b.

    Dense layers one after another multiply: W = W₁·W₂·…, b = (b₁·W₂ + b₂)·…. Convolutions, means under windows,
    shortcuts and batch norm (as it is in use) are matrices too, and dropout and noise do nothing in use. A linear
    map is known by its value at 0, which is b, and its slope, which is W; both are computed exactly.

    Args:
        network: A layer or a whole network, every part of it linear.
        params: Its parameters.
        state: Its state; needed where it has one (running means of batch norm).
        shape: Of one input, without the batch. By default the features of the first layer, if that is dense.

    Returns:
        A ``Dense`` layer, and its parameters: a kernel of shape (inputs, outputs) and a bias of shape (outputs,).
        Images go in as they are; other inputs of several axes are flattened first, and so come the outputs.

    Raises:
        NetworkError: The network is not linear; names each place and what stands there. Or parameters, state or
            shape do not fit it.

    Example:
        >>> import leadline as ll
        >>> network = ll.Sequential([ll.Dense(64), ll.Dropout(0.5), ll.Dense(10)])
        >>> params, state = network.init(jax.random.key(0), (784,))
        >>> layer, kernel_and_bias = ll.collapse(network, params)
        >>> layer, kernel_and_bias["kernel"].shape
        (ll.Dense(10), (784, 10))
    """
    _refuse(nonlinearities(network))
    shape = _first_features(network, params) if shape is None else tuple(shape)
    outputs = math.prod(network.output_shape(shape))
    params, state = _fitting(network, params, state, shape)
    number = jnp.result_type(jnp.float32, *jax.tree.leaves(params))

    def row(inputs: Array) -> Array:
        return network.apply(params, state, inputs.reshape(1, *shape))[0].reshape(-1)

    @jax.jit
    def parts(probe: Array) -> tuple[Array, Array, Array]:
        zeros = jnp.zeros_like(probe)
        return jax.jacrev(row)(zeros), row(zeros), row(probe)

    probe = jax.random.normal(jax.random.key(0), (math.prod(shape),), number)
    slope, bias, real = parts(probe)
    _confirm(slope @ probe + bias, real)
    return Dense(outputs), {"kernel": slope.T, "bias": bias}


def _refuse(bends: dict[str, str]) -> None:
    problems, hint = Problems(), "only a network without non-linearity is one linear layer"
    for number, (path, what) in enumerate(bends.items(), start=1):
        problems.add(f"collapse, {path}", "linear", what, hint if number == len(bends) else "")
    problems.raise_as(NetworkError)


def _first_features(network: Layer, params: Params) -> Shape:
    """Return the shape of one input row, as the kernel of a dense first layer has it."""
    layer = network
    while layer.inner():
        layer, params = layer.inner()[0], params[0] if isinstance(params, tuple) and params else {}
    if isinstance(layer, Dense) and "kernel" in params:
        return (len(params["kernel"]),)
    raise NetworkError.at(
        "collapse, shape", "given where the first layer is not dense", "none", "shape=(28, 28, 1)"
    )


def _fitting(network: Layer, params: Params, state: State, shape: Shape) -> tuple[Params, State]:
    """Return parameters and state after a look at the names and shapes of their arrays."""
    wanted, kept = jax.eval_shape(lambda: network.init(jax.random.key(0), shape))
    if state is None and not jax.tree.leaves(kept):
        state = kept
    problems = Problems()
    for name, given, like in (("params", params, wanted), ("state", state, kept)):
        if not _alike(given, like):
            got = "none" if given is None else "arrays of another structure"
            problems.add(f"collapse, {name}", f"the {name} of this network", got, "network.init(key, shape)")
        else:
            try:
                unflatten(network, flatten_params(network, given), like)
            except NetworkError as error:
                problems.take(error)
    problems.raise_as(NetworkError)
    return params, state


def _alike(given: Params, like: Params) -> bool:
    """Tell whether both hold arrays in the same places."""
    structures = [str(jax.tree.structure(tree)) for tree in (given, like)]
    return structures[0] == structures[1]


def _confirm(found: Array, real: Array) -> None:
    """Raise an error where a layer bends and does not say so, as one of a user's own may."""
    size = jnp.abs(real).max() + jnp.abs(found).max()
    if not jnp.abs(found - real).max() <= CLOSE * size:
        raise NetworkError.at(
            "collapse",
            "a network of finite numbers in which every layer that is not linear says so",
            "one whose outputs differ from those of its linear layer",
            "a layer of your own has the property nonlinear",
        )
