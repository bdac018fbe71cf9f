"""Output, loss and targets that do not fit together.

What it sees
    A last activation that cannot give what the loss asks for: a bounded or one-sided output for targets
    beyond its bounds, squeezed scores before softmax or sigmoid, softmax over a single output; and a loss
    other than the task's.
Why it hurts
    Targets out of reach keep the loss high and the gradient pointing at a wall. Squeezed scores make every
    probability timid, one-sided scores let only one side be answered. Another loss answers another
    question; a margin or focal loss gives scores that are no probabilities.
How it is measured
    Regression: the share of training targets, as prepared, beyond the activation's bounds, from their
    quantiles; over 1% is a warning, over 10% an error. Classification: from the bounds, the most and least
    a probability can be; an error where one side, or every value above one half, is out of reach. A loss is
    compared by name with those that go with the kind of task.
What to do
    No activation on the last layer, and the task's own loss. Where outputs must stay within bounds, scale
    the targets into them.
When it is wrong
    Sigmoid with squared error is right where all targets lie in [0, 1], and so is binary cross-entropy:
    neither is flagged. A loss chosen for outliers, quantiles or a spread is right too, and not flagged. Hinge
    and focal loss may be meant where only the class counts: they are hints, and so is binary cross-entropy
    where each class is learned against the rest. Other losses may be meant; they are warnings.
Source
    Bishop 1995, Neural networks for pattern recognition, chapter 6 (outputs and error functions).
"""

from __future__ import annotations

import math

import numpy as np

from leadline.diagnosis.ending import BOUNDS
from leadline.diagnosis.planted import planted
from leadline.diagnosis.reading import linear_output, output_path
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 76.0  # a cause of not learning
EDGE = 1e-3  # a target at a bound is reached near enough
TOLD = 0.01  # one target in a hundred out of reach: more than outliers of a normal spread
GRAVE = 0.10  # a tenth of the targets out of reach bends the whole fit
EVEN = 0.5  # a probability that can only be one side of it cannot choose
CERTAIN = 0.999  # a probability that can come so near 1 is not squeezed
ONE_SIDE = 1e-6  # how near to 0.5 a bound of a sigmoid's input counts as one-sided
NUMBERS = (
    "mae",
    "huber",
    "log_cosh",
    "pinball",
    "gaussian_nll",
    "laplace_nll",
)  # another question, well asked
CLASSES = {  # losses that tell classes or labels apart, by kind; their scores are no probabilities
    "binary": ("hinge", "focal", "binary_focal"),
    "one_of_many": ("hinge", "focal"),
    "several_labels": ("binary_focal",),
}
KINDS = {  # how people call them
    "regression": "regression",
    "binary": "two classes",
    "one_of_many": "one of many classes",
    "several_labels": "several labels",
}
PROBABLE = (
    "binary_cross_entropy"  # of targets that are shares in [0, 1]; in one of many, one against the rest
)


def find(run: Run) -> Finding | None:
    """Return a finding where the end of the network cannot give what is asked."""
    name, link = str(run.get("network.output_activation", "linear")), run.get("task.link")
    if name in BOUNDS and link is not None:
        found = _squeezed(run, name, link) if link != "identity" else _out_of_reach(run, name)
        if found:
            return found
    return _other_loss(run)


def _out_of_reach(run: Run, name: str) -> Finding | None:
    quantiles = np.asarray(run.get("data.target.quantiles", ()), float)
    if quantiles.size < 2:
        return None
    low, high = BOUNDS[name]
    share = float(((quantiles < low - EDGE) | (quantiles > high + EDGE)).mean())
    constant = name == "softmax" and int(run.get("network.outputs", 1)) == 1
    if not constant and share <= TOLD:
        return None
    told = f"targets go from {quantiles[0]:.3g} to {quantiles[-1]:.3g}, {name} gives {_range(low, high)}"
    evidence = "softmax over a single output is always 1" if constant else f"{told}: {share:.0%} out of reach"
    title = "The output cannot reach the targets"
    reached = (low, high if math.isfinite(high) else max(low, float(quantiles[-1])))
    shown = _ranges("the output", reached, "the targets", (float(quantiles[0]), float(quantiles[-1])))
    return _finding(run, title, "error" if constant or share > GRAVE else "warning", evidence, name, shown)


