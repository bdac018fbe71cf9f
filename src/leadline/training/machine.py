"""The machine a training runs on, as a plan asks about it.

Comes in: nothing. Goes out: devices and their memory.
"""

from __future__ import annotations

import os

import jax

from leadline.training.plan import Machine

UNKNOWN = 8e9  # bytes, where the system does not tell


def this_machine() -> Machine:
    """Return what JAX has to compute on.

    Example:
        >>> this_machine().devices >= 1
        True
    """
    devices = jax.devices()
    return Machine(devices[0].platform, len(devices), _memory(devices[0]), jax.process_count())


def _memory(device: jax.Device) -> float:
    """Return the bytes of a device that rows, weights and outputs share."""
    told = device.memory_stats() if device.platform != "cpu" else None
    if told and "bytes_limit" in told:
        return float(told["bytes_limit"])
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):  # not of this system
        return UNKNOWN
