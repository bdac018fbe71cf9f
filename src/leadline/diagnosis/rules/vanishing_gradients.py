"""Gradients that do not reach the first layers.

What it sees
    A network whose first layers get thousands of times less gradient than its last ones.
Why it hurts
    The first layers stay as they were drawn, and the last ones must learn from inputs that random layers have
    scrambled; in a deep network little is left of them.
How it is measured
    By the norm of the loss gradient of each layer's parameters before the first step and after each epoch: the larger
    one of the first two layers with weights, as a share of the largest of all; of that the median over epochs. Under
    1 in 100 it is told where nothing is learned (an error: it explains that) or where a simple model does better (a
    warning); under 1 in 100,000 as a hint in a network that does well. Healthy networks keep above 1 in 10. Networks
    of at least four layers with weights; where all units of one are dead or alike in the end, only the start counts.
What to do
    ReLU in place of sigmoid or tanh, or batch norm before the activation, or residual connections; and initial weights
    chosen from the activation (the default).
When it is wrong
    Adam divides by the size of the gradients and may train what plain gradient descent does not. Of a recurrent layer
    the way back through time is not seen.
Source
    Hochreiter 1991, Untersuchungen zu dynamischen neuronalen Netzen; Glorot and Bengio 2010, Understanding the
    difficulty of training deep feedforward neural networks.
"""

from __future__ import annotations

import numpy as np

from leadline.core.text import short
from leadline.diagnosis.layers import (
    NO_INITIALIZER,
    Spec,
    changed_hidden,
    hidden,
    layer_name,
    own_start,
    severity,
    sounded,
    weighted,
)
from leadline.diagnosis.planted import network, over_epochs, planted, stuck
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 66.0  # of the network; after saturated units, which let gradients vanish
FIRST = 2  # layers; the very first also depends on the size of the inputs
LEAST_LAYERS = 4  # with fewer, nothing can vanish through depth
SICK = 1e-2  # of the largest gradient; healthy trainings keep above a tenth (benchmarks/findings.py)
EXTREME = 1e-5  # where the network does well all the same
FLAT = ("sigmoid", "hard_sigmoid")  # slope of at most 1/4: no usual weights make up for it
SQUASHING = ("tanh", "softsign", "hard_tanh")  # slope of 1 at 0 and less elsewhere
WHOLE = 1.0  # share of a layer


def find(run: Run) -> Finding | None:
    """Return a finding where the gradient of the first layers is a small share of the largest."""
    layers, norms = weighted(run), _norms(run)
    if layers.size < LEAST_LAYERS or not len(norms):
        return None
    shares = norms[:, :FIRST].max(axis=1) / norms.max(axis=1)
    share = float(np.median(shares))
    if share >= SICK:
        return None
    grave = severity(run)
    if grave == "hint" and share >= EXTREME:
        return None
    epoch = int(np.argsort(shares)[len(shares) // 2])
    most = int(np.argmax(norms[epoch]))
    told = (
        f"gradient norm {short(float(norms[epoch, 0]))} at {layer_name(run, int(layers[0]))}, "
        f"{short(float(norms[epoch, most]))} at {layer_name(run, int(layers[most]))}"
    )
    return Finding(
        fault="vanishing_gradients",
        title="The gradient vanishes on its way to the first layers",
        severity=grave,
        where=f"{layer_name(run, int(layers[0]))} to {layer_name(run, int(layers[most]))}",
        evidence=f"{told}: {_times(most, norms[epoch])}",
        why="",
        remedy=_remedy(run),
        weight=WEIGHT,
        picture=_picture(run, norms[epoch]),
    )


def _norms(run: Run) -> np.ndarray:
    """Return the gradient norms of the layers with weights, before the first step and after each epoch.

    Where a layer is all dead or all alike at the end, only the start counts: nothing passes for another reason.
    """
    layers = weighted(run)
    start, norms = np.asarray(run.get("start.gradient.norm", ()), float), sounded(run, "gradient.norm")
    taken = [] if _stopped(run, layers) else list(norms)
    if start.size and start[layers[:1]].any():
        taken.append(start)
    found = np.array([row[layers] for row in taken]).reshape(len(taken), layers.size)
    return np.asarray(found[np.isfinite(found).all(axis=1) & (found.max(axis=1, initial=0) > 0)])


def _stopped(run: Run, layers: np.ndarray) -> bool:
    values = [sounded(run, name) for name in ("activation.dead", "weights.equal")]
    return any((v[-1, : layers[-1]] == WHOLE).any() for v in values if len(v) and layers.size)


def _picture(run: Run, norms: np.ndarray) -> Picture:
    names = tuple(layer_name(run, int(at)) for at in weighted(run))
    marks = {"a hundredth of the largest": SICK * float(norms.max())}
    return Picture(
        "bars", names, tuple((float(norm),) for norm in norms), "gradient norm of each layer", marks, log=True
    )


def _times(steps: int, norms: np.ndarray) -> str:
    """Return the mean factor of one layer on the way back."""
    if norms[0] == 0:
        return "nothing is left of it"
    return f"times {short(float(norms[0] / norms[steps]) ** (1 / steps), 2)} for each layer on the way back"


def _remedy(run: Run) -> Remedy:
    changes = {} if hidden(run, FLAT) else changed_hidden(run, own_start)
    if changes:
        words = "Let the initial weights be chosen from the activation; ll.BatchNorm() or ll.Residual([...]) help too."
        return Remedy(words, NO_INITIALIZER, changes)
    words = (
        "ReLU between the layers; or ll.BatchNorm() before the activation, or ll.Residual([...]) around it."
    )
    return Remedy(words, "ll.Dense(64, ll.relu)", changed_hidden(run, _rectified))


def _rectified(layer: Spec) -> Spec:
    named = str(layer.get("activation", "")).partition("(")[0]
    return {**own_start(layer), "activation": "relu"} if named in (*FLAT, *SQUASHING) else layer


def example() -> Run:
    """Return a run that shows it: eight layers of sigmoid, each of which passes a quarter on."""
    fading = over_epochs("gradient.norm", 0.25 ** np.arange(8, -1, -1.0))
    return planted(network("sigmoid", hidden=8), fading, stuck())
