"""Sound little programs to plant faults in: they train in a second, and nothing is wrong with them.

Comes in: what is asked. Goes out: a program of drawn rows.
"""

from __future__ import annotations

import numpy as np

from leadline.core.errors import RecipeError
from leadline.core.text import did_you_mean
from leadline.nn.activations import relu
from leadline.nn.combine import Sequential
from leadline.nn.convolution.conv import Conv
from leadline.nn.dense import Dense
from leadline.nn.normalization.batch_norm import BatchNorm
from leadline.nn.pooling.pooling import MaxPool
from leadline.nn.shaping import Flatten
from leadline.program.program import Program, Rows
from leadline.program.written import Written
from leadline.training.optimizers import adam, sgd

ASKED = ("classes", "numbers", "images")
TRAINED, HELD, FEATURES, CLASSES, PIXELS = 600, 300, 8, 3, 8
SCORES = Written("cross_entropy", "scores", "codes")


def healthy(asked: str = "classes", seed: int = 0) -> Program:
    """Return a sound program.

    Args:
        asked: "classes" (8 features, 3 classes), "numbers" (a smooth function of 8 features) or "images" (8 by 8, 3
            classes, with a convolution and batch norm).
        seed: Of the rows, and of the training.

    Raises:
        RecipeError: Something else is asked.

    Example:
        >>> program = healthy()
        >>> program.rows, program.form.kind, program.updates
        (600, 'codes', 380)
    """
    if asked not in ASKED:
        raise RecipeError.at(
            "healthy", f"one of {', '.join(ASKED)}", repr(asked), did_you_mean(str(asked), ASKED)
        )
    draw = np.random.default_rng(seed)
    made = _images(draw) if asked == "images" else _features(draw, asked == "numbers")
    rows, held = ((made[0][some], made[1][some]) for some in (slice(TRAINED), slice(TRAINED, None)))
    if asked == "numbers":
        network = Sequential([Dense(32, relu), Dense(32, relu), Dense(1)])
        return Program(network, *rows, Written("mse"), adam(3e-3), 30, l2=1e-5, seed=seed, held_out=held)
    if asked == "images":
        layers = [Conv(8, 3), BatchNorm(), MaxPool(2), Flatten(), Dense(32, relu), Dense(CLASSES)]
        return Program(Sequential(layers), *rows, SCORES, adam(3e-3), 10, l2=1e-5, seed=seed, held_out=held)
    network = Sequential([Dense(32, relu), Dense(32, relu), Dense(CLASSES)])
    return Program(network, *rows, SCORES, sgd(0.1), 20, l2=1e-5, seed=seed, held_out=held)


def _features(draw: np.random.Generator, numbers: bool) -> Rows:
    inputs = draw.normal(size=(TRAINED + HELD, FEATURES)).astype(np.float32)
    if numbers:
        made = np.sin(inputs[:, 0]) + inputs[:, 1] * inputs[:, 2] / 2 + inputs[:, 3:5].sum(axis=1)
        return inputs, (made / made.std()).astype(np.float32)
    centers = 1.2 * draw.normal(size=(CLASSES, FEATURES))
    codes = np.arange(len(inputs)) % CLASSES
    return (inputs + centers[codes]).astype(np.float32), codes


def _images(draw: np.random.Generator) -> Rows:
    codes = np.arange(TRAINED + HELD) % CLASSES
    patterns = draw.uniform(size=(CLASSES, PIXELS, PIXELS, 1))
    noise = 0.25 * draw.normal(size=(len(codes), PIXELS, PIXELS, 1))
    return np.clip(0.25 + patterns[codes] / 2 + noise, 0, 1).astype(np.float32), codes
