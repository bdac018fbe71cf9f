"""``trace``: the one door to the graphs of expressions, functions and networks."""

from __future__ import annotations

import inspect
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from leadline.backprop.expression import function_of, names_of
from leadline.backprop.graph import Graph
from leadline.backprop.layered import network_graph
from leadline.backprop.steps import graph_of
from leadline.core.errors import LeadlineError, NetworkError, Problems
from leadline.core.text import did_you_mean
from leadline.nn import Layer, Task, check


def trace(what: Any, inputs: Any = None, /, **values: Any) -> Graph:
    """Return the graph of a computation, with the value and the gradient of every node.

    Args:
        what: An expression such as "(x + y) * z", a function of numbers, or a network.
        inputs: Of a network, shape (B, ...); of an expression or function nothing.
        values: Of an expression or function a number (or array) for each of its names. Of a network: ``params`` and
            ``state`` (fresh ones of ``seed`` 0 by default), and ``targets`` with a ``task`` for gradients of the
            mean loss; without them gradients are of the sum of all scores.

    Returns:
        The graph; it prints as a table, ``svg()`` and ``save(path)`` draw it, ``graph["x"]`` is a node.

    Raises:
        LeadlineError: Names are missing or unknown, or the result is not a single number; all are told.
        NetworkError: The inputs do not fit the network.

    Example:
        >>> trace("(x + y) * z", x=-2, y=5, z=-4)["x"].gradient.tolist()
        -4.0
        >>> from leadline.nn import Dense, Sequential
        >>> trace(Sequential([Dense(1)]), [[1.0, 2.0]])["0.dense/kernel"].gradient.tolist()
        [[1.0], [2.0]]
    """
    if isinstance(what, Layer):
        return _of_network(what, inputs, **values)
    if inputs is not None:
        raise LeadlineError.at("trace", "given numbers by name", repr(inputs), "ll.trace('x * y', x=3, y=4)")
    if isinstance(what, str):
        function, wanted = function_of(what), names_of(what)
    elif callable(what):
        function, wanted = what, tuple(inspect.signature(what).parameters)
    else:
        must_be = "given an expression, a function or a network"
        raise LeadlineError.at("trace", must_be, repr(what), "ll.trace('x * y', x=3, y=4)")
    _check_names(wanted, values)
    return graph_of(function, {name: values[name] for name in wanted})


def _check_names(wanted: tuple[str, ...], values: dict[str, Any]) -> None:
    problems = Problems()
    for name in wanted:
        if name not in values:
            problems.add(f"trace, {name}", "a number", "nothing", f"{name}=1.0")
    for name, value in values.items():
        if name not in wanted:
            problems.add("trace", f"given {', '.join(wanted)}", name, did_you_mean(name, list(wanted)))
        elif not np.issubdtype(np.asarray(value).dtype, np.number):
            problems.add(f"trace, {name}", "a number or an array of numbers", repr(value))
    problems.raise_as(LeadlineError)


def _of_network(
    network: Layer,
    inputs: Any,
    params: Any = None,
    state: Any = None,
    targets: Any = None,
    task: Task | None = None,
    seed: int = 0,
) -> Graph:
    if inputs is None or (targets is None) is not (task is None):
        must_be = "given inputs, shape (B, ...), and targets together with their task"
        got = ", ".join(
            n for n, v in (("inputs", inputs), ("targets", targets), ("task", task)) if v is not None
        )
        raise NetworkError.at("trace", must_be, got or "none of them", "ll.trace(network, inputs)")
    rows = jnp.asarray(inputs, jnp.float32)
    check(network, rows.shape[1:])
    fresh, start = network.init(jax.random.key(seed), rows.shape[1:])
    params, state = fresh if params is None else params, start if state is None else state
    if task is None:
        return network_graph(network, params, state, rows, jnp.sum, "sum")
    asked = jnp.asarray(targets)
    return network_graph(
        network, params, state, rows, lambda scores: task.row_losses(scores, asked).mean(), "loss"
    )
