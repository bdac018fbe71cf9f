"""A column that gives the target away.

What it sees
    One raw column from which alone the target can be told, almost without error.
Why it hurts
    Such a column is usually the target under another name, or is written after the fact. The score is
    excellent, and in use, where the column is not known yet, the network is worthless.
How it is measured
    Each raw column alone predicts the target on rows its model was not fitted on, from the training and
    validation part. The score is 0 as the baseline and 1 without error; the lower end of its 95% interval
    must reach 0.9. It is an error where the column has as few values as there are classes or, in
    regression, the score reaches 0.999: then it is a copy of the target. Otherwise it is a warning: a
    strong feature and a leak look alike. Of several labels, the one that the column tells best counts.
What to do
    Ask when the column is known. If only with or after the target, drop it.
When it is wrong
    Easy problems have honest columns this good (a petal's width tells one iris from the others, a test the
    disease). With a single column there is nothing to compare, and the rule is silent.
Source
    Kaufman, Rosset, Perlich 2012, Leakage in data mining: formulation, detection, and avoidance.
"""

from __future__ import annotations

import math

import numpy as np

from leadline.diagnosis.chance import Z95, label_shares, majority_share, wilson
from leadline.diagnosis.planted import planted
from leadline.diagnosis.reading import choice, quoted
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 95.0  # makes the whole result worthless, so it stands before all but broken data
TELLING = 0.9  # of the way from baseline to no error; honest columns of iris, adult and titanic stay below
COPY = 0.999  # of a regression's variance: only rounding is left
NEEDS = ("data.alone.score", "data.alone.rows")  # without these it is silent

FISHER_ROWS = 3  # the variance of Fisher's transform of a correlation is 1 / (rows - 3)


def find(run: Run) -> Finding | None:
    """Return a finding that names the columns that alone give the target."""
    scores = np.asarray(run.get("data.alone.score", ()), float)
    rows = int(run.get("data.alone.rows", 0))
    if scores.size < 2 or not rows:
        return None
    low = np.array([_low(_usual(run, at), float(score), rows) for at, score in enumerate(scores)])
    found = np.flatnonzero(low >= TELLING)
    if not found.size:
        return None
    found = found[np.argsort(-scores[found], kind="stable")]
    best, names = int(found[0]), [_column(run, int(position)) for position in found]
    copy = any(_is_copy(run, int(position), float(scores[position])) for position in found)
    labels = run.get("data.alone.label")
    target = labels[best] if labels else run.get("data.target", "target")
    told = _told(_usual(run, best), float(scores[best]))
    changes = _dropped(run, names) if run.get("data.kind") == "table" else {}
    return Finding(
        fault="leaking_feature",
        title="A column gives the target away",
        severity="error" if copy else "warning",
        where=f"column {quoted(names)}" if len(names) == 1 else f"columns {quoted(names)}",
        evidence=f"column '{names[0]}' alone predicts '{target}' {told} on {rows:,} held-out rows",
        why="",
        remedy=Remedy(
            f"If {quoted(names)} is known only with or after '{target}', drop it.",
            " ".join(f"--drop {name}" for name in names) if changes else "",
            changes,
        ),
        weight=WEIGHT,
        picture=_picture(run, scores),
        stage="A",
    )


def _picture(run: Run, scores: np.ndarray) -> Picture:
    names = tuple(_column(run, at) for at in range(scores.size))
    words = "how well each column alone gives the target: 0 as the baseline, 1 exactly"
    return Picture(
        "bars", names, tuple((float(score),) for score in scores), words, {"told from here": TELLING}
    )


def _usual(run: Run, position: int) -> float:
    """Return the accuracy of the constant that a column's score is measured from; NaN in regression."""
    told, names = run.get("data.alone.label"), run.get("data.labels")
    if not told or not names:
        return majority_share(run.get("data.class_count.train", ()))
    shares = label_shares(run, "train")
    share = float(shares[list(names).index(told[position])]) if shares.size == len(names) else math.nan
    return max(share, 1 - share)


def _low(usual: float, score: float, rows: int) -> float:
    """Return the lower end of the score's 95% interval."""
    if np.isnan(usual):  # regression: Fisher's interval of the correlation sqrt(R²)
        if rows <= FISHER_ROWS or score >= 1:
            return score if rows > FISHER_ROWS else 0.0
        return float(max(0.0, np.tanh(np.arctanh(np.sqrt(score)) - Z95 / np.sqrt(rows - FISHER_ROWS))) ** 2)
    doubtful = rows * (1 - usual)  # the rows that the baseline gets wrong
    return wilson(score * doubtful, doubtful)[0]


def _is_copy(run: Run, position: int, score: float) -> bool:
    """Tell whether the column is the target by another name: one value for each class, or the number."""
    classes, distinct = run.get("data.classes"), run.get("data.columns.distinct")
    if classes is None and not run.get("data.alone.label"):
        return score >= COPY
    return distinct is not None and int(distinct[position]) <= (len(classes) if classes else 2)


def _told(usual: float, score: float) -> str:
    if np.isnan(usual):
        return f"with R² {score:.3f}"
    return f"with {usual + score * (1 - usual):.1%}".replace("100.0%", "100%")


def _column(run: Run, position: int) -> str:
    names = run.get("data.columns")
    return str(names[position]) if names is not None and position < len(names) else f"input {position}"


def _dropped(run: Run, names: list[str]) -> dict[str, list[str]]:
    before = list(choice(run, "data.drop") or ())
    return {"data.drop": [*before, *(name for name in names if name not in before)]}


def example() -> Run:
    """Return a run that shows it: a column that was written when the outcome was known."""
    columns = {
        "data.columns": ["age", "fare", "sex", "alive"],
        "data.columns.distinct": np.array([80, 220, 2, 2]),
    }
    alone = {"data.alone.score": np.array([0.03, 0.1, 0.45, 1.0]), "data.alone.rows": 757}
    classes = {"data.classes": ["no", "yes"], "data.class_count.train": np.array([384, 239])}
    return planted({"data.kind": "table", "data.target": "survived"}, columns, alone, classes)
