"""Networks of threshold units, built by hand: any function of a few bits, one hidden unit for each true pattern.

In: a table of truth, a Python function of bits, or the patterns that are true. Out: a network with its parameters
and state, ready to apply; its units give 0 or 1. Nothing is learned.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import product
from typing import Any

import jax.numpy as jnp
import numpy as np

from leadline.core.constraints import Interval
from leadline.core.errors import NetworkError
from leadline.nn import Dense, Sequential, step
from leadline.nn.base import Params, State

MOST_INPUTS = 10  # 1,024 patterns, and as many hidden units
Pattern = tuple[int, ...]
Built = tuple[Sequential, Params, State]
Truth = Sequence[Any] | Collection[Any] | Callable[..., Any]


def pattern_unit(pattern: Sequence[int]) -> Built:
    """Return the one unit that gives 1 for one pattern of bits and 0 for all others.

    Weights are 1 where the pattern has a 1 and -1 where it has a 0; the bias is 1/2 minus the number of ones. So
    the sum is 1/2 for the pattern and at most -1/2 for any other: h(x) = step(Σ (2pᵢ - 1)·xᵢ + 1/2 - Σ pᵢ).

    Args:
        pattern: D bits, each 0 or 1; D from 1 to 10.

    Returns:
        The network, its parameters and its state. Inputs of shape (B, D) give outputs of shape (B, 1).

    Raises:
        NetworkError: It has no bits, more than 10, or something else than bits.

    Example:
        >>> network, params, state = pattern_unit((0, 1, 1))
        >>> network.apply(params, state, jnp.array([[0.0, 1, 1], [1.0, 1, 1]]))[0].ravel().tolist()
        [1.0, 0.0]

    Source: McCulloch and Pitts, A logical calculus of the ideas immanent in nervous activity (1943).
    """
    bits = _bits(pattern, "pattern_unit, pattern")
    _check_inputs(len(bits), "pattern_unit, pattern")
    return Sequential([Dense(1, step)]), (_units([bits], len(bits)),), ({},)


def threshold_network(truth: Truth, inputs: int | None = None) -> Built:
    """Return a network of threshold units for any function from D bits to one.

    Each hidden unit recognizes one pattern for which the function is 1 (see :func:`pattern_unit`); the output unit
    is 1 where one of them is: step(Σ hᵢ - 1/2). A function that is 1 for all patterns needs all 2^D units, which
    is the price of a single hidden layer; one that is never 1 keeps a hidden unit that is always 0.

    Args:
        truth: One of: a table of 2^D values, each 0 or 1, for the patterns in counting order (000, 001, 010, …,
            the first input is the first bit); a function of D bits; a set of patterns (or a list of rows), each
            of D bits, for which the function is 1.
        inputs: D, from 1 to 10. Needed where it does not follow: for a function of ``*bits`` and for no patterns.

    Returns:
        The network, its parameters and its state. Inputs of shape (B, D) give outputs of shape (B, 1).

    Raises:
        NetworkError: D is not within 1 to 10, a table's length is no power of two, or something is not 0 or 1.

    Example:
        >>> network, params, state = threshold_network(lambda a, b: a != b)
        >>> network
        ll.Sequential([ll.Dense(2, ll.step), ll.Dense(1, ll.step)])
        >>> network.apply(params, state, jnp.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]))[0].ravel().tolist()
        [0.0, 1.0, 1.0, 0.0]

    Source: McCulloch and Pitts, A logical calculus of the ideas immanent in nervous activity (1943).
    """
    patterns, wide = _true_patterns(truth, inputs)
    hidden = _units(patterns, wide)
    units = hidden["kernel"].shape[1]
    either = {"kernel": jnp.ones((units, 1)), "bias": jnp.full((1,), -0.5)}
    return Sequential([Dense(units, step), Dense(1, step)]), (hidden, either), ({}, {})


def _units(patterns: Sequence[Pattern], inputs: int) -> dict[str, Any]:
    """Return a kernel and bias of one unit for each pattern; of one that is always 0 where there are none."""
    if not patterns:
        return {"kernel": jnp.zeros((inputs, 1)), "bias": jnp.full((1,), -0.5)}
    bits = np.array(patterns, np.float32)
    return {"kernel": jnp.asarray(2 * bits.T - 1), "bias": jnp.asarray(0.5 - bits.sum(axis=1))}


def _true_patterns(truth: Truth, inputs: int | None) -> tuple[list[Pattern], int]:
    """Return the patterns for which the function is 1, in counting order, and the number of inputs."""
    if inputs is not None:
        _check_inputs(inputs, "threshold_network, inputs")
    if callable(truth):
        inputs = inputs or _arguments(truth)
        _check_inputs(inputs, "threshold_network, truth")
        every = list(product((0, 1), repeat=inputs))
        answers = _bits([truth(*bits) for bits in every], "threshold_network, truth")
        return [bits for bits, answer in zip(every, answers, strict=True) if answer], inputs
    if not isinstance(truth, Iterable):
        raise NetworkError.at(
            "threshold_network, truth",
            "a table, a function or patterns",
            repr(truth),
            "[0, 1, 1, 0] for a != b",
        )
    rows = list(truth)
    if isinstance(truth, set | frozenset) or any(np.ndim(row) for row in rows):
        return _given_patterns(rows, inputs)
    return _table(rows, inputs)


def _arguments(truth: Callable[..., Any]) -> int:
    """Return how many bits a function takes by position."""
    kinds = [parameter.kind for parameter in inspect.signature(truth).parameters.values()]
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        raise NetworkError.at(
            "threshold_network, inputs", "given for a function of any number of bits", "none", "inputs=3"
        )
    return sum(
        kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD) for kind in kinds
    )


def _given_patterns(rows: list[Any], inputs: int | None) -> tuple[list[Pattern], int]:
    where = "threshold_network, truth"
    if not rows and inputs is None:
        raise NetworkError.at(
            "threshold_network, inputs", "given where there are no patterns", "none", "inputs=3"
        )
    patterns = sorted({_bits(row, where) for row in rows})
    lengths = sorted({len(bits) for bits in patterns} | ({inputs} if inputs else set()))
    if len(lengths) > 1:
        raise NetworkError.at(
            where, "patterns of one length, that of inputs", f"lengths {lengths}", "{(0, 1, 1)}"
        )
    _check_inputs(lengths[0], where)
    return patterns, lengths[0]


def _table(rows: list[Any], inputs: int | None) -> tuple[list[Pattern], int]:
    where = "threshold_network, truth"
    answers = _bits(rows, where)
    wide = len(answers).bit_length() - 1
    if len(answers) != 2**wide or wide < 1 or inputs not in (None, wide):
        length = f"2^D values, D from 1 to {MOST_INPUTS}" if inputs is None else f"{2**inputs} values"
        raise NetworkError.at(where, f"a table of {length}", f"{len(answers)}", "[0, 1, 1, 0] for a != b")
    _check_inputs(wide, where)
    return [bits for bits, yes in zip(product((0, 1), repeat=wide), answers, strict=True) if yes], wide


def _bits(values: Iterable[Any], where: str) -> Pattern:
    """Return bits as whole numbers."""
    found = list(values) if isinstance(values, Iterable) and not isinstance(values, str) else [values]
    for value in found:
        if isinstance(value, str) or np.ndim(value) or value not in (0, 1):
            raise NetworkError.at(where, "made of 0 and 1", repr(value), "(0, 1, 1)")
    return tuple(int(value) for value in found)


def _check_inputs(inputs: object, where: str) -> None:
    if not Interval(1, MOST_INPUTS, whole=True).allows(inputs):
        must_be = f"of 1 to {MOST_INPUTS} bits, as a whole number: there is a hidden unit for each pattern"
        raise NetworkError.at(where, must_be, f"{inputs} bits", "a network that learns: ll.mlp(1)")
