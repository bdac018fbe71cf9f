"""The loss swings so much that the end is luck.

What it sees
    A loss that jumps up and down from epoch to epoch, by a good part of all that was learned.
Why it hurts
    Another epoch more or less gives another network. Which one is kept, and every comparison with it, is luck.
How it is measured
    Over the second half of the epochs, at least 8, of the validation loss (without one: the training loss). The
    swing is the standard deviation about the curve's own smooth course. It must be a tenth of what was gained
    since the start and of the loss itself, 0.02, and more than the standard error of a mean over so many rows;
    and the curve must turn at two of five places, as noise does at two of three. Or the share of right answers
    swings by 2 points and more than its standard error, beyond the error of the swing itself. A warning where the
    loss swings, the last weights were kept, and they lie above the lowest loss of that half by a tenth of the
    gain; else a hint.
What to do
    A third of the learning rate, larger batches, or a schedule that lets the rate sink; early stopping keeps the
    best of the swings.
When it is wrong
    A validation part of few rows swings with single rows. Networks that are sure of their mistakes swing in the
    loss and hardly in the score.
Source
    Bienaymé 1874, Sur une question de probabilités (turning points of a series of chance values); Bottou, Curtis
    and Nocedal 2018, Optimization methods for large-scale machine learning (a fixed rate ends in noise).
"""

from __future__ import annotations

import math

import numpy as np

from leadline.core.text import short
from leadline.diagnosis.chance import curve_noise, expected_first_loss, finite_curve
from leadline.diagnosis.planted import EPOCHS, planted
from leadline.diagnosis.reading import choice, other_rate, rate_option
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 43.0  # of the training: behind what is wrong with data, network and start
NEEDS = ("curve.loss.train",)  # without these it is silent
LEAST = 8  # epochs: six second differences, the fewest whose median is more than one of them
OF_GAIN = 0.10  # of what was gained: two standard deviations to each side are two fifths of it
OF_LOSS = 0.10  # of the loss itself, for losses that hardly fell
LEAST_SWING = 0.02  # below that no one would notice: 2% of a standardized variance, of a nat, or of the rows
TURNS = (
    0.4  # of the places: noise turns at two of three, under this in 1 of 40; a smooth course nearly nowhere
)
OF_SQUARES = math.sqrt(2)  # standard deviation over mean of squared Gaussian errors; log-losses spread more
CALMER = (0.3, 0.1)  # of the rate: half a step and one step on the usual logarithmic ladder
LARGER = 4  # times the rows of a batch: half the noise of a gradient


def find(run: Run) -> Finding | None:
    """Return a finding where the swings of the last half are a good part of what was gained."""
    train, held = finite_curve(run.get("curve.loss.train")), finite_curve(run.get("curve.loss.validation"))
    judged = held.size > 0 and bool(run.get("data.rows.validation", 1))
    name, curve = ("validation", held) if judged else ("training", train)
    if curve.size <= LEAST or not train.size:
        return None
    late, first = _late(curve), curve.size - _late(curve).size + 1
    swing, level = curve_noise(late), float(np.median(late))
    known = expected_first_loss(run) if run.get("task.loss") == run.get("task.loss.usual") else None
    gain = max(float(run.get("start.loss", max(train[0], curve[0]))), known or -math.inf) - level
    loss = _turns(late) >= TURNS and swing >= max(
        OF_GAIN * gain, OF_LOSS * level, LEAST_SWING, _error(run, name, level)
    )
    scores = _scores(run, curve.size) if judged else ""
    if gain <= 0 or not (loss or scores):
        return None
    lost = float(late[-1] - late.min())
    costs = loss and lost > OF_GAIN * gain and not int(run.get("stop.best_epoch", 0) or 0)
    told = (
        f"from epoch {first} on the {name} loss swings by {short(swing)} (standard deviation) about {short(level)}, "
        f"between {short(float(late.min()))} and {short(float(late.max()))}; {short(gain)} were gained since the start"
    )
    return Finding(
        fault="unsteady_loss",
        title=f"The {'loss' if loss else 'score'} swings from epoch to epoch",
        severity="warning" if costs else "hint",
        where=f"epochs {first} to {curve.size}",
        evidence=told + scores + (f"; the weights kept are {short(lost)} above the best" if costs else ""),
        why="",
        remedy=_slower(run, CALMER[0]),
        weight=WEIGHT,
        picture=_picture(name, curve, level),
        numbers={"swing": swing, "gained": gain, "level": level},
        others=(_slower(run, CALMER[1]), *_larger(run)),
    )


def _late(curve: np.ndarray) -> np.ndarray:
    return curve[-max(LEAST, curve.size // 2) :]


def _error(run: Run, name: str, level: float) -> float:
    """Return how far a mean loss of this level strays over the rows of a part; 0 where they are not known."""
    rows = int(run.get(f"data.rows.{'validation' if name == 'validation' else 'train'}", 0) or 0)
    return OF_SQUARES * abs(level) / math.sqrt(rows) if rows else 0.0


def _scores(run: Run, epochs: int) -> str:
    """Say by how much the share of right answers swings; nothing where another part of the rows would move it more."""
    curve, rows = (
        finite_curve(run.get("curve.score.validation")),
        int(run.get("data.rows.validation", 0) or 0),
    )
    numbers = "regression" in (run.get("data.problem"), run.get("program.problem"))
    if curve.size != epochs or not rows or numbers:
        return ""
    late = _late(curve)
    share, swing = float(np.median(late)), curve_noise(late)
    least = swing * (1 - 1 / math.sqrt(late.size))  # less the error of a spread that so few epochs tell
    error = math.sqrt(max(share * (1 - share), 1 / rows) / rows)
    if least < max(error, LEAST_SWING) or _turns(late) < TURNS:
        return ""
    return f"; the score swings by {swing:.1%}, another {rows:,} rows would move it by {error:.1%}"


def _turns(values: np.ndarray) -> float:
    """Return the share of inner places at which a curve turns."""
    steps = np.sign(np.diff(values))
    return float((steps[1:] * steps[:-1] < 0).mean()) if steps.size > 1 else 0.0


def _slower(run: Run, factor: float) -> Remedy:
    changes = other_rate(run, factor)
    return Remedy(f"Divide the rate by {round(1 / factor)}.", rate_option(changes), changes)


def _larger(run: Run) -> tuple[Remedy, ...]:
    batch, rows = choice(run, "training.batch_size"), int(run.get("data.rows.train", 0) or 0)
    if not isinstance(batch, int) or not rows or LARGER * batch > rows:
        return ()
    more = LARGER * batch
    return (Remedy(f"Take batches of {more} rows.", f"--batch-size {more}", {"training.batch_size": more}),)


def _picture(name: str, curve: np.ndarray, level: float) -> Picture:
    marks = {"median of the second half": level}
    return Picture("lines", (name,), (tuple(curve.tolist()),), "loss of each epoch", marks)


def example() -> Run:
    """Return a run that shows it: a rate so high that each epoch throws the loss to another place."""
    at = np.arange(EPOCHS)
    swings = 0.45 * np.where(at % 2, 1, -1) * (1 + 0.5 * np.sin(at))
    rate = {"training": {"epochs": EPOCHS}, "optimizer": {"name": "sgd", "learning_rate": 1.0}}
    return planted(
        {
            "recipe": rate,
            "curve.loss.train": 0.9 + 1.4 * np.exp(-at / 3) + 0.5 * swings,
            "curve.loss.validation": 1.0 + 1.2 * np.exp(-at / 3) + swings,
            "curve.score.validation": 0.6 - 0.2 * swings,
            "stop.best_epoch": 0,
        }
    )
