"""Another number of outputs than the targets ask for.

What it sees
    Numbers with fewer or more columns than there are outputs; more classes than outputs.
Why it hurts
    One target is compared with several outputs, or several targets share one. Outputs that nobody asks for take
    part in a softmax and hold the others down; classes without an output can never be answered.
How it is measured
    The columns and classes of the targets against the number of outputs. No chance is involved.
What to do
    One output for each number or class.
When it is wrong
    Classes that do not occur yet may have outputs of their own: too many outputs for codes are not flagged.
Source
    Zhang, Zhai, Fang, Ma 2021, AUTOTRAINER: an automatic DNN training problem detection and repair system.
"""

from __future__ import annotations

from leadline.core.text import count
from leadline.diagnosis.ending import as_written, outputs, suited_end
from leadline.diagnosis.planted import built, dense, program
from leadline.diagnosis.reading import output_path
from leadline.record.finding import Finding, Picture
from leadline.record.run import Run

WEIGHT = 74.0  # behind an output that cannot reach the targets, which explains more
NEEDS = (
    "loss.name",
    "target.form",
)  # without these it is silent
PLURAL = {"class": "classes"}  # of words that take more than an s
SEVERAL = 2  # classes that a single output can tell apart


def find(run: Run) -> Finding | None:
    """Return an error where targets and outputs differ in number."""
    if not as_written(run):
        return None
    form, given = run["target.form"], outputs(run)
    wanted = int(run.get("target.classes" if form == "codes" else "target.columns", 1) or 1)
    few = form == "codes" and given < wanted and wanted > SEVERAL and run["loss.name"] != "mse"
    other = form in ("numbers", "one_hot", "labels") and given != wanted and run["loss.labels"] != "codes"
    if not (few or other):
        return None
    what = "class" if form in ("codes", "one_hot") else "label" if form == "labels" else "number"
    return Finding(
        fault="output_units",
        title="The number of outputs is not that of the targets",
        severity="error",
        where=output_path(run),
        evidence=f"{count(given, 'output')} for {count(wanted, what, PLURAL.get(what, ''))}",
        why="",
        remedy=suited_end(run),
        weight=WEIGHT,
        picture=Picture("bars", ("outputs", "asked for"), ((float(given),), (float(wanted),)), "outputs"),
        certain=True,
        confidence=1.0,
        meaning="follows from the shapes as written",
        numbers={"outputs": float(given), "wanted": float(wanted)},
        stage="A",
    )


def example() -> Run:
    """Return a run that shows it: two outputs for three classes."""
    return program(built(dense(32, "relu"), dense(2, "softmax")))
