"""Inputs that are NaN or infinite.

What it sees
    Prepared inputs that are not finite, and infinities in raw columns that the preparation had to replace.
Why it hurts
    One NaN in a batch makes the loss, then every gradient and then every weight NaN. An infinity that was
    imputed is usually a division by zero further up, and the column means something else than it says.
How it is measured
    Counted over the prepared inputs of all parts (error), and over the raw columns (hint, as the
    preparation takes care of them).
What to do
    Impute or leave out the cells before training; look for the division or logarithm that made them.
When it is wrong
    A mask that marks missing cells as NaN on purpose still has to be filled before it reaches a network.
Source
    Zhang et al. 2018, An empirical study on TensorFlow program bugs.
"""

from __future__ import annotations

from collections.abc import Mapping

from leadline.core.text import count, listed
from leadline.diagnosis.planted import planted
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 98.0  # a cause of NaN losses, so it stands before them


def find(run: Run) -> Finding | None:
    """Return an error for prepared inputs that are not finite, a hint for raw ones that were replaced."""
    prepared, raw = int(run.get("data.input.not_finite", 0)), dict(run.get("data.raw.not_finite") or {})
    if not prepared and not raw:
        return None
    columns = listed(f"'{name}' ({number:,})" for name, number in raw.items())
    if prepared:
        evidence = f"{count(prepared, 'prepared input')} NaN or infinite" + (
            f"; raw: {columns}" if raw else ""
        )
    else:
        evidence = f"infinities in {columns}; they were treated as missing"
    return Finding(
        fault="inputs_not_finite",
        title="Inputs that are not finite" if prepared else "Infinite values in the data",
        severity="error" if prepared else "hint",
        where=columns or "inputs",
        evidence=evidence,
        why="",
        remedy=Remedy(
            "Fill or leave out these cells before training."
            if prepared
            else "Find what made them: usually a division by 0.",
            "x = np.nan_to_num(x, posinf=0, neginf=0)" if prepared and not raw else "",
        ),
        weight=WEIGHT,
        picture=_picture(raw),
    )


def _picture(raw: Mapping[str, int]) -> Picture | None:
    values = tuple((float(number),) for number in raw.values())
    return Picture("bars", tuple(raw), values, "values that are not finite") if raw else None


def example() -> Run:
    """Return a run that shows it: two columns were divided by 0, and the cells went into the network."""
    return planted(
        {"data.input.not_finite": 24, "data.raw.not_finite": {"income per head": 19, "price per m2": 5}}
    )
