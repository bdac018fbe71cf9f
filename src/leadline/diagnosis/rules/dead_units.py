"""Rectifiers that never fire.

What it sees
    A hidden layer most of whose ReLU units are 0 for every row that was looked at.
Why it hurts
    Where a ReLU is 0 its slope is 0, so no gradient comes back and the unit stays dead: it computes nothing and
    learns nothing. A layer without a living unit lets nothing through.
How it is measured
    Units (channels, in all places) that are exactly 0 for each of the sounded rows, after each epoch. A unit that was
    silent for n rows fires for under 1 - 0.05^(1/n) of all rows with 95% certainty, 3/n in short; unless that is at
    most 5%, from 59 rows on, nothing is concluded. Some dead units are usual, so a layer is told of where the lower
    3-sigma bound of its share is above one half. Nothing alive in a layer that has no way around it is an error;
    otherwise it counts what the network reaches: an error where it learned nothing, a warning where a simple model
    does better, else a hint. The epochs are the one whose weights were kept, and the last one. Layers whose units
    are all the same are left to that rule.
What to do
    Where weights or biases were given a start of their own: the usual weights, and a bias of 0.01. Else scaled inputs,
    and where they are, a tenth of the learning rate. Leaky ReLU has a slope on both sides and does not die.
When it is wrong
    Half of all outputs being 0 is how ReLU works, and sparse layers are no fault: it is units that are counted, never
    zeros. A unit for one rare kind of row may be silent for the rows sounded.
Source
    Maas, Hannun, Ng 2013, Rectifier nonlinearities improve neural network acoustic models; the rule of three, Hanley
    and Lippman-Hand 1983, If nothing goes wrong, is everything all right?
"""

from __future__ import annotations

import numpy as np

from leadline.core.text import count
from leadline.diagnosis.chance import wilson
from leadline.diagnosis.layers import (
    Spec,
    changed_hidden,
    hidden,
    kept_sounding,
    layer_name,
    own_start,
    severity,
    sounded,
)
from leadline.diagnosis.planted import network, over_epochs, planted
from leadline.diagnosis.reading import other_rate, rate_option
from leadline.diagnosis.rules import unscaled_inputs
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 62.0  # of the network, after saturated units and vanishing gradients, before what training shows
RECTIFIERS = ("relu", "relu6")  # exactly 0 and flat on one side; all others have a slope there
RARE = 0.05  # of all rows: a unit that fires for fewer does next to nothing
CERTAINTY = 0.95  # that it is no more
MANY = 0.5  # of a layer; healthy trainings come near, see benchmarks/findings.py
SIGMAS = 3.0  # chance alone in 1 of 700, for layers of few units
ALIVE = 0.01  # a start of the bias that lets every unit fire at first
NEEDS = ("sounding.rows", "sounding.activation.dead")  # without these it is silent
CALMER = 0.1  # one step on the usual logarithmic ladder of learning rates


def find(run: Run) -> Finding | None:
    """Return a finding where most units of a rectified hidden layer are dead."""
    rows, dead, layers = (
        int(run.get("sounding.rows", 0)),
        sounded(run, "activation.dead"),
        hidden(run, RECTIFIERS),
    )
    if not rows or not len(dead) or not layers:
        return None
    fires = 1 - (1 - CERTAINTY) ** (1 / rows)
    kept = dead[kept_sounding(run, len(dead))]
    shares = np.fmax(kept, dead[-1])
    found = [at for at in layers if _most(shares[at], _units(run, at)) and not _alike(run, at)]
    if fires > RARE or not found:
        return None
    worst = max(found, key=lambda at: float(shares[at]))
    closed = any(kept[at] == 1 and not _has_way_around(run, at) for at in found)
    others = f" and {count(len(found) - 1, 'other layer')}" if len(found) > 1 else ""
    return Finding(
        fault="dead_units",
        title="A layer is dead" if shares[worst] == 1 else "Most units of a layer are dead",
        severity="error" if closed else severity(run),
        where=layer_name(run, worst) + others,
        evidence=_told(dead[:, worst], float(shares[worst]), rows, fires),
        why="",
        remedy=_remedy(run),
        weight=WEIGHT,
        picture=_picture(run, shares, layers),
    )


def _most(share: float, units: int) -> bool:
    """Tell whether more than half of units like these are dead, beyond the chance of a few."""
    return not np.isnan(share) and (share == 1 or wilson(share * units, units, SIGMAS)[0] > MANY)


def _alike(run: Run, at: int) -> bool:
    """Tell whether all units of a layer are the same, which has a rule of its own."""
    alike = sounded(run, "weights.equal")
    return bool(len(alike) and alike[-1, at] == 1)


def _units(run: Run, at: int) -> int:
    """Return the units of a layer: the last number of its output shape; 1 where unknown."""
    shapes = run.get("network.shapes", ())
    last = str(shapes[at]).split(" x ")[-1] if at < len(shapes) else ""
    return max(int(last), 1) if last.isdigit() else 1


def _has_way_around(run: Run, at: int) -> bool:
    """Tell whether a layer stands inside another, which may lead around it."""
    return layer_name(run, at).count(".") > 1


def _picture(run: Run, shares: np.ndarray, layers: list[int]) -> Picture:
    names, values = [layer_name(run, at) for at in layers], [(float(shares[at]),) for at in layers]
    words = "share of units that are 0 for every row"
    return Picture("bars", tuple(names), tuple(values), words, {"most units": MANY})


def _told(dead: np.ndarray, share: float, rows: int, fires: float) -> str:
    course = f", {dead[0]:.0%} after the first epoch" if len(dead) > 1 else ""
    return (
        f"{share:.0%} of its units are 0 for each of {rows:,} rows{course}; "
        f"such a unit fires for under {fires:.1%} of all rows with {CERTAINTY:.0%} certainty"
    )


def _remedy(run: Run) -> Remedy:
    changes = changed_hidden(run, _alive)
    if changes:
        words = "Draw the usual weights, with a bias slightly above 0; or use ll.leaky_relu."
        return Remedy(words, "bias_value=0.01", changes)
    if unscaled_inputs.find(run) is not None:
        return Remedy("Scale the inputs; or use ll.leaky_relu.", "ll.leaky_relu")
    slower = other_rate(run, CALMER)
    return Remedy(
        "Take smaller steps: a tenth of the learning rate; or use ll.leaky_relu.", rate_option(slower), slower
    )


def _alive(layer: Spec) -> Spec:
    """Return a layer whose weights or bias were given a start of their own with a usual one."""
    started = own_start(layer)
    return {**started, "bias_value": ALIVE} if started != layer or layer.get("bias_value", 0) < 0 else layer


def example() -> Run:
    """Return a run that shows it: biases far below 0 let two layers fire for no row."""
    dead = over_epochs("activation.dead", [0.06, 0.11, 0.97, 0.84, 0.2, 0.0])
    return planted(network("relu", bias_value=-3.0), dead)
