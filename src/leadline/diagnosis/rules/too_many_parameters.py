"""More parameters than the data supports.

What it sees
    A network with more than 10 parameters for each number it is asked to give in training (rows times
    outputs).
Why it hurts
    Such a network can learn every training row by heart, noise included, if nothing holds it back; it also
    costs more time than it must. It is a reason to watch the validation curve, not a fault.
How it is measured
    Parameters over training rows times outputs. Always a hint; its weight grows with the ratio.
What to do
    Start with fewer units, keep early stopping on, add dropout or weight decay, or get more rows.
When it is wrong
    Large networks often generalize well in spite of this count; with early stopping, augmentation or
    pretrained weights it can be left alone. The validation curve decides.
Source
    Zhang et al. 2017, Understanding deep learning requires rethinking generalization; Belkin et al. 2019,
    Reconciling modern machine-learning practice and the classical bias–variance trade-off.
"""

from __future__ import annotations

import math

from leadline.core.text import count, short
from leadline.diagnosis.planted import built, dense, program
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 15.0  # no fault, so behind all that may be one; raised by up to 9 with the ratio
NEEDS = (
    "network.parameters.total",
    "data.rows.train",
)  # without these it is silent
MANY = 10.0  # the usual networks on digits, MNIST and adult stay below; the classical advice is 1/10


def find(run: Run) -> Finding | None:
    """Return a hint where parameters outnumber the training's numbers ten to one."""
    if not run.has("network.parameters.total", "data.rows.train"):
        return None
    parameters, rows = int(run["network.parameters.total"]), int(run["data.rows.train"])
    outputs = max(1, int(run.get("network.outputs", 1)))
    if not rows or parameters <= MANY * rows * outputs:
        return None
    ratio = parameters / (rows * outputs)
    numbers = f"{count(rows, 'training row')}" + (f" of {outputs} outputs" if outputs > 1 else "")
    return Finding(
        fault="too_many_parameters",
        title="More parameters than the data supports",
        severity="hint",
        where="network",
        evidence=f"{count(parameters, 'parameter')} for {numbers}: {short(ratio)} for each number to learn",
        why="",
        remedy=Remedy(
            "Try fewer units first; keep early stopping on, or add dropout or weight decay.",
            "",
            {"training.early_stopping": True},
        ),
        weight=WEIGHT + min(9.0, 3 * math.log10(ratio / MANY)),
        picture=_picture(parameters, rows * outputs),
    )


def _picture(parameters: int, numbers: int) -> Picture:
    values = ((float(parameters),), (float(numbers),))
    return Picture("bars", ("parameters", "numbers to learn"), values, "how many", log=True)


def example() -> Run:
    """Return a run that shows it: three wide layers learn from 120 rows."""
    layers = (dense(512, "relu"), dense(512, "relu"), dense(3, "softmax"))
    return program(built(*layers), {"data.rows.train": 120, "data.rows.validation": 30})
