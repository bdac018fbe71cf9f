"""Targets of shape (B,) against outputs of shape (B, 1).

What it sees
    One output in a column, targets without one, and a loss that subtracts them as NumPy and PyTorch do.
Why it hurts
    (B, 1) minus (B,) is (B, B): every output is compared with every target. The best answer is then the mean of
    all targets, and that is what the network learns.
How it is measured
    From the shapes and how the loss brings them together. No chance is involved.
What to do
    Give the targets a column: targets.reshape(-1, 1).
When it is wrong
    Never; losses that add the column themselves, as Keras' do, are not flagged.
Source
    Humbatova, Jahangirova, Bavota, Riccio, Stocco and Tonella 2020, Taxonomy of real faults in deep learning
    systems.
"""

from __future__ import annotations

from leadline.diagnosis.ending import as_written, outputs
from leadline.diagnosis.planted import built, dense, numbers, program
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 82.0  # nothing is learned from the inputs before it is mended
NEEDS = (
    "loss.name",
    "target.form",
    "loss.expands",
)  # without these it is silent
SINGLE = 1  # dimension of the targets, and output


def find(run: Run) -> Finding | None:
    """Return an error where the shapes give a table of all outputs against all targets."""
    if not as_written(run) or run.get("loss.expands", SINGLE) or run["loss.labels"] == "codes":
        return None
    if int(run.get("target.dimensions", 2)) != SINGLE or outputs(run) != SINGLE:
        return None
    rows = int(run.get("program.batch", run.get("data.rows.train", 0)))
    return Finding(
        fault="targets_broadcast",
        title="Every output is compared with every target",
        severity="error",
        where="targets",
        evidence=f"outputs of shape ({rows}, 1) against targets of shape ({rows},) make ({rows}, {rows}) differences",
        why="",
        remedy=Remedy("Give the targets a column.", "y = y.reshape(-1, 1)", {"data.targets": "column"}),
        weight=WEIGHT,
        picture=_picture(rows),
        certain=True,
        confidence=1.0,
        meaning="follows from the shapes as written",
        numbers={"rows": float(rows)},
        stage="A",
    )


def _picture(rows: int) -> Picture:
    values = ((float(rows),), (float(rows**2),))
    return Picture("bars", ("one for each row", "as written"), values, "differences in a batch")


def example() -> Run:
    """Return a run that shows it: a column of outputs is subtracted from a row of targets."""
    return program(numbers(-1.5, 1.5), built(dense(32, "relu"), dense(1)), {"loss.expands": 0})
