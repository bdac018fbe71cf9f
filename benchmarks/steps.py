"""Training steps of Leadline, through ``ll.fit``, against its peers on the same work.

    python -m benchmarks.steps                       every workload, every peer that is here
    python -m benchmarks.steps tiny lenet            these
    python -m benchmarks.steps 20-64-3/b32/n3200     an MLP of one's own
    python -m benchmarks.steps --peers torch,keras   only these families (or names)
    python -m benchmarks.steps --device gpu          PyTorch on cuda, JAX where it goes by itself

All workers of a workload begin with the same weights, and their losses over the first steps must agree before
anything is timed. Then they run turn by turn; medians, ratios and the floor are printed and kept as JSON.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.interleave import StoppedError, Worker, started, take_turns
from benchmarks.machine import described, gemm_rate, machine
from benchmarks.peers import ON_CPU, OURS, Contestant, asked_for, contestants, interpreters, missing
from benchmarks.results import DEFAULT, keep
from benchmarks.table import shown
from benchmarks.workloads import CHECKED_STEPS, WORKLOADS, Workload, find

ROUNDS = 7
AGREEMENT = 2e-3
"""How far losses may differ for each step made, as a share of the first one: float32 sums are made in another order,
Adam turns the sign of the smallest into a step, and ten layers carry it on. In the deep MLP, PyTorch in float32 and in
float64 differ by a twentieth of the loss of the eleventh step, which is a two-hundredth of the first."""


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workloads", nargs="*", type=find, help=f"{', '.join(WORKLOADS)}; all by default")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="turns of each worker")
    parser.add_argument("--peers", default="", help="families or names, separated by commas; all by default")
    parser.add_argument("--json", type=Path, default=DEFAULT, help="where results are kept")
    parser.add_argument("--device", choices=("cpu", "gpu"), default="cpu")
    parser.add_argument("--python", action="append", default=[], metavar="PACKAGE=PATH",
                        help="interpreter of a package that lives elsewhere; also in LEADLINE_PEERS")  # fmt: skip
    return parser.parse_args(arguments)


def measured(
    workload: Workload, some: Sequence[Contestant], rounds: int, device: str, pythons: Mapping[str, str]
) -> dict[str, Any]:
    """Return everything that was measured on one workload."""
    left_out = {one.name: why for one in some if (why := missing(one, pythons))}
    running: dict[str, Worker] = {}
    with tempfile.TemporaryDirectory() as folder:
        weights = str(Path(folder) / "weights.npz")
        for one in some:
            if one.name in left_out:
                continue
            given = ["--export" if one.name == OURS else "--weights", weights]
            environment = {**one.environment, **(ON_CPU if device == "cpu" else {})}
            try:
                running[one.name] = started(one.command(pythons, workload.name, *given), environment)
            except StoppedError as error:
                if one.name == OURS:
                    raise SystemExit(f"{workload.name}: Leadline's worker ended: {error}") from error
                left_out[one.name] = str(error)
    apart = {name: disagreement(running[OURS].losses, worker.losses) for name, worker in running.items()}
    for name in [name for name, (_, allowed) in apart.items() if not allowed]:
        left_out[name] = f"its losses differ from ours by {apart[name][0]:.1e}"
        running.pop(name).end()
    take_turns(running, rounds)
    for worker in running.values():
        worker.end()
    return {
        **described(), "device": device, "title": workload.title, "must": workload.must, "stretch": workload.stretch,
        "flops": workload.flops, "gemm_rate": gemm_rate(), "left_out": left_out,
        "family": {one.name: one.family for one in some if one.name in running},
        "losses": {name: apart[name][0] for name in running},
        "said": {name: worker.said for name, worker in running.items() if worker.said},
        "seconds": {name: worker.seconds for name, worker in running.items()},
        "foreign": {name: worker.foreign for name, worker in running.items()},
    }  # fmt: skip


def disagreement(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, bool]:
    """Return the largest difference of two lists of losses, as a share of the first, and whether all are allowed."""
    if len(ours) != CHECKED_STEPS or len(theirs) != CHECKED_STEPS:
        return float("inf"), False
    apart = np.abs(np.subtract(ours, theirs)) / ours[0]
    return float(apart.max()), bool((apart <= AGREEMENT * np.arange(1, CHECKED_STEPS + 1)).all())


def main(arguments: Sequence[str] | None = None) -> None:
    asked = parsed(arguments)
    print(machine(), flush=True)
    pythons = interpreters(asked.python)
    for workload in asked.workloads or WORKLOADS.values():
        some = asked_for(contestants(workload, asked.device), asked.peers)
        result = measured(workload, some, asked.rounds, asked.device, pythons)
        name = workload.name if asked.device == "cpu" else f"{workload.name} on gpu"
        keep(asked.json, name, result)
        print(shown(result), flush=True)
    print(f"\nkept in {asked.json}")


if __name__ == "__main__":
    main()
