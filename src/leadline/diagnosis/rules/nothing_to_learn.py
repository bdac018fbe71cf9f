"""Inputs that say nothing about the targets.

What it sees
    Targets that neither the program nor a simple model answers better than a constant, on rows they did not
    learn from.
Why it hurts
    Labels were drawn at random, or inputs and labels were shuffled apart, or the answer does not stand in these
    columns. No change of the network helps.
How it is measured
    By the scores of a linear model, of the nearest rows and of the probe on the rows to judge by: none is above
    the constant answer by more than the noise of so many rows (three standard errors of a share). Where labels of the
    training part alone were shuffled, whole groups of held-out rows are right by luck: then by simple models on a third
    of the training rows, and by the program, which must know its own rows no better than with permuted targets. Where
    a simple model knows that third, there is something to learn.
What to do
    Check how inputs and targets were joined and shuffled; look for columns that should say something.
When it is wrong
    A rule that only many rows or a special network can find (parity, pixels far apart) is there and not seen.
    So it is a warning about the data, never an error.
Source
    Zhang, Bengio, Hardt, Recht and Vinyals 2017, Understanding deep learning requires rethinking
    generalization.
"""

from __future__ import annotations

import math

import numpy as np

from leadline.diagnosis.planted import probe, program
from leadline.diagnosis.probing import interval
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 84.0  # before all that blames the network
NEEDS = (
    "probe.score",
    "probe.score.linear",
    "probe.score.near",
    "probe.score.constant",
    "data.rows.train",
)  # without these it is silent
ERRORS = 3.0  # standard errors of a share; three models are asked
MODELS = {"constant": "constant", "linear": "linear", "nearest rows": "near"}  # in the order they are kept
MOST = 1_000  # rows that simple models are judged on
ROWS = 100  # fewer rows to learn from say nothing about models


def find(run: Run) -> Finding | None:
    """Return a warning where no model beats a constant answer on other rows."""
    if not run.has("probe.score", "probe.score.linear", "probe.score.near", "probe.score.constant"):
        return None
    rows = int(run.get("data.rows.train", 0))
    if rows < ROWS:
        return None
    scores = {name: float(run[f"probe.score.{at}"]) for name, at in MODELS.items()}
    if int(run.get("data.rows.validation", 0)):  # what it reaches on its own rows may be learned by heart
        scores["program"] = interval(run["probe.score"])[1]
    within, judged = _within(run), "rows to judge by"
    if within and _known(within, min(rows // 3, MOST)):
        return None
    if _known(scores, min(rows, MOST)):
        scores, judged = within, "training rows set apart"
        if not scores or _learns(run):
            return None
    return Finding(
        fault="nothing_to_learn",
        title="The inputs say nothing about the targets",
        severity="warning",
        where="data",
        evidence=f"scores on {judged}: " + ", ".join(f"{name} {value:.3f}" for name, value in scores.items()),
        why="",
        remedy=Remedy("Check how inputs and targets were joined and shuffled."),
        weight=WEIGHT,
        numbers=scores,
        picture=Picture(
            "bars", tuple(scores), tuple((value,) for value in scores.values()), f"score on {judged}"
        ),
        stage="C",
    )


def _known(scores: dict[str, float], rows: int) -> bool:
    """Tell whether any score is above that of a constant, by more than the noise of so many rows."""
    constant = scores["constant"]
    noise = ERRORS * math.sqrt(max(constant * (1 - constant), 1 / rows) / rows)
    return max(scores.values()) > constant + noise


def _within(run: Run) -> dict[str, float]:
    """Return scores on training rows set apart, where they were asked for."""
    return dict(zip(MODELS, (float(one) for one in run.get("probe.score.within", ())), strict=False))


def _learns(run: Run) -> bool:
    """Tell whether the program knows its own rows better than with permuted targets, or that was not asked."""
    if not run.has("probe.score.own", "probe.score.permuted"):
        return True
    ahead = np.asarray(run["probe.score.own"], float) - np.asarray(run["probe.score.permuted"], float)
    return interval(ahead)[0] > 0


def example() -> Run:
    """Return a run that shows it: the labels were shuffled apart from their inputs."""
    return program(probe([0.34, 0.36, 0.33], linear=0.35, near=0.33, constant=0.36))
