"""A class without a row in one of the parts, or a label that all of them have.

What it sees
    Classes that have no row in the training, validation or test part; of several labels, those that none or
    all of a part's rows have.
Why it hurts
    A class without training rows is never learned and never answered. One without test rows has no score:
    the mean looks complete and is not. A label that every row has leaves nothing to tell it by.
How it is measured
    Rows of each class or label are counted in each part that has rows. No chance is involved.
What to do
    Split so that every part keeps the classes' proportions, join classes that are too rare, or get more
    rows.
When it is wrong
    A class given by name for later use may be empty on purpose; it still cannot be judged.
Source
    Kohavi 1995, A study of cross-validation and bootstrap for accuracy estimation (stratification).
"""

from __future__ import annotations

import numpy as np

from leadline.diagnosis.chance import label_shares
from leadline.diagnosis.planted import planted
from leadline.diagnosis.reading import PARTS, class_name, quoted
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 90.0  # the training part decides what can be learned at all


def find(run: Run) -> Finding | None:
    """Return an error where a class or label cannot be learned, a warning where it cannot be judged."""
    missing: dict[str, list[str]] = {}
    for part in PARTS:
        counts = np.asarray(run.get(f"data.class_count.{part}", ()))
        if counts.sum() > 0 and (counts == 0).any():
            missing[part] = [class_name(run, int(code)) for code in np.flatnonzero(counts == 0)]
    if not missing:
        return _same_labels(run)
    told = [f"no {part} row of {quoted(names)}" for part, names in missing.items()]
    counts = np.asarray(run.get("data.class_count.train", ()))
    rarest = (
        f" (the rarest class has {int(counts[counts > 0].min()):,} training rows)" if counts.sum() else ""
    )
    return Finding(
        fault="missing_class",
        title="A class is missing from a part",
        severity="error" if "train" in missing else "warning",
        where=", ".join(f"{part} part" for part in missing),
        evidence="; ".join(told) + rarest,
        why="",
        remedy=Remedy(
            "Get more rows of these classes or join them with others; split in the classes' proportions."
        ),
        weight=WEIGHT,
        picture=_picture(run, next(iter(missing))),
    )


def _same_labels(run: Run) -> Finding | None:
    """Return the same for several labels, where a part's rows have one never or always."""
    told: dict[str, list[str]] = {}
    names = np.array(run.get("data.labels", ()))
    for part in PARTS:
        shares = label_shares(run, part)
        for share, word in ((0.0, "no"), (1.0, "every")):
            if shares.size and (shares == share).any():
                told.setdefault(part, []).append(f"{word} {part} row has {quoted(names[shares == share])}")
    if not told:
        return None
    return Finding(
        fault="missing_class",
        title="A label never or always occurs in a part",
        severity="error" if "train" in told else "warning",
        where=", ".join(f"{part} part" for part in told),
        evidence="; ".join(words for some in told.values() for words in some),
        why="",
        remedy=Remedy("Get more rows with and without these labels, or leave them out."),
        weight=WEIGHT,
        picture=_shares(run, next(iter(told))),
    )


def _picture(run: Run, part: str) -> Picture:
    counts = run[f"data.class_count.{part}"]
    names = tuple(class_name(run, code) for code in range(len(counts)))
    return Picture(
        "bars", names, tuple((float(rows),) for rows in counts), f"rows of each class in the {part} part"
    )


def _shares(run: Run, part: str) -> Picture:
    names, shares = run.get("data.labels", ()), label_shares(run, part)
    values = tuple((float(share),) for share in shares)
    return Picture("bars", tuple(names), values, f"share of {part} rows that have the label")


def example() -> Run:
    """Return a run that shows it: the rows were sorted by class before they were split."""
    names = ["setosa", "versicolor", "virginica"]
    return planted({"data.classes": names, "data.class_count.train": np.array([50, 50, 0])})
