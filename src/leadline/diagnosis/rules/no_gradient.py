"""No layer gets any gradient.

What it sees
    A first gradient that is exactly 0 in every kernel, for every seed.
Why it hurts
    Nothing will ever change: a constant output, a step function, outputs cut off at a bound, or weights of
    zeros everywhere.
How it is measured
    The share of exact zeros in the first gradient: all of it, in all layers. Chance does not give an exact 0.
What to do
    Look for what stands at the end of the network; the findings beside this one name it where they can.
When it is wrong
    A network that is perfect already has no gradient either.
Source
    Karpathy 2019, A recipe for training neural networks (verify the loss at the start).
"""

from __future__ import annotations

import numpy as np

from leadline.diagnosis.layers import weighted
from leadline.record.finding import Finding, Remedy
from leadline.record.run import Run

WEIGHT = 67.0  # a symptom: its causes weigh more


def find(run: Run) -> Finding | None:
    """Return an error where the whole gradient is exactly 0 for every seed."""
    zeros, layers = np.asarray(run.get("start.gradient.zeros", ()), float), weighted(run)
    if zeros.ndim != 2 or not layers.size or not (np.nan_to_num(zeros[:, layers], nan=1.0) == 1).all():
        return None
    return Finding(
        fault="no_gradient",
        title="Nothing gets a gradient",
        severity="error",
        where="all layers",
        evidence=f"every entry of the gradient of {layers.size} layers is exactly 0, for {len(zeros)} seeds",
        why="",
        remedy=Remedy("Mend what stands at the end of the network."),
        weight=WEIGHT,
        certain=True,
        confidence=1.0,
        meaning="the same for every seed",
        stage="B",
    )
