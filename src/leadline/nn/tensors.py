"""Parameters and state as named tensors, and back: what the model file holds and soundings are listed by.

In: a network with its nested parameters. Out: a flat dictionary such as ``{"0.dense/kernel": ...}``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from leadline.core.errors import NetworkError, Problems
from leadline.core.text import did_you_mean
from leadline.nn.base import Layer, Params, join


def flatten_params(network: Layer, params: Params) -> dict[str, Any]:
    """Return every array by layer path and name, in the order of the layers.

    Args:
        network: The network.
        params: Its parameters, or anything of their structure: gradients, updates; or its state.

    Example:
        >>> import jax
        >>> from leadline.nn import Dense, Sequential
        >>> network = Sequential([Dense(3), Dense(1)])
        >>> list(flatten_params(network, network.init(jax.random.key(0), (2,))[0]))
        ['0.dense/kernel', '0.dense/bias', '1.dense/kernel', '1.dense/bias']
    """
    return dict(_named(network, params, ""))


def _named(layer: Layer | None, params: Params, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(params, tuple):
        for inner, step, values in _members(layer, params, path):
            yield from _named(inner, values, step)
    else:
        for name in sorted(params, key=lambda name: (name != "kernel", name)):
            yield tensor_name(path, name), params[name]


def _members(
    layer: Layer | None, params: tuple[Params, ...], path: str
) -> Iterator[tuple[Layer | None, str, Params]]:
    """Yield each member with its path and parameters; after the inner layers comes a projection."""
    inner = layer.inner() if layer is not None else ()
    for index, values in enumerate(params):
        member = inner[index] if index < len(inner) else None
        yield member, join(path, index, "project" if member is None else member.kind), values


def tensor_name(path: str, name: str) -> str:
    """Return the name of a layer's array.

    Example:
        >>> tensor_name("3.residual.0.conv", "kernel")
        '3.residual.0.conv/kernel'
    """
    return f"{path}/{name}" if path else name


def layer_path(name: str) -> str:
    """Return the path of the layer that an array belongs to.

    Example:
        >>> layer_path("3.residual.0.conv/kernel")
        '3.residual.0.conv'
    """
    return name.rpartition("/")[0]


def unflatten(network: Layer, names: Mapping[str, Any], like: Params) -> Params:
    """Return the nested parameters again.

    Args:
        network: The network.
        names: Arrays by layer path and name.
        like: Parameters of the same structure; only names and shapes are looked at, so that what
            ``jax.eval_shape`` gives for ``network.init`` is enough.

    Raises:
        NetworkError: An array is missing, left over or of another shape; all of them are named.

    Example:
        >>> import numpy as np
        >>> from leadline.nn import Dense
        >>> unflatten(Dense(1), {"kernel": np.ones((2, 1))}, {"kernel": np.zeros((2, 1))})["kernel"].sum()
        np.float64(2.0)
    """
    wanted = flatten_params(network, like)
    problems = Problems()
    for name, array in wanted.items():
        if name not in names:
            problems.add(f"array {name}", f"there, of shape {tuple(array.shape)}", "nothing")
        elif tuple(names[name].shape) != tuple(array.shape):
            problems.add(f"array {name}", f"of shape {tuple(array.shape)}", f"{tuple(names[name].shape)}")
    for name in names:
        if name not in wanted:
            hint = did_you_mean(name, list(wanted))
            problems.add(f"array {name}", "one of the network's", "an unknown one", hint)
    problems.raise_as(NetworkError)
    return _nested(network, names, like, "")


def _nested(layer: Layer | None, names: Mapping[str, Any], like: Params, path: str) -> Params:
    if isinstance(like, tuple):
        return tuple(
            _nested(inner, names, values, step) for inner, step, values in _members(layer, like, path)
        )
    return {name: names[tensor_name(path, name)] for name in like}
