"""Seconds a step of the same network in PyTorch, eager, on all cores."""

from __future__ import annotations

import itertools
import os
import sys

import torch
from torch import nn
from torch.nn import functional

from benchmarks.interleave import serve
from benchmarks.workers.work import MLPS, rows, steps, turn


def main(name: str, fused: bool) -> None:
    torch.set_num_threads(os.cpu_count() or 1)
    batch, features, widths, classes, number = MLPS[name]
    inputs, labels = (torch.from_numpy(array) for array in rows(name))
    labels = labels.long()
    sizes = (features, *widths)
    layers = [layer for i, o in itertools.pairwise(sizes) for layer in (nn.Linear(i, o), nn.ReLU())]
    network = nn.Sequential(*layers, nn.Linear(sizes[-1], classes))
    adam = torch.optim.Adam(network.parameters(), 1e-3, fused=fused or None)

    def run_epoch() -> None:
        order = torch.randperm(number)
        for step in range(steps(name)):
            some = order[step * batch : (step + 1) * batch]
            adam.zero_grad(set_to_none=True)
            loss = functional.cross_entropy(network(inputs[some]), labels[some])
            loss.backward()
            adam.step()
        loss.item()

    serve(turn(name, run_epoch))


if __name__ == "__main__":
    main(sys.argv[1], "--fused" in sys.argv)
