"""Hidden layers without any non-linearity.

What it sees
    At least two layers with weights and nothing but linear steps between the first and the last of them.
Why it hurts
    The product of matrices is a matrix: however many layers, the network is one linear layer, trained the
    hard way.
How it is measured
    From the structure: a count of layers with weights, and whether an activation that is not linear, or max
    pooling, stands between them.
What to do
    Give the hidden layers an activation, or leave them out.
When it is wrong
    A linear bottleneck is meant in a low-rank model or a linear autoencoder. A single layer (linear or
    logistic regression) is not flagged.
Source
    Goodfellow, Bengio, Courville 2016, Deep Learning, section 6.1 (why XOR needs a non-linearity).
"""

from __future__ import annotations

from leadline.core.text import count
from leadline.diagnosis.planted import built, dense, program
from leadline.diagnosis.reading import choice
from leadline.record.finding import Finding, Picture, Remedy
from leadline.record.run import Run

WEIGHT = 70.0  # explains a score no better than the linear baseline
NEEDS = (
    "network.weight_layers",
    "network.nonlinear",
)  # without these it is silent
LEAST_LAYERS = 2  # one layer has nothing hidden
WEIGHTED = ("dense", "conv")  # kinds whose missing activation is filled by the remedy


def find(run: Run) -> Finding | None:
    """Return a warning where the network is one linear layer in disguise."""
    if not run.has("network.weight_layers", "network.nonlinear"):
        return None
    layers = int(run["network.weight_layers"])
    if layers < LEAST_LAYERS or run["network.nonlinear"]:
        return None
    return Finding(
        fault="no_nonlinearity",
        title="No non-linearity between the layers",
        severity="warning",
        where="hidden layers",
        evidence=f"{count(layers, 'layer')} with weights, nothing non-linear between: one linear layer",
        why="",
        remedy=Remedy("Give the hidden layers an activation.", "ll.Dense(64, ll.relu)", _activated(run)),
        weight=WEIGHT,
        picture=Picture(
            "bars", ("there are", "they amount to"), ((float(layers),), (1.0,)), "layers with weights"
        ),
    )


def _activated(run: Run) -> dict[str, object]:
    """Return the change that gives ReLU to every hidden layer with weights; empty where layers are nested."""
    layers = choice(run, "network.layers")
    if not isinstance(layers, (list, tuple)):
        return {}
    hidden = [i for i, layer in enumerate(layers) if layer.get("kind") in WEIGHTED][:-1]
    if not hidden:
        return {}
    changed = [
        {**layer, "activation": "relu"} if i in hidden else dict(layer) for i, layer in enumerate(layers)
    ]
    return {"network.layers": changed}


def example() -> Run:
    """Return a run that shows it: three layers were written without an activation."""
    return program(built(dense(32), dense(32), dense(3, "softmax")))
