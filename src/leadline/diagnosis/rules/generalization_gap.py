"""What was learned of the training rows does not hold for others.

What it sees
    A score on training rows that lies far above that on rows held out, intervals included.
Why it hurts
    What the network reaches on its own rows says nothing of what it will do: part of it is rows known by heart.
    It also tells where to look: a network that is as bad on its own rows needs more units or steps, one with a gap
    needs more rows or something that holds it back.
How it is measured
    The weights that were kept, on at most 1,000 training rows and on the last part held out: accuracy, R squared or
    the share of right labels. The lower end of the first 95% interval must lie 0.1 above the upper end of the second.
    Always a hint.
What to do
    More rows, augmentation (``ll.RandomShift``), dropout, weight decay, fewer units; the score on held-out rows
    decides whether it helps.
When it is wrong
    A network that knows its rows by heart can still be the best there is for others, and often is. Rows held out that
    come from elsewhere, or are harder, make a gap of their own.
Source
    Geman, Bienenstock and Doursat 1992, Neural networks and the bias/variance dilemma; Belkin et al. 2019, Reconciling
    modern machine-learning practice and the classical bias–variance trade-off; the tenth as in Zhang et al. 2021,
    AutoTrainer.
"""

from __future__ import annotations

import numpy as np

from leadline.core.text import short
from leadline.diagnosis.planted import planted
from leadline.record.evaluation import Evaluation, Score
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 20.0  # of the result, behind what says that it is bad
NEEDS = ("end.score.train",)  # without it it is silent
FAR = 0.1  # of accuracy or R squared, between the intervals: ten of a hundred rows, by no chance
HELD = ("test", "validation")  # the first of them that was judged


def find(run: Run) -> Finding | None:
    """Return a hint where the intervals of both scores are far apart."""
    held = next((run.evaluations[part] for part in HELD if part in run.evaluations), None)
    own = np.asarray(run.get("end.score.train", ()), float)
    if held is None or own.shape != (3,) or not held.scores or held.headline.better != "higher":
        return None
    value, low, _ = (float(one) for one in own)
    other = held.headline
    if not low - other.high >= FAR:
        return None
    return Finding(
        fault="generalization_gap",
        title="Far better on its own rows than on others",
        severity="hint",
        where=f"{held.part} part",
        evidence=f"{other.name} {short(value)} on training rows, {short(other.value)} on the {held.part} part: "
        f"{short(low - other.high)} between their 95% intervals",
        why="",
        remedy=Remedy(
            "More rows or augmentation; dropout, weight decay or fewer units, if held-out rows gain by it."
        ),
        weight=WEIGHT,
        numbers={"own": value, "held": other.value, "gap": low - other.high},
        picture=Picture(
            "bars", ("training", held.part), ((value,), (other.value,)), f"{other.name} of the weights kept"
        ),
    )


def example() -> Run:
    """Return a run that shows it: every training row is right, and three of four others."""
    held = Evaluation("test", "classification", 270, (Score("accuracy", 0.75, 0.7, 0.8),))
    return planted({"end.score.train": np.array([1.0, 0.996, 1.0])}).with_evaluation("test", held)
