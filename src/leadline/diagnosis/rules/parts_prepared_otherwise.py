"""Rows to judge by that were prepared in another way.

What it sees
    Inputs to validate or test with that are many times larger or smaller than those of training.
Why it hurts
    The network is asked about inputs it has never seen the like of: scaled in one part and raw in the other.
    Its answers are worth nothing, and the score says that of the network.
How it is measured
    The root mean square of each feature in both parts. Where the median ratio is above 5 or below one fifth it
    is a warning, above 10 or below a tenth an error: parts of one table differ by some percent.
What to do
    Fit scalers on the training part, and apply the same to every other part.
When it is wrong
    Parts that are far apart in time or place may differ by much; they rarely do in all features at once.
Source
    Sculley et al. 2015, Hidden technical debt in machine learning systems; Breck, Polyzotis, Roy, Whang and
    Zinkevich 2019, Data validation for machine learning (training-serving skew).
"""

from __future__ import annotations

import numpy as np

from leadline.core.text import short
from leadline.diagnosis.planted import probe, program
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 86.0  # the score says nothing before it is mended
TOLD, GRAVE = 5.0, 10.0  # times: parts of one data set differ by some percent in the median of their features
NEEDS = ("data.input.held.mean", "data.input.held.spread")  # without these it is silent


def find(run: Run) -> Finding | None:
    """Return a finding where the parts' inputs are of another size."""
    if not run.has("data.input.mean", "data.input.spread", *NEEDS):
        return None
    train, held = _sizes(run, "data.input"), _sizes(run, "data.input.held")
    known = (train > 0) & np.isfinite(train) & np.isfinite(held)
    if not known.any():
        return None
    ratio = float(np.median(held[known] / train[known]))
    times = max(ratio, 1 / max(ratio, 1e-30))
    if times < TOLD:
        return None
    sizes = (float(np.median(train[known])), float(np.median(held[known])))
    return Finding(
        fault="parts_prepared_otherwise",
        title="Other rows were prepared in another way",
        severity="error" if times >= GRAVE else "warning",
        where="rows to judge by",
        evidence=f"the median feature has size {short(sizes[0])} in training, {short(sizes[1])} in other rows",
        why="",
        remedy=Remedy(
            "Fit scalers on the training part and apply them to every part.", "scaler.transform(x_test)"
        ),
        weight=WEIGHT,
        certain=times >= GRAVE,
        numbers={"ratio": ratio},
        picture=Picture(
            "bars",
            ("training", "to judge by"),
            ((sizes[0],), (sizes[1],)),
            "size of the median feature",
            log=True,
        ),
        stage="A",
    )


def _sizes(run: Run, name: str) -> np.ndarray:
    mean, spread = (np.asarray(run[f"{name}.{part}"], float) for part in ("mean", "spread"))
    return np.asarray(np.sqrt(mean**2 + spread**2))


def example() -> Run:
    """Return a run that shows it: the scaler met the training rows only."""
    raw = {"data.input.held.mean": np.full(8, 31.0), "data.input.held.spread": np.full(8, 12.0)}
    return program(raw, probe([0.36, 0.35, 0.36], linear=0.35, near=0.34))
