"""Softmax over the wrong axis.

What it sees
    A softmax, or the sum of a loss over the classes, that runs over the rows of a batch.
Why it hurts
    The rows compete in place of the classes: what a row is answered depends on the others in its batch.
How it is measured
    From the axis as written. No chance is involved.
What to do
    Let it run over the classes: dim=1, axis=-1.
When it is wrong
    Contrastive losses compare rows on purpose.
Source
    Ben Braiek and Khomh 2023, Testing feedforward neural networks training programs (TheDeepChecker).
"""

from __future__ import annotations

from leadline.diagnosis.ending import as_written, outputs
from leadline.diagnosis.planted import program
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 80.0  # the loss is another one than it seems
NEEDS = (
    "loss.name",
    "target.form",
    "loss.axis",
)  # without these it is silent


def find(run: Run) -> Finding | None:
    """Return an error where softmax runs over the rows."""
    if not as_written(run) or run.get("loss.axis", "classes") != "rows":
        return None
    return Finding(
        fault="softmax_over_rows",
        title="Softmax runs over the rows of a batch",
        severity="error",
        where="loss",
        evidence="the axis of softmax is that of the rows",
        why="",
        remedy=Remedy("Take the axis of the classes.", "axis=-1", {"loss.axis": "classes"}),
        weight=WEIGHT,
        picture=_picture(run),
        certain=True,
        confidence=1.0,
        meaning="follows from the loss as written",
        stage="A",
    )


def _picture(run: Run) -> Picture | None:
    rows = int(run.get("program.batch", 0))
    if not rows:
        return None
    sums = ((outputs(run) / rows,), (1.0,))  # each class sums to 1 over the rows
    return Picture(
        "bars", ("as written", "over the classes"), sums, "what the answers of a row sum to, on average"
    )


def example() -> Run:
    """Return a run that shows it: softmax runs over dim=0, which is that of the rows."""
    return program({"loss.axis": "rows"})
