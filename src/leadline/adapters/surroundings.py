"""Where and with what a foreign training ran.

Comes in: names of packages. Goes out: versions, machine and time, as a run holds them.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import datetime
from importlib import metadata


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Return the versions of Leadline, Python and the packages that are here.

    Example:
        >>> "numpy" in versions(["numpy"])
        True
    """
    found = {"python": platform.python_version()}
    for name in ("leadline", *packages):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def machine(device: str) -> str:
    """Return processor, cores and device in words.

    Example:
        >>> machine("cpu").endswith("cpu")
        True
    """
    return f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {device}"


def now() -> str:
    """Return the time, ISO 8601."""
    return datetime.now().astimezone().isoformat(timespec="seconds")
