"""Does each technique of speed still pay? Each is run with and without, turn by turn in one process.

python -m benchmarks.techniques                    all of them
python -m benchmarks.techniques lstm pooling       these

A technique should go when the plain way is within 5% of it on all of its cases; for that is what it costs to read.
Compare the rows of one run only. Layers are measured in a compiled loop of training steps, forward and back, on one
device; both ways must come to the same numbers.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time

import jax

from benchmarks.machine import machine
from benchmarks.pairs import images, programs, sequences
from benchmarks.pairs.pair import Pair, Technique
from benchmarks.table import span

TECHNIQUES = {each.name: each for each in (*images.TECHNIQUES, *sequences.TECHNIQUES, *programs.TECHNIQUES)}
WORTH = 1.05
"""Least gain that keeps a technique."""
LEAST, MOST = 3, 50
"""Turns of a case."""
SECONDS = 3.0
"""What the turns of a case may take beyond the least number."""


def measured(pair: Pair) -> tuple[float, float]:
    """Return the median seconds with and without, taken turn by turn."""
    turns: list[tuple[float, float]] = []
    pair.given(), pair.plain()  # warm
    end = time.perf_counter() + SECONDS
    while len(turns) < LEAST or (len(turns) < MOST and time.perf_counter() < end):
        turns.append((pair.given(), pair.plain()))
    given, plain = (statistics.median(seconds) for seconds in zip(*turns, strict=True))
    return given, plain


def show(technique: Technique) -> float:
    """Measure and print the cases of a technique; return its largest gain."""
    print(f"\n{technique.name}  {technique.where}\n  {technique.why}", flush=True)
    gains = []
    for case, make in technique.cases.items():
        given, plain = measured(make())
        gc.collect()
        gains.append(plain / given)
        seconds = f"with {span(given):>9}  without {span(plain):>9} per {technique.unit}"
        print(f"  {case:<57} {seconds}  gain {gains[-1]:5.2f}", flush=True)
    print(f"  → {verdict(max(gains))}", flush=True)
    return max(gains)


def verdict(gain: float) -> str:
    """Return what the largest gain of a technique says.

    >>> verdict(1.3), verdict(1.04)
    ('still pays', 'remove it')
    """
    return "still pays" if gain > WORTH else "remove it"


def main(names: list[str]) -> int:
    if unknown := [name for name in names if name not in TECHNIQUES]:
        print(f"no technique {', '.join(unknown)}; there are {', '.join(TECHNIQUES)}", file=sys.stderr)
        return 2
    jax.config.update("jax_enable_compilation_cache", False)  # compilations are measured too
    print(machine())
    gains = {name: show(TECHNIQUES[name]) for name in names or TECHNIQUES}
    gone = [name for name, gain in gains.items() if verdict(gain) == "remove it"]
    print(
        f"\n{len(gains) - len(gone)} of {len(gains)} still pay"
        + (f"; remove {', '.join(gone)}" if gone else "")
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
