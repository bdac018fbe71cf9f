"""A logarithm of probabilities that can be 0.

What it sees
    A loss that takes the logarithm of softmax or sigmoid outputs without keeping them from 0.
Why it hurts
    In float32 a softmax is exactly 0 for a score 104 below the largest, and a sigmoid exactly 1 above 17. One
    such row makes the loss infinite and the weights NaN, in the middle of a training that went well.
How it is measured
    From how the loss is written: probabilities that are not clipped. An error where the loss of a probe was not
    finite, else a warning until proved.
What to do
    The loss that takes scores and does both at once (log-softmax); or clip at 1e-7.
When it is wrong
    Small networks with small scores never get there.
Source
    Blanchard, Higham and Higham 2021, Accurately computing the log-sum-exp and softmax functions.
"""

from __future__ import annotations

import numpy as np

from leadline.diagnosis.chance import finite_curve
from leadline.diagnosis.ending import PROBABILITIES, as_written, ending, ends_in
from leadline.diagnosis.planted import probe, program
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 71.0  # behind outputs that are no probabilities at all
NEEDS = (
    "loss.name",
    "target.form",
    "loss.clip",
)  # without these it is silent


def find(run: Run) -> Finding | None:
    """Return a finding where a logarithm is taken of whatever comes."""
    if not as_written(run) or run["loss.reads"] != "probabilities" or run.get("loss.clip", 1.0):
        return None
    if ends_in(run) not in PROBABILITIES:
        return None  # told by missing_output_activation
    losses = np.asarray(run.get("probe.loss", ()), float)
    broke = losses.size > 0 and not np.isfinite(losses).all()
    told = f"{run['loss.name']} takes the logarithm of {ends_in(run)} without keeping it from 0"
    if broke:
        seeds = int((~np.isfinite(losses)).any(axis=1).sum())
        told += f"; in a probe the loss was not finite for {seeds} of {len(losses)} seeds"
    scores = {**ending(run, None, "linear"), "loss.reads": "scores"}
    return Finding(
        fault="unstable_log",
        title="The logarithm of a probability that can be 0",
        severity="error" if broke else "warning",
        where="loss",
        evidence=told,
        why="",
        remedy=Remedy("Use the loss that takes scores.", "", scores),
        weight=WEIGHT,
        picture=_picture(losses) if broke else None,
        certain=broke,
        others=(Remedy("Keep probabilities from 0 and 1.", "", {"loss.clip": 1e-7}),),
        stage="C" if losses.size else "A",
    )


def _picture(losses: np.ndarray) -> Picture | None:
    """Return the course of the seed that went farthest before its loss was no number."""
    courses = [finite_curve(row) for row in losses if not np.isfinite(row).all()]
    longest = max(courses, key=len)
    if longest.size < 2:
        return None
    return Picture(
        "lines", ("loss",), (tuple(map(float, longest)),), "loss, by step, until it is no number", log=True
    )


def example() -> Run:
    """Return a run that shows it: the logarithm is taken of softmax itself, and one sure mistake is infinite."""
    losses = 0.1 + np.exp(-np.arange(240) / 30)
    losses[171:] = np.nan
    return program({"loss.clip": 0.0}, probe([np.nan, np.nan, np.nan], losses))
