"""Rows that stand in two parts.

What it sees
    Validation or test rows whose inputs stand in the training part too, beyond what coarse data explains.
Why it hurts
    The network is judged on rows it has learned by heart, so every score is too good, and early stopping is
    blind.
How it is measured
    Prepared inputs are compared exactly. A shared row counts as natural where the training part holds rows
    near it, which differ in one column only, as in coarse data. What remains is told from 3 rows on. By the
    lower end of its 95% interval as a share of the rows judged: above 10% an error, above 3% a warning;
    above 0.5% a hint, unless chance explains most of what is shared.
What to do
    Drop duplicates before the split, or split by group so that copies stay together.
When it is wrong
    Rows repeated by design (the same customer twice with the same features) are told too; they belong in
    one part. Images that are nearly alike are not found: only exact copies are.
Source
    Barz, Denzler 2020, Do we train on test data?; Kapoor, Narayanan 2023, Leakage and the reproducibility
    crisis.
"""

from __future__ import annotations

from collections.abc import Mapping

from leadline.diagnosis.chance import wilson
from leadline.diagnosis.planted import planted
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 92.0  # makes every score too good
NEEDS = (
    "data.shared.train_validation",
    "data.shared.train_test",
    "data.rows.validation",
    "data.rows.test",
)  # without these it is silent
FEW_ROWS = 2  # a pair of equal rows happens
TOLD = 0.005  # less moves an accuracy by less than its own interval in any test part under 10,000 rows
HARMFUL = 0.03  # families that share every value (titanic) reach 2%; three in a hundred is no accident
GRAVE = 0.10  # a tenth of the score is memory: it cannot be read as generalization


def find(run: Run) -> Finding | None:
    """Return a finding where parts share more rows than coarse data explains."""
    if not run.has(
        "data.shared.train_validation", "data.shared.train_test", "data.rows.validation", "data.rows.test"
    ):
        return None
    shared = {part: int(run[f"data.shared.train_{part}"]) for part in ("validation", "test")}
    rows = {part: int(run[f"data.rows.{part}"]) for part in shared}
    expected = int(run.get("data.shared.expected", 0))
    beyond, total = sum(shared.values()) - expected, sum(rows.values())
    low = wilson(beyond, total)[0] if beyond > 0 else 0.0
    if beyond <= FEW_ROWS or low <= (TOLD if beyond > expected else HARMFUL):
        return None
    found = [part for part in shared if shared[part]]
    told = " and ".join(f"{shared[part]:,} of {rows[part]:,} {part} rows" for part in found)
    return Finding(
        fault="shared_rows",
        title="The same rows in two parts",
        severity="error" if low > GRAVE else "warning" if low > HARMFUL else "hint",
        where=" and ".join(f"{part} part" for part in found),
        evidence=f"{told} stand in the training part too; chance in coarse data explains {expected:,}",
        why="",
        remedy=Remedy(
            "Drop duplicates before the split, or split by a group that keeps copies together.",
            "table = table.drop_duplicates()",
        ),
        weight=WEIGHT,
        picture=_picture(shared, expected),
    )


def _picture(shared: Mapping[str, int], expected: int) -> Picture:
    rows = {**shared, "by chance": expected}
    values = tuple((float(number),) for number in rows.values())
    return Picture("bars", tuple(rows), values, "rows that stand in the training part too")


def example() -> Run:
    """Return a run that shows it: rows were doubled before they were split."""
    return planted(
        {"data.shared.train_validation": 71, "data.shared.train_test": 64, "data.shared.expected": 2}
    )
