"""As good as this data allows.

What it sees
    A score that is far from perfect and stays where it is, no worse than that of a linear model and of the
    nearest rows.
Why it hurts
    It does not: targets are noisy, and what is left cannot be known from these inputs. Larger networks, other
    rates and more epochs cost time and gain nothing.
How it is measured
    After a probe: the score's interval over seeds reaches the better of the two simple models, to one standard
    error of a share of so many rows, the loss of the last quarter is within 5% of that of the second, and the
    score is below 0.95.
What to do
    Better inputs, or more rows. Leave the network as it is.
When it is wrong
    A structure that neither a linear model nor neighbors see, such as one far apart in an image or a sequence,
    may still be there. It is a hint.
Source
    Cover and Hart 1967, Nearest neighbor pattern classification (the neighbors' error is at most twice the
    least possible).
"""

from __future__ import annotations

import math

import numpy as np

from leadline.diagnosis.planted import probe, program
from leadline.diagnosis.probing import broke, interval, learned, tail
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 10.0  # good news, in a way
STEADY = 0.05  # of the loss: what the noise of batches moves it by
ROWS = 1_000  # that simple models are judged by, at most
GOOD = 0.95  # a score from which on nobody asks what is left
NEEDS = ("probe.score.linear", "probe.score.near")  # without these it is silent


def find(run: Run) -> Finding | None:
    """Return a hint where the program has reached what simple models say is to be had."""
    if not run.has("probe.score", *NEEDS) or broke(run) or not learned(run):
        return None
    simple = {"linear": float(run["probe.score.linear"]), "nearest rows": float(run["probe.score.near"])}
    low, high = interval(run["probe.score"])
    before, after = tail(run)
    if not all(map(math.isfinite, (low, high, before, after))) or high >= GOOD:
        return None
    if low <= float(run.get("probe.score.constant", -math.inf)):
        return None  # told by nothing_to_learn, if by any
    if high < max(simple.values()) - _noise(run, max(simple.values())):
        return None
    if abs(before - after) > STEADY * abs(before):
        return None
    scores = {**simple, "program": (low + high) / 2}
    told = ", ".join(f"{name} {value:.3f}" for name, value in simple.items())
    return Finding(
        fault="noise_ceiling",
        title="As good as this data allows",
        severity="hint",
        where="data",
        evidence=f"the score is {scores['program']:.3f} ({low:.3f} … {high:.3f}) and no longer moves; {told}",
        why="",
        remedy=Remedy("Look for better inputs or more rows; leave the network as it is."),
        weight=WEIGHT,
        numbers=scores,
        picture=Picture(
            "bars", tuple(scores), tuple((value,) for value in scores.values()), "score on rows to judge by"
        ),
        stage="C",
    )


def _noise(run: Run, share: float) -> float:
    """Return one standard error of a share of the rows to judge by; two models on the same rows differ by less."""
    rows = int(run.get("data.rows.validation", 0)) or int(run.get("data.rows.train", 0))
    return math.sqrt(max(share * (1 - share), 0.0) / max(1, min(rows, ROWS)))


def example() -> Run:
    """Return a run that shows it: one label in ten was turned, and no model can know which."""
    falling = 0.31 + 0.4 * np.exp(-np.arange(240) / 12)
    return program(probe([0.89, 0.9, 0.9], falling, linear=0.9, near=0.88))
