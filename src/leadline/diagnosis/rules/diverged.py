"""The loss fell, then rose for good.

What it sees
    A training loss that had fallen, then rose and never came back, without ever being NaN or infinite.
Why it hurts
    What was learned is lost again. More epochs do not help, and what is kept at the end may be worse than a
    constant answer.
How it is measured
    By the training loss, as a rising validation loss alone is overfitting. What was gained is the fall from the
    start (or from a constant answer, where that is less) to the lowest epoch; it must be 5% of the start and
    3 standard deviations of the curve's noise. The change is the last epoch at which more than half of it was
    still there. Of the epochs before, some may have been above that too: the run of epochs after it, at least 3,
    must be one that chance gives in under 1 of 700 trainings at that rate. An error where the weights that were
    kept do worse than a constant answer, on the training and the validation part; else a warning.
What to do
    A tenth of the learning rate, and gradients clipped to a norm of 1; keep early stopping on.
When it is wrong
    Where the loss itself changes on the way, as with a weight that grows from epoch to epoch, or where harder rows
    come later.
Source
    Page 1954, Continuous inspection schemes (a change in a series); Laplace 1774, the rule of succession; Pascanu,
    Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks (clipped gradients).
"""

from __future__ import annotations

import numpy as np

from leadline.core.text import short
from leadline.diagnosis.chance import curve_noise, expected_first_loss, finite_curve
from leadline.diagnosis.planted import EPOCHS, planted
from leadline.diagnosis.reading import other_rate, rate_option
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 52.0  # of the training: before what is only seen at its end
NEEDS = ("curve.loss.train",)  # without these it is silent
LEAST_AFTER = 3  # epochs above; fewer are no trend
LOST = 0.5  # of what was gained: most of it is gone
LEARNED = 0.05  # of the start, over twice the 2% that count as learned: nothing else can be lost
SIGMAS = 3.0  # standard deviations: chance alone in 1 of 700
CHANCE = 1 / 700  # the same for a run of epochs
ABOVE = 1.02  # times a constant answer: 2% is more than the luck of batches
CALMER, CLIP_NORM = 0.1, 1.0  # one step on the usual ladder of rates; the usual bound of the whole gradient


def find(run: Run) -> Finding | None:
    """Return a finding that names the epoch from which on the training lost what it had learned."""
    train = finite_curve(run.get("curve.loss.train"))
    if train.size <= LEAST_AFTER or train.size < len(run.get("curve.loss.train", ())):
        return None
    constant = _constant(run)
    start = min(float(run.get("start.loss", train[0])), np.inf if constant is None else constant)
    best = int(train.argmin())
    gain = start - float(train[best])
    level = float(train[best]) + LOST * gain
    back = int(np.flatnonzero(train <= level)[-1]) if gain > 0 else train.size
    if train.size - 1 - back < LEAST_AFTER or gain < max(
        LEARNED * start, SIGMAS * curve_noise(train[: back + 1])
    ):
        return None
    if _chance(train > level, back) > CHANCE:
        return None
    worse = _worse(run, train, constant)
    changes = {**other_rate(run, CALMER), "training.clip_norm": CLIP_NORM}
    told = (
        f"training loss {short(start)} at the start, {short(float(train[best]))} in epoch {best + 1}, at least "
        f"{short(float(train[back + 1 :].min()))} from epoch {back + 2} on and {short(float(train[-1]))} at the end"
    )
    return Finding(
        fault="diverged",
        title=f"The training lost what it had learned from epoch {back + 2} on",
        severity="error" if worse else "warning",
        where=f"epoch {back + 2}",
        evidence=told
        + (f"; the weights kept do worse than a constant answer ({short(constant or 0)})" if worse else ""),
        why="",
        remedy=Remedy(
            "Take a tenth of the learning rate and clip the gradients.", rate_option(changes), changes
        ),
        weight=WEIGHT,
        picture=_picture(train, level, best),
        numbers={"best": float(train[best]), "end": float(train[-1]), "epoch": float(back + 2)},
    )


def _constant(run: Run) -> float | None:
    """Return the loss of an answer that looks at nothing, or None where it is not known for this loss."""
    return expected_first_loss(run) if run.get("task.loss") == run.get("task.loss.usual") else None


def _chance(above: np.ndarray, back: int) -> float:
    """Return how often chance gives the last run of epochs above, at the rate of those before it."""
    before = above[int(np.argmin(above)) : back + 1]
    rate = (float(before.sum()) + 1) / (before.size + 2)
    return float(rate ** (above.size - 1 - back))


def _worse(run: Run, train: np.ndarray, constant: float | None) -> bool:
    """Tell whether the weights that were kept do worse than a constant answer, in every part that tells."""
    kept = int(run.get("stop.best_epoch", 0) or 0) - 1
    curves = [train, finite_curve(run.get("curve.loss.validation"))]
    ends = [float(curve[kept]) for curve in curves if curve.size > max(kept, 0)]
    return constant is not None and bool(ends) and min(ends) > ABOVE * constant


def _picture(train: np.ndarray, level: float, best: int) -> Picture:
    marks = {"half of what was gained": level, f"lowest, in epoch {best + 1}": float(train[best])}
    return Picture("lines", ("training",), (tuple(train.tolist()),), "loss of each epoch", marks)


def example() -> Run:
    """Return a run that shows it: from epoch 12 on steps that are too large undo what was learned."""
    at = np.arange(EPOCHS)
    after = at >= EPOCHS // 2 + 1
    gone = np.where(after, 2.0 + 0.15 * np.sin(at), 0.0)
    rate = {"training": {"epochs": EPOCHS}, "optimizer": {"name": "sgd", "learning_rate": 0.5}}
    return planted(
        {
            "recipe": rate,
            "curve.loss.train": 0.5 + 1.8 * np.exp(-at / 3) + gone,
            "curve.loss.validation": 0.6 + 1.7 * np.exp(-at / 3) + gone,
            "curve.score.validation": np.where(after, 0.11, 0.85 - 0.4 * np.exp(-at / 3)),
            "stop.best_epoch": 0,
        }
    )
