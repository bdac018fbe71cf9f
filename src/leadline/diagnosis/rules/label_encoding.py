"""Targets written in another form than the loss reads.

What it sees
    Class codes where the loss wants a column for each output, so that one number is compared with all outputs
    of its row; or one-hot columns where it wants codes.
Why it hurts
    The shapes broadcast and nothing fails: with the code 3 a cross-entropy asks for three times of every class
    at once, with yes and no both outputs are asked for the same. The loss falls and the answers are wrong.
How it is measured
    The columns of the targets against the number of outputs and what the loss reads. No chance is involved.
What to do
    The cross-entropy of codes (sparse), or one-hot targets.
When it is wrong
    Never for classes; numbers with too many outputs are told by output_units.
Source
    Jahangirova, Riccio, Humbatova and Tonella 2020, Taxonomy of real faults in deep learning systems.
"""

from __future__ import annotations

from typing import Any

from leadline.diagnosis.ending import as_written, ends_in, outputs, suited_end
from leadline.diagnosis.planted import built, dense, program
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 81.0  # as grave as labels out of range, and behind it
NEEDS = (
    "loss.name",
    "target.form",
)  # without these it is silent
SINGLE = 1  # column of targets
FORMS = ("codes", "yes_no")  # of one column


def find(run: Run) -> Finding | None:
    """Return an error where one column of classes meets several outputs, or columns meet a loss of codes."""
    if not as_written(run):
        return None
    columns, form = int(run.get("target.columns", SINGLE)), run["target.form"]
    if run["loss.labels"] == "codes" and columns > SINGLE:
        told = f"the loss reads one code for each row; the targets have {columns} columns"
    elif run["loss.labels"] != "codes" and columns == SINGLE and outputs(run) > SINGLE and form in FORMS:
        told = f"one column of targets is compared with each of {outputs(run)} outputs"
    else:
        return None
    return Finding(
        fault="label_encoding",
        title="The targets have another form than the loss reads",
        severity="error",
        where="targets",
        evidence=told,
        why="",
        remedy=_remedy(run, columns),
        weight=WEIGHT,
        picture=_picture(run, columns),
        certain=True,
        confidence=1.0,
        meaning="follows from the shapes as written",
        numbers={"columns": float(columns), "outputs": float(outputs(run))},
        others=(suited_end(run),),
        stage="A",
    )


def _remedy(run: Run, columns: int) -> Remedy:
    if columns > SINGLE:
        return Remedy("Use the cross-entropy of one-hot targets.", "", {"loss.labels": "columns"})
    if outputs(run) < int(run.get("target.classes", 2)):
        return suited_end(run)
    changes: dict[str, Any] = {"loss.name": "cross_entropy", "loss.labels": "codes"}
    reads = "probabilities" if ends_in(run) in ("softmax", "sigmoid") else "scores"
    if run["loss.reads"] == "numbers" or run["loss.name"] == "binary_cross_entropy":
        changes |= {"loss.reads": reads, "loss.normalizes": ends_in(run) == "sigmoid"}
    if float(run.get("target.low", 0.0)) != 0:
        changes["data.targets"] = "codes"
    return Remedy("Use the cross-entropy of codes (sparse).", "", changes)


def _picture(run: Run, columns: int) -> Picture:
    asked = SINGLE if run["loss.labels"] == "codes" else outputs(run)
    values = ((float(columns),), (float(asked),))
    return Picture("bars", ("the targets have", "the loss compares"), values, "columns of targets")


def example() -> Run:
    """Return a run that shows it: codes of ten classes in one column meet a cross-entropy of one-hot targets."""
    codes = {"target.classes": 10, "target.high": 9.0, "target.distinct": 10, "loss.labels": "columns"}
    return program(codes, built(dense(32, "relu"), dense(10, "softmax")))
