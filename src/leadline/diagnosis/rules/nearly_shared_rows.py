"""Held-out rows that are nearly training rows.

What it sees
    Validation or test rows that are a training row but for a little: rounding, noise, compression, a frame later.
Why it hurts
    The network is judged on rows that it has nearly learned by heart, so that every score is too good; and as they
    are not equal, looking for duplicates does not find them.
How it is measured
    The distance of up to 1,000 held-out rows to the nearest of up to 20,000 training rows, features standardized, over
    the usual distance between nearest training rows. Below a tenth is near. Chance makes ln 2 · 0.1^d of the rows
    near, where rows fill d dimensions. A warning where more rows are near than chance explains and the lower end of
    the 95% interval of what is left is above 1%. Exact twins do not count, nor do inputs of fewer than 8 features of
    many values.
What to do
    Split by group, so that rows of one origin stay in one part; or leave out near copies before the split.
When it is wrong
    Data that is dense by nature, such as a slow sensor read often: the rows are near, and a random split of them
    is too easy all the same.
Source
    Barz and Denzler 2020, Do we train on test data? Purging CIFAR of near-duplicates; Facco, d'Errico, Rodriguez and
    Laio 2017, Estimating the intrinsic dimension of datasets by a minimal neighborhood information.
"""

from __future__ import annotations

import math

import numpy as np

from leadline.diagnosis.chance import wilson
from leadline.diagnosis.planted import planted
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 91.0  # makes every score too good; behind rows that are shared exactly
NEEDS = ("data.near.rows", "data.near.held", "data.near.expected")  # without these it is silent
TOLD = 0.01  # less moves an accuracy by less than its own interval in any test part under 5,000 rows
NEAR = 0.1  # of the usual distance, as it was measured
BEYOND = 3.0  # standard deviations above what chance makes: 1 in 700


def find(run: Run) -> Finding | None:
    """Return a warning where more held-out rows are near training rows than chance explains."""
    if not run.has(*NEEDS):
        return None
    rows, near, expected = (float(run[name]) for name in NEEDS)
    beyond = near - expected
    if beyond <= BEYOND * math.sqrt(expected) or wilson(max(beyond, 0.0), rows)[0] <= TOLD:
        return None
    return Finding(
        fault="nearly_shared_rows",
        title="Held-out rows are nearly training rows",
        severity="warning",
        where="validation and test part",
        evidence=f"{near:,.0f} of {rows:,.0f} held-out rows are within a tenth of the usual distance of a training row;"
        f" chance explains {expected:,.0f}",
        why="",
        remedy=Remedy(
            "Split by group, so that rows of one origin stay in one part; or leave out near copies before the split.",
            'll.data.table(source, target=..., group="origin")',
        ),
        weight=WEIGHT,
        picture=_picture(run),
        numbers={"near": near, "rows": rows, "expected": expected},
        stage="A",
    )


def _picture(run: Run) -> Picture | None:
    quantiles = run.get("data.near.quantiles")
    if quantiles is None:
        return None
    values = tuple(float(value) for value in quantiles)
    axis = "distance of held-out rows to the nearest training row, by quantiles; 1 is usual"
    return Picture("lines", ("held-out rows",), (values,), axis, {"near": NEAR})


def example() -> Run:
    """Return a run that shows it: a third of the images were saved twice before the split."""
    far = np.linspace(0.4, 1.6, 67)
    near = np.linspace(0.01, 0.06, 34)
    told = {"data.near.rows": 540, "data.near.held": 181, "data.near.expected": 1e-5}
    return planted({**told, "data.near.dimension": 8.0, "data.near.quantiles": np.concatenate([near, far])})
