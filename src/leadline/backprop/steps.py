"""From a function to its graph: the steps that JAX sees, their values forward, their gradients backward.

The backward pass uses the local rule and nothing else: each step knows the derivative of its own output by its own
inputs, multiplies it by what comes from behind, and hands it on; where a value is used twice, gradients add up.
Source: Rumelhart, Hinton and Williams, Learning representations by back-propagating errors (1986).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from string import ascii_lowercase
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core as jex

from leadline.backprop.graph import Graph, Node
from leadline.core.errors import LeadlineError
from leadline.core.text import short

INFIX = {"add": "+", "add_any": "+", "sub": "-", "mul": "*", "div": "/", "dot_general": "@", "pow": "**"}
CALLED = {"logistic": "sigmoid", "reduce_sum": "sum"}


@dataclass(frozen=True)
class Step:
    """One step that JAX sees, with its numbers.

    Args:
        name: Of the value that comes out.
        operation: In words.
        sources: Variables it is computed from, constants left out.
        target: Variable that comes out.
        value: What came out.
        back: From the gradient of the output to those of the sources.
    """

    name: str
    operation: str
    sources: tuple[Any, ...]
    target: Any
    value: jax.Array
    back: Callable[[jax.Array], tuple[jax.Array, ...]]


def graph_of(function: Callable[..., Any], values: Mapping[str, Any]) -> Graph:
    """Return the graph of a function of named numbers at these values.

    Args:
        function: Called with the values by keyword; its result is a single number.
        values: Numbers or arrays by name.

    Raises:
        LeadlineError: The result is not a single number.
    """
    given = {name: jnp.asarray(value, jnp.float32) for name, value in values.items()}
    closed = jax.make_jaxpr(lambda numbers: function(**numbers))(given)
    outputs = closed.jaxpr.outvars
    if len(outputs) != 1 or outputs[0].aval.shape != ():
        got = ", ".join(f"shape {variable.aval.shape}" for variable in outputs)
        raise LeadlineError.at(
            "trace", "given what results in a single number", got, "sum(...) of it, or a loss"
        )
    variables = dict(zip(sorted(given), closed.jaxpr.invars, strict=True))  # as JAX lays out a dictionary
    known = {variables[name]: value for name, value in given.items()}
    names = {variable: name for name, variable in variables.items()}
    known |= dict(zip(closed.jaxpr.constvars, map(jnp.asarray, closed.consts), strict=True))
    steps = list(_forward(closed.jaxpr, known, names))
    gradients = _backward(steps, outputs[0])
    nodes = [_given(name, value, gradients.get(variables[name])) for name, value in given.items()]
    return Graph((*nodes, *(_node(step, gradients, names) for step in steps)))


def _forward(jaxpr: Any, known: dict[Any, jax.Array], names: dict[Any, str]) -> Iterator[Step]:
    letters = _letters(set(names.values()))
    for equation in jaxpr.eqns:
        (target,) = equation.outvars
        words = [_word(each, names) for each in equation.invars]
        sources = tuple(dict.fromkeys(each for each in equation.invars if not isinstance(each, jex.Literal)))
        value, back = jax.vjp(_alone(jaxpr, equation, sources), *(known[each] for each in sources))
        known[target], names[target] = value, next(letters)
        yield Step(names[target], _operation(equation, words), sources, target, value, back)


def _alone(jaxpr: Any, equation: Any, sources: tuple[Any, ...]) -> Callable[..., Any]:
    """Return one step as a function of its sources, constants filled in."""
    one = jaxpr.replace(constvars=[], invars=list(sources), outvars=list(equation.outvars), eqns=[equation])
    run = jex.jaxpr_as_fun(jex.ClosedJaxpr(one, []))
    return lambda *inputs: run(*inputs)[0]


def _backward(steps: list[Step], result: Any) -> dict[Any, jax.Array]:
    gradients: dict[Any, jax.Array] = {result: jnp.ones(())}
    for step in reversed(steps):
        behind = gradients.get(step.target)
        if behind is None:  # it has no part in the result
            continue
        for source, share in zip(step.sources, step.back(behind), strict=True):
            if jnp.issubdtype(share.dtype, jnp.floating):
                gradients[source] = gradients[source] + share if source in gradients else share
    return gradients


def _letters(taken: set[str]) -> Iterator[str]:
    for round_ in count():
        for letter in ascii_lowercase:
            name = f"{letter}{round_}" if round_ else letter
            if name not in taken:
                yield name


def _word(each: Any, names: dict[Any, str]) -> str:
    return short(float(each.val)) if isinstance(each, jex.Literal) else names.get(each, "constant")


def _operation(equation: Any, words: list[str]) -> str:
    name = _called(equation)
    if name in INFIX:
        return f"{words[0]} {INFIX[name]} {words[1]}"
    if name == "neg":
        return f"-{words[0]}"
    if name == "integer_pow":
        return f"{words[0]} ** {equation.params['y']}"
    return f"{CALLED.get(name, name)}({', '.join(words)})"


def _called(equation: Any) -> str:
    """Return the name of a step: of a function such as relu its own, else the primitive's."""
    inside = getattr(equation.params.get("call_jaxpr"), "jaxpr", None)
    source = str(getattr(getattr(inside, "debug_info", None), "func_src_info", ""))
    return str(equation.params.get("name") or source.partition(" ")[0] or equation.primitive.name)


def _node(step: Step, gradients: dict[Any, jax.Array], names: dict[Any, str]) -> Node:
    gradient = gradients.get(step.target, jnp.zeros_like(step.value))
    sources = tuple(names[each] for each in step.sources if each in names)
    single = step.value.shape == () and all(each.aval.shape == () for each in step.sources)
    local = tuple(float(share) for share in step.back(jnp.ones(()))) if single else ()
    return Node(step.name, step.operation, np.asarray(step.value), np.asarray(gradient), sources, local)


def _given(name: str, value: jax.Array, gradient: jax.Array | None) -> Node:
    return Node(
        name, "", np.asarray(value), np.asarray(jnp.zeros_like(value) if gradient is None else gradient)
    )
