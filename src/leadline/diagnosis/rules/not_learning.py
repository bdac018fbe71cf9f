"""The loss does not fall.

What it sees
    A training whose loss never gets below that of answering the class frequencies (or the mean), and whose
    score never gets above theirs.
Why it hurts
    The network has learned nothing that a constant would not say.
How it is measured
    Training and validation loss against the loss of the best constant: the entropy of the class
    frequencies, in regression the loss of the mean. A training loss counts as lower beyond 2%, a validation
    loss beyond 2% and 3 standard errors; a score as higher where its 3-sigma interval lies above the
    constant's. One such sign anywhere, and the rule is silent; but where the training loss stood still, what
    the validation part shows is the luck of fresh weights and does not count. It is an error, but only a
    warning where a linear model finds nothing either, or where one class is so frequent that little can be
    gained. The size of the last updates tells steps too small from too large; but where the first epoch threw
    the loss up, small ones are what too large ones left behind, and where a layer is dead, no rate helps.
What to do
    Steps too small: 10 times the learning rate. Too large: a tenth. No gradient: other activations or
    initial weights.
When it is wrong
    Targets that do not depend on the inputs cannot be learned: the linear baseline then finds nothing
    either. A plateau above the constant, such as noise in the labels allows, is not flagged.
Source
    Karpathy 2019, A recipe for training neural networks (input-independent baseline); the noise of a mean
    log-loss by its variance under the frequencies.
"""

from __future__ import annotations

import math

import numpy as np

from leadline.diagnosis.chance import (
    constant_accuracy,
    constant_loss,
    expected_first_loss,
    finite_curve,
    label_shares,
    wilson,
)
from leadline.diagnosis.planted import network, over_epochs, planted, stuck
from leadline.diagnosis.reading import choice, other_rate, rate_option
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 45.0  # between its causes and what the result shows
MARGIN = 0.02  # of the constant's loss: the least that counts as learned
LOPSIDED = 0.5  # of the entropy of equal classes: rare events may be told apart and hardly move the loss
FLAT = (
    0.001  # of the constant's loss: a training loss that moves less has not moved, whatever the start scored
)
SIGMAS = 3.0  # chance alone in 1 of 700
TINY_UPDATE = 1e-5  # of the weights in one step: 1,000 steps move them by 1%
HUGE_UPDATE = 0.1  # of the weights in one step: ten steps replace them; about 1e-3 is healthy
NEEDS = ("curve.loss.train",)  # without these it is silent
THROWN = 3.0  # times the last loss, in the mean of an epoch: no fresh network of usual weights is as wrong
FASTER, CALMER = 10.0, 0.1  # one step on the usual logarithmic ladder of learning rates


def find(run: Run) -> Finding | None:
    """Return a finding where neither loss nor score ever beat a constant answer."""
    train, held = finite_curve(run.get("curve.loss.train")), finite_curve(run.get("curve.loss.validation"))
    constant = _constant_loss(run)
    if not train.size or constant is None or run.get("stop.reason") in ("not finite", "interrupted"):
        return None
    held_margin = max(
        MARGIN * constant, SIGMAS * _standard_error(run, int(run.get("data.rows.validation", 0)))
    )
    signs = (held.size and held.min() < constant - held_margin) or _scores(run)
    if train.min() < constant * (1 - MARGIN) or (signs and float(np.ptp(train)) > FLAT * constant):
        return None
    told = f"training loss {train[0]:.4g} → {train[-1]:.4g}; answering a constant gives {constant:.4g}"
    linear = _linear_learns(run)
    sure = linear is not False and not _lopsided(run, constant)
    cause, changes = _cause(run)
    return Finding(
        fault="not_learning",
        title="The network does not learn",
        severity="error" if sure else "warning",
        where=f"epochs 1 to {train.size}",
        evidence=told + ("; a linear model finds nothing either" if linear is False else "") + cause[0],
        why="",
        remedy=Remedy(cause[1], rate_option(changes), changes),
        weight=WEIGHT,
        picture=_picture(train, held, constant),
    )


def _picture(train: np.ndarray, held: np.ndarray, constant: float) -> Picture:
    curves = {"training": train, **({"validation": held} if held.size else {})}
    values = tuple(tuple(curve.tolist()) for curve in curves.values())
    return Picture("lines", tuple(curves), values, "loss of each epoch", {"answering a constant": constant})


