"""A network that is another one in use than while it learned.

What it sees
    The same rows give a much larger loss in use than as while training, though dropout, which only helps in
    use, is all that should differ: running means and variances of batch norm that do not fit.
Why it hurts
    What was trained is not what is used: validation looks bad, and so will every answer.
How it is measured
    After a probe, on the same rows: the loss in use over that with batch statistics, for all seeds. Above 2
    with batch norm in the network is a warning; the share of the running statistics that is still their start,
    momentum to the power of the steps, is told beside it.
What to do
    A momentum of 0.9 where steps are few; larger batches; more steps.
When it is wrong
    Early in training it may be so and pass; with few steps it stays.
Source
    Ioffe and Szegedy 2015, Batch normalization, section 3.1; Singh and Shrivastava 2019, EvalNorm.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from leadline.core.text import short
from leadline.diagnosis.planted import built, dense, program
from leadline.diagnosis.reading import choice
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 54.0  # of the training, behind the rate
TIMES = 2.0  # of the loss: noise of running statistics costs some percent
USUAL = 0.9  # momentum, where none is given
QUICK = 0.9  # momentum of the remedy: 20 steps are enough
NORM = "batch_norm"  # kind of the layer
NEEDS = ("probe.loss.use", "probe.loss.training")  # without these it is silent


def find(run: Run) -> Finding | None:
    """Return a warning where batch norm makes use differ from training."""
    if not run.has(*NEEDS) or NORM not in run.get("network.kinds", ()):
        return None
    use, training = (np.asarray(run[name], float) for name in NEEDS)
    if not np.isfinite(training).all() or not (training > 0).all() or not (use > TIMES * training).all():
        return None
    steps, momentum = int(run.get("probe.steps", 0)), _momentum(run)
    means = (float(np.median(training)), float(np.median(use)))
    return Finding(
        fault="train_use_mismatch",
        title="In use the network is another one than in training",
        severity="warning",
        where="batch norm",
        evidence=f"on the same rows the loss is {short(means[0])} with batch statistics and {short(means[1])} in use; "
        f"after {steps} steps {momentum**steps:.0%} of the running ones are still their start",
        why="",
        remedy=Remedy(
            f"A momentum of {QUICK} for the running statistics.", f"ll.BatchNorm({QUICK})", _changes(run)
        ),
        weight=WEIGHT,
        numbers={"use": means[1], "training": means[0], "start": momentum**steps},
        picture=Picture(
            "bars", ("as while training", "in use"), ((means[0],), (means[1],)), "loss of the same rows"
        ),
        stage="C",
    )


def _layers(run: Run) -> list[dict[str, Any]]:
    layers = choice(run, "network.layers")
    return [dict(one) for one in layers] if isinstance(layers, (list, tuple)) else []


def _momentum(run: Run) -> float:
    return max(
        (float(one.get("momentum", USUAL)) for one in _layers(run) if one.get("kind") == NORM), default=USUAL
    )


def _changes(run: Run) -> dict[str, Any]:
    layers = _layers(run)
    changed = [{**one, "momentum": QUICK} if one.get("kind") == NORM else one for one in layers]
    return {} if changed == layers else {"network.layers": changed}


def example() -> Run:
    """Return a run that shows it: running means of batch norm, with a momentum of 0.99, still remember their start."""
    norm = {"kind": "batch_norm", "momentum": 0.99}
    losses = {
        "probe.loss.training": np.array([0.14, 0.15, 0.13]),
        "probe.loss.use": np.array([1.9, 2.3, 1.7]),
    }
    return program(built(dense(32, "relu"), norm, dense(3, "softmax")), losses, {"probe.steps": 120})
