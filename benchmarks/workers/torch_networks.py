"""A workload's network in PyTorch, with weights given as Leadline lays them out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.workloads import Step, Workload, shape_after


class Flatten(nn.Module):
    """Rows of an image, channels last; free where the memory lies that way too."""

    def forward(self, images: Tensor) -> Tensor:
        return images.permute(0, 2, 3, 1).flatten(1)


class Mean(nn.Module):
    """The mean over all places."""

    def forward(self, images: Tensor) -> Tensor:
        return images.mean((2, 3))


class Last(nn.Module):
    """An LSTM's state after the last step."""

    def __init__(self, features: int, units: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(features, units, batch_first=True)

    def forward(self, rows: Tensor) -> Tensor:
        return self.lstm(rows)[0][:, -1]


class Block(nn.Module):
    """Two convolutions around a shortcut."""

    def __init__(self, before: int, channels: int, stride: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(before, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(),
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels),
        )  # fmt: skip
        project = nn.Conv2d(before, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
        self.shortcut = nn.Sequential(*project) if stride > 1 else nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        return nn.functional.relu(self.main(images) + self.shortcut(images))


def network_of(workload: Workload) -> nn.Sequential:
    """Return the network."""
    layers: list[nn.Module] = []
    shape = workload.shape
    for step in workload.steps:
        layers += [_layer(step, shape), *([nn.ReLU()] if step.relu else [])]
        shape = shape_after(step, shape)
    return nn.Sequential(*layers)


def _layer(step: Step, shape: tuple[int, ...]) -> nn.Module:
    last = shape[-1]
    match step.kind:
        case "dense":
            return nn.Linear(last, step.size)
        case "conv":
            return nn.Conv2d(last, step.size, 3, padding=1, bias=step.bias)
        case "norm":
            return nn.BatchNorm2d(last)
        case "block":
            return Block(last, step.size, step.stride)
        case "lstm":
            return Last(last, step.size)
    plain = {"pool": nn.MaxPool2d(2), "up": nn.Upsample(scale_factor=2), "flatten": Flatten(), "mean": Mean()}
    return plain[step.kind]


@torch.no_grad()
def take_weights(network: nn.Module, weights: Iterator[np.ndarray]) -> None:
    """Copy weights layer by layer, of each by name (bias before kernel) in Leadline's layout."""
    for module in network.modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            if module.bias is not None:
                module.bias.copy_(torch.tensor(next(weights)))
            kernel = next(weights)
            axes = (3, 2, 0, 1) if kernel.ndim == 4 else (1, 0)
            module.weight.copy_(torch.tensor(kernel.transpose(axes)))
        elif isinstance(module, nn.BatchNorm2d):
            module.weight.copy_(torch.tensor(next(weights)))
            module.bias.copy_(torch.tensor(next(weights)))
        elif isinstance(module, nn.LSTM):
            _take_lstm(module, weights)


def _take_lstm(module: nn.LSTM, weights: Iterator[np.ndarray]) -> None:
    """Take one bias; PyTorch's second one would be learned twice as fast, so it stays 0."""
    for name in ("bias_ih_l0", "weight_ih_l0", "weight_hh_l0"):
        getattr(module, name).copy_(torch.tensor(next(weights).T))
    module.bias_hh_l0.zero_()
    module.bias_hh_l0.requires_grad_(False)
