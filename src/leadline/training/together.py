"""Training in several processes, on one machine or many: they hold the same weights and share every batch.

Comes in: where process 0 listens, how many there are, and which one this is. Goes out: JAX that knows the devices of
all. Every process reads the same data and makes the same decisions, so only what one of them alone can know is
told to the others: that Ctrl-C was pressed, and how far its checkpoint came.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils

from leadline.core.errors import RunError
from leadline.training.devices import cores_as_devices


def join(coordinator: str, processes: int, process: int, share: int = 1) -> None:
    """Make this process one of several that train together; before anything else is done with JAX.

    Call it in every process with the same data and choices, then :func:`leadline.fit` as usual.

    Args:
        coordinator: "HOST:PORT" of process 0, the same in all.
        processes: How many there are.
        process: Number of this one, from 0.
        share: How many of them run on this machine, and share its cores.

    Raises:
        RunError: JAX was used before, or the others cannot be reached.

    Example:
        >>> import leadline as ll
        >>> ll.join("localhost:1234", processes=1, process=0)  # a single one needs nobody to talk to
    """
    if processes == 1:
        return
    try:
        cores_as_devices(share)
        jax.distributed.initialize(coordinator, processes, process)
    except (RuntimeError, ValueError) as error:
        must = "joined before JAX is used, and within reach of process 0"
        raise RunError.at(
            "join", must, str(error).splitlines()[0], "ll.join(...) as the first call"
        ) from error


@contextmanager
def interrupts(processes: int) -> Iterator[Callable[[], bool]]:
    """Yield a function that tells, at the end of an epoch, whether any of the processes was asked to stop.

    A process that stopped at once would leave the others waiting for it. With a single process Ctrl-C works as usual,
    and the function always tells False.
    """
    if processes == 1 or threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    asked: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: asked.append(number))
    try:
        yield lambda: bool(of_all(len(asked)).any())
    finally:
        signal.signal(signal.SIGINT, before)


def of_all(number: int) -> np.ndarray[Any, Any]:
    """Return the number of each process.

    Example:
        >>> of_all(3).tolist()
        [3]
    """
    return np.atleast_1d(np.asarray(multihost_utils.process_allgather(np.int32(number))))
