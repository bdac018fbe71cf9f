"""Seconds a step in Leadline's own loop: host order, soundings and validation included unless asked otherwise."""

from __future__ import annotations

import sys
from collections.abc import Callable

import jax
import numpy as np

import leadline as ll
from benchmarks.interleave import serve
from benchmarks.workers.work import JUDGED, MLPS, rows, turn
from leadline.nn.penalties import weight_mask
from leadline.nn.tasks import for_problem
from leadline.training.loop import Loop, Plan, epoch_order
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


def steps_alone(loop: Loop) -> Callable[[], None]:
    """Return a function that makes the full batches of an epoch by our compiled program, and nothing else.

    The epoch's last step belongs to another program; it is neither made nor counted.
    """
    size = loop.plan.batch

    def run() -> None:
        order = epoch_order(0, 1, len(loop.rows.inputs))
        batches = order[: loop.full * size].reshape(loop.full, size)
        if loop.programs.sweep is not None:
            loop.carry, losses = loop.programs.sweep(loop.carry, loop.rows, batches, np.int32(0), loop.key)
        else:
            bounds = np.int32(0), np.int32(loop.full), np.int32(0)
            loop.carry, losses = loop.programs.advance(loop.carry, loop.rows, batches, *bounds, loop.key)
        jax.device_get(losses)

    return run


def main(name: str, soundings: bool, alone: bool) -> None:
    loop = ready(name, soundings)
    serve(turn(name, steps_alone(loop), loop.full) if alone else turn(name, loop.run_epoch))


if __name__ == "__main__":
    main(sys.argv[1], "--no-soundings" not in sys.argv, "--steps-alone" in sys.argv)
