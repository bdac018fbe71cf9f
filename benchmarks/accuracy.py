"""Test scores with default choices on real data, mean of three seeds (split, weights and order).

Needs the folder named by ``LEADLINE_DATA``; sets that are not there are left out, by name.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import leadline as ll
from benchmarks.machine import machine

SEEDS = (0, 1, 2)


def sets(base: Path) -> dict[str, tuple[float, Callable[[int], object], str | None]]:
    """Return by name: the score to reach, how to read the data with a seed, and the network."""
    tables = base / "tabular"
    images = base / "images"
    adult = tables / "adult_train.csv.gz", tables / "adult_test.csv.gz"
    return {
        "digits": (0.97, lambda seed: ll.data.digits(seed=seed), None),
        "titanic without 'alive'": (
            0.80,
            lambda seed: ll.data.table(
                tables / "titanic.csv.gz", target="survived", drop=["alive"], seed=seed
            ),
            None,
        ),
        "adult": (
            0.85,
            lambda seed: ll.data.table(adult[0], target="income", test=adult[1], seed=seed),
            None,
        ),
        "california housing": (
            0.78,
            lambda seed: ll.data.table(
                tables / "california_housing.csv.gz", target="median_house_value", seed=seed
            ),
            None,
        ),
        "MNIST, mlp": (0.98, lambda seed: ll.data.mnist(images / "mnist", seed=seed), "mlp"),
        "Fashion-MNIST, mlp": (
            0.88,
            lambda seed: ll.data.fashion_mnist(images / "fashion_mnist", seed=seed),
            "mlp",
        ),
    }


def main(names: list[str]) -> None:
    base = Path(os.environ.get("LEADLINE_DATA", ""))
    for name, (wished, read, network) in sets(base).items():
        if names and not any(word in name for word in names):
            continue
        if name != "digits" and not os.environ.get("LEADLINE_DATA"):
            print(f"{name}: left out, LEADLINE_DATA is not set")
            continue
        scores, seconds, errors = [], [], set()
        for seed in SEEDS:
            start = time.perf_counter()
            result = ll.fit(network, read(seed), seed=seed, progress=False)
            seconds.append(time.perf_counter() - start)
            scores.append(result.evaluation.headline.value)
            errors |= set(result.findings.errors.faults)
        mean = sum(scores) / len(scores)
        said = ", ".join(f"{score:.4f}" for score in scores)
        wall = ", ".join(f"{second:.1f}" for second in seconds)
        reached = "reached" if mean >= wished else "MISSED"
        print(
            f"{name}: {result.evaluation.headline.name} {mean:.4f} (seeds: {said}), wished {wished}: {reached}; "
            f"seconds {wall}; findings of severity error: {', '.join(sorted(errors)) or 'none'}",
            flush=True,
        )


if __name__ == "__main__":
    print(machine())
    main(sys.argv[1:])
