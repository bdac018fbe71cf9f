"""Seconds a step of the same network in a PyTorch loop written for speed: rows picked by index from one tensor, no
loader, no metric, channels last for images, numbers too small to matter flushed to 0."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.interleave import Turns, tell_losses
from benchmarks.workers.torch_networks import network_of, take_weights
from benchmarks.workloads import CHECKED_STEPS, Workload, find


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", type=find)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--fused", action="store_true")
    parser.add_argument("--compiled", action="store_true")
    parser.add_argument("--device", default="cpu")
    return parser.parse_args()


def tensors(workload: Workload, device: str) -> tuple[Tensor, Tensor]:
    """Return training inputs, images as (B, C, H, W), and labels."""
    inputs, labels = (torch.from_numpy(array[: workload.rows]) for array in workload.data())
    if inputs.ndim == 4:
        inputs = inputs.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
    return inputs.to(device), labels.long().to(device)


def stepper(workload: Workload, asked: argparse.Namespace) -> Callable[[Tensor, Tensor], Tensor]:
    """Return a function that makes a step on a batch and returns its loss."""
    network = network_of(workload)
    with np.load(asked.weights) as file:
        take_weights(network, iter([file[name] for name in file.files]))
    network = network.to(asked.device)
    images = len(workload.shape) == 3
    if images:
        network = network.to(memory_format=torch.channels_last)
    learned = [parameter for parameter in network.parameters() if parameter.requires_grad]
    adam = torch.optim.Adam(learned, 1e-3, fused=asked.fused or None)
    forward = torch.compile(network) if asked.compiled else network

    def step(inputs: Tensor, labels: Tensor) -> Tensor:
        if images:
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        adam.zero_grad(set_to_none=True)
        scores = forward(inputs)
        loss = (
            functional.cross_entropy(scores, labels)
            if workload.classes
            else functional.mse_loss(scores, inputs)
        )
        loss.backward()
        adam.step()
        return loss

    return step


def main() -> None:
    asked = parsed()
    workload = asked.workload
    if asked.threads:
        torch.set_num_threads(asked.threads)
    torch.set_flush_denormal(True)
    inputs, labels = tensors(workload, asked.device)
    step, batch = stepper(workload, asked), workload.batch
    tell_losses([step(inputs[:batch], labels[:batch]).item() for _ in range(CHECKED_STEPS)])

    def epoch() -> float:
        order = torch.randperm(workload.rows, device=asked.device)
        for low in range(0, workload.rows, batch):
            some = order[low : low + batch]
            loss = step(inputs[some], labels[some])
        return loss.item()

    Turns(workload.epoch_steps).run(epoch)


if __name__ == "__main__":
    main()
