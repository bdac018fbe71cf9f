"""Dropout behind the last layer.

What it sees
    Dropout after the last layer with weights, right before the loss.
Why it hurts
    Scores of classes are set to 0 at random while training, the right one too: the loss cannot fall below what
    that costs, and what is learned is to be sure enough in spite of it.
How it is measured
    From the order of the layers. No chance is involved.
What to do
    Put dropout before the last layer, not behind it.
When it is wrong
    Of features that another network takes (an encoder), it is usual.
Source
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov 2014, Dropout.
"""

from __future__ import annotations

from typing import Any

from leadline.diagnosis.layers import weighted
from leadline.diagnosis.planted import built, dense, program
from leadline.diagnosis.reading import choice, output_path
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 72.0  # as what stands at the end
NEEDS = (
    "network.kinds",
    "network.parameters",
)  # without these it is silent
KINDS = ("dropout", "spatial_dropout")  # layers that set outputs to 0


def find(run: Run) -> Finding | None:
    """Return a warning where dropout acts on the scores."""
    kinds, layers = list(run.get("network.kinds", ())), weighted(run)
    if not layers.size or not any(kind in KINDS for kind in kinds[layers[-1] + 1 :]):
        return None
    return Finding(
        fault="dropout_on_output",
        title="Dropout acts on the outputs",
        severity="warning",
        where=output_path(run),
        evidence="dropout stands behind the last layer with weights, before the loss",
        why="",
        remedy=Remedy("Take the last dropout away.", "", _changes(run)),
        weight=WEIGHT,
        picture=_picture(run),
        stage="A",
    )


def _changes(run: Run) -> dict[str, Any]:
    layers = choice(run, "network.layers")
    if not isinstance(layers, (list, tuple)):
        return {}
    kept = list(layers)
    while len(kept) > 1 and kept[-1].get("kind") in KINDS:
        kept.pop()
    return {"network.layers": [dict(one) for one in kept]} if len(kept) < len(layers) else {}


def _picture(run: Run) -> Picture | None:
    layers = choice(run, "network.layers")
    last = layers[-1] if isinstance(layers, (list, tuple)) and layers else {}
    if last.get("kind") not in KINDS or "rate" not in last:
        return None
    rate = float(last["rate"])
    values = ((1 - rate,), (rate,))
    return Picture("bars", ("is kept", "is set to 0"), values, "share of rows whose right score")


def example() -> Run:
    """Return a run that shows it: dropout stands between the last layer and the loss."""
    return program(
        built(dense(32, "relu"), dense(3), {"kind": "dropout", "rate": 0.5}), {"loss.reads": "scores"}
    )
