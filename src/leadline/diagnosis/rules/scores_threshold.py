"""Scores judged as probabilities.

What it sees
    A network that ends in scores, whose answers are cut at 0.5.
Why it hurts
    A score of 0 is a probability of one half; one of 0.5 is 62%. Rows between are answered wrongly, and the
    accuracy that is watched is not that of the model.
How it is measured
    From what the loss reads and where answers are cut. No chance is involved.
What to do
    Cut scores at 0, or make probabilities of them first.
When it is wrong
    A threshold chosen for its costs is no mistake; it is given in probabilities.
Source
    Provost 2000, Machine learning from imbalanced data sets 101 (thresholds).
"""

from __future__ import annotations

import math

from leadline.core.text import short
from leadline.diagnosis.ending import as_written
from leadline.diagnosis.planted import built, dense, program, yes_no
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 45.0  # the training itself is well
NEEDS = (
    "loss.name",
    "target.form",
    "program.threshold",
)  # without these it is silent
USUAL = 0.5  # of probabilities


def find(run: Run) -> Finding | None:
    """Return an error where a score is cut as if it were a probability."""
    cut = run.get("program.threshold")
    if not as_written(run) or run["loss.reads"] != "scores" or cut != USUAL:
        return None
    return Finding(
        fault="scores_threshold",
        title="Scores are judged as probabilities",
        severity="error",
        where="answers",
        evidence=f"outputs are scores; cut at {short(float(cut))}, only probabilities above 0.622 count as yes",
        why="",
        remedy=Remedy("Cut scores at 0.", "outputs > 0", {"program.threshold": 0.0}),
        weight=WEIGHT,
        picture=_picture(float(cut)),
        certain=True,
        confidence=1.0,
        meaning="follows from the loss and the threshold as written",
        stage="A",
    )


def _picture(cut: float) -> Picture:
    names, scores = (f"scores above {short(cut)}", "scores above 0"), (cut, 0.0)
    values = tuple((1 / (1 + math.exp(-score)),) for score in scores)
    return Picture("bars", names, values, "probability from which on the answer is yes")


def example() -> Run:
    """Return a run that shows it: outputs before the sigmoid are cut at 0.5."""
    return program(yes_no("scores"), built(dense(32, "relu"), dense(1)), {"program.threshold": 0.5})
