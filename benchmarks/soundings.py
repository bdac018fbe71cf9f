"""What soundings cost: the same training with and without them, epoch by epoch in turn in one process."""

from __future__ import annotations

import statistics
import time

from benchmarks.interleave import machine
from benchmarks.workers.leadline_steps import ready
from benchmarks.workers.work import MLPS

ROUNDS = {"tiny": 200, "mnist": 40}


def main() -> None:
    for name in MLPS:
        loops = {"with": ready(name, soundings=True), "without": ready(name, soundings=False)}
        times: dict[str, list[float]] = {which: [] for which in loops}
        for _ in range(ROUNDS[name]):
            for which, loop in loops.items():
                start = time.perf_counter()
                loop.run_epoch()
                times[which].append(time.perf_counter() - start)
        ratios = [a / b for a, b in zip(times["with"], times["without"], strict=True)]
        medians = {which: statistics.median(seconds) * 1e3 for which, seconds in times.items()}
        print(
            f"soundings, {name}: an epoch {medians['with']:.2f} ms with, {medians['without']:.2f} ms without; "
            f"median ratio {statistics.median(ratios):.3f}"
        )


if __name__ == "__main__":
    print(machine())
    main()
