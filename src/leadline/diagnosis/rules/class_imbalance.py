"""Classes of very different frequency.

What it sees
    A most frequent class with over 10 times the training rows of the rarest.
Why it hurts
    Always answering the frequent class already scores high, so accuracy hides that the rare one is missed,
    and the loss is dominated by rows that are easy.
How it is measured
    Training rows of the largest class over those of the smallest that has any. Over 10 is a hint; over 100
    with under 50 rows of the rare class is a warning, for then there is little to learn it from. Silent
    where the recipe already weighs classes.
What to do
    Judge by the recall of each class, not by the mean. Weigh classes by inverse frequency, or get more
    rows.
When it is wrong
    Where the classes are easy to tell apart, frequency does not matter; the recalls in the evaluation say
    so. Weights change what the probabilities mean: leave them out where calibrated probabilities matter
    more than recall.
Source
    He, Garcia 2009, Learning from imbalanced data.
"""

from __future__ import annotations

import numpy as np

from leadline.core.text import short
from leadline.diagnosis.chance import majority_share
from leadline.diagnosis.planted import planted
from leadline.diagnosis.reading import choice, class_name
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 82.0  # data, but often harmless
NEEDS = ("data.class_count.train",)  # without these it is silent
SEVERE = (
    10.0  # adult (3:1) and spam (6:1) train well without help; the benchmarks of imbalance begin near 10:1
)
EXTREME = 100.0  # one rare row in a batch of 100: most steps never see the class
FEW_ROWS = 50  # the recall of so few rows is known to ±14% at best


def find(run: Run) -> Finding | None:
    """Return a finding where the rarest class is rarer than 1 in 10 of the most frequent."""
    counts = np.asarray(run.get("data.class_count.train", ()), float)
    present = counts[counts > 0]
    if present.size < 2 or choice(run, "training.class_weights", "none") != "none":
        return None
    most, least = float(present.max()), float(present.min())
    if most <= SEVERE * least:
        return None
    rare = class_name(run, int(np.flatnonzero(counts == least)[0]))
    frequent = class_name(run, int(counts.argmax()))
    return Finding(
        fault="class_imbalance",
        title="Classes of very different frequency",
        severity="warning" if most > EXTREME * least and least < FEW_ROWS else "hint",
        where=f"class '{rare}'",
        evidence=(
            f"{least:,.0f} training rows of '{rare}' against {most:,.0f} of '{frequent}' "
            f"(1 to {short(most / least)}); always answering '{frequent}' is right in "
            f"{majority_share(counts):.1%}"
        ),
        why="",
        remedy=Remedy(
            "Judge by the recall of each class; weigh classes by inverse frequency.",
            'class_weights="balanced"',
            {"training.class_weights": "balanced"},
        ),
        weight=WEIGHT,
        picture=Picture(
            "bars",
            tuple(class_name(run, code) for code in range(counts.size)),
            tuple((float(rows),) for rows in counts),
            "training rows of each class",
            {"a tenth of the largest": most / SEVERE},
        ),
        stage="A",
    )


def example() -> Run:
    """Return a run that shows it: a rare kind of transaction among many."""
    names = ["usual", "disputed", "fraud"]
    return planted({"data.classes": names, "data.class_count.train": np.array([4861, 391, 28])})
