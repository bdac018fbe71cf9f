"""Data larger than memory: steps of an MLP 784-256-128-10 on streams against the same rows in memory.

60,000 rows of 784 pixels, as a .npy file, as Parquet and as CSV, each streamed in 100 MB; prepared they take 188 MB.
``ll.fit`` trains on each, turn by turn, from the second epoch on; opening and the first epoch, in which a table is read
and laid on the disk, are told apart.

    python -m benchmarks.streaming [npy] [parquet] [csv] [--page docs/large-data.md]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from benchmarks.draw import put, where
from benchmarks.interleave import Worker, started, take_turns
from benchmarks.machine import described, machine
from benchmarks.table import span

ROWS, PIXELS, BATCH = 60_000, 784, 128
KINDS = ("npy", "parquet", "csv")
NAMES = {"memory": "in memory", "npy": "`.npy`, memory-mapped", "parquet": "Parquet", "csv": "CSV"}
MUST = 0.8


def write(folder: Path) -> None:
    """Write the rows in every form."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, ROWS).astype(np.uint8)
    centers = random.integers(0, 200, (10, PIXELS))
    pixels = (centers[labels] + random.integers(0, 56, (ROWS, PIXELS))).astype(np.uint8)
    np.save(folder / "x.npy", pixels)
    np.save(folder / "y.npy", labels)
    frame = pd.DataFrame(pixels, columns=[f"p{place}" for place in range(PIXELS)])
    frame["y"] = labels
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pyarrow.parquet.write_table(table, folder / "rows.parquet", row_group_size=10_000)
    pyarrow.csv.write_csv(table, folder / "rows.csv")


def measured(kinds: Sequence[str], rounds: int) -> dict[str, Worker]:
    """Train on rows in memory and on each kind of file, turn by turn."""
    with tempfile.TemporaryDirectory() as base:
        write(Path(base))
        running = {
            kind: started([sys.executable, "-m", "benchmarks.workers.leadline_stream", kind, base])
            for kind in ("memory", *kinds)
        }
        take_turns(running, rounds)
        for worker in running.values():
            worker.end()
    return running


def table(found: dict[str, Worker]) -> list[str]:
    """Return the lines of a table in Markdown."""
    lines = [
        "| rows | a step | rows a second | of the rate in memory | opened | first epoch over after | peak memory |",
        "|---|---|---|---|---|---|---|",
    ]
    inside = found["memory"].seconds
    for kind, worker in found.items():
        middle = statistics.median(worker.seconds)
        share = statistics.median(own / ours for own, ours in zip(inside, worker.seconds, strict=True))
        verdict = (
            "" if kind == "memory" else f"{share:.0%}{'' if share >= MUST else f' (must be {MUST:.0%})'}"
        )
        lines.append(
            f"| {NAMES[kind]} | {span(middle)} | {BATCH / middle:,.0f} | {verdict} | {worker.said[-1]} |"
        )
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--page", type=Path, help="write the table between the marks of this page")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.kinds) - set(KINDS):
        parser.error(f"no kind {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    print(machine(), flush=True)
    lines = table(measured(asked.kinds or KINDS, asked.rounds))
    print("\n".join(lines))
    if asked.page:
        put(
            asked.page,
            "streaming",
            "\n".join([*lines, "", where({"": {**described(), "device": "cpu", "title": ""}})]),
        )


if __name__ == "__main__":
    main()
