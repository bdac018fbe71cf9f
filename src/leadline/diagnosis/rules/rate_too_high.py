"""Steps that are too large.

What it sees
    A loss that is soon no number, or rises, or stays where it was while the weights are thrown about.
Why it hurts
    Each step overshoots the valley it should descend into; the weights grow until units die or saturate.
How it is measured
    By a probe over seeds: a loss that is not finite or ends above where it began; or a program that stays
    behind a simple model after first steps that threw the loss up threefold, or while an update is more than a
    hundredth of the weights. With plain gradient descent the rate times the largest curvature is told: above 2
    even a quadratic comes apart: for a single linear layer under a squared error that is certain. Else a warning
    until a lower rate wins.
What to do
    A tenth of the rate, or as little as brings a first step to some thousandths of the weights. Large inputs or
    targets make every rate too high: scale them first.
When it is wrong
    Adagrad with 1.0 and gradient descent with 0.5 can be right: the number itself is never judged. Training at
    the edge of stability has a product of about 2 and is well.
Source
    LeCun, Simard and Pearlmutter 1993, Automatic learning rate maximization; Cohen, Kaur, Li, Kolter and
    Talwalkar 2021, Gradient descent on neural networks typically occurs at the edge of stability.
"""

from __future__ import annotations

import math

import numpy as np

from leadline.core.text import short
from leadline.diagnosis.planted import built, dense, probe, program
from leadline.diagnosis.probing import RIGHT, broke, interval, rate_of, ratios, underachieves
from leadline.diagnosis.reading import other_rate, rate_option
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 58.0  # of the training: behind data and network
NEEDS = (
    "recipe",
    "probe.loss",
)  # without these it is silent
BY_ARITHMETIC = 63.0  # a rate beyond 2 over the curvature fails whatever the size of the targets
SMALL = 1e-3  # below it steps are no reason
LARGE = 1e-2  # update over weight: ten times the usual 1e-3
RISES = 1.5  # times the first loss: beyond the noise of a batch, of which the median over seeds and steps is taken
OVERSHOOT = 3.0  # times the first loss in the first steps: no noise of a batch does that
LAST = 10  # steps that say where it ended
AIM = 3e-3  # update over weight that the remedy aims at; a power of ten is taken
TENTH, HUNDREDTH = 0.1, 0.01  # of the rate


def find(run: Run) -> Finding | None:
    """Return a warning where a probe says that the steps are too large."""
    losses, rate = np.asarray(run.get("probe.loss", ()), float), rate_of(run)
    if losses.ndim != 2 or rate is None or losses.shape[1] < 2 * LAST:
        return None
    told = _told(run, losses)
    if not told:
        return None
    product = np.asarray(run.get("start.curvature", ()), float)
    steep = bool(product.size and np.isfinite(product).all() and np.median(product) > 2)
    sure = steep and bool((product > 2).all()) and _quadratic(run)
    if steep:
        told += f"; rate times curvature is {short(float(np.median(product)))} at the start, above 2"
    first, *others = [_slower(run, factor) for factor in _factors(run)]
    shown = losses[np.argmax(np.isfinite(losses).sum(axis=1))]  # the seed that went farthest
    return Finding(
        fault="rate_too_high",
        title="The learning rate is too high",
        severity="error" if sure else "warning",
        where=f"learning rate {short(rate)}",
        evidence=told,
        why="",
        remedy=first,
        weight=BY_ARITHMETIC if steep else WEIGHT,
        numbers={"rate": rate, **({"product": float(np.median(product))} if product.size else {})},
        picture=Picture(
            "lines", ("loss",), (tuple(float(v) for v in shown),), "loss, by step of the probe", log=True
        ),
        others=tuple(others),
        certain=sure,
        stage="C",
    )


def _quadratic(run: Run) -> bool:
    """Tell whether the loss is a quadratic of the weights: of one linear layer under a squared error."""
    linear = not run.get("network.nonlinear", 1) and run.get("network.weight_layers") == 1
    return linear and run.get("network.output_activation") == "linear" and run.get("loss.name") == "mse"


def _factors(run: Run) -> list[float]:
    """Return factors of the rate: the one that brings a first step to some thousandths of the weights, and a tenth."""
    product = np.asarray(run.get("start.curvature", ()), float)
    if product.size and np.isfinite(product).all() and np.median(product) > 2:
        return [min(TENTH, 10.0 ** math.floor(-math.log10(float(np.median(product))))), HUNDREDTH]
    moved = ratios(run, "start.ratio")
    size = float(np.nanmax(moved)) if np.isfinite(moved).any() else 0.0
    aimed = 10.0 ** round(math.log10(AIM / size)) if size > 0 else HUNDREDTH
    return [min(aimed, TENTH), TENTH if aimed < TENTH else HUNDREDTH]


def _slower(run: Run, factor: float) -> Remedy:
    changes = other_rate(run, factor)
    return Remedy(f"Divide the rate by {1 / factor:,.0f}.", rate_option(changes), changes)


def _told(run: Run, losses: np.ndarray) -> str:
    if broke(run):
        step = int(np.argmax(~np.isfinite(losses).all(axis=0))) + 1
        return f"the loss is no number from step {step} of a probe on"
    first, last = (float(np.median(part)) for part in (losses[:, 0], losses[:, -LAST:]))
    if first > 0 and last > RISES * first:
        return f"the loss goes from {short(first)} to {short(last)} in {losses.shape[1]} steps"
    moved = ratios(run)
    if not underachieves(run):
        return ""
    peak = float(np.median(losses[:, 1 : 2 * LAST].max(axis=1)))
    if first > 0 and peak > OVERSHOOT * first:
        return f"the first steps throw the loss from {short(first)} to {short(peak)}, and a simple model does better"
    if moved.size and float(np.nanmedian(moved)) > LARGE:
        share = short(100 * float(np.nanmedian(moved)), 2)
        return f"each step moves the weights by {share}%, and a simple model does better"
    one = interval(run.get("probe.one_batch", ()))[1]
    if one < RIGHT and moved.size and float(np.nanmedian(moved)) > SMALL:
        return f"not even one batch is learned by heart (score {one:.2f}), and a simple model does better"
    return ""


def example() -> Run:
    """Return a run that shows it: a rate a hundred times the usual one throws the weights about."""
    losses = 1.1 + 0.06 * np.arange(240) + 0.8 * np.sin(np.arange(240))
    layers = (dense(32, "relu"), dense(32, "relu"), dense(3, "softmax"))
    return program(
        built(*layers, rate=1.0), {"start.ratio": np.full((3, 3), 1.1)}, probe([0.35, 0.41, 0.33], losses)
    )
