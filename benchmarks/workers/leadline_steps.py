"""Seconds a step in Leadline's own loop: host order, soundings and validation included unless asked otherwise."""

from __future__ import annotations

import sys

import leadline as ll
from benchmarks.interleave import serve
from benchmarks.workers.work import JUDGED, MLPS, rows, turn
from leadline.nn.penalties import weight_mask
from leadline.nn.tasks import for_problem
from leadline.training.loop import Loop, Plan
from leadline.training.moment import unwatched
from leadline.training.program import Problem, Rows
from leadline.training.train import prepare


def ready(name: str, soundings: bool) -> Loop:
    """Return a loop of a workload that is compiled and ready for its first epoch."""
    batch, _, widths, classes, _ = MLPS[name]
    network = ll.Sequential([*(ll.Dense(width, ll.relu) for width in widths), ll.Dense(classes)])
    task = for_problem("classification", classes, classes)
    optimizer = ll.adam(1e-3).build(lambda step: 1e-3, decayed=weight_mask)
    inputs, labels = rows(name)
    problem = Problem(network, task, optimizer, soundings=soundings)
    judged = Rows(inputs[:JUDGED], labels[:JUDGED])
    return prepare(problem, Plan(10**6, batch, 0, None), Rows(inputs, labels), judged, unwatched)


def main(name: str, soundings: bool) -> None:
    serve(turn(name, ready(name, soundings).run_epoch))


if __name__ == "__main__":
    main(sys.argv[1], "--no-soundings" not in sys.argv)
