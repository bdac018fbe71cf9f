"""What the choices of a plan are worth: the same training under other plans, epoch by epoch in turn in one process.

    python -m benchmarks.plans [workload ...]

The numbers in ``training/decide.py`` come from here: when to share a batch among the cores, that bfloat16 and
unrolling do not pay on a processor, and what soundings cost.
"""

from __future__ import annotations

import statistics
import sys
import time

import leadline as ll
from benchmarks.machine import machine
from benchmarks.workers.leadline_networks import network_of
from benchmarks.workloads import Workload, find
from leadline.nn.tasks import for_problem
from leadline.training.devices import cores_as_devices
from leadline.training.loop import Course, Loop
from leadline.training.moment import unwatched
from leadline.training.step import Problem, Rows
from leadline.training.train import chosen_for, prepare

USUAL = ("tiny", "mnist", "deep", "digits", "lenet", "cifar", "lstm64")
PLANS = {
    "1 core's device": ll.Plan(devices=1),
    "2 devices": ll.Plan(devices=2),
    "bfloat16": ll.Plan(precision="bfloat16"),
    "4 steps unrolled": ll.Plan(unroll=4),
    "no soundings": ll.Plan(sounding_every=10**6),
}
SECONDS = 3.0  # for each plan


def ready(workload: Workload, plan: ll.Plan) -> Loop:
    """Return a loop that has run its first epoch."""
    inputs, labels = workload.data()
    task = for_problem("classification", workload.classes, workload.classes)
    problem = Problem(network_of(workload), task, ll.adam(1e-3).build(lambda step: 1e-3))
    course, rows = (
        Course(10**6, workload.batch, 0, None),
        Rows(inputs[: workload.rows], labels[: workload.rows]),
    )
    judged = Rows(inputs[workload.rows :], labels[workload.rows :])
    loop = prepare(
        problem, course, rows, judged, unwatched, None, chosen_for(problem, course, rows, None, plan)
    )
    loop.run_epoch()
    return loop


def main(names: list[str]) -> None:
    cores_as_devices()
    for workload in map(find, names or USUAL):
        loops = {"as chosen": ready(workload, ll.Plan())}
        loops |= {name: ready(workload, plan) for name, plan in PLANS.items()}
        times: dict[str, list[float]] = {name: [] for name in loops}
        began = time.perf_counter()
        while time.perf_counter() - began < SECONDS * len(loops) or len(times["as chosen"]) < 3:
            for name, loop in loops.items():
                start = time.perf_counter()
                loop.run_epoch()
                times[name].append(time.perf_counter() - start)
        chosen = loops["as chosen"].problem
        print(f"\n{workload.title}: {chosen.devices.count} of the cores' devices chosen, {chosen.precision}")
        for name, seconds in times.items():
            ratio = statistics.median(a / b for a, b in zip(seconds, times["as chosen"], strict=True))
            step = statistics.median(seconds) / workload.epoch_steps
            print(f"  {name:<18} {step * 1e3:9.3f} ms a step  {ratio:5.2f} of the time as chosen", flush=True)


if __name__ == "__main__":
    print(machine())
    main(sys.argv[1:])
