"""The graph of a network: its parameters and layers as nodes, with values forward and gradients backward.

In: a network, its parameters, inputs, perhaps a loss. Out: a :class:`Graph`. Layers one after another and residual
blocks are taken apart; other combinations stand as one node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from leadline.backprop.graph import Graph, Node
from leadline.nn import Layer, Pass, Residual, Sequential, flatten_params
from leadline.nn.base import Params, State, join

Zeros = dict[str, jax.Array]


class _Walk:
    """One way through a network: every node's value plus a zero, by which its gradient is taken."""

    def __init__(self, zeros: Zeros) -> None:
        self.zeros = zeros
        self.values: dict[str, jax.Array] = {}
        self.made: dict[str, tuple[str, tuple[str, ...]]] = {}

    def node(
        self, name: str, value: jax.Array, operation: str, sources: tuple[str, ...]
    ) -> tuple[str, jax.Array]:
        """Take a value in; return its name and the value to go on with."""
        value = value + self.zeros[name] if name in self.zeros else value
        self.values[name], self.made[name] = value, (operation, sources)
        return name, value

    def layer(self, layer: Layer, numbers: tuple[Params, State], at: tuple[str, jax.Array], path: str) -> Any:
        """Go through a layer or a combination; return the last node's name and value."""
        params, state = numbers
        if isinstance(layer, Sequential | Residual):
            end = at
            for index, inner in enumerate(layer.inner()):
                end = self.layer(inner, (params[index], state[index]), end, join(path, index, inner.kind))
            return end if isinstance(layer, Sequential) else self._sum(layer, numbers, at, end, path)
        name, inputs = at
        outputs, _ = layer.apply(params, state, inputs, Pass(path=path))
        weights = tuple(flatten_params(layer, params)) if params else ()
        used = tuple(f"{path or layer.kind}/{weight}" for weight in weights)
        return self.node(path or layer.kind, outputs, _words(layer), (name, *used))

    def _sum(
        self, layer: Residual, numbers: tuple[Params, State], at: tuple[str, jax.Array], end: Any, path: str
    ) -> Any:
        params, state = numbers
        shortcut = layer.projection(at[1].shape[1:], end[1].shape[1:])
        if shortcut is not None:
            last = len(layer.inner())
            at = self.layer(shortcut, (params[last], state[last]), at, join(path, last, "project"))
        return self.node(path or "residual", layer.activation(at[1] + end[1]), "sum", (at[0], end[0]))


def _words(layer: Layer) -> str:
    return f"{layer.kind}, {layer.activation_name}" if layer.activation_name != "linear" else layer.kind


def network_graph(
    network: Layer,
    params: Params,
    state: State,
    inputs: jax.Array,
    measure: Callable[[jax.Array], jax.Array],
    measure_name: str,
) -> Graph:
    """Return the graph of a network at these inputs.

    Args:
        network: The network.
        params: Its parameters.
        state: Its state; it is used, not trained.
        inputs: Shape (B, ...).
        measure: From scores to the single number whose gradients are taken.
        measure_name: What it is called.
    """

    def run(params: Params, zeros: Zeros) -> tuple[jax.Array, _Walk]:
        walk = _Walk(zeros)
        at = walk.layer(network, (params, state), walk.node("inputs", inputs, "", ()), "")
        _, result = walk.node(measure_name, measure(at[1]), "", (at[0],))
        return result, walk

    _, first = run(params, {})
    zeros = {name: jnp.zeros_like(value) for name, value in first.values.items()}
    by_params, by_nodes = jax.grad(lambda p, z: run(p, z)[0], argnums=(0, 1))(params, zeros)
    alone = not isinstance(network, Sequential | Residual)
    weights = _by_name(network, params, alone), _by_name(network, by_params, alone)
    return Graph(tuple(_nodes(first, by_nodes, *weights)))


def _by_name(network: Layer, params: Params, alone: bool) -> dict[str, Any]:
    found = flatten_params(network, params)
    return {f"{network.kind}/{name}": value for name, value in found.items()} if alone else found


def _nodes(walk: _Walk, by_nodes: Zeros, weights: dict[str, Any], by_weights: dict[str, Any]) -> list[Node]:
    found: list[Node] = []
    for name, (operation, sources) in walk.made.items():
        given = [source for source in sources if source in weights]
        found += [Node(w, "", np.asarray(weights[w]), np.asarray(by_weights[w])) for w in given]
        value, gradient = np.asarray(walk.values[name]), np.asarray(by_nodes[name])
        found.append(Node(name, operation, value, gradient, sources))
    return found
