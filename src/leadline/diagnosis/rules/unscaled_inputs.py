"""Inputs of a size that weights are not made for.

What it sees
    Prepared inputs that are typically much larger or smaller than 1, or one feature that outweighs all
    others.
Why it hurts
    Initial weights expect inputs of about unit size. Large inputs saturate units and make the loss steep in
    some directions and flat in others, so that no learning rate suits all; a feature a thousand times
    larger than the rest is the only one that is learned from; tiny inputs let the outputs start as
    constants.
How it is measured
    By the root mean square of each feature over the training rows, sqrt(mean² + spread²), which does not
    care how the inputs were scaled: [0, 1], [-1, 1] and standardized all give about 1 or less, however far
    single values reach. Too large: above 20. Uneven: the largest 100 times the median of those that vary.
    Too small: no feature moves by more than 0.05.
What to do
    Standardize each feature on the training part (Leadline's own preparation does), or divide pixels by
    255.
When it is wrong
    A network whose first layer normalizes (batch norm) is not flagged, nor one that begins with an embedding:
    its inputs are numbers of tokens, not sizes. Trees do not care; networks do.
    Counts up to 16 or ages in decades are borderline and train.
Source
    LeCun, Bottou, Orr, Müller 1998, Efficient BackProp, section 4.3.
"""

from __future__ import annotations

import numpy as np

from leadline.core.text import count, short
from leadline.diagnosis.planted import planted
from leadline.diagnosis.reading import choice, feature_name
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 85.0  # a cause of bad first losses, dead units and NaN
USUAL = 1.0  # what initial weights are made for
LARGE = 20.0  # [0, 16] counts stay below 12 and train well; 0..255 pixels give 60 to 150
UNEVEN = 100.0  # standardized next to one-hot features differ by less than 50 down to 1 row in 2,500
UNEVEN_FROM = (
    5.0  # ... and only where the largest is beyond unit size; rare one-hot features are small by nature
)
SMALL = 0.05  # an input that never moves by more reaches the first layer as a constant; [0, 1] moves by 1
NEEDS = (
    "data.input.mean",
    "data.input.spread",
    "data.input.low",
    "data.input.high",
)  # without these it is silent
INDIFFERENT = ("batch_norm", "layer_norm", "embedding")  # first layers that the scale leaves alone


def find(run: Run) -> Finding | None:
    """Return a finding where the size of the prepared inputs is far from 1."""
    if not run.has("data.input.mean", "data.input.spread", "data.input.low", "data.input.high"):
        return None
    kinds = run.get("network.kinds")
    if kinds is not None and len(kinds) and kinds[0] in INDIFFERENT:
        return None
    mean, spread = (np.asarray(run[f"data.input.{name}"], float) for name in ("mean", "spread"))
    reach = np.asarray(run["data.input.high"], float) - np.asarray(run["data.input.low"], float)
    size = np.sqrt(mean**2 + spread**2)
    known = np.isfinite(size) & np.isfinite(reach)
    if not known.any() or not (reach[known] > 0).any():
        return None
    large = np.flatnonzero(known & (size > LARGE))
    usual = float(np.median(size[known & (spread > 0)]))
    uneven = np.flatnonzero(known & (size > UNEVEN_FROM) & (size > UNEVEN * usual))
    if large.size or uneven.size:
        return _found(run, _largest(run, size, np.union1d(large, uneven), usual), "Inputs are not scaled")
    widest = float(reach[known].max())
    if widest < SMALL:
        told = f"no input moves by more than {short(widest)}; about 1 is expected"
        return _found(run, (_range(run), told), "Inputs are far too small")
    return None


def _largest(run: Run, size: np.ndarray, found: np.ndarray, usual: float) -> tuple[str, str]:
    """Say where the large features are and how large."""
    worst = int(found[np.argmax(size[found])])
    if found.size == size.size:
        told = f"typical size {short(float(np.median(size)))}, {_range(run)}; about 1 is expected"
        return ("all inputs", told)
    where = (
        feature_name(run, worst)
        if found.size == 1
        else f"{count(int(found.size), 'feature')}, most {feature_name(run, worst)}"
    )
    low, high = float(run["data.input.low"][worst]), float(run["data.input.high"][worst])
    told = (
        f"{feature_name(run, worst)} goes from {short(low)} to {short(high)} "
        f"(typical size {short(float(size[worst]))}), the median feature has size {short(usual)}"
    )
    return where, told


def _range(run: Run) -> str:
    low, high = np.nanmin(run["data.input.low"]), np.nanmax(run["data.input.high"])
    return f"values from {short(float(low))} to {short(float(high))}"


def _found(run: Run, where_told: tuple[str, str], title: str) -> Finding:
    where, told = where_told
    pixels = len(run.get("data.input.shape", ())) > 1
    words = "Divide the pixels by 255." if pixels else "Standardize every feature on the training part."
    code = "x = x / 255" if pixels else "x = (x - x_train.mean(0)) / x_train.std(0)"
    return Finding(
        "unscaled_inputs",
        title,
        "warning",
        where,
        told,
        "",
        Remedy(words, code, _changes(run, pixels)),
        weight=WEIGHT,
        picture=_picture(run),
        stage="A",
    )


def _picture(run: Run) -> Picture:
    """Return the typical size of each input, the root mean square that is judged."""
    mean, spread = (np.asarray(run[f"data.input.{name}"], float) for name in ("mean", "spread"))
    names = tuple(feature_name(run, at).strip("'") for at in range(mean.size))
    sizes = tuple((float(size),) for size in np.sqrt(mean**2 + spread**2))
    return Picture("bars", names, sizes, "typical size of each input", {"usual": USUAL}, log=True)


def _changes(run: Run, pixels: bool) -> dict[str, str]:
    """Return the change of a training as written; a recipe's data is prepared by its reader."""
    if choice(run, "data.inputs") is None:
        return {}
    high = float(np.nanmax(run["data.input.high"]))
    return {"data.inputs": "divided by 255" if pixels and high > LARGE else "standardized"}


def example() -> Run:
    """Return a run that shows it: columns of a table in their own units."""
    names = ["age", "rooms", "income", "population", "latitude"]
    numbers = {"mean": [28.6, 5.4, 3.9, 1425.0, 35.6], "spread": [12.6, 2.5, 1.9, 1132.0, 2.1]}
    ends = {"low": [1.0, 0.8, 0.5, 3.0, 32.5], "high": [52.0, 141.0, 15.0, 35682.0, 42.0]}
    sizes = {f"data.input.{name}": np.array(row) for name, row in (numbers | ends).items()}
    return planted({"data.features": names, "data.input.shape": [len(names)]}, sizes)