def _constant_loss(run: Run) -> float | None:
    """Return the loss of the best constant answer, or None where it is not known for this loss."""
    if run.get("task.loss") != run.get("task.loss.usual"):
        return None
    expected = expected_first_loss(run)
    entropy = constant_loss(run)
    weighed = choice(run, "training.class_weights", "none") != "none"
    smoothed = bool(choice(run, "training.label_smoothing", 0.0))
    if math.isnan(entropy) or weighed or smoothed:
        return expected
    return entropy if entropy > 0 else None


def _lopsided(run: Run, constant: float) -> bool:
    """Tell whether one class is so frequent that little can be gained in the loss."""
    classes = 2 if label_shares(run, "train").size else len(run.get("data.class_count.train", ()))
    return classes > 1 and constant < LOPSIDED * math.log(classes)


def _standard_error(run: Run, rows: int) -> float:
    """Return how far the mean log-loss of the class frequencies strays over so many rows."""
    labels = label_shares(run, "train")
    if labels.size:  # at most that of labels that all go together
        each = labels[(labels > 0) & (labels < 1)]
        return float((np.abs(np.log(each / (1 - each))) * np.sqrt(each * (1 - each))).sum()) / (
            labels.size * math.sqrt(max(rows, 1))
        )
    counts = np.asarray(run.get("data.class_count.train", ()), float)
    shares = counts[counts > 0] / max(counts.sum(), 1.0)
    if not shares.size or rows <= 0:
        return 0.0 if shares.size or rows <= 0 else math.sqrt(2 / rows)
    losses = -np.log(shares)
    return math.sqrt(max(float((shares * losses**2).sum() - (shares * losses).sum() ** 2), 0.0) / rows)


def _scores(run: Run) -> bool:
    """Tell whether the validation score ever beat the constant's, beyond chance."""
    curve = finite_curve(run.get("curve.score.validation"))
    rows = int(run.get("data.rows.validation", 0))
    if not curve.size or not rows:
        return False
    if run.get("data.problem") == "regression" or run.get("task.kind") == "regression":
        return bool(curve.max() > SIGMAS / math.sqrt(rows))
    usual = constant_accuracy(run, "validation")
    return not math.isnan(usual) and wilson(curve.max() * rows, rows, SIGMAS)[0] > usual


def _linear_learns(run: Run) -> bool | None:
    """Tell whether the linear baseline beats the trivial one; None where it is not known."""
    for judged in run.evaluations.values():
        name = judged.headline.name if judged.scores else ""
        found = {b.name: s for b in judged.baselines for s in b.scores if s.name == name}
        trivial = found.get("majority") or found.get("mean")
        if trivial and "linear" in found:
            linear = found["linear"]
            return linear.high < trivial.value if linear.better == "lower" else linear.low > trivial.value
    return None


def _cause(run: Run) -> tuple[tuple[str, str], dict[str, float]]:
    """Return evidence, advice and change of the recipe by the size of the last updates and gradients."""
    ratio, norm = _last(run, "sounding.update.ratio"), _last(run, "sounding.gradient.norm")
    if norm.size and not norm.any():
        return (
            "; every gradient is exactly 0",
            "Nothing reaches the weights: change activations or initializers.",
        ), {}
    size = float(np.median(ratio)) if ratio.size else math.nan
    told = f"; a step moves the weights by {size:.2g} of their size"
    dead, losses = _last(run, "sounding.activation.dead"), finite_curve(run.get("curve.loss.train"))
    if size < TINY_UPDATE and losses.size and losses[0] > THROWN * losses[-1]:
        told += f", after an epoch with a loss of {losses[0]:.3g}"
        return (told, "Take smaller steps: a tenth of the learning rate."), other_rate(run, CALMER)
    if size < TINY_UPDATE and dead.size and dead.max() == 1:
        words = "Larger steps bring no dead layer back: look at weights, inputs and what else was found."
        return (f"{told}, and a layer is dead", words), {}
    if size < TINY_UPDATE:
        return (told, "Take larger steps: 10 times the learning rate."), other_rate(run, FASTER)
    if size > HUGE_UPDATE:
        return (told, "Take smaller steps: a tenth of the learning rate."), other_rate(run, CALMER)
    return ("", "Try another learning rate; look at the scale of the inputs and at what else was found."), {}


def _last(run: Run, name: str) -> np.ndarray:
    """Return the finite values of a sounding's last epoch."""
    values = np.asarray(run.get(name, ()), float)
    last = values[-1] if values.ndim == 2 and len(values) else np.zeros(0)
    return np.asarray(last[np.isfinite(last)])


def example() -> Run:
    """Return a run that shows it: steps so small that the weights stay where they were."""
    still = over_epochs("update.ratio", [2e-7, 1e-7, 2e-7, 1e-7, 2e-7, 1e-7])
    return planted(network("relu"), stuck(), still)
