"""Nothing is learned for the first epochs, then it begins.

What it sees
    A training loss that stays at that of a constant answer for a good part of the training, and then falls.
Why it hurts
    Those epochs are lost, and how long they last depends on the seed: another may not begin at all.
How it is measured
    By the loss of the best constant: the entropy of the class frequencies, in regression the variance. The plateau
    is the run of epochs within 2% of it that ends where the loss falls below. It must last at least 3 epochs and a
    fifth of the training. The change is one of speed: the fastest fall of an epoch after it must be 10 times the
    mean change of an epoch in it, and beyond 3 standard deviations of its noise; and the loss must end at least
    10% below the constant. A hint.
What to do
    Initial weights that suit the activation; inputs of mean 0 and spread 1; a higher rate, which a warmup of
    some epochs makes safe; batch norm in deep networks.
When it is wrong
    Some targets, as parities, are learned suddenly by any network. Rates that begin near 0 by a long warmup make
    the same plateau on purpose.
Source
    Saxe, McClelland and Ganguli 2014, Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks (plateaus and sudden falls); Fukumizu and Amari 2000, Local minima and plateaus.
"""

from __future__ import annotations

import math

import numpy as np

from leadline.core.text import short
from leadline.diagnosis.chance import constant_loss, curve_noise, expected_first_loss, finite_curve
from leadline.diagnosis.layers import NO_INITIALIZER, changed_hidden, own_start
from leadline.diagnosis.planted import EPOCHS, network, planted
from leadline.diagnosis.reading import choice, other_rate, rate_option
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 42.0  # of the training: behind its causes
NEEDS = ("curve.loss.train",)  # without these it is silent
MARGIN = 0.02  # of the constant's loss: the least that counts as learned, as where nothing is learned
CLEAR = 0.10  # of the constant's loss: five margins below it
LEAST = 3  # epochs; fewer are no plateau
SHARE = 0.2  # of the training: what it would not notice to lose
SUDDEN = 10.0  # times the change of an epoch in the plateau: a slope of one kind varies by less
SIGMAS = 3.0  # standard deviations: chance alone in 1 of 700
FASTER = 3.0  # times the rate: half a step on the usual logarithmic ladder
LOSSES = (
    "cross_entropy",
    "binary_cross_entropy",
)  # whose best constant is the entropy, in a foreign training


def find(run: Run) -> Finding | None:
    """Return a hint that says when the training began."""
    train, constant = finite_curve(run.get("curve.loss.train")), _constant(run)
    if constant is None or train.size <= LEAST or train.min() >= constant * (1 - MARGIN):
        return None
    begins = int(np.argmax(train < constant * (1 - MARGIN)))
    beyond = np.flatnonzero(train[:begins] > constant * (1 + MARGIN))
    first = int(beyond[-1]) + 1 if beyond.size else 0
    plateau = train[first:begins]
    if plateau.size < max(LEAST, SHARE * train.size) or train[-1] > constant * (1 - CLEAR):
        return None
    crept = abs(float(plateau[-1] - plateau[0])) / (plateau.size - 1)
    fell = float(-np.diff(train[begins - 1 :]).min())
    if fell < max(SUDDEN * crept, SIGMAS * curve_noise(plateau)):
        return None
    return Finding(
        fault="slow_start",
        title=f"The training began in epoch {begins + 1}",
        severity="hint",
        where=f"epochs {first + 1} to {begins}",
        evidence=(
            f"training loss {short(float(plateau[0]))} to {short(float(plateau[-1]))} over {plateau.size} of "
            f"{train.size} epochs, where a constant answer gives {short(constant)}; then it fell by up to "
            f"{short(fell)} in an epoch, to {short(float(train[-1]))}"
        ),
        why="",
        remedy=_remedies(run)[0],
        weight=WEIGHT,
        picture=_picture(train, constant),
        numbers={"epochs": float(plateau.size), "began": float(begins + 1), "constant": constant},
        others=_remedies(run)[1:],
    )


def _constant(run: Run) -> float | None:
    """Return the loss of the best constant answer, or None where it is not known for this loss."""
    if run.get("task.loss") != run.get("task.loss.usual") or run.get("loss.reduction") == "sum":
        return None
    if not run.has("task.loss") and run.get("loss.name") not in LOSSES:
        return float(run["target.spread"]) ** 2 if _squares(run) else None
    weighed = choice(run, "training.class_weights", "none") != "none"
    smoothed = bool(choice(run, "training.label_smoothing", 0.0))
    entropy = constant_loss(run)
    if math.isnan(entropy) or weighed or smoothed:
        return expected_first_loss(run)
    return entropy if entropy > 0 else None


def _squares(run: Run) -> bool:
    return run.get("loss.name") == "mse" and float(run.get("target.spread", 0.0)) > 0


def _remedies(run: Run) -> tuple[Remedy, ...]:
    """Return initial weights that suit the activation, where others were asked for, and a higher rate."""
    start, faster = changed_hidden(run, own_start), other_rate(run, FASTER)
    weights = Remedy("Let the initial weights be chosen from the activation.", NO_INITIALIZER, start)
    words = "Take three times the rate, after a warmup; look at the scale of inputs and initial weights."
    rate = Remedy(words, rate_option(faster), faster)
    return (weights, rate) if start else (rate,)


def _picture(train: np.ndarray, constant: float) -> Picture:
    marks = {"answering a constant": constant}
    return Picture("lines", ("training",), (tuple(train.tolist()),), "loss of each epoch", marks)


def example() -> Run:
    """Return a run that shows it: small initial weights keep the loss at that of a constant for seven epochs."""
    at = np.arange(EPOCHS)
    course = 1 / (1 + np.exp(1.5 * (at - 9.0)))
    score = 0.95 - 0.85 * course
    train, held = 0.1 + 2.2 * course, 0.2 + 2.1 * course
    curves = {"curve.loss.train": train, "curve.loss.validation": held, "curve.score.validation": score}
    return planted(network("tanh", initializer="normal(spread=0.01)"), curves, {"start.loss": 2.303})
