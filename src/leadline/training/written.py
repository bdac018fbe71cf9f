"""Choices of training as one writes them in Python, for lines to be copied.

Comes in: an optimizer or a schedule. Goes out: the call that makes it, with what differs from the defaults only.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from leadline.training import optimizers as makers
from leadline.training.optimizers import STEADY, Optimizer
from leadline.training.schedules import Schedule


def optimizer_code(optimizer: Optimizer) -> str:
    """Return the call that makes an optimizer; "" where none of the short ones does.

    Example:
        >>> optimizer_code(makers.momentum(0.1)), optimizer_code(makers.adam(0.003))
        ('ll.sgd(0.1, momentum=0.9)', 'll.adam(0.003)')
    """
    usual = inspect.signature(getattr(makers, optimizer.name)).parameters
    chosen: dict[str, Any] = {**optimizer.options, "weight_decay": optimizer.weight_decay}
    if any(value and name not in usual for name, value in chosen.items()):
        return ""  # a recipe may give a weight decay to all of them
    settings = {name: repr(v) for name, v in chosen.items() if name in usual and v != usual[name].default}
    if optimizer.schedule != STEADY:
        settings["schedule"] = schedule_code(optimizer.schedule)
    return _call(optimizer.name, [f"{optimizer.learning_rate:g}"], settings)


def schedule_code(schedule: Schedule) -> str:
    """Return the call that makes a schedule.

    Example:
        >>> schedule_code(Schedule("cosine", warmup=2)), schedule_code(Schedule(warmup=1))
        ('ll.cosine(warmup=2)', 'll.warmup(1)')
    """
    if schedule.name == "constant":
        return _call("warmup", [f"{schedule.warmup:g}"], {}) if schedule.warmup else "ll.constant()"
    usual = Schedule(schedule.name).to_spec()
    return _call(
        schedule.name, [], {key: f"{v:g}" for key, v in schedule.to_spec().items() if v != usual[key]}
    )


def _call(name: str, first: list[str], settings: Mapping[str, str]) -> str:
    return f"ll.{name}({', '.join([*first, *(f'{key}={value}' for key, value in settings.items())])})"
