"""Gradients that grow on their way through the layers.

What it sees
    A loss gradient thousands of times larger than usual, before the first step or throughout the training.
Why it hurts
    Plain gradient descent throws the weights away in a step, often to NaN. Optimizers that divide by the gradient's
    size go on, but need thousands of steps to bring the signal back to a size that can be told apart.
How it is measured
    By the Euclidean norm of the whole gradient, over all layers with weights: before the first step, and in the median
    epoch; the larger of both. Above 1,000 it is told; healthy networks stay under 30, whatever their depth. It is
    counted in units of the largest target of a regression. An error where the loss became NaN or nothing was
    learned, a warning where a simple model does better, else a hint. Unscaled inputs make large gradients in any
    network: where they are found, they are told instead.
What to do
    Initial weights chosen from the activation (the default), batch norm between the layers, or clipped gradients:
    `clip_norm=1`.
When it is wrong
    A recurrent layer may have few steep places and be healthy elsewhere: the median passes over them, clipping helps.
    A loss that is a sum over rows instead of a mean is larger by their number.
Source
    Pascanu, Mikolov, Bengio 2013, On the difficulty of training recurrent neural networks; Glorot and Bengio 2010,
    Understanding the difficulty of training deep feedforward neural networks.
"""

from __future__ import annotations

import numpy as np

from leadline.core.text import short
from leadline.diagnosis.layers import (
    NO_INITIALIZER,
    changed_hidden,
    layer_name,
    own_start,
    severity,
    sounded,
    weighted,
)
from leadline.diagnosis.planted import network, over_epochs, planted
from leadline.diagnosis.rules import unscaled_inputs
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = (
    72.0  # of the network, before saturated and dead units, which a step of such a gradient leaves behind
)
LARGE = 1_000.0  # healthy networks begin with 0.3 to 30 and sink from there
CLIP_NORM = 1.0  # the usual bound of the whole gradient


def find(run: Run) -> Finding | None:
    """Return a finding where the gradient is far larger than that of a healthy network."""
    layers, norms = weighted(run), _norms(run)
    if not layers.size or not norms or unscaled_inputs.find(run) is not None:
        return None
    when = max(norms, key=lambda name: float(np.linalg.norm(norms[name][layers])))
    whole = float(np.linalg.norm(norms[when][layers]))
    if not whole > LARGE * _target_size(run):
        return None
    most = int(layers[np.argmax(norms[when][layers])])
    return Finding(
        fault="exploding_gradients",
        title="The gradient explodes",
        severity=severity(run),
        where=layer_name(run, most),
        evidence=(
            f"norm of the whole gradient {short(whole)} {when}, most of it at {layer_name(run, most)}; "
            f"about 1 is usual"
        ),
        why="",
        remedy=_remedy(run),
        weight=WEIGHT,
        picture=_picture(run, norms[when], when),
    )


def _picture(run: Run, norms: np.ndarray, when: str) -> Picture:
    layers = weighted(run)
    names, values = (
        tuple(layer_name(run, int(at)) for at in layers),
        tuple((float(norms[at]),) for at in layers),
    )
    marks = {"too large for all together": LARGE * _target_size(run)}
    return Picture("bars", names, values, f"gradient norm of each layer, {when}", marks, log=True)


def _norms(run: Run) -> dict[str, np.ndarray]:
    """Return the gradient norms by layer at the start and, layer by layer, in the median epoch."""
    start, norms = np.asarray(run.get("start.gradient.norm", ()), float), sounded(run, "gradient.norm")
    if not run.get("data.input.not_finite"):  # then NaN is what is left of numbers that were too large
        start = np.nan_to_num(start, nan=np.inf, posinf=np.inf)
    found = {"before the first step": start} if start.size else {}
    return {**found, "in the median epoch": np.median(norms, axis=0)} if len(norms) else found


def _target_size(run: Run) -> float:
    """Return how large the prepared targets of a regression are, at least 1."""
    quantiles = np.asarray(run.get("data.target.quantiles", ()), float)
    return float(np.abs(quantiles).max(initial=1.0))


def _remedy(run: Run) -> Remedy:
    changes = changed_hidden(run, own_start)
    if changes:
        words = "Let the initial weights be chosen from the activation; clip the gradient (clip_norm=1)."
        return Remedy(words, NO_INITIALIZER, changes)
    words = "Clip the gradient, or put ll.BatchNorm() between the layers."
    return Remedy(words, "clip_norm=1", {"training.clip_norm": CLIP_NORM})


def example() -> Run:
    """Return a run that shows it: weights of spread 1 let the gradient grow eightfold from layer to layer."""
    growing = over_epochs("gradient.norm", 8.0 ** np.arange(5, -1, -1.0))
    return planted(network("relu", initializer="normal(spread=1.0)"), growing)
