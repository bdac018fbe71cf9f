"""A workload's network in Leadline, as a user would write it."""

from __future__ import annotations

import leadline as ll
from benchmarks.workloads import Step, Workload


def network_of(workload: Workload) -> ll.Sequential:
    """Return the network; one that gives images ends in a flat row, which is what a task takes."""
    layers = [layer for step in workload.steps for layer in _layers(step)]
    return ll.Sequential(layers if workload.classes else [*layers, ll.Flatten()])


def _layers(step: Step) -> list[ll.nn.Layer]:
    activation = ll.relu if step.relu else ll.nn.linear
    match step.kind:
        case "dense":
            return [ll.Dense(step.size, activation)]
        case "conv":
            return [ll.Conv(step.size, 3, activation, bias=step.bias)]
        case "norm":
            return [ll.BatchNorm(), *([ll.Activate(ll.relu)] if step.relu else [])]
        case "block":
            return _block(step.size, step.stride)
        case "lstm":
            return [ll.LSTM(step.size)]
    plain = {
        "pool": ll.MaxPool(2),
        "up": ll.Upsample(2),
        "flatten": ll.Flatten(),
        "mean": ll.GlobalAveragePool(),
    }
    return [plain[step.kind]]


def _block(channels: int, stride: int) -> list[ll.nn.Layer]:
    first = ll.Conv(channels, 3, stride=stride, padding=1, bias=False, floor=stride > 1)
    second = ll.Conv(channels, 3, bias=False)
    main = [first, ll.BatchNorm(), ll.Activate(ll.relu), second, ll.BatchNorm()]
    if stride == 1:
        return [ll.Residual(main, ll.relu)]
    shortcut = [ll.Conv(channels, 1, stride=stride, bias=False, floor=True), ll.BatchNorm()]
    return [ll.Add([ll.Sequential(main), ll.Sequential(shortcut)]), ll.Activate(ll.relu)]
