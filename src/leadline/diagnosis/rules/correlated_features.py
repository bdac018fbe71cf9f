"""Features that are copies of each other.

What it sees
    Inputs that follow an earlier one up to scale and offset: the same quantity in two units, a column that was joined
    twice, a sum beside its only part.
Why it hurts
    A copy tells nothing new and takes weights. Which of both the network goes by is chance, so what it says of a
    feature's influence cannot be read, and where one of them changes alone in use, answers are made of what never
    happened. Plain gradient descent also learns slowly what only the small difference of both tells.
How it is measured
    Correlations of the prepared features over up to 4,096 training rows: 0.999 or more, in all rows and without the
    largest and smallest hundredth of the values. Columns of two values are left out, as gaps in the same rows and
    levels of one category go together by nature. The condition number of all correlations is told beside it and
    judges nothing: levels of one category and smooth measurements make it large in data that trains well.
What to do
    Keep one of them, and leave the others out.
When it is wrong
    Two instruments that measure the same quantity may be wanted both, as one may fail.
Source
    Guyon and Elisseeff 2003, An introduction to variable and feature selection, section 3.2; LeCun, Bottou, Orr and
    Müller 1998, Efficient BackProp, section 4.3.
"""

from __future__ import annotations

import numpy as np

from leadline.core.text import count, short
from leadline.diagnosis.planted import planted
from leadline.diagnosis.reading import choice, feature_name
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 80.0  # a fault of the data, among the mildest of them
NEEDS = ("data.input.copies",)  # without these it is silent
SHOWN = 6  # pairs that are told; more would be a list


def find(run: Run) -> Finding | None:
    """Return a hint that names features with the earlier ones that they follow."""
    copies = np.asarray(run.get("data.input.copies", ()), int)
    found = np.flatnonzero(copies >= 0)
    if not found.size:
        return None
    pairs = [
        f"{feature_name(run, int(at))} follows {feature_name(run, int(copies[at]))}" for at in found[:SHOWN]
    ]
    more = [f"{found.size - SHOWN} more"] if found.size > SHOWN else []
    names = [feature_name(run, int(at)).strip("'") for at in found]
    asked, columns = list(choice(run, "data.drop") or ()), tuple(run.get("data.columns", ()))
    drop = [name for name in names if name in columns and name not in asked]
    condition = run.get("data.input.condition")
    told = "; ".join([*pairs, *more])
    if condition is not None:
        told += f" (condition number of all correlations {short(float(condition))})"
    return Finding(
        fault="correlated_features",
        title="Features that are copies of each other",
        severity="hint",
        where=", ".join(feature_name(run, int(at)) for at in found[:SHOWN]),
        evidence=told,
        why="",
        remedy=Remedy(
            "Keep one of them.",
            " ".join(f"--drop {name}" for name in drop),
            {"data.drop": [*asked, *drop]} if drop else {},
        ),
        weight=WEIGHT,
        picture=Picture(
            "bars",
            ("features", "copies"),
            ((float(copies.size),), (float(found.size),)),
            f"{count(int(copies.size), 'feature')} of the input",
        ),
        numbers={
            "copies": float(found.size),
            **({} if condition is None else {"condition": float(condition)}),
        },
        stage="A",
    )


def example() -> Run:
    """Return a run that shows it: a weight in kilograms and in pounds."""
    names = ["age", "height", "weight_kg", "pulse", "weight_lb", "steps", "sleep", "salt"]
    copies = np.array([-1, -1, -1, -1, 2, -1, -1, -1])
    columns = {"data.columns": names, "data.columns.distinct": np.full(8, 90)}
    return planted(
        {"data.features": names, "data.input.copies": copies, "data.input.condition": 6.1e6}, columns
    )
