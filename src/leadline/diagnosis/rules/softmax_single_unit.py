"""Softmax over a single output.

What it sees
    A network that ends in one output with softmax, or a loss that applies softmax to a single output.
Why it hurts
    Softmax divides by the sum over the outputs. Of a single one that is itself: the answer is 1 for every row,
    no gradient comes back, and nothing is ever learned.
How it is measured
    From the activation at the end and the number of outputs. No chance is involved.
What to do
    Sigmoid for yes and no, one output with softmax for each class, a linear output for numbers.
When it is wrong
    Never: a single output divided by itself is 1, whatever the weights are.
Source
    Bridle 1990, Probabilistic interpretation of feedforward classification network outputs.
"""

from __future__ import annotations

from leadline.diagnosis.ending import as_written, ends_in, outputs, suited_end
from leadline.diagnosis.planted import built, dense, program, yes_no
from leadline.diagnosis.reading import output_path
from leadline.record.finding import Finding, Picture
from leadline.record.run import Run

WEIGHT = 79.0  # nothing behind it can matter before it is mended
NEEDS = (
    "loss.name",
    "target.form",
)  # without these it is silent


def find(run: Run) -> Finding | None:
    """Return an error where the only output goes through softmax."""
    if not as_written(run) or outputs(run) != 1:
        return None
    by_loss = run["loss.name"] == "cross_entropy" and (
        run["loss.reads"] == "scores" or run.get("loss.normalizes", 0)
    )
    if ends_in(run) != "softmax" and not by_loss:
        return None
    return Finding(
        fault="softmax_single_unit",
        title="Softmax over a single output is always 1",
        severity="error",
        where=output_path(run),
        evidence="exp(s) / exp(s) = 1 for every row: the answer never changes, and its gradient is exactly 0",
        why="",
        remedy=suited_end(run),
        weight=WEIGHT,
        picture=_picture(run),
        certain=True,
        confidence=1.0,
        meaning="follows from the network as written",
        numbers={"outputs": 1.0},
        stage="A",
    )


def _picture(run: Run) -> Picture | None:
    if not run.has("target.low", "target.high"):
        return None
    targets = (float(run["target.low"]), float(run["target.high"]))
    return Picture("ranges", ("answers", "targets"), ((1.0, 1.0), targets), "answers and targets")


def example() -> Run:
    """Return a run that shows it: yes and no are answered by one output with softmax."""
    return program(yes_no(), built(dense(32, "relu"), dense(1, "softmax")))
