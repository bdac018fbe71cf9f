"""The network learns the training rows by heart.

What it sees
    A validation loss that rises after its best epoch while the training loss keeps falling.
Why it hurts
    From that epoch on the network gets worse on rows it has not seen, and surer of its mistakes.
How it is measured
    The best epoch is the lowest validation loss, at least 3 epochs before the end. The rise is the mean of
    the last epochs (up to 3) over it. It must exceed 3 standard deviations of the curve's own noise, 0.02,
    and either a tenth of what was gained since the start, or half of the lowest loss; and the training loss
    must have fallen. Where early stopping put the best weights back, nothing is lost: then it is a hint,
    and only for the first of these.
What to do
    Keep early stopping on; add dropout, weight decay or augmentation (``ll.RandomShift``), use
    fewer units, or get more rows.
When it is wrong
    The loss can rise while accuracy stays: the network grows overconfident, which matters for probabilities
    only. A gap between the curves alone is normal and not flagged.
Source
    Prechelt 1998, Early stopping – but when?
"""

from __future__ import annotations

import numpy as np

from leadline.diagnosis.chance import curve_noise, finite_curve
from leadline.diagnosis.planted import EPOCHS, planted
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 40.0  # seen late in the training
NEEDS = ("curve.loss.train", "curve.loss.validation")  # without these it is silent
LEAST_AFTER = 3  # epochs after the best; fewer are no trend
NOISES = 3.0  # standard deviations: chance alone in under 1 of 700 epochs
LEAST_RISE = 0.02  # below that no one would notice: 2% of a standardized variance, or of a nat
OF_GAIN = 0.10  # a tenth of what the training was worth
OF_BEST = 0.50  # half as much again as the best loss, for losses near 0


def find(run: Run) -> Finding | None:
    """Return a finding that names the epoch at which overfitting began."""
    train, held = finite_curve(run.get("curve.loss.train")), finite_curve(run.get("curve.loss.validation"))
    epochs = min(train.size, held.size)
    if epochs <= LEAST_AFTER or run.get("data.rows.validation", 1) == 0:
        return None
    train, held = train[:epochs], held[:epochs]
    best = int(held.argmin())
    after = epochs - 1 - best
    if after < LEAST_AFTER:
        return None
    end = float(held[-min(3, after) :].mean())
    rise, gain = (
        end - float(held[best]),
        max(float(run.get("start.loss", train[0])), float(train[0])) - float(held[best]),
    )
    if rise <= max(NOISES * curve_noise(held), LEAST_RISE) or train[-1] >= train[best]:
        return None
    restored = int(run.get("stop.best_epoch", 0) or 0) > 0
    much = rise > OF_GAIN * max(gain, 0.0)
    if not much and (restored or rise <= OF_BEST * held[best]):
        return None
    return _finding(best + 1, held, train, end, restored, epochs)


def _finding(
    epoch: int, held: np.ndarray, train: np.ndarray, end: float, restored: bool, epochs: int
) -> Finding:
    told = (
        f"validation loss {held[epoch - 1]:.3g} at epoch {epoch}, {end:.3g} at epoch {epochs}, "
        f"while the training loss fell from {train[epoch - 1]:.3g} to {train[-1]:.3g}"
    )
    kept = f"; the weights of epoch {epoch} were put back" if restored else "; the last weights were kept"
    words = (
        "Nothing must be done: the best weights were kept. Dropout or weight decay may gain a little more."
        if restored
        else "Keep the weights of the best epoch; add dropout or weight decay, or get more rows."
    )
    return Finding(
        fault="overfitting",
        title=f"Overfitting from epoch {epoch}",
        severity="hint" if restored else "warning",
        where=f"epoch {epoch}",
        evidence=told + kept,
        why="",
        remedy=Remedy(
            words,
            "" if restored else "early_stopping=True",
            {} if restored else {"training.early_stopping": True},
        ),
        weight=WEIGHT,
        picture=_picture(epoch, held, train),
    )


def _picture(epoch: int, held: np.ndarray, train: np.ndarray) -> Picture:
    curves = (tuple(train.tolist()), tuple(held.tolist()))
    marks = {f"lowest validation loss, in epoch {epoch}": float(held[epoch - 1])}
    return Picture("lines", ("training", "validation"), curves, "loss of each epoch", marks)


def example() -> Run:
    """Return a run that shows it: the validation loss turns while the training loss goes on to fall."""
    at = np.arange(EPOCHS)
    train, held = 0.02 + 2.0 * np.exp(-at / 3), 0.35 + 1.5 * np.exp(-at / 2) + 0.03 * np.maximum(at - 6, 0)
    return planted({"curve.loss.train": train, "curve.loss.validation": held, "stop.best_epoch": 0})
