"""The training ends while it is still getting better.

What it sees
    A training that stopped at its last epoch with a validation loss (without one: a training loss) that was
    still falling.
Why it hurts
    What more epochs would have brought is given away, and whatever is compared with this training is compared
    with a network that was not done.
How it is measured
    Over the last third of the epochs, at least 7. Their order must be one of a falling curve (Kendall's count of
    falling pairs, 3 standard deviations above chance), and the last third of them must lie below the third
    before by 3 standard errors of the curve's own noise. What as many epochs again promise is summed from
    those falls as they shrink; falls that grew are taken to shrink as much. It is told where that is at least a
    tenth of what was gained so far (a twentieth where the validation score rises too), a tenth of the loss itself
    and 0.02. A warning where it is over a quarter of what was gained and the score rises too, else a hint;
    without a validation part always a hint.
What to do
    Train twice as long: ``training.epochs``. With early stopping on, more epochs cost time only. A fall that
    does not slow down may also be taken faster, by three times the rate.
When it is wrong
    Where the time was the limit, and not the epochs. Falls may end sooner than they promise. A rate that a
    schedule took to 0 ends the fall by itself, and the rule is then silent though more epochs would help.
Source
    Mann 1945, Nonparametric tests against trend; Kendall 1975, Rank correlation methods; Aitken 1926, On
    Bernoulli's numerical solution of algebraic equations (a limit from three values).
"""

from __future__ import annotations

import math

import numpy as np

from leadline.core.text import count, short
from leadline.diagnosis.chance import curve_noise, finite_curve
from leadline.diagnosis.planted import EPOCHS, planted
from leadline.diagnosis.reading import choice, other_rate, rate_option
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 41.0  # seen at the end of the training, behind all that may make it slow
NEEDS = ("stop.reason", "curve.loss.train")  # without these it is silent
SIGMAS = 3.0  # chance alone in 1 of 700
LEAST = 7  # epochs: the fewest whose order can be 3 standard deviations from chance
THIRD = 3  # of the curve for the trend, and of the trend for each of three levels
OF_GAIN = 0.10  # of what was gained so far: a tenth of what the training was worth
AGREED = 0.05  # of what was gained so far, where the score rises too: near the end what is left is small
MUCH = 0.25  # of what was gained so far: as much again after four such trainings
OF_LOSS = 0.10  # of the loss itself: a tenth of what is left to learn
LEAST_FALL = 0.02  # below that no one would notice: 2% of a standardized variance, or of a nat
SCORE_SIGMAS = 2.0  # one in 40: the score only has to agree with a trend that is certain
LONGER, FASTER = 2, 3.0  # times the epochs; times the rate, half a step on the usual logarithmic ladder


def find(run: Run) -> Finding | None:
    """Return a finding where the loss still falls at the last epoch, and is worth going on."""
    train, held = finite_curve(run.get("curve.loss.train")), finite_curve(run.get("curve.loss.validation"))
    judged = held.size > 0 and bool(run.get("data.rows.validation", 1))
    curve = held if judged else train
    epochs = curve.size
    if run.get("stop.reason") != "epochs" or epochs < LEAST or train.size < max(1, _limit(run, epochs)):
        return None
    recent = curve[-max(LEAST, epochs // THIRD) :]
    promised = _promised(recent, epochs)
    start = max(float(run.get("start.loss", train[0])), float(train[0]), float(curve[0]))
    gain, end = start - float(recent[-1]), float(recent[-1])
    scores = finite_curve(run.get("curve.score.validation"))
    scored = judged and scores.size == epochs
    rises = scored and _order(-scores[-recent.size :]) >= SCORE_SIGMAS
    if (
        promised < max(LEAST_FALL, (AGREED if rises else OF_GAIN) * gain, OF_LOSS * end)
        or _order(recent) < SIGMAS
    ):
        return None
    much = judged and promised > MUCH * gain and (rises or not scored)
    name = "validation" if judged else "training"
    return Finding(
        fault="too_few_epochs",
        title="The training ended while the loss was still falling",
        severity="warning" if much else "hint",
        where=f"epoch {epochs}",
        evidence=(
            f"{name} loss {short(float(recent[0]))} at epoch {epochs - recent.size + 1}, {short(end)} at epoch "
            f"{epochs}, the last; at this trend as many epochs again take {short(promised)} off, "
            f"{promised / gain:.0%} of the {short(gain)} gained so far"
            + ("; the score does not rise with it" if scored and not rises else "")
        ),
        why="",
        remedy=_longer(run, epochs),
        weight=WEIGHT,
        picture=_picture(name, curve, promised),
        numbers={"promised": promised, "gained": gain, "epochs": float(epochs)},
        others=_faster(run),
    )


def _limit(run: Run, epochs: int) -> int:
    """Return the epochs that were asked for."""
    asked = choice(run, "training.epochs", epochs)
    return int(asked) if isinstance(asked, int) and asked > 0 else epochs


def _promised(recent: np.ndarray, epochs: int) -> float:
    """Return what as many epochs again take off, by the last two falls of three levels; 0 within noise.

    The falls shrink as they did, and at least as the loss itself does, which stays above 0 where it is above 0.
    """
    each = recent.size // THIRD
    first, middle, last = recent[-each * THIRD :].reshape(THIRD, each).mean(axis=1).tolist()
    before, fall = first - middle, middle - last
    if fall <= SIGMAS * curve_noise(recent) * math.sqrt(2 / each):
        return 0.0
    if before <= 0:
        return float(fall)  # it has just begun, and promises only itself again
    shrinks = min(fall / before, before / fall, last / middle if last > 0 else 1.0)
    below = (
        min(float(recent[-1]) / last, 1.0) if last > 0 else 1.0
    )  # the end is below the level that falls begin at
    return float(below * fall * (shrinks ** np.arange(1, epochs // each + 1)).sum())


def _order(values: np.ndarray) -> float:
    """Return how far the order of values is from chance towards falling, in standard deviations."""
    number = values.size
    falling = float(np.sign(values[:, None] - values[None, :])[np.triu_indices(number, 1)].sum())
    return (falling - 1) / math.sqrt(number * (number - 1) * (2 * number + 5) / 18)


def _longer(run: Run, epochs: int) -> Remedy:
    more = LONGER * _limit(run, epochs)
    return Remedy(f"Train for {count(more, 'epoch')}.", f"--epochs {more}", {"training.epochs": more})


def _faster(run: Run) -> tuple[Remedy, ...]:
    changes = other_rate(run, FASTER)
    return (Remedy("Take three times the rate.", rate_option(changes), changes),) if changes else ()


def _picture(name: str, curve: np.ndarray, promised: float) -> Picture:
    marks = {"promised by as many epochs again": float(curve[-1]) - promised}
    return Picture("lines", (name,), (tuple(curve.tolist()),), "loss of each epoch", marks)


def example() -> Run:
    """Return a run that shows it: after 20 epochs of small steps the loss falls as fast as it did at the start."""
    at = np.arange(EPOCHS)
    return planted(
        {
            "curve.loss.train": 0.3 + 2.1 * np.exp(-at / 16),
            "curve.loss.validation": 0.35 + 2.0 * np.exp(-at / 16),
            "curve.score.validation": 0.95 - 0.8 * np.exp(-at / 16),
        }
    )
