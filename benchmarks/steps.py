"""Training steps of ours against the same network hand-written in JAX and in PyTorch."""

from __future__ import annotations

from benchmarks.interleave import compare, machine, show
from benchmarks.workers.work import MLPS

WORKERS = "benchmarks.workers"


def main(rounds: int = 25) -> None:
    for name, (batch, features, widths, classes, _) in MLPS.items():
        workers = {
            "leadline": [f"{WORKERS}.leadline_steps", name],
            "leadline, no soundings": [f"{WORKERS}.leadline_steps", name, "--no-soundings"],
            "leadline, steps alone": [f"{WORKERS}.leadline_steps", name, "--steps-alone"],
            "jax by hand": [f"{WORKERS}.jax_steps", name],
            "jax by hand, validated": [f"{WORKERS}.jax_steps", name, "--validated"],
            "torch eager": [f"{WORKERS}.torch_steps", name],
            "torch eager, fused": [f"{WORKERS}.torch_steps", name, "--fused"],
        }
        network = "-".join(map(str, (features, *widths, classes)))
        show(f"{network}, batch {batch}, a step", compare(workers, rounds), 1e6, "us")


if __name__ == "__main__":
    print(machine())
    main()
