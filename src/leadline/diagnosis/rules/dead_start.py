"""Units that are dead before training begins.

What it sees
    A layer most of whose units are 0 for every row of a batch, before the first step.
Why it hurts
    A ReLU that is 0 for every row gets no gradient and stays so: the layer has fewer units than it seems.
How it is measured
    The share of units that are 0 for all rows, by seed; its interval (Wilson, 95%, over the units of all seeds)
    must lie above one half. Rows are up to 256 of the training part.
What to do
    Scale the inputs, begin biases at 0, draw the weights by He; leaky ReLU where it stays.
When it is wrong
    Sparse layers with 70% of zeros are healthy, as long as each unit fires for some row: units are counted, not
    zeros.
Source
    Lu, Shin, Su and Karniadakis 2020, Dying ReLU and initialization: theory and numerical examples.
"""

from __future__ import annotations

import numpy as np

from leadline.diagnosis.chance import wilson
from leadline.diagnosis.layers import changed_hidden, hidden, layer_name, own_start
from leadline.diagnosis.planted import built, dense, program
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 65.0  # behind the weights and inputs that cause it
LATER = "dead_units"  # what a training that was sounded shows of it
NEEDS = (
    "start.dead",
    "network.activations",
    "network.kinds",
    "network.parameters",
)  # without these it is silent
RECTIFIERS = ("relu", "relu6")  # activations with exact zeros
MANY = 0.5  # of the units: the layer is more dead than alive


def find(run: Run) -> Finding | None:
    """Return a warning where most units of a hidden layer are 0 for every row."""
    dead = np.asarray(run.get("start.dead", ()), float)
    if dead.ndim != 2:
        return None
    for at in hidden(run, RECTIFIERS):
        units = _units(run, at) * len(dead)
        share = float(dead[:, at].mean())
        low, high = wilson(share * units, units)
        if low > MANY:
            return Finding(
                fault="dead_start",
                title="Most units of a layer are dead before training",
                severity="warning",
                where=layer_name(run, at),
                evidence=f"{share:.0%} of its units are 0 for every row ({low:.0%} … {high:.0%}), at the start",
                why="",
                remedy=Remedy(
                    "Draw the weights by He and begin biases at 0.", "", changed_hidden(run, own_start)
                ),
                weight=WEIGHT,
                picture=_picture(run, dead),
                numbers={"share": share, "low": low, "high": high},
                stage="B",
            )
    return None


def _units(run: Run, at: int) -> int:
    shapes = run.get("network.shapes", ())
    return int(str(shapes[at]).split(" x ")[-1]) if at < len(shapes) else 1


def _picture(run: Run, dead: np.ndarray) -> Picture:
    layers = hidden(run, RECTIFIERS)
    names = tuple(layer_name(run, at) for at in layers)
    shares = tuple((float(dead[:, at].mean()),) for at in layers)
    return Picture(
        "bars", names, shares, "share of units that are 0 for every row, at the start", {"most units": MANY}
    )


def example() -> Run:
    """Return a run that shows it: biases that begin at -5 keep the units of the second layer at 0."""
    layers = (dense(64, "relu"), dense(64, "relu", bias_initializer="constant(-5)"), dense(3, "softmax"))
    return program(built(*layers), {"start.dead": np.tile([0.03, 0.91, 0.0], (3, 1))})
