"""How much effort XLA spends on a program: less is compiled sooner and runs longer.

Comes in: a function, its arguments and an effort. Goes out: the compiled program. Which program gets which effort
stands here too; on other devices than processors all get the usual one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax

Options = dict[str, str | bool]

FULL: Options = {}
"""As XLA compiles by itself."""
LESS: Options = {"xla_cpu_use_fusion_emitters": False}
"""Two thirds of the compilation; loops of small layers run half as long again, all else a tenth."""
LEAST: Options = {**LESS, "xla_backend_optimization_level": "0"}
"""A third of the compilation; elementwise work takes two to four times as long, products of matrices as long."""


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
