"""How much effort XLA spends on a program: less is compiled sooner and runs longer.

Comes in: a function, its arguments and an effort. Goes out: the compiled program. Which program gets which effort
stands here too; on other devices than processors all get the usual one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

Options = dict[str, str | bool]

FULL: Options = {}
"""As XLA compiles by itself."""
LESS: Options = {"xla_cpu_use_fusion_emitters": False}
"""Two thirds of the compilation; loops of small layers run half as long again, all else a tenth."""
HALF: Options = {**LESS, "xla_backend_optimization_level": "1"}
"""Sooner compiled, and loops take about as long as with the usual one (``benchmarks.techniques effort``)."""
LEAST: Options = {**LESS, "xla_backend_optimization_level": "0"}
"""A third of the compilation; elementwise work takes several times as long, products of matrices as long: for what runs
once, not for loops."""

KEPT = 32  # a check with its proofs makes about ten; what is older is compiled again
_kept: OrderedDict[Hashable, Any] = OrderedDict()


class Efforts(NamedTuple):
    """What is spent on each program of a training.

    Args:
        start: That draws the weights, once.
        loop: Of the steps.
        close: That ends an epoch.
    """

    start: Options
    loop: Options
    close: Options


BRIEF = Efforts(start=LEAST, loop=LESS, close=LEAST)
"""For a training that takes less time than compiling it well."""
SHORT = Efforts(start=LESS, loop=FULL, close=LESS)
"""For many short epochs."""
LONG = Efforts(start=LESS, loop=FULL, close=FULL)
"""For epochs that take so long that compilation is not felt."""


def compiled(function: Any, arguments: tuple[Any, ...], effort: Options = FULL) -> Any:
    """Compile a function that was given to ``jax.jit``.

    Args:
        function: As ``jax.jit`` returns it.
        arguments: Values, or shapes and types.
        effort: One of this file's.

    Example:
        >>> import jax.numpy as jnp
        >>> program = compiled(jax.jit(jnp.cumsum), (jnp.arange(3),), LEAST)
        >>> program(jnp.arange(3)).tolist()
        [0, 1, 3]
    """
    lowered = function.lower(*arguments)
    if not effort or jax.default_backend() != "cpu":
        return lowered.compile()
    try:
        return lowered.compile(compiler_options=dict(effort))
    except (ValueError, jax.errors.JaxRuntimeError):  # another jaxlib may not know the flags
        return lowered.compile()


def compiled_once(function: Any, arguments: tuple[Any, ...], effort: Options, what: Hashable) -> Any:
    """Compile a function, or return what was compiled before for the same.

    Args:
        function: As ``jax.jit`` returns it.
        arguments: Values, or shapes and types.
        effort: One of this file's.
        what: Everything that the function depends on besides its arguments. What cannot be hashed, such as a layer of
            somebody who wrote it without, is compiled every time.

    Example:
        >>> import jax.numpy as jnp
        >>> two = [compiled_once(jax.jit(jnp.cumsum), (jnp.arange(3),), LEAST, "sums") for _ in range(2)]
        >>> two[0] is two[1]
        True
    """
    leaves, tree = jax.tree.flatten(arguments)
    shapes = tuple((jnp.shape(leaf), str(jnp.result_type(leaf))) for leaf in leaves)
    key = (what, tree, shapes, tuple(effort.items()))
    try:
        found = _kept.pop(key, None)
    except TypeError:
        return compiled(function, arguments, effort)
    if found is None:
        found = compiled(function, arguments, effort)
    _kept[key] = found
    if len(_kept) > KEPT:
        _kept.popitem(last=False)
    return found
