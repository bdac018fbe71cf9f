"""Reading a probe: whether a program got as far as its data allows, and whether it learned anything at all.

Comes in: a run with ``probe.*`` values. Goes out: yes or no, by the spread over the seeds. A run without a probe
answers no to all.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from leadline.diagnosis.layers import weighted
from leadline.diagnosis.reading import choice
from leadline.record.run import Run

ERRORS = 2.0  # standard errors: one in forty by chance
SHORT = 0.1  # of the way from a constant answer to a simple model's: less is the noise of simple models
RIGHT = 0.95  # of classes, or of the variance, on a handful of rows that can be known by heart
FIXED = (
    "adam",
    "adamw",
    "rmsprop",
    "nadam",
    "adamax",
)  # optimizers whose step is about the rate, whatever the gradient


def interval(values: Any) -> tuple[float, float]:
    """Return mean minus and plus two standard errors.

    Example:
        >>> interval([1.0, 1.0, 1.0])
        (1.0, 1.0)
    """
    known = np.asarray(values, float)
    if not known.size:
        return math.nan, math.nan
    if not np.isfinite(known).all():
        return -math.inf, float(np.max(known, initial=-math.inf))
    half = ERRORS * float(known.std(ddof=1)) / math.sqrt(known.size) if known.size > 1 else 0.0
    return float(known.mean()) - half, float(known.mean()) + half


def best_known(run: Run) -> float:
    """Return the best score that is known to be had: of a simple model, or 1 on rows that can be known by heart."""
    simple = [float(run.get(f"probe.score.{name}", math.nan)) for name in ("linear", "near", "constant")]
    if int(run.get("data.rows.train", 0)) < 12:
        return 1.0
    return float(np.nanmax(simple)) if np.isfinite(simple).any() else math.nan


def underachieves(run: Run) -> bool:
    """Tell whether the program stays behind what a simple model reaches, by more than chance and a tenth of the way.

    Chance is that of the seeds (two standard errors), and in classes that of the rows the simple model was judged on.

    Example:
        >>> simple = {"probe.score.linear": 0.9, "probe.score.near": 0.8, "probe.score.constant": 0.5}
        >>> underachieves(Run({"probe.score": [0.6, 0.62, 0.61], **simple}))
        True
    """
    if "probe.score" not in run:
        return False
    low, high = interval(run["probe.score"])
    constant, best = float(run.get("probe.score.constant", 0.0)), best_known(run)
    if not math.isfinite(best) or best <= constant:
        return not math.isfinite(low)
    noise = 0.0
    if (
        run.get("program.problem") == "classification"
    ):  # of a share of so many rows; the simple model's is one too
        rows = int(run.get("data.rows.validation", 0) or run.get("data.rows.train", 1))
        noise = math.sqrt(max(best * (1 - best), 0.0) / max(1, rows))
    return not math.isfinite(low) or high < best - SHORT * (best - constant) - noise


def learned(run: Run) -> bool:
    """Tell whether the program's own rows are answered better than by a constant, beyond chance."""
    return interval(run.get("probe.score.own", ()))[0] > float(run.get("probe.score.constant", math.inf))


def broke(run: Run) -> bool:
    """Tell whether the loss of some seed was not finite, or ended far above where it began."""
    losses = np.asarray(run.get("probe.loss", ()), float)
    if losses.ndim != 2 or losses.shape[1] < 2:
        return False
    return bool((~np.isfinite(losses)).any())


def ratios(run: Run, name: str = "probe.ratio") -> np.ndarray:
    """Return the update over the weight of each layer with weights, the median over the seeds; empty where unknown.

    Args:
        run: What was measured.
        name: "probe.ratio", late in a probe, or "start.ratio", of the first step.
    """
    found = np.asarray(run.get(name, ()), float)
    layers = weighted(run)
    return np.median(found[:, layers], axis=0) if found.ndim == 2 and layers.size else np.zeros(0)


def tail(run: Run) -> tuple[float, float]:
    """Return the mean loss of the second and the last quarter of the probe's steps, of all seeds."""
    losses = np.asarray(run.get("probe.loss", ()), float)
    if losses.ndim != 2 or losses.shape[1] < 8:
        return math.nan, math.nan
    quarter = losses.shape[1] // 4
    return float(losses[:, quarter : 2 * quarter].mean()), float(losses[:, -quarter:].mean())


def rate_of(run: Run) -> float | None:
    """Return the learning rate of the recipe, or None."""
    rate = choice(run, "optimizer.learning_rate")
    return float(rate) if isinstance(rate, (int, float)) else None