def _squeezed(run: Run, name: str, link: str) -> Finding | None:
    outputs = int(run.get("network.outputs", 1))
    if name == "softmax" and outputs == 1:
        return _finding(
            run, "The output is constant", "error", "softmax over a single output is always 1", name
        )
    if name == link:
        return None  # told by softmax_twice
    low, high = BOUNDS[name]
    if link == "sigmoid":
        least, most = _sigmoid(low), _sigmoid(high)
        grave = least >= EVEN - ONE_SIDE or most <= EVEN + ONE_SIDE
    else:
        least, most = _softmax(low, high, outputs), _softmax(high, low, outputs)
        grave = most <= EVEN
        if most > CERTAIN:
            words = f"{name} before softmax: no score is below {low:g}, and one stuck there gets no gradient"
            return _finding(run, "The scores are one-sided", "warning", words, name)
    evidence = f"{name} before {link}: every probability lies between {least:.3f} and {most:.3f}"
    shown = _ranges("probabilities", (least, most), "should reach", (0.0, 1.0))
    return _finding(run, "The scores are squeezed", "error" if grave else "warning", evidence, name, shown)


def _other_loss(run: Run) -> Finding | None:
    loss = str(run.get("task.loss", "")).partition("(")[0]  # its settings aside
    usual, kind = run.get("task.loss.usual"), str(run.get("task.kind", ""))
    if not loss or not usual or loss == usual or (kind == "regression" and loss in NUMBERS):
        return None
    if kind == "binary" and loss == "cross_entropy":
        return None  # over two columns it is the same loss
    named = KINDS.get(kind, "this task")
    told = f"trained on {loss}; the loss of {named} is {usual}"
    severity = "hint" if loss == PROBABLE else "warning"
    why = "Another loss may be meant; its scores are then no probabilities, or answer another question."
    if loss in CLASSES.get(kind, ()):
        severity, told = "hint", f"trained on {loss}, which tells classes apart without probabilities"
        why = "Calibration, thresholds and expected costs need probabilities; these scores are too sure or too timid."
    quantiles = np.asarray(run.get("data.target.quantiles", ()), float)
    if kind == "regression" and loss == PROBABLE and quantiles.size:
        if quantiles[0] >= -EDGE and quantiles[-1] <= 1 + EDGE:
            return None
        severity = "error"
        told += f", and targets go from {quantiles[0]:.3g} to {quantiles[-1]:.3g}"
    remedy = Remedy(f"Use {usual} unless {loss} is meant.", f'loss="{usual}"', {"training.loss": usual})
    return Finding(
        "output_loss_mismatch",
        "Not the loss of this task",
        severity,
        "loss",
        told,
        why,
        remedy,
        weight=WEIGHT,
    )


def _finding(
    run: Run, title: str, severity: str, evidence: str, name: str, picture: Picture | None = None
) -> Finding:
    return Finding(
        fault="output_loss_mismatch",
        title=title,
        severity=severity,
        where=output_path(run),
        evidence=evidence,
        why="",
        remedy=Remedy(
            f"Take {name} off the last layer, so that the network ends in scores.",
            f"ll.Dense({int(run.get('network.outputs', 1))})",
            linear_output(run),
        ),
        weight=WEIGHT,
        picture=picture,
    )


def _ranges(one: str, own: tuple[float, float], other: str, wanted: tuple[float, float]) -> Picture:
    return Picture("ranges", (one, other), (own, wanted), "from least to most")


def _sigmoid(score: float) -> float:
    return 1 / (1 + math.exp(-score))


def _softmax(own: float, others: float, outputs: int) -> float:
    """Return the probability of one score against equal others."""
    return 1 / (1 + (outputs - 1) * math.exp(others - own))


def _range(low: float, high: float) -> str:
    return f"{low:g} … {high:g}" if math.isfinite(high) else f"nothing below {low:g}"


def example() -> Run:
    """Return a run that shows it: tanh before softmax leaves ten classes hardly apart."""
    return planted({"network.output_activation": "tanh", "network.outputs": 10, "task.link": "softmax"})
