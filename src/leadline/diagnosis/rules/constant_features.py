"""Columns that say nothing.

What it sees
    Raw columns with one value only in the training part, and inputs none of which varies at all.
Why it hurts
    A constant column cannot help. Often it means that a filter or a join went wrong, and when it does vary
    in use, the network answers to something it never saw vary.
How it is measured
    Different values are counted in the training part, a missing cell being one. Constant inputs of images
    and arrays, such as the border pixels of digits, are natural and not told, unless all inputs are
    constant.
What to do
    Drop the column, or find out why it does not vary.
When it is wrong
    A small sample may lack a rare value; the column is then harmless here and still useless for this
    training.
Source
    Guyon, Elisseeff 2003, An introduction to variable and feature selection.
"""

from __future__ import annotations

import numpy as np

from leadline.core.text import count
from leadline.diagnosis.planted import planted
from leadline.diagnosis.reading import choice, quoted
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 80.0  # a fault of the data, the mildest of them


def find(run: Run) -> Finding | None:
    """Return a hint that names constant columns, or an error where nothing varies."""
    spread = np.asarray(run.get("data.input.spread", ()), float)
    if spread.size and np.all(spread == 0):
        return Finding(
            fault="constant_features",
            title="No input varies",
            severity="error",
            where="all inputs",
            evidence=f"{count(spread.size, 'prepared feature')}, each with one value in all training rows",
            why="A network that gets the same input for every row can only answer the same.",
            remedy=Remedy("Look at how the inputs were read; they are all alike."),
            weight=WEIGHT,
        )
    names = list(run.get("data.columns.constant") or ())
    if not names:
        return None
    left_out = run.get("data.columns.dropped") or {}
    asked = list(choice(run, "data.drop") or ())
    used = [name for name in names if name not in left_out]
    told = f"{count(len(names), 'column')} with one value only in the training part: {quoted(names)}"
    return Finding(
        fault="constant_features",
        title="Columns that never vary",
        severity="hint",
        where=quoted(names),
        evidence=told if used else f"{told}; already left out",
        why="",
        remedy=Remedy(
            "Drop them, or find out why they do not vary." if used else "Find out why they do not vary.",
            " ".join(f"--drop {name}" for name in used),
            {"data.drop": [*asked, *(name for name in used if name not in asked)]} if used else {},
        ),
        weight=WEIGHT,
        picture=_picture(run),
    )


def _picture(run: Run) -> Picture | None:
    columns = tuple(run.get("data.columns", ()))
    values = tuple((float(number),) for number in run.get("data.columns.distinct", ()))
    if not columns or len(columns) != len(values):
        return None
    return Picture("bars", columns, values, "different values in the training part", log=True)


def example() -> Run:
    """Return a run that shows it: a filter left one country and one year."""
    columns = ["amount", "age", "country", "hour", "year"]
    told = {"data.columns": columns, "data.columns.distinct": np.array([812, 61, 1, 24, 1])}
    return planted(told, {"data.columns.constant": ["country", "year"]})
