"""Units stuck at the flat ends of sigmoid or tanh.

What it sees
    A hidden layer most of whose outputs stand at the bounds of their activation from the first epoch on.
Why it hurts
    At the bounds the activation is flat: the gradient that passes is a few percent of what it could be, or nothing. The
    units below hardly learn, and their answers hardly depend on how large the inputs are.
How it is measured
    Outputs within 1% of the bounds, as a share of all outputs of the layer, after the first epoch. Above half it
    is told; after a healthy first epoch it is under 3 in 10. How grave it is shows in the result: an error where
    nothing is learned (a warning beside inputs that are not scaled, which are the cause then), a warning where a
    simple model does better, else a hint. Only what squashes gradually is looked at: sigmoid, tanh, softsign and
    their straight forms. The zeros of a ReLU and the steps of step and relu6 are how these work.
What to do
    Scale the inputs; let the initial weights be chosen from the activation; take smaller steps; or put batch norm
    before the activation.
When it is wrong
    Late in a training units that are sure of themselves are usual, which is why the first epoch is asked. Gates of a
    recurrent layer are not sounded, only its outputs. The last layer is not looked at: there the bounds are answers.
Source
    LeCun, Bottou, Orr, Müller 1998, Efficient BackProp, section 4; Glorot and Bengio 2010, Understanding the difficulty
    of training deep feedforward neural networks.
"""

from __future__ import annotations

import numpy as np

from leadline.core.text import count
from leadline.diagnosis.layers import (
    NO_INITIALIZER,
    changed_hidden,
    hidden,
    layer_name,
    own_start,
    severity,
    sounded,
)
from leadline.diagnosis.planted import network, over_epochs, planted
from leadline.diagnosis.reading import other_rate, rate_option
from leadline.diagnosis.rules import unscaled_inputs
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 68.0  # of the network: it lets gradients vanish
MOST = 0.5  # of the outputs after the first epoch; for healthy trainings see benchmarks/findings.py
SQUASHING = ("sigmoid", "tanh", "softsign", "hard_sigmoid", "hard_tanh")  # bounded, with a slope between
NEEDS = ("sounding.activation.saturated",)  # without these it is silent
CALMER = 0.1  # one step on the usual logarithmic ladder of learning rates


def find(run: Run) -> Finding | None:
    """Return a finding where most outputs of a hidden layer stand at the bounds after the first epoch."""
    shares, layers = sounded(run, "activation.saturated"), hidden(run, SQUASHING)
    if not len(shares) or not layers:
        return None
    first = shares[0]
    found = [at for at in layers if first[at] > MOST]
    if not found:
        return None
    worst = max(found, key=lambda at: float(first[at]))
    course = f", {shares[-1, worst]:.0%} after the last" if len(shares) > 1 else ""
    return Finding(
        fault="saturated_units",
        title="Most units of a layer are saturated",
        severity=severity(run),
        where=layer_name(run, worst)
        + (f" and {count(len(found) - 1, 'other layer')}" if len(found) > 1 else ""),
        evidence=(
            f"{first[worst]:.0%} of its outputs are within 1% of the bounds of {run['network.activations'][worst]} "
            f"after the first epoch{course}"
        ),
        why="",
        remedy=_remedy(run),
        weight=WEIGHT,
        picture=_picture(run, first, layers),
    )


def _picture(run: Run, first: np.ndarray, layers: list[int]) -> Picture:
    names, values = [layer_name(run, at) for at in layers], [(float(first[at]),) for at in layers]
    words = "share of outputs within 1% of the bounds, after the first epoch"
    return Picture("bars", tuple(names), tuple(values), words, {"half of them": MOST})


def _remedy(run: Run) -> Remedy:
    changes = changed_hidden(run, own_start)
    if changes:
        return Remedy("Let the initial weights be chosen from the activation.", NO_INITIALIZER, changes)
    if unscaled_inputs.find(run) is not None:
        return Remedy("Scale the inputs, or put ll.BatchNorm() before the activation.", "ll.BatchNorm()")
    slower = other_rate(run, CALMER)
    words = "Take smaller steps: a tenth of the learning rate; or put ll.BatchNorm() before the activation."
    return Remedy(words, rate_option(slower), slower)


def example() -> Run:
    """Return a run that shows it: weights drawn far too large for tanh."""
    shares = over_epochs("activation.saturated", [0.31, 0.62, 0.78, 0.81, 0.83, np.nan])
    return planted(network("tanh", initializer="normal(spread=1.0)"), shares)
