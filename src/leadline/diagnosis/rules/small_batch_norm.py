"""Batch normalization over a handful of values.

What it sees
    A layer of batch normalization to which a step brings so few values of each feature that their mean and spread
    are chance; or the last step of an epoch, where the running statistics forget all others.
Why it hurts
    Of a single value nothing is left: it is its own mean, and every output is the shift, whatever went in. Two values
    become minus one and one. A few make statistics that say more of the other rows than of the data, and the running
    ones, taken in use, do not fit what was trained.
How it is measured
    Values are rows of a step times places of the map. The spread of n values is known to 1 / sqrt(2(n - 1)) of
    itself: above a third, up to 5 values, is a warning, and 1 value an error. The last step of an epoch takes the
    rows that are left; it counts where a momentum of at most a half makes the running statistics its own.
What to do
    Batches of 32, or layer norm, which needs no other rows.
When it is wrong
    Batches of few rows, one after the other, still train where maps have many places: these count as values.
Source
    Ioffe and Szegedy 2015, Batch normalization; Wu and He 2018, Group normalization, section 1; Singh and Shrivastava
    2019, EvalNorm.
"""

from __future__ import annotations

import math

from leadline.core.text import count
from leadline.diagnosis.layers import layer_name
from leadline.diagnosis.planted import built, dense, program
from leadline.diagnosis.reading import choice
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 70.0  # of the network: such a layer spoils what all others are given
NEEDS = ("network.kinds", "network.shapes", "data.rows.train")  # without these it is silent
FEW = 5  # values: their spread is known to 1 / sqrt(2 · 4), above a third of itself
USUAL = 32  # rows of the remedy: the spread of a dense layer's values is known to 13%
KEPT = 0.5  # of the running statistics: with less, the last step of an epoch alone makes most of them
MOMENTUM = 0.9  # where none is given
NORM = "batch_norm"  # kind of the layer


def find(run: Run) -> Finding | None:
    """Return a finding where batch norm is given a handful of values."""
    if not run.has(*NEEDS):
        return None
    batch, rows = _batch(run), int(run["data.rows.train"])
    layers = [at for at, kind in enumerate(run["network.kinds"]) if kind == NORM]
    if batch is None or not layers:
        return None
    places = {
        at: math.prod(int(size) for size in str(run["network.shapes"][at]).split(" x ")[:-1]) for at in layers
    }
    at = min(layers, key=lambda one: places[one])
    values, last = batch * places[at], rows % batch * places[at]
    if values <= FEW:
        one = values == 1
        told = f"a step brings {count(values, 'value')} of each feature"
        told += ": every output is the same" if one else f", whose spread is known to {_error(values):.0%}"
        title = "Batch norm over one value" if one else "Batch norm over a handful of values"
        return _found(run, at, values, title, told)
    if 0 < last <= FEW and _momentum(run) <= KEPT:
        told = f"the last step of an epoch brings {count(last, 'value')} of each feature, and the running statistics"
        told += f" keep {_momentum(run):.0%} of what was before it"
        return _found(run, at, last, "Running statistics of a handful of values", told)
    return None


def _batch(run: Run) -> int | None:
    """Return how many rows a step has."""
    rows, size = int(run["data.rows.train"]), run.get("program.batch", choice(run, "training.batch_size"))
    if size is None or not rows:
        return None
    return rows if size == "full" else min(int(size), rows)


def _error(values: int) -> float:
    """Return the standard error of the spread of so many normal values, as a share of it."""
    return 1 / math.sqrt(2 * (values - 1))


def _momentum(run: Run) -> float:
    layers = choice(run, "network.layers") or ()
    return min(
        (float(one.get("momentum", MOMENTUM)) for one in layers if one.get("kind") == NORM), default=MOMENTUM
    )


def _found(run: Run, at: int, values: int, title: str, told: str) -> Finding:
    batch = _batch(run) or 1
    alone = values == batch == 1
    first, *others = _remedies(run, batch)
    return Finding(
        fault="small_batch_norm",
        title=title,
        severity="error" if alone else "warning",
        where=layer_name(run, at),
        evidence=told,
        why="",
        remedy=first,
        weight=WEIGHT,
        certain=alone,
        picture=Picture(
            "bars",
            (layer_name(run, at),),
            ((float(values),),),
            "values of each feature in a step",
            {"usual": float(USUAL)},
        ),
        numbers={"values": float(values), "batch": float(batch)},
        others=tuple(others),
        stage="A",
    )


def _remedies(run: Run, batch: int) -> list[Remedy]:
    """Return what to do: larger batches or whole statistics first, layer norm second."""
    layers = [dict(one) for one in choice(run, "network.layers") or ()]
    other = [{"kind": "layer_norm"} if one.get("kind") == NORM else one for one in layers]
    norm = Remedy(
        "Layer norm, which needs no other rows.",
        "ll.LayerNorm()",
        {"network.layers": other} if other != layers else {},
    )
    if batch > FEW:
        slow = [{**one, "momentum": MOMENTUM} if one.get("kind") == NORM else one for one in layers]
        return [
            Remedy(f"A momentum of {MOMENTUM}.", f"ll.BatchNorm({MOMENTUM})", {"network.layers": slow}),
            norm,
        ]
    larger = min(USUAL, int(run["data.rows.train"]))
    if larger <= FEW:
        return [norm]
    return [
        Remedy(f"Batches of {larger} rows.", f"--batch-size {larger}", {"training.batch_size": larger}),
        norm,
    ]


def example() -> Run:
    """Return a run that shows it: two rows in a step."""
    layers = (dense(32, "relu"), {"kind": NORM}, dense(3, "softmax"))
    return program(built(*layers, batch_size=2), {"program.batch": 2})
