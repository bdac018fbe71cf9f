"""How many threads linear algebra may take here: one.

Resampling and linear baselines are thousands of small steps. In such steps threads wait for each other more
than they work, and on a machine with other work they cost ten times the time. Comes in: nothing. Goes out: a
context.
"""

from __future__ import annotations

from threadpoolctl import threadpool_limits


def one_thread() -> threadpool_limits:
    """Return a context in which linear algebra runs on one thread.

    Example:
        >>> with one_thread():
        ...     pass
    """
    return threadpool_limits(limits=1, user_api="blas")
