"""How many threads linear algebra may take here: one.

Resampling and linear baselines are thousands of small steps. In such steps threads wait for each other more
than they work, and on a machine with other work they cost ten times the time. Comes in: nothing. Goes out: a
context.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[Any]:
    """Return a context in which linear algebra runs on one thread.

    Example:
        >>> with one_thread():
        ...     pass
    """
    context: AbstractContextManager[Any] = _libraries().limit(limits=1, user_api="blas")
    return context


@cache  # looking through all libraries of the process takes longer than most of what runs on one thread
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()
