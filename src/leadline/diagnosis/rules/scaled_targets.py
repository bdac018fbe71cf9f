"""Numbers to learn that are far from unit size.

What it sees
    Regression targets whose mean or spread is large, as prices or counts are.
Why it hurts
    A fresh network answers about 0 to 1. The squared error of targets in the hundreds has gradients in the
    hundreds too: plain gradient descent comes apart, and an optimizer whose steps have a fixed size needs
    thousands of them to get there.
How it is measured
    The root mean square of the targets. Above 20 it is a hint, and a warning where the steps of the optimizer
    cannot carry an output that far: an Adam step moves a weight by at most about the rate, so rate · updates ·
    units of the last hidden layer bounds the way.
What to do
    Standardize the targets, and undo it for the answers (Leadline's own data does).
When it is wrong
    With enough steps a network learns large targets too; the remedy is proved before it is called an error.
Source
    LeCun, Bottou, Orr, Müller 1998, Efficient BackProp, section 4.3; Kingma and Ba 2015, Adam, section 2.1
    (effective step sizes).
"""

from __future__ import annotations

import math

from leadline.core.text import short
from leadline.diagnosis.ending import OF_NUMBERS, as_written
from leadline.diagnosis.planted import built, dense, numbers, program
from leadline.diagnosis.reading import choice
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 62.0  # behind an output that cannot reach them
NEEDS = (
    "loss.name",
    "target.form",
    "target.mean",
    "target.spread",
)  # without these it is silent
LARGE = 20.0  # twenty times what a fresh network answers
FIXED = ("adam", "adamw", "rmsprop", "nadam", "adamax")  # their step is about the rate, whatever the gradient


def find(run: Run) -> Finding | None:
    """Return a finding where the targets are large."""
    if not as_written(run) or run["target.form"] != "numbers" or run["loss.name"] not in OF_NUMBERS:
        return None
    if not run.has("target.mean", "target.spread"):
        return None
    size = math.hypot(float(run["target.mean"]), float(run["target.spread"]))
    if not size > LARGE:
        return None
    way = _way(run)
    short_of = way is not None and way < size
    plain = choice(run, "optimizer.name") == "sgd"
    mean, spread = (short(float(run[f"target.{name}"])) for name in ("mean", "spread"))
    told = f"targets of size {short(size)} (mean {mean}, spread {spread})"
    if short_of:
        steps = int(run["program.updates"])
        told += f"; {steps:,} steps at this rate carry a bias by at most {short(float(way or 0.0))}"
    return Finding(
        fault="scaled_targets",
        title="The targets are far from unit size",
        severity="warning" if short_of or plain else "hint",
        where="targets",
        evidence=told,
        why="",
        remedy=Remedy(
            "Standardize the targets.",
            "y = (y - y_train.mean()) / y_train.std()",
            {"data.targets": "standardized"},
        ),
        weight=WEIGHT,
        picture=_picture(size, way),
        numbers={"size": size, **({} if way is None else {"way": way})},
        stage="A",
    )


def _way(run: Run) -> float | None:
    """Return how far the optimizer can carry a bias in all its steps; None where that is not known."""
    rate, name = choice(run, "optimizer.learning_rate"), choice(run, "optimizer.name")
    if name not in FIXED or not isinstance(rate, (int, float)) or not run.has("program.updates"):
        return None
    return float(rate) * float(run["program.updates"])


def _picture(size: float, way: float | None) -> Picture:
    sizes = {"targets": size} if way is None else {"targets": size, "way of all steps": way}
    values = tuple((float(one),) for one in sizes.values())
    return Picture("bars", tuple(sizes), values, "distance from 0", {"large": LARGE}, log=True)


def example() -> Run:
    """Return a run that shows it: prices in thousands, and an optimizer whose steps are small."""
    prices = numbers(120.0, 940.0)
    return program(prices, built(dense(32, "relu"), dense(1), rate=0.001))
