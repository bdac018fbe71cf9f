"""Is what we learn as good? Test accuracy of Leadline and PyTorch: same network, first weights, optimizer and rows.

    python -m benchmarks.accuracy_peers [mnist] [cifar] [--page docs/performance.md]

Five seeds each: of the first weights, which PyTorch takes over from Leadline, and of the order of the rows, which each
draws for itself. Welch's test says how often a difference of this size would come by chance. Needs the folder
named by ``LEADLINE_DATA``.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
import torch
from scipy import stats
from torch.nn import functional

import leadline as ll
from benchmarks.draw import put
from benchmarks.machine import described, machine
from benchmarks.workers.leadline_networks import network_of
from benchmarks.workers.leadline_steps import STILL
from benchmarks.workers.torch_networks import network_of as torch_network_of
from benchmarks.workers.torch_networks import take_weights
from benchmarks.workloads import WORKLOADS, Workload
from leadline.data.dataset import Dataset

SEEDS = range(5)
EPOCHS = 3
CIFAR_ROWS = 5_000
CIFAR = Path("images") / "cifar10" / "cifar10_20k_5k.npz"


@dataclass(frozen=True)
class Case:
    """What both learn: the network and batch of a workload, on real data."""

    name: str
    workload: Workload
    data: Dataset

    def rows(self, part: str) -> tuple[np.ndarray, np.ndarray]:
        """Return a part as both networks take it."""
        found = self.data.parts[part]
        return found.inputs.reshape(-1, *self.workload.shape), found.targets


def mnist(base: Path) -> Case:
    """Return MNIST as rows of 784 pixels."""
    read = ll.data.mnist(base / "images" / "mnist")
    rows = read.parts["train"], read.parts["validation"], read.parts["test"]
    x = np.concatenate([part.inputs.reshape(len(part.inputs), -1) for part in rows])
    y = np.concatenate([part.targets for part in rows])
    known = len(x) - len(rows[2].rows)
    data = ll.data.arrays(
        x[:known], y[:known], test=(x[known:], y[known:]), scale=False, split=(0.95, 0.05, 0)
    )
    return Case("MNIST, MLP 784-256-128-10", WORKLOADS["mnist"], data)


def cifar(base: Path) -> Case:
    """Return a part of CIFAR-10."""
    with np.load(base / CIFAR) as file:
        x, y = file["x_train"][:CIFAR_ROWS], file["y_train"][:CIFAR_ROWS]
        test = file["x_test"], file["y_test"]
    data = ll.data.arrays(x, y.ravel(), test=(test[0], test[1].ravel()), kind="image", split=(0.95, 0.05, 0))
    return Case(f"CIFAR-10, {CIFAR_ROWS:,} rows, 6 convolutions", WORKLOADS["cifar"], data)


def first_weights(case: Case, seed: int) -> list[np.ndarray]:
    """Return what Leadline begins with."""
    few = case.data.parts["train"]
    data = ll.data.arrays(few.inputs[:100], few.targets[:100], problem="classification", classes=10, kind="array",
                          scale=False, split=(1, 0, 0))  # fmt: skip
    still = ll.fit(network_of(case.workload), data, optimizer=STILL, epochs=1, seed=seed, progress=False)
    return [np.asarray(leaf) for leaf in jax.tree.leaves(still.model.params)]


def ours(case: Case, seed: int) -> float:
    """Return the test accuracy of Leadline's last weights."""
    result = ll.fit(
        network_of(case.workload), case.data, optimizer=ll.adam(1e-3), epochs=EPOCHS, batch_size=case.workload.batch,
        early_stopping=False, seed=seed, progress=False,
    )  # fmt: skip
    return float(result.evaluation["accuracy"].value)


def theirs(case: Case, seed: int) -> float:
    """Return the test accuracy of PyTorch's last weights."""
    torch.manual_seed(seed)
    network = torch_network_of(case.workload)
    take_weights(network, iter(first_weights(case, seed)))
    adam = torch.optim.Adam(network.parameters(), 1e-3)
    inputs, labels = _tensors(*case.rows("train"))
    for _ in range(EPOCHS):
        for some in torch.randperm(len(inputs)).split(case.workload.batch):
            adam.zero_grad(set_to_none=True)
            functional.cross_entropy(network(inputs[some]), labels[some]).backward()
            adam.step()
    inputs, labels = _tensors(*case.rows("test"))
    with torch.inference_mode():
        right = [network(x).argmax(1) == y for x, y in zip(inputs.split(500), labels.split(500), strict=True)]
    return float(torch.cat(right).float().mean())


def _tensors(inputs: np.ndarray, labels: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    found = torch.from_numpy(inputs)
    if found.ndim == 4:
        found = found.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
    return found, torch.from_numpy(labels).long()


def said(name: str, leadline: Sequence[float], peer: Sequence[float]) -> str:
    """Say both means and spreads, and how likely their difference is by chance."""
    test = stats.ttest_ind(leadline, peer, equal_var=False)
    each = (f"{np.mean(own):.4f} ± {np.std(own, ddof=1):.4f}" for own in (leadline, peer))
    apart, (low, high) = np.mean(leadline) - np.mean(peer), test.confidence_interval()
    words = "no difference shown" if test.pvalue > 0.05 else "DIFFERENT"
    return (
        f"{name}: Leadline {next(each)}, PyTorch {next(each)} ({len(leadline)} seeds, mean ± standard deviation); "
        f"difference {apart:+.4f}, 95% interval {low:+.4f} to {high:+.4f}, Welch p = {test.pvalue:.2f}: {words}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="mnist, cifar; both by default")
    parser.add_argument("--page", type=Path, help="write what is said between the marks of this page")
    asked = parser.parse_args(arguments)
    print(machine(), flush=True)
    lines = []
    if not os.environ.get("LEADLINE_DATA"):
        print("accuracy beside PyTorch: left out, LEADLINE_DATA is not set")
        return
    base = Path(os.environ["LEADLINE_DATA"])
    for name, read in {"mnist": mnist, "cifar": cifar}.items():
        if asked.names and name not in asked.names:
            continue
        case, began = read(base), time.perf_counter()
        found = [(ours(case, seed), theirs(case, seed)) for seed in SEEDS]
        words = said(case.name, *zip(*found, strict=True))
        spent = f"{EPOCHS} epochs, batch {case.workload.batch}; {time.perf_counter() - began:.0f} s in all"
        lines.append(f"- {words}. {spent}.")
        print(f"{words}\n  {spent}", flush=True)
    if asked.page:
        put(asked.page, "accuracy", "\n".join([*lines, "", f"Measured on {described()['machine']}."]))


if __name__ == "__main__":
    main()
