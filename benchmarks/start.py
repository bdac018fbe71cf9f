"""How soon something happens: imports, the help page, and a whole training of the bundled digits beside PyTorch.

Each line is a process of its own, from its start to its end; rounds are interleaved and medians shown. Bytecode may be
written, as where a package is installed, and one round before the first is not counted.

    python -m benchmarks.start --rounds 7
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.machine import machine
from benchmarks.process import rows, timed

BASE = "import jax"
COLD, WARM, TORCH = "digits, empty cache", "digits, with cache", "digits in PyTorch"
GOALS = {"import leadline": 1.5, "ll.Dense": 1.5, "leadline --help": 0.75}
"""Wished for, as shares of the time that importing JAX takes: 0.6 s and 0.3 s where that is 0.4 s."""
WISHED = {COLD: 3, WARM: 4}
"""Wished for, as how many times longer PyTorch takes."""


def programs(data: Path) -> dict[str, Sequence[str]]:
    """Return what is run, by name."""
    known = {
        "python": ("-c", "pass"),
        BASE: ("-c", "import jax"),
        "import leadline": ("-c", "import leadline"),
        "ll.Dense": ("-c", "import leadline as ll; ll.Dense"),
        "leadline --help": ("-m", "leadline", "--help"),
        COLD: ("-m", "benchmarks.workers.leadline_digits"),
        WARM: ("-m", "benchmarks.workers.leadline_digits"),
    }
    torch = {TORCH: ("-m", "benchmarks.workers.torch_process", str(data))}
    return known | (torch if importlib.util.find_spec("torch") else {})


def measured(rounds: int) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Return the seconds of every process by name, and what each said last."""
    seconds: dict[str, list[float]] = {}
    said: dict[str, str] = {}
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as base:
        data = Path(base) / "digits.npz"
        rows(data)
        for number in range(rounds + 1):
            place = {"XDG_CACHE_HOME": str(Path(base) / f"cache-{number}")}
            for name, words in programs(data).items():
                took, said[name] = timed([sys.executable, *words], place)
                if number:
                    seconds.setdefault(name, []).append(took)
    return seconds, said


def told(seconds: Mapping[str, list[float]], said: Mapping[str, str]) -> str:
    """Return a line for each: median, range, and the ratio that counts, by rounds."""
    lines = []
    for name, own in seconds.items():
        words = ""
        if name in GOALS:
            share = statistics.median(a / b for a, b in zip(own, seconds[BASE], strict=True))
            words = f"{share:.2f} of importing JAX (wished: {GOALS[name]} or less)"
        elif name in WISHED and TORCH in seconds:
            times = statistics.median(b / a for a, b in zip(own, seconds[TORCH], strict=True))
            words = f"PyTorch takes {times:.2f} times as long (wished: {WISHED[name]}); {said[name]}"
        spread = f"{min(own):.3f} to {max(own):.3f}"
        lines.append(f"{name:<20} {statistics.median(own):7.3f} s  {spread:<15} {words}".rstrip())
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args(arguments)
    print(machine(), flush=True)
    print(told(*measured(asked.rounds)), flush=True)


if __name__ == "__main__":
    main()
