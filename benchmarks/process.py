"""``leadline fit digits`` as a whole process, report included: first with an empty compilation cache, then again."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.interleave import machine


def timed(folder: Path, cache: Path, number: int) -> float:
    """Return the seconds of one whole process."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    out = folder / f"run-{number}"
    start = time.perf_counter()
    command = [sys.executable, "-m", "leadline", "fit", "digits", "--out", str(out)]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main(rounds: int = 5) -> None:
    cold, warm = [], []
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as base:
            folder = Path(base)
            cold.append(timed(folder, folder / "cache", 1))
            warm.append(timed(folder, folder / "cache", 2))
        print(f"  round {number + 1}: empty cache {cold[-1]:.2f} s, with cache {warm[-1]:.2f} s", flush=True)
    print(f"leadline fit digits, empty cache: median {statistics.median(cold):.2f} s")
    print(f"leadline fit digits, with cache:  median {statistics.median(warm):.2f} s")


if __name__ == "__main__":
    print(machine())
    main()
