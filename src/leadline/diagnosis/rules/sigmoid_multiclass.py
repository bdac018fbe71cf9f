"""Sigmoid outputs for classes of which one is right.

What it sees
    Several outputs with a sigmoid each, where a row has exactly one class; a binary cross-entropy over the
    classes.
Why it hurts
    The outputs do not share the whole: all can be high at once. A cross-entropy then asks only that the right
    one be high, and says nothing of the others unless it divides by the sum; a binary one is mostly about the
    many zeros, and its accuracy looks high while the class is wrong.
How it is measured
    From the last activation, the loss and the form of the targets. Whether it hurts is a matter of the case: it
    is a warning until a patched training wins.
What to do
    Softmax over the classes, and the cross-entropy.
When it is wrong
    One against the rest is a method of its own, and right for several labels at once. Keras divides by the sum,
    so that such networks often train.
Source
    Bridle 1990, Probabilistic interpretation of feedforward classification network outputs; Rifkin and Klautau
    2004, In defense of one-vs-all classification.
"""

from __future__ import annotations

from leadline.diagnosis.ending import as_written, ends_in, outputs, suited_end
from leadline.diagnosis.planted import built, dense, program
from leadline.diagnosis.reading import output_path
from leadline.record.finding import Finding, Picture
from leadline.record.run import Run

WEIGHT = 73.0  # behind an output that cannot be right at all
NEEDS = (
    "loss.name",
    "target.form",
)  # without these it is silent
FEW = 2  # outputs from which on classes share the whole
ONE_OF_MANY = ("one_hot", "codes")  # forms in which a row has one class


def find(run: Run) -> Finding | None:
    """Return a warning where outputs that exclude each other are answered one by one."""
    if not as_written(run) or run["target.form"] not in ONE_OF_MANY or outputs(run) < FEW:
        return None
    each = run["loss.name"] == "binary_cross_entropy"
    if not (ends_in(run) in ("sigmoid", "hard_sigmoid") or each) or run["loss.reads"] == "numbers":
        return None
    ends, divides = ends_in(run), bool(run.get("loss.normalizes", 0))
    told = f"{outputs(run)} outputs through {ends}, {run['loss.name']}, and one class in each row"
    return Finding(
        fault="sigmoid_multiclass",
        title="Classes that exclude each other are answered one by one",
        severity="hint" if divides or (each and ends == "softmax") else "warning",
        where=output_path(run),
        evidence=told + ("; the loss divides by their sum, which makes up for most of it" if divides else ""),
        why="",
        remedy=suited_end(run),
        weight=WEIGHT,
        picture=_picture(run),
        stage="A",
    )


def _picture(run: Run) -> Picture | None:
    if ends_in(run) not in ("sigmoid", "hard_sigmoid"):
        return None
    sums = ((0.0, float(outputs(run))), (1.0, 1.0))
    return Picture(
        "ranges", (f"with {ends_in(run)}", "of one class in each"), sums, "sum of the outputs of a row"
    )


def example() -> Run:
    """Return a run that shows it: three classes through a sigmoid each."""
    return program(built(dense(32, "relu"), dense(3, "sigmoid")))
