"""Labels that no output stands for.

What it sees
    Class labels below 0 or not below the number of classes, and targets that are NaN or infinite.
Why it hurts
    The loss of such a row is wrong or not a number: an index beyond the outputs is clipped without a word,
    and the network is pulled towards a class that was never meant.
How it is measured
    Counted over all rows as read. A single one is enough; no chance is involved. Targets that are not
    finite are a warning where their rows were left out of all parts. Labels out of range are an error even
    so: the classes were counted wrong.
What to do
    Give the labels as they are (words or any numbers) and let the classes be read from them, or number them
    from 0. Leave out rows without a target.
When it is wrong
    Never for labels; a negative number as a code for "unknown" is still a row to leave out.
Source
    Humbatova et al. 2020, Taxonomy of real faults in deep learning systems (faults of training data).
"""

from __future__ import annotations

from leadline.core.text import count
from leadline.diagnosis.planted import planted
from leadline.diagnosis.reading import PARTS
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 100.0  # nothing after it can be right


def find(run: Run) -> Finding | None:
    """Return a finding where a target is outside what the outputs can mean."""
    outside, broken = run.get("data.target.outside", 0), run.get("data.target.not_finite", 0)
    if not outside and not broken:
        return None
    rows = sum(run.get(f"data.rows.{part}", 0) for part in PARTS)
    of = f" of {rows:,}" if rows else ""
    classes = run.get("data.classes")
    told = []
    if outside:
        allowed = f" 0 … {len(classes) - 1}" if classes is not None and len(classes) else " the classes"
        told.append(f"{count(int(outside), 'label')}{of} outside{allowed}")
    if broken:
        told.append(f"{count(int(broken), 'target')}{of} NaN or infinite")
    in_use = broken > (run.get("data.excluded") or {}).get("target not finite", 0)
    if broken and not in_use:
        told.append("these rows were left out")
    target = run.get("data.target", "target")
    return Finding(
        fault="labels_out_of_range",
        title="Labels out of range" if outside else "Targets that are not finite",
        severity="error" if outside or in_use else "warning",
        where=f"target '{target}'",
        evidence="; ".join(told),
        why="",
        remedy=Remedy(
            "Number the classes from 0, or let them be read; leave out rows without a target.",
            "codes = np.unique(labels, return_inverse=True)[1]" if outside else "keep = np.isfinite(targets)",
        ),
        weight=WEIGHT,
        picture=_picture(int(outside), int(broken), rows),
    )


def _picture(outside: int, broken: int, rows: int) -> Picture:
    numbers = {"outside": outside, "not finite": broken, "all rows": rows}
    shown = {name: number for name, number in numbers.items() if number}
    return Picture("bars", tuple(shown), tuple((float(number),) for number in shown.values()), "rows")


def example() -> Run:
    """Return a run that shows it: labels that count from 1 leave the last class without an output."""
    return planted({"data.target.outside": 178})
