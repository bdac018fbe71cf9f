"""The machine that a figure belongs to: what it is, which versions ran on it, and how fast it multiplies."""

from __future__ import annotations

import os
import platform
import time
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

PACKAGES = ("leadline", "jax", "jaxlib", "optax", "numpy", "scikit-learn", "torch", "keras", "tensorflow")
GEMM_SIZE = 2048


def versions() -> dict[str, str]:
    """Return the versions of the packages that are here."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def processor() -> str:
    """Return the processor's name and the number of cores."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    named = (line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    return f"{next(named, platform.processor() or platform.machine())}, {os.cpu_count()} cores"


def described() -> dict[str, Any]:
    """Return machine, versions and date, to stand beside every measurement."""
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    return {"machine": f"{processor()}, {platform.system()}", "versions": versions(), "date": now}


def machine() -> str:
    """Say where this runs and with which versions."""
    found = ", ".join(f"{name} {number}" for name, number in versions().items())
    return f"{processor()}\n{found}"


def gemm_rate(size: int = GEMM_SIZE, tries: int = 5) -> float:
    """Return the floating-point operations a second of NumPy's product of two square float32 matrices, the best try."""
    random = np.random.default_rng(0)
    left, right = (random.standard_normal((size, size), np.float32) for _ in range(2))
    seconds = []
    for _ in range(tries + 1):  # the first wakes the threads
        start = time.perf_counter()
        _ = left @ right
        seconds.append(time.perf_counter() - start)
    return 2 * size**3 / min(seconds)
