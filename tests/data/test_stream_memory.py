"""The bound on memory holds: processes of their own, with a limit set by the system, read much more than it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadline.core.errors import RecipeError
from leadline.data import memory
from leadline.data.memory import Budget, as_bytes, budget_for, free

BOUND = 32_000_000
KEPT_BY_LIBRARIES = 64_000_000  # pools of pandas, Arrow and the C library; docs/large-data.md names it

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits and figures of Linux")

READ = """
import resource, sys
import leadline.data as data

def figures():
    lines = open("/proc/self/status").read().splitlines()
    return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.startswith("Vm")}

def read(place):
    spec = {"source": place, "target": target.replace("PLACE", place), "stream": True, "memory": bound}
    opened = data.open(spec)
    rows = sum(len(part.rows) for part in opened.parts.values()) * 0
    for epoch in (1, 2):
        for inputs, targets in opened.stream.blocks(0, epoch):
            rows += len(targets)
    return rows, opened.stream.rows

small, large, target, bound, kept = sys.argv[1:]
read(small)  # libraries are loaded, and their pools filled
before, room = figures(), int(bound) + int(kept)
resource.setrlimit(resource.RLIMIT_DATA, (before["VmData"] + room, -1))
rows, expected = read(large)
print(rows, 2 * expected, (figures()["VmHWM"] - before["VmRSS"]) / room)
"""

FIT = """
import resource, sys
import leadline as ll
resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[3]), -1))
stream = sys.argv[4] == "stream"
data = ll.data.arrays(sys.argv[1], sys.argv[2], stream=stream, memory="32MB" if stream else None)
network = ll.Sequential([ll.Flatten(), ll.Dense(32, ll.relu), ll.Dense(10)])
result = ll.fit(network, data, epochs=1, batch_size=256, seed=0, progress=False)
print(result.run["data.rows.train"], result.evaluation["accuracy"].value)
"""


def ran(code, *arguments):
    # The C library keeps a pool for each thread that finds the others in use: how many is chance, and all count.
    environment = {**os.environ, "MALLOC_ARENA_MAX": "2"}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def images(folder, rows, name):
    """Write images whose class is the brightest of ten rows, so that there is something to learn."""
    x = np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.uint8, (rows, 28, 28))
    y = np.arange(rows) % 10
    generator = np.random.default_rng(0)
    for low in range(0, rows, 10_000):
        some = (
            np.frombuffer(generator.bytes(len(x[low : low + 10_000]) * 784), np.uint8).reshape(-1, 28, 28)
            // 2
        )
        some[np.arange(len(some)), 4 + 2 * y[low : low + 10_000]] += 120
        x[low : low + 10_000] = some
    x.flush()
    np.save(folder / f"{name}.npy.y.npy", y)


def table(folder, rows, name):
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(generator.normal(size=(rows, 20)), columns=[f"column {i}" for i in range(20)])
    frame["word"] = generator.choice(["one", "two", "three"], rows)
    frame["y"] = generator.integers(0, 4, rows)
    if name.endswith("csv"):
        frame.round(6).to_csv(folder / name, index=False)
    else:
        frame.to_parquet(folder / name, row_group_size=10_000)


@linux
@pytest.mark.parametrize("ending", ["npy", "parquet", "csv"])
def test_reading_stays_within_the_bound(tmp_path: Path, ending: str) -> None:
    if ending == "npy":
        images(tmp_path, 3_000, "small")
        images(tmp_path, 80_000, "large")  # 63 MB, prepared 251 MB
    else:
        table(tmp_path, 3_000, f"small.{ending}")
        table(tmp_path, 400_000 if ending == "parquet" else 160_000, f"large.{ending}")
    names = [tmp_path / f"{size}.{ending}" for size in ("small", "large")]
    target = "PLACE.y.npy" if ending == "npy" else "y"
    done = ran(READ, *names, target, BOUND, KEPT_BY_LIBRARIES)
    assert done.returncode == 0, done.stderr
    rows, expected, grown = map(float, done.stdout.split())
    assert rows == expected > 100_000
    assert grown < 1


@linux
def test_training_within_a_limit_in_which_the_rows_do_not_fit(tmp_path: Path) -> None:
    images(tmp_path, 160_000, "x")  # 125 MB, prepared 500 MB
    limit = 800_000_000  # JAX, pandas and the compiled programs take 500 MB of it
    streamed = ran(FIT, tmp_path / "x.npy", tmp_path / "x.npy.y.npy", limit, "stream")
    assert streamed.returncode == 0, streamed.stderr
    rows, accuracy = streamed.stdout.split()
    assert int(rows) > 150_000
    assert float(accuracy) > 0.9
    whole = ran(FIT, tmp_path / "x.npy", tmp_path / "x.npy.y.npy", limit, "whole")
    assert whole.returncode != 0  # the limit is one that all rows do not fit into


def test_shares_of_a_budget_leave_room_for_the_pieces_in_work() -> None:
    budget = Budget(as_bytes("1GB"))
    assert budget.held + budget.buffer + 4 * budget.piece <= budget.total


@pytest.mark.parametrize(
    ("words", "size"),
    [("1GB", 10**9), ("2.5 gb", 25 * 10**8), ("500MB", 5 * 10**8), (20_000_000, 2 * 10**7), ("1TB", 10**12)],
)
def test_sizes(words: str | int, size: int) -> None:
    assert as_bytes(words) == size
    assert as_bytes(Budget(size).text) == size


def test_a_recipe_writes_any_size_exactly() -> None:
    assert Budget(123_456_789).text == "123456789B"
    assert as_bytes(Budget(123_456_789).text) == 123_456_789


@pytest.mark.parametrize("words", ["", "much", "1 G", "-1GB", "1e9", "15MB", True, 0])
def test_no_sizes(words: str | int) -> None:
    with pytest.raises(RecipeError, match="data, memory – must be"):
        as_bytes(words)


def test_memory_available_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 10**7 < free() < 10**14
    monkeypatch.setattr(memory, "free", lambda: 8 * 10**9)
    assert budget_for(None, None, 3.9e9) == (None, "")
    budget, words = budget_for(None, None, 4.1e9)
    assert budget == Budget(10**9)
    assert (
        words
        == "Streamed in 1 GB of memory: about 4.1 GB of rows do not fit into 4 GB, half of the memory available."
    )
    assert budget_for(False, None, 1e12) == (None, "")
    assert budget_for(True, "2GB", 1.0) == (Budget(2 * 10**9), "Streamed in 2 GB of memory: as asked.")
    monkeypatch.setattr(memory, "free", lambda: 3 * 10**8)
    assert budget_for(None, None, 1e9)[0] == Budget(150_000_000)


def test_the_limit_of_a_container_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    whole = free()
    (tmp_path / "memory.max").write_text("100000000\n")
    (tmp_path / "memory.current").write_text("40000000\n")
    assert free() == 60_000_000
    (tmp_path / "memory.max").write_text("max\n")
    assert abs(free() - whole) < 0.2 * whole
