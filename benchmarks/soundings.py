"""What soundings cost: the same training with and without them, turn by turn, by the loop of ``ll.fit``.

python -m benchmarks.soundings [workload ...]
"""

from __future__ import annotations

import statistics
import sys

from benchmarks.interleave import compare
from benchmarks.machine import machine
from benchmarks.table import span
from benchmarks.workloads import find

WORKER = "benchmarks.workers.leadline_steps"
USUAL = ("tiny", "mnist", "deep", "lenet", "lstm64")


def main(names: list[str] | None = None, rounds: int = 15) -> None:
    for workload in map(find, names or USUAL):
        arguments = {"with": [WORKER, workload.name], "without": [WORKER, workload.name, "--no-soundings"]}
        times = compare(arguments, rounds)
        ratios = [a / b for a, b in zip(times["with"], times["without"], strict=True)]
        medians = [span(statistics.median(seconds)) for seconds in times.values()]
        print(
            f"soundings, {workload.title}: a step {medians[0]} with, {medians[1]} without; "
            f"median ratio {statistics.median(ratios):.3f}",
            flush=True,
        )


if __name__ == "__main__":
    print(machine())
    main(sys.argv[1:])
