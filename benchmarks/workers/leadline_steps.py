"""Seconds a step in Leadline's own loop: host order, soundings and validation included unless asked otherwise."""

from __future__ import annotations

import sys
import time

import leadline as ll
from benchmarks.interleave import serve
from benchmarks.workers.work import JUDGED, MLPS, rows, steps
from leadline.nn.penalties import weight_mask
from leadline.nn.tasks import for_problem
from leadline.training.loop import Plan, prepare
from leadline.training.moment import unwatched
from leadline.training.program import Problem, Rows


def main(name: str, soundings: bool) -> None:
    batch, _features, widths, classes, _ = MLPS[name]
    network = ll.Sequential([*(ll.Dense(width, ll.relu) for width in widths), ll.Dense(classes)])
    task = for_problem("classification", classes, classes)
    optimizer = ll.adam(1e-3).build(lambda step: 1e-3, decayed=weight_mask)
    inputs, labels = rows(name)
    problem = Problem(network, task, optimizer, soundings=soundings)
    judged = Rows(inputs[:JUDGED], labels[:JUDGED])
    loop = prepare(problem, Plan(10**6, batch, 0, None), Rows(inputs, labels), judged, unwatched)

    def unit() -> float:
        start = time.perf_counter()
        loop.run_epoch()
        return (time.perf_counter() - start) / steps(name)

    serve(unit)


if __name__ == "__main__":
    main(sys.argv[1], "--no-soundings" not in sys.argv)
