"""The loss became NaN or infinite.

What it sees
    A training that stopped because its loss was no longer finite.
Why it hurts
    From that step on every weight is NaN. What is left are the weights before it, which were already on
    their way out.
How it is measured
    The step at which the loss stopped being finite; beside it the learning rate, the last finite losses and
    the largest gradient, which tell a divergence (they grow) from broken data (they do not).
What to do
    A tenth of the learning rate and clipped gradients; where inputs or targets are not finite or not
    scaled, mend those first.
When it is wrong
    Never: the loss was not a number.
Source
    Pascanu, Mikolov, Bengio 2013, On the difficulty of training recurrent neural networks (clipping).
"""

from __future__ import annotations

import numpy as np

from leadline.core.text import short
from leadline.diagnosis.chance import finite_curve
from leadline.diagnosis.planted import planted
from leadline.diagnosis.reading import choice, other_rate, rate_option
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 58.0  # first among the training's, after its causes in data and network
CALMER = 0.1  # a step down of the learning rate that nearly always suffices
CLIP_NORM = 1.0  # the usual bound of the whole gradient


def find(run: Run) -> Finding | None:
    """Return an error where the loss was not finite."""
    step = int(run.get("stop.not_finite_step", 0) or 0)
    curve = np.asarray(run.get("curve.loss.train", ()), float)
    broken = curve.size and not np.isfinite(curve).all()
    if not step and run.get("stop.reason") != "not finite" and not broken:
        return None
    epoch = finite_curve(curve).size + 1
    changes = {**other_rate(run, CALMER), "training.clip_norm": CLIP_NORM}
    data = run.get("data.input.not_finite", 0) or run.get("data.target.not_finite", 0)
    words = (
        "Mend the inputs or targets that are not finite."
        if data
        else "Lower the learning rate and clip the gradients."
    )
    return Finding(
        fault="not_finite_loss",
        title="The loss is no longer finite",
        severity="error",
        where=f"step {step:,}, epoch {epoch}" if step else f"epoch {epoch}",
        evidence="; ".join(_evidence(run, step, epoch)),
        why="",
        remedy=Remedy(words, "" if data else rate_option(changes), {} if data else changes),
        weight=WEIGHT,
        picture=_picture(run),
    )


def _evidence(run: Run, step: int, epoch: int) -> list[str]:
    told = [f"the loss was NaN or infinite at {f'step {step:,}' if step else f'epoch {epoch}'}"]
    losses = finite_curve(run.get("curve.loss.train"))
    if losses.size:
        told.append("losses before: " + ", ".join(short(float(loss)) for loss in losses[-3:]))
    elif run.get("start.loss") is not None and np.isfinite(run["start.loss"]):
        told.append(f"first loss {short(float(run['start.loss']))}")
    rates = finite_curve(run.get("curve.learning_rate"))
    rate = float(rates[-1]) if rates.size else choice(run, "optimizer.learning_rate")
    if rate is not None:
        told.append(f"learning rate {rate:g}")
    norms = np.asarray(run.get("sounding.gradient.norm", ()), float)
    if norms.ndim == 2 and np.isfinite(norms).any():
        last = norms[np.isfinite(norms).any(axis=1)][-1]
        told.append(f"largest gradient norm before {short(float(np.nanmax(last)))}")
    if step and run.get("stop.reason") == "not finite":
        told.append("the last finite weights were kept")
    return told


def _picture(run: Run) -> Picture | None:
    losses = finite_curve(run.get("curve.loss.train"))
    if losses.size < 2:
        return None  # a single loss is no course
    course = tuple(float(loss) for loss in losses)
    return Picture(
        "lines", ("loss",), (course,), "training loss, by epoch, up to the last finite one", log=True
    )


def example() -> Run:
    """Return a run that shows it: a learning rate of 0.5 makes the loss grow until it is no number."""
    losses = np.array([3.1, 14.0, 220.0, 8.1e3, 2.9e7, np.nan])
    rate = {"training": {"epochs": 20}, "optimizer": {"name": "sgd", "learning_rate": 0.5}}
    stop = {"stop.reason": "not finite", "stop.not_finite_step": 217, "stop.best_epoch": 1}
    run = planted({"curve.loss.train": losses, "recipe": rate, "sounding.gradient.norm": None, **stop})
    taken = {name: run[name][: len(losses)] for name in ("curve.loss.validation", "curve.score.validation")}
    return run.with_values(taken)
