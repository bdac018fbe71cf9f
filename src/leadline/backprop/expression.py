"""Expressions such as "(x + y) * z" as functions of named numbers, read without running any code.

In: text. Out: a function of its names. Only arithmetic and the named functions below are understood.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from leadline.core.errors import LeadlineError

Function = Callable[..., Any]

BINARY: Mapping[type[ast.operator], Function] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.MatMult: operator.matmul,
}  # fmt: skip
FUNCTIONS: Mapping[str, Function] = {
    "exp": jnp.exp, "log": jnp.log, "sqrt": jnp.sqrt, "sin": jnp.sin, "cos": jnp.cos, "tanh": jnp.tanh,
    "abs": jnp.abs, "max": jnp.maximum, "min": jnp.minimum, "sum": jnp.sum, "sigmoid": jax.lax.logistic,
    "relu": lambda x: jnp.maximum(x, 0.0),
}  # fmt: skip


def names_of(text: str) -> tuple[str, ...]:
    """Return the names of an expression in the order they appear.

    Example:
        >>> names_of("(x + y) * exp(x)")
        ('x', 'y')
    """
    tree = _parsed(text)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = (n for n in _in_order(tree) if isinstance(n, ast.Name) and n.id not in FUNCTIONS)
    return tuple(dict.fromkeys(node.id for node in found if id(node) not in called))


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _in_order(child)


def function_of(text: str) -> Function:
    """Return an expression as a function of its names, by keyword.

    Raises:
        LeadlineError: It is no expression, or holds something that is not understood.

    Example:
        >>> function_of("(x + y) * 2")(x=1.0, y=2.0)
        6.0
    """
    tree = _parsed(text)
    return lambda **values: _value(tree, values, text)


def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise _not_understood(text, str(error).split(" (")[0]) from None


def _value(node: ast.expr, values: Mapping[str, Any], text: str) -> Any:
    match node:
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.UnaryOp(op=ast.USub(), operand=inside):
            return -_value(inside, values, text)
        case ast.UnaryOp(op=ast.UAdd(), operand=inside):
            return _value(inside, values, text)
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int() as power)):
            return _value(left, values, text) ** power
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return jnp.power(_value(left, values, text), _value(right, values, text))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            return BINARY[type(op)](_value(left, values, text), _value(right, values, text))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](*(_value(arg, values, text) for arg in args))
        case _:
            raise _not_understood(text, ast.unparse(node))


def _not_understood(text: str, part: str) -> LeadlineError:
    return LeadlineError.at(
        f"expression {text!r}",
        f"made of numbers, names, + - * / ** @ and {', '.join(FUNCTIONS)}",
        part,
        'll.trace("(x + y) * z", x=-2, y=5, z=-4)',
    )
