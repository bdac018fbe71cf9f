"""Seconds a step of an MLP 784-256-128-10 in ``ll.fit``, on rows in memory or streamed from files of one kind."""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np

import leadline as ll
from benchmarks.interleave import Turns, say
from benchmarks.workers.leadline_steps import LONG, watcher
from leadline.data.dataset import Dataset
from leadline.models import mlp

BATCH = 128
MEMORY = "100MB"
"""Of a stream: half of what the rows take when they are prepared."""
HELD_OUT = (0.9, 0.1, 0.0)


def opened(kind: str, folder: Path) -> Dataset:
    """Return the rows, in memory or as a stream."""
    if kind in ("csv", "parquet"):
        return ll.data.table(
            folder / f"rows.{kind}",
            target="y",
            problem="classification",
            split=HELD_OUT,
            stream=True,
            memory=MEMORY,
        )
    choices: dict[str, Any] = {"problem": "classification", "classes": 10, "kind": "array", "split": HELD_OUT}
    files = folder / "x.npy", folder / "y.npy"
    if kind == "npy":
        return ll.data.arrays(*files, stream=True, memory=MEMORY, **choices)
    return ll.data.arrays(*map(np.load, files), **choices)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=("memory", "npy", "parquet", "csv"))
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    began = time.perf_counter()
    data = opened(asked.kind, asked.folder)
    ready = time.perf_counter()
    wait = watcher(Turns(-(-data.sizes[0] // BATCH)))

    def watch(moment: ll.Moment) -> None:
        if moment.epoch == 1 and moment.done == 1.0:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
            first = time.perf_counter() - ready
            say(f"{ready - began:.1f} s | {first:.1f} s | {peak:.0f} MB")
        wait(moment)

    ll.fit(
        mlp(10, (256, 128)), data, optimizer=ll.adam(1e-3), epochs=LONG, batch_size=BATCH, early_stopping=False, seed=0,
        progress=False, watch=watch,
    )  # fmt: skip


if __name__ == "__main__":
    main()
