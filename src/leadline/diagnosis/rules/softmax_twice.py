"""The link is applied twice.

What it sees
    A network that ends in softmax where the loss applies softmax, or in sigmoid where it applies sigmoid.
Why it hurts
    Probabilities between 0 and 1 are taken for scores. Softmax of them is nearly flat: with C classes none
    can exceed e / (e + C - 1), and the loss cannot fall below ln(1 + (C - 1) / e). A sigmoid of a sigmoid
    lies between 0.5 and 0.73, so every row is called positive.
How it is measured
    From the activation at the very end of the network and the link that belongs to the task. No chance is
    involved.
What to do
    End the network in scores: no activation on the last layer. The task applies the link where
    probabilities are due.
When it is wrong
    Never for softmax and sigmoid. A log-softmax before softmax changes nothing and is not flagged.
Source
    Bridle 1990, Probabilistic interpretation of feedforward classification network outputs; Schoop et al.
    2021, UMLAUT.
"""

from __future__ import annotations

import math

from leadline.diagnosis.planted import program
from leadline.diagnosis.reading import linear_output, output_path
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 78.0  # explains first loss, slow learning and flat probabilities
NEEDS = ("network.output_activation",)  # without these it is silent


def find(run: Run) -> Finding | None:
    """Return an error where the network already applies the task's link."""
    link, outputs = run.get("task.link") or _written_link(run), int(run.get("network.outputs", 0))
    if link not in ("softmax", "sigmoid") or run.get("network.output_activation") != link:
        return None
    if link == "softmax" and outputs == 1:
        return None  # a constant output: told by output_loss_mismatch, or softmax_single_unit
    return Finding(
        fault="softmax_twice",
        title=f"{link.capitalize()} is applied twice",
        severity="error",
        where=output_path(run),
        evidence=f"the network ends in {link} and the loss applies {link} again: {_limits(link, outputs)}",
        why="",
        remedy=Remedy(
            f"Take the {link} off the last layer; the {'task' if 'task.link' in run else 'loss'} applies it.",
            f"ll.Dense({outputs or 'classes'})",
            linear_output(run),
        ),
        weight=WEIGHT,
        picture=_picture(link, outputs),
        certain=True,
        confidence=1.0,
        meaning="follows from the network and the loss as written",
        stage="A",
    )


def _written_link(run: Run) -> str | None:
    """Return what a loss as written applies to the outputs itself."""
    if run.get("loss.reads") != "scores":
        return None
    return "softmax" if run.get("loss.name") == "cross_entropy" else "sigmoid"


def _limits(link: str, outputs: int) -> str:
    if link == "sigmoid":
        return "every probability lies between 0.5 and 0.731"
    if outputs < 2:
        return "the probabilities are nearly flat"
    most, least = math.e / (math.e + outputs - 1), math.log(1 + (outputs - 1) / math.e)
    return f"no probability can exceed {most:.3f} and the loss cannot fall below {least:.3f}"


def _picture(link: str, outputs: int) -> Picture | None:
    """Return what the probabilities can be: of scores of 0 and 1, and for softmax with a sum of 1."""
    if link == "softmax" and outputs < 2:
        return None
    whole = math.e + outputs - 1 if link == "softmax" else math.e + 1
    least, most = 1 / whole if link == "softmax" else 1 / 2, math.e / whole
    return Picture(
        "ranges", (f"{link} twice", f"{link} once"), ((least, most), (0.0, 1.0)), "probabilities can be"
    )


def example() -> Run:
    """Return a run that shows it: the network ends in softmax, and the cross-entropy takes scores."""
    return program({"loss.reads": "scores"})
