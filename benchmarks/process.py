"""A whole process, from import to a finished model: an MLP 64-64 on the digits, 50 epochs, batch 32.

Leadline, and JAX by hand, run with an empty compilation cache and again with what the first run left there; each round
starts every peer once, in turn, after a start of each that is not timed: it leaves the bytecode that installed packages
have. The accuracy on the held-out rows is printed by each process. ``ll.fit`` does more than its peers
here: it validates every epoch, takes soundings, judges the model beside baselines and looks for faults.

    python -m benchmarks.process --rounds 5
    python -m benchmarks.process --report      leadline fit digits, the command with its report, alone
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

from benchmarks.machine import described, machine
from benchmarks.peers import BY_HAND, ON_CPU, OURS, QUIET, Contestant, asked_for, interpreters, missing
from benchmarks.results import DEFAULT, keep
from benchmarks.table import shown

TRAINED = 1400
"""Rows to learn from; of the others, Leadline validates on 100, and 297 judge."""
VALIDATED = 100
CACHES = {"cold": ("empty cache", 3, 5), "cached": ("with cache", 4, 5)}


def contestants() -> list[Contestant]:
    """Return all that can do it, ours first."""
    keras = [
        Contestant(
            f"keras on {backend}", "keras", "keras_process", (), backend, {"KERAS_BACKEND": backend, **QUIET}
        )
        for backend in ("jax", "torch", "tensorflow")
    ]
    return [
        Contestant(OURS, OURS, "leadline_process"),
        Contestant("torch eager 2 threads", "torch", "torch_process", ("--threads", "2"), "torch"),
        Contestant(
            "torch fused Adam 1 thread", "torch", "torch_process", ("--fused", "--threads", "1"), "torch"
        ),
        *keras,
        Contestant("scikit-learn", "scikit-learn", "sklearn_process", needs="sklearn"),
        Contestant(BY_HAND, BY_HAND, "jax_process"),
    ]


def rows(path: Path) -> None:
    """Write the digits, shuffled, where a peer can read them without scikit-learn."""
    read = load_digits()
    order = np.random.default_rng(0).permutation(len(read.data))
    inputs = (read.data[order] / 16).astype(np.float32)
    labels = read.target[order].astype(np.int32)
    np.savez(path, x=inputs[:TRAINED], y=labels[:TRAINED], held_x=inputs[TRAINED + VALIDATED :],
             held_y=labels[TRAINED + VALIDATED :], judged_x=inputs[TRAINED : TRAINED + VALIDATED],
             judged_y=labels[TRAINED : TRAINED + VALIDATED])  # fmt: skip


def timed(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, str]:
    """Return the seconds of one whole process, and its last line."""
    installed = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    ended = subprocess.run(
        command, check=False, env={**installed, **environment}, capture_output=True, text=True
    )
    seconds = time.perf_counter() - start
    if ended.returncode:
        last = (ended.stderr.strip().splitlines() or ["no word"])[-1]
        raise RuntimeError(f"{' '.join(command)} ended with {ended.returncode}: {last}")
    return seconds, (ended.stdout.strip().splitlines() or [""])[-1]


def rounds_of(some: Sequence[Contestant], rounds: int, pythons: Mapping[str, str]) -> dict[str, Any]:
    """Return the seconds of every process by name, and what each said last."""
    seconds: dict[str, list[float]] = {}
    said: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as base:
        data = Path(base) / "digits.npz"
        rows(data)
        for number in range(rounds + 1):
            caches = {"XDG_CACHE_HOME": str(Path(base) / f"cache-{number}")}
            for one in some:
                for which in CACHES if one.name in (OURS, BY_HAND) else ("",):
                    name = f"{one.name}, {which}" if which else one.name
                    command = one.command(pythons, str(data))
                    took, said[name] = timed(command, {**ON_CPU, **one.environment, **caches})
                    if number:
                        seconds.setdefault(name, []).append(took)
    return {"seconds": seconds, "said": said}


def results_of(
    some: Sequence[Contestant], found: Mapping[str, Any], left_out: Mapping[str, str]
) -> dict[str, Any]:
    """Return a result for each state of the cache, in the form of the other benchmarks."""
    made = {}
    for which, (words, must, stretch) in CACHES.items():
        of = {one.name: f"{one.name}, {which}" if one.name in (OURS, BY_HAND) else one.name for one in some}
        made[f"process, {which}"] = {
            **described(), "device": "cpu", "title": f"digits, whole process, {words}", "unit": "process",
            "must": must, "stretch": stretch, "left_out": dict(left_out),
            "family": {one.name: one.family for one in some},
            "seconds": {name: found["seconds"][own] for name, own in of.items()},
            "said": {name: [found["said"][own]] for name, own in of.items()},
        }  # fmt: skip
    return made


def report(rounds: int) -> None:
    """Time ``leadline fit digits``, the command with its report, with an empty cache and again."""
    found: dict[str, list[float]] = {which: [] for which in CACHES}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as base:
            for which in CACHES:
                command = [
                    sys.executable,
                    "-m",
                    "leadline",
                    "fit",
                    "digits",
                    "--out",
                    str(Path(base) / which),
                ]
                found[which].append(timed(command, {"XDG_CACHE_HOME": str(Path(base) / "cache")})[0])
    for which, seconds in found.items():
        least, most = min(seconds), max(seconds)
        said = f"median {statistics.median(seconds):.2f} s, {least:.2f} to {most:.2f} s"
        print(f"leadline fit digits, {CACHES[which][0]}: {said}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", default="")
    parser.add_argument("--json", type=Path, default=DEFAULT)
    parser.add_argument("--python", action="append", default=[], metavar="PACKAGE=PATH")
    parser.add_argument("--report", action="store_true")
    asked = parser.parse_args(arguments)
    print(machine(), flush=True)
    if asked.report:
        report(asked.rounds)
        return
    pythons = interpreters(asked.python)
    some = asked_for(contestants(), asked.peers)
    left_out = {one.name: why for one in some if (why := missing(one, pythons))}
    some = [one for one in some if one.name not in left_out]
    for name, result in results_of(some, rounds_of(some, asked.rounds, pythons), left_out).items():
        keep(asked.json, name, result)
        print(shown(result), flush=True)


if __name__ == "__main__":
    main()
