"""An output that cannot reach the targets.

What it sees
    Numbers to learn beyond what the last activation can give: sigmoid, softmax, tanh or ReLU at the end.
Why it hurts
    Targets out of reach keep the loss high, and their gradient pushes the last layer against its bound, where
    it goes flat: all answers end there.
How it is measured
    The share of targets beyond the activation's bounds, from their quantiles: over 1% is a warning, over 10% an
    error. Softmax holds the sum at 1 as well, which rows of targets then must have.
What to do
    A linear output; scale the targets where they are large.
When it is wrong
    Sigmoid with squared error is right where all targets lie in [0, 1], and is not flagged.
Source
    Bishop 1995, Neural networks for pattern recognition, chapter 6 (outputs and error functions).
"""

from __future__ import annotations

import math

import numpy as np

from leadline.core.text import short
from leadline.diagnosis.ending import BOUNDS, OF_NUMBERS, as_written, ends_in, outputs, suited_end
from leadline.diagnosis.planted import built, dense, numbers, program
from leadline.diagnosis.reading import output_path
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 78.0  # a cause of not learning, behind labels that cannot be
NEEDS = (
    "loss.name",
    "target.form",
    "target.quantiles",
    "network.output_activation",
)  # without these it is silent
EDGE = 1e-3  # a target at a bound is reached near enough
TOLD = 0.01  # one target in a hundred out of reach: more than outliers of a normal spread
GRAVE = 0.10  # a tenth of the targets out of reach bends the whole fit
LARGE = 10.0  # targets of this size are scaled with the same remedy


def find(run: Run) -> Finding | None:
    """Return a finding where targets lie beyond the bounds of the output."""
    name = ends_in(run)
    if (
        not as_written(run)
        or name not in BOUNDS
        or run["target.form"] == "one_hot"
        or (outputs(run) == 1 and name == "softmax")
    ):
        return None
    if run["loss.name"] not in OF_NUMBERS or not run.has("target.quantiles"):
        return None
    low, high = BOUNDS[name]
    quantiles = np.asarray(run["target.quantiles"], float)
    share = float(((quantiles < low - EDGE) | (quantiles > high + EDGE)).mean())
    sums = np.asarray(run.get("target.sums", (1.0, 1.0)), float)
    if name == "softmax" and run["target.form"] == "numbers" and abs(sums - 1).max() > TOLD:
        share = max(share, 1.0)
    if share <= TOLD:
        return None
    return Finding(
        fault="bounded_output",
        title="The output cannot reach the targets",
        severity="error" if share > GRAVE else "warning",
        where=output_path(run),
        evidence=f"targets go from {short(float(quantiles[0]))} to {short(float(quantiles[-1]))}, {name} gives "
        f"{_range(low, high)}: {share:.0%} out of reach",
        why="",
        remedy=_remedy(run, quantiles),
        weight=WEIGHT,
        certain=share > GRAVE,
        confidence=1.0,
        meaning="follows from the targets and the network as written",
        numbers={"share": share, "lowest": float(quantiles[0]), "highest": float(quantiles[-1])},
        picture=Picture("lines", ("targets",), (tuple(quantiles),), "target, by quantile", _marks(low, high)),
        others=(suited_end(run),),
        stage="A",
    )


def _remedy(run: Run, quantiles: np.ndarray) -> Remedy:
    plain = suited_end(run)
    if abs(quantiles).max() <= LARGE or run["target.form"] != "numbers":
        return plain
    words = f"{plain.words.removesuffix('.')}, and standardize the targets."
    return Remedy(words, plain.command, {**plain.changes, "data.targets": "standardized"})


def _marks(low: float, high: float) -> dict[str, float]:
    return {f"bound {bound:g}": bound for bound in (low, high) if math.isfinite(bound)}


def _range(low: float, high: float) -> str:
    return f"{low:g} … {high:g}" if math.isfinite(high) else f"nothing below {low:g}"


def example() -> Run:
    """Return a run that shows it: a sigmoid answers standardized prices, half of which are below 0."""
    return program(numbers(-1.6, 2.9), built(dense(32, "relu"), dense(1, "sigmoid")))
