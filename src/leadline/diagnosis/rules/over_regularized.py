"""A penalty or dropout that outweighs the data.

What it sees
    An L2 penalty, or dropout in many layers, in a program that stays behind a simple model.
Why it hurts
    The weights are pulled to 0 faster than the data pulls them away; or so much is dropped that nothing regular
    is left.
How it is measured
    A probe stays behind a simple model; the penalty is at least 0.001, or the units that survive all dropout
    layers are less than a third. A warning until the program without them wins.
What to do
    A hundredth of the penalty; a rate of 0.2 for dropout, and none in small layers.
When it is wrong
    Strong penalties are right for few rows and many inputs: there the proof fails, and it is no error.
Source
    Krogh and Hertz 1992, A simple weight decay can improve generalization; Srivastava et al. 2014, Dropout.
"""

from __future__ import annotations

import math
from typing import Any

from leadline.core.text import short
from leadline.diagnosis.planted import built, dense, probe, program
from leadline.diagnosis.probing import underachieves
from leadline.diagnosis.reading import choice
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 56.0  # behind the rate
NEEDS = (
    "recipe",
    "probe.score",
)  # without these it is silent
STRONG = 1e-3  # of an L2 penalty: weight decays of 1e-5 to 1e-4 are usual
LEFT = 1 / 3  # of a signal after all dropout layers; two of 0.5 leave a quarter
WEAKER = 0.01  # of the penalty
RATE = 0.2  # of dropout, which costs little
KINDS = ("dropout", "spatial_dropout", "gaussian_noise")  # layers that take away while training


def find(run: Run) -> Finding | None:
    """Return a warning where penalties or dropout are strong and the program stays behind."""
    penalty, rates = float(choice(run, "training.l2", 0.0) or 0.0), _rates(run)
    left = math.prod(1 - rate for rate in rates)
    if not (penalty >= STRONG or (rates and left < LEFT)) or not underachieves(run):
        return None
    told = [f"an L2 penalty of {short(penalty)}"] if penalty >= STRONG else []
    if rates and left < LEFT:
        told.append(f"{len(rates)} dropout layers leave {left:.0%} of a signal")
    return Finding(
        fault="over_regularized",
        title="Regularization outweighs the data",
        severity="warning",
        where="regularization",
        evidence=f"{' and '.join(told)}; a simple model does better",
        why="",
        remedy=Remedy("Weaken the penalty and drop less.", "", _changes(run, penalty)),
        weight=WEIGHT,
        picture=_picture(penalty, rates),
        numbers={"penalty": penalty, "left": left},
        stage="C",
    )


def _rates(run: Run) -> list[float]:
    layers = choice(run, "network.layers")
    found = layers if isinstance(layers, (list, tuple)) else ()
    return [float(one.get("rate", 0.5)) for one in found if one.get("kind") in KINDS[:2]]


def _changes(run: Run, penalty: float) -> dict[str, Any]:
    changes: dict[str, Any] = {"training.l2": penalty * WEAKER} if penalty else {}
    layers = choice(run, "network.layers")
    if _rates(run):
        changes["network.layers"] = [
            {**one, "rate": min(float(one.get("rate", RATE)), RATE)}
            if one.get("kind") in KINDS[:2]
            else dict(one)
            for one in layers
        ]
    return changes


def _picture(penalty: float, rates: list[float]) -> Picture:
    if penalty >= STRONG:
        return Picture("bars", ("penalty",), ((penalty,),), "L2 penalty", {"strong": STRONG}, log=True)
    kept = [math.prod(1 - rate for rate in rates[:at]) for at in range(1, len(rates) + 1)]
    names = tuple(f"dropout {at}" for at in range(1, len(kept) + 1))
    return Picture(
        "bars", names, tuple((share,) for share in kept), "what is left of a signal", {"a third": LEFT}
    )


def example() -> Run:
    """Return a run that shows it: two layers of dropout leave a sixth of every signal."""
    drop = {"kind": "dropout", "rate": 0.6}
    layers = (dense(32, "relu"), drop, dense(32, "relu"), drop, dense(3, "softmax"))
    return program(built(*layers), probe([0.71, 0.68, 0.73]))
