"""Steps that are too small.

What it sees
    A program that stays behind what its data allows while its loss still falls, step by small step.
Why it hurts
    The training ends, or is given up, before it gets where it was going.
How it is measured
    By a probe over seeds: the score stays behind a simple model's by more than chance, the loss is finite and
    does not rise from the second quarter to the last beyond chance (two standard errors of the seeds), and an
    update is below three thousandths of the weights in most layers. A warning until a higher rate wins over the
    program's own length.
What to do
    Ten times the rate, or as much as brings an update to some thousandths of the weights; or more epochs.
When it is wrong
    A plateau at what the data allows looks the same, but a simple model is no better there: it is not told. Nor
    is a training whose first steps threw the loss up threefold: its weights are large, not its steps small.
Source
    Bengio 2012, Practical recommendations for gradient-based training of deep architectures; the ratio is a
    rule of thumb of Karpathy 2015, CS231n notes.
"""

from __future__ import annotations

import math

import numpy as np

from leadline.core.text import short
from leadline.diagnosis.planted import built, dense, probe, program
from leadline.diagnosis.probing import broke, interval, rate_of, ratios, underachieves
from leadline.diagnosis.reading import other_rate, rate_option
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 57.0  # of the training: behind data and network
NEEDS = (
    "recipe",
    "probe.ratio",
    "probe.score",
)  # without these it is silent
SMALL = 3e-3  # update over weight; about 1e-3 is usual, so more than three times it is no small step
AIM = 3e-3  # update over weight that the remedy aims at; a power of ten is taken
MORE = 10.0  # times the rate, at least
THROWN = (
    3.0  # times the first loss, in the first steps: weights that were thrown far make every step look small
)
EARLY = 20  # steps, as rate_too_high looks at
QUARTERS = 4  # of the probe: its second is past the first turmoil


def find(run: Run) -> Finding | None:
    """Return a warning where a probe says that the steps are too small."""
    rate, moved = rate_of(run), ratios(run)
    if rate is None or not moved.size or broke(run) or not underachieves(run):
        return None
    if not (np.nanmedian(moved) < SMALL) or _rises(run) or _thrown(run):
        return None
    factor = max(MORE, 10.0 ** round(math.log10(AIM / max(float(np.nanmedian(moved)), 1e-9))))
    higher, much = other_rate(run, factor), other_rate(run, MORE * factor)
    middle = np.median(np.asarray(run["probe.loss"], float), axis=0)
    return Finding(
        fault="rate_too_low",
        title="The learning rate is too low",
        severity="warning",
        where=f"learning rate {short(rate)}",
        evidence=f"each step moves the weights by {short(100 * float(np.nanmedian(moved)), 2)}%, and a simple model "
        f"is ahead after {int(run['probe.steps'])} steps",
        why="",
        remedy=Remedy(f"Take {factor:,.0f} times the rate.", rate_option(higher), higher),
        weight=WEIGHT,
        numbers={"rate": rate, "ratio": float(np.nanmedian(moved))},
        picture=Picture(
            "lines", ("loss",), (tuple(float(v) for v in middle),), "loss, by step of the probe", log=True
        ),
        others=(Remedy(f"Take {MORE * factor:,.0f} times the rate.", rate_option(much), much),),
        stage="C",
    )


def _rises(run: Run) -> bool:
    """Tell whether the loss of the last quarter is above that of the second, beyond the chance of the batches."""
    losses = np.asarray(run["probe.loss"], float)
    quarter = losses.shape[1] // QUARTERS
    if not quarter:
        return False
    rise = losses[:, -quarter:].mean(axis=1) - losses[:, quarter : 2 * quarter].mean(axis=1)
    return interval(rise)[0] > 0


def _thrown(run: Run) -> bool:
    """Tell whether the first steps threw the loss up: the steps are then too large, however small they look later."""
    losses = np.asarray(run["probe.loss"], float)
    return bool(np.median(losses[:, 1:EARLY].max(axis=1, initial=0)) > THROWN * np.median(losses[:, 0]))


def example() -> Run:
    """Return a run that shows it: a rate of 0.0001 hardly moves the weights."""
    layers = (dense(32, "relu"), dense(32, "relu"), dense(3, "softmax"))
    slow = {"probe.ratio": np.full((3, 3), 2e-4), "program.updates": 24_000}
    return program(built(*layers, rate=1e-4), probe([0.44, 0.41, 0.47], np.linspace(1.13, 1.02, 240)), slow)
