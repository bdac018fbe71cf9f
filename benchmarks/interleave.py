"""Run several workers turn by turn and compare their medians.

Each worker is a process of its own that waits between turns, so that import and compilation are paid once and a
slow moment of the machine meets all of them alike. Only ratios from one such run count.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def machine() -> str:
    """Say where this runs and with which versions."""
    found = []
    for name in ("leadline", "jax", "optax", "torch", "scikit-learn", "numpy"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} absent")
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    model = next(
        (line.split(":")[1].strip() for line in lines if line.startswith("model name")),
        platform.processor(),
    )
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}\n{', '.join(found)}"


def serve(unit: Callable[[], float]) -> None:
    """Answer every line on the standard input with the seconds that one unit took."""
    unit()  # warm
    print("READY", flush=True)
    for _ in sys.stdin:
        print(unit(), flush=True)


def compare(workers: Mapping[str, Sequence[str]], rounds: int) -> dict[str, list[float]]:
    """Run the workers turn by turn; return the seconds of every turn by worker."""
    running = {name: _started(module) for name, module in workers.items()}
    times: dict[str, list[float]] = {name: [] for name in running}
    for _ in range(rounds):
        for name, process in running.items():
            process.stdin.write("go\n")
            process.stdin.flush()
            times[name].append(float(process.stdout.readline()))
    for process in running.values():
        process.stdin.close()
        process.wait()
    return times


def _started(arguments: Sequence[str]) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    for line in process.stdout:
        if line.startswith("READY"):
            return process
    raise SystemExit(f"worker {' '.join(arguments)} ended before it was ready")


def show(
    title: str, times: Mapping[str, list[float]], unit: float, unit_name: str, ours: str = "leadline"
) -> None:
    """Print medians, minima and the ratio of every worker to us, turn by turn."""
    print(f"\n{title}")
    for name, seconds in times.items():
        ratios = [theirs / mine for theirs, mine in zip(seconds, times[ours], strict=True)]
        print(
            f"  {name:<22} median {statistics.median(seconds) * unit:9.2f} {unit_name}"
            f"  min {min(seconds) * unit:9.2f}  {name} / {ours}: {statistics.median(ratios):5.2f}"
        )
