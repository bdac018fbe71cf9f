"""Training climbs the loss in place of descending it.

What it sees
    A first update that points up the gradient.
Why it hurts
    A flipped sign, in the loss or in the update: the better the answers, the larger the loss, and every step
    makes them worse.
How it is measured
    The cosine between the first update and the way down the gradient: 1 for plain gradient descent, about 0.1
    to 1 for optimizers that scale each weight. Below 0 for all seeds there is no doubt.
What to do
    Subtract the gradient; minimize the loss, not its negative.
When it is wrong
    Adversarial training climbs on purpose, with its own optimizer.
Source
    Nocedal and Wright 2006, Numerical optimization, section 2.2 (descent directions).
"""

from __future__ import annotations

import numpy as np

from leadline.core.text import short
from leadline.diagnosis.planted import program
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 83.0  # nothing else matters while it goes up
NEEDS = ("start.slope",)  # without these it is silent


def find(run: Run) -> Finding | None:
    """Return an error where the first update goes uphill for every seed."""
    slope = np.asarray(run.get("start.slope", ()), float)
    if not slope.size or not (slope < 0).all():
        return None
    return Finding(
        fault="goes_up",
        title="Training goes up the gradient",
        severity="error",
        where="first step",
        evidence=f"cosine of first update and way down: {short(float(slope.max()))} at best of {slope.size} seeds",
        why="",
        remedy=Remedy("Turn the sign of the loss or of the update.", "", {"loss.sign": 1.0}),
        weight=WEIGHT,
        picture=_picture(slope),
        certain=True,
        confidence=1.0,
        meaning="follows from the direction of the first update",
        numbers={"cosine": float(slope.max())},
        stage="B",
    )


def _picture(slope: np.ndarray) -> Picture:
    names = tuple(f"seed {at}" for at in range(1, slope.size + 1))
    values = tuple((float(value),) for value in slope)
    return Picture("bars", names, values, "cosine of first update and way down", {"straight down": 1.0})


def example() -> Run:
    """Return a run that shows it: the sign of the loss is turned, so that each step makes it larger."""
    return program({"start.slope": np.array([-0.41, -0.38, -0.44])})
