"""Rows of toy problems, drawn anew from their description: XOR, boxes, curves, noise with a shift, circles.

Comes in: a description, how many rows, and a random generator. Goes out: inputs and labels or numbers, and what had to
be taken in place of what is described.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from sklearn import datasets


class Drawn(NamedTuple):
    """Rows that were drawn: inputs, targets, and what stands in for something else ("" for nothing)."""

    inputs: np.ndarray
    targets: np.ndarray
    stand_in: str = ""


class Asked(NamedTuple):
    """What is asked for: words, rows, features, whether numbers are the targets, and the generator."""

    text: str
    rows: int
    features: int
    regression: bool
    draw: np.random.Generator

    @property
    def seed(self) -> int:
        """Return a seed for sklearn."""
        return int(self.draw.integers(2**31))


CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float64)
NUMBER = r"-?\d*\.?\d+"


def _corners(asked: Asked, answer: Callable[[np.ndarray], np.ndarray]) -> Drawn:
    inputs = np.resize(CORNERS, (asked.rows, 2))
    return Drawn(inputs, answer(inputs.astype(bool)).astype(np.float64))


def _xor(asked: Asked, found: re.Match[str]) -> Drawn:
    return _corners(asked, lambda x: x[:, 0] ^ x[:, 1])


def _and(asked: Asked, found: re.Match[str]) -> Drawn:
    return _corners(asked, lambda x: x[:, 0] & x[:, 1])


def _or(asked: Asked, found: re.Match[str]) -> Drawn:
    return _corners(asked, lambda x: x[:, 0] | x[:, 1])


def _boxes(asked: Asked, found: re.Match[str]) -> Drawn:
    sides = re.findall(rf"\[({NUMBER}),\s*({NUMBER})\]\^(\d+)", asked.text)
    labels = np.arange(asked.rows) % len(sides)
    low, high = (np.array([float(side[end]) for side in sides])[labels, None] for end in (0, 1))
    return Drawn(asked.draw.uniform(low, high, (asked.rows, int(sides[0][2]))), labels)


def _power(asked: Asked, found: re.Match[str]) -> Drawn:
    """y = a·x^p, perhaps with a power of noise, x in a range."""
    ends = re.search(rf"\[({NUMBER}),\s*({NUMBER})[\])]", asked.text)
    low, high = (float(ends[1]), float(ends[2])) if ends else (0.0, 1.0)
    x = asked.draw.uniform(low, high, (asked.rows, 1))
    y = float(found[1] or 1) * x[:, 0] ** float(found[2])
    noise = re.search(r"noise(?:\^(\d))?", asked.text)
    extra = asked.draw.normal(size=asked.rows) ** int(noise[1] or 1) if noise else 0.0
    return Drawn(x, y + extra)


def _counted(asked: Asked, found: re.Match[str]) -> Drawn:
    """Rows (i, 1) for i = 0, 1, ...; y = a·i + b + noise."""
    line = re.search(rf"y\s*=\s*({NUMBER})\s*\*?\s*i\s*\+\s*({NUMBER})", asked.text)
    slope, start = (float(line[1]), float(line[2])) if line else (1.0, 0.0)
    i = np.arange(asked.rows, dtype=np.float64)
    inputs = np.stack([i, np.ones_like(i)], axis=1)
    return Drawn(inputs, slope * i + start + asked.draw.normal(size=asked.rows))


def _one_feature(asked: Asked, found: re.Match[str]) -> Drawn:
    """Even inputs in [-1, 1] of which one is the target."""
    inputs = asked.draw.uniform(-1, 1, (asked.rows, asked.features))
    return Drawn(inputs, inputs[:, int(found[1])])


def _scalars(asked: Asked, found: re.Match[str]) -> Drawn:
    """Scalars from 0 to the number of classes, each class an interval of length 1."""
    classes = int(found[1])
    x = asked.draw.uniform(0, classes, asked.rows)
    x[:classes] = np.arange(classes) + 0.5  # each class comes
    return Drawn(x[:, None], np.floor(x))


def _shifted(asked: Asked, found: re.Match[str]) -> Drawn:
    labels = np.arange(asked.rows) % 2
    shift = asked.draw.integers(-2, 3, (2, asked.features))
    shift[1] = np.where(shift[0] == shift[1], shift[1] + 1, shift[1])
    return Drawn(asked.draw.normal(size=(asked.rows, asked.features)) + shift[labels], labels)


def _circles(asked: Asked, found: re.Match[str]) -> Drawn:
    settings = _settings(asked.text)
    made = datasets.make_circles(
        asked.rows, noise=settings.get("noise"), random_state=_state(settings, asked)
    )
    return Drawn(*made)


def _moons(asked: Asked, found: re.Match[str]) -> Drawn:
    settings = _settings(asked.text)
    return Drawn(
        *datasets.make_moons(asked.rows, noise=settings.get("noise"), random_state=_state(settings, asked))
    )


def _blobs(asked: Asked, found: re.Match[str]) -> Drawn:
    settings = _settings(asked.text)
    centers, spread = int(settings.get("centers", 3)), settings.get("std", 1.0)
    made = datasets.make_blobs(
        asked.rows,
        asked.features or 2,
        centers=centers,
        cluster_std=spread,
        random_state=_state(settings, asked),
    )
    return Drawn(made[0], made[1])


def _linear(asked: Asked, found: re.Match[str]) -> Drawn:
    inputs = asked.draw.normal(size=(asked.rows, asked.features))
    return Drawn(inputs, inputs @ asked.draw.normal(size=asked.features) + asked.draw.normal(size=asked.rows))


def _sine(asked: Asked, found: re.Match[str]) -> Drawn:
    x = asked.draw.uniform(-np.pi, np.pi, (asked.rows, max(1, asked.features)))
    return Drawn(x, np.sin(x[:, 0]))


def _flipped(asked: Asked, found: re.Match[str]) -> Drawn:
    share = re.search(r"(\d+)\s*%|flip_y\s*=?\s*(\d*\.\d+)", asked.text)
    flip = 0.2 if share is None else float(share[1]) / 100 if share[1] else float(share[2])
    inputs = asked.draw.normal(size=(asked.rows, max(2, asked.features)))
    labels = inputs @ asked.draw.normal(size=inputs.shape[1]) > 0
    return Drawn(inputs, (labels ^ (asked.draw.random(asked.rows) < flip)).astype(np.float64))


def _any(asked: Asked, found: re.Match[str]) -> Drawn:
    return Drawn(*_general(asked))


def _general(asked: Asked) -> tuple[np.ndarray, np.ndarray]:
    features = max(2, asked.features)
    if asked.regression:
        made = datasets.make_regression(
            asked.rows, features, n_informative=min(10, features), random_state=asked.seed
        )
        return made[0], made[1]
    informative = min(features, 3)
    made = datasets.make_classification(
        asked.rows, features, n_informative=informative, n_redundant=0, random_state=asked.seed
    )
    return made[0], made[1]


def _settings(text: str) -> dict[str, float]:
    found = re.findall(rf"(noise|std|centers|random_state|factor)[ =]+({NUMBER})", text)
    return {name: float(value) for name, value in found}


def _state(settings: dict[str, float], asked: Asked) -> int:
    return int(settings["random_state"]) if "random_state" in settings else asked.seed


TOYS: tuple[tuple[str, Callable[[Asked, re.Match[str]], Drawn]], ...] = (
    (r"make_circles|circles", _circles),
    (r"make_moons|moons", _moons),
    (r"make_blobs|blobs", _blobs),
    (r"boxes", _boxes),
    (r"\bXOR\b", _xor),
    (r"\bAND\b", _and),
    (r"\bOR\b", _or),
    (r"scalars.*one-?hot of (\d+)", _scalars),
    (r"label-dependent", _shifted),
    (r"x\s*=\s*\(i,\s*1\)", _counted),
    (r"U\(-1,\s*1\).*y\s*=\s*x\[(\d+)\]", _one_feature),
    (r"y\s*=\s*X\s*w", _linear),
    (rf"y\s*=\s*({NUMBER})?\s*\*?\s*x\^({NUMBER})", _power),
    (r"\bsin", _sine),
    (r"noise.?ceiling|flip", _flipped),
    (r"any \d+-feature", _any),
)


def toy(asked: Asked) -> Drawn:
    """Return the rows of a description; of an unknown one, rows of sklearn with as many features, marked so."""
    for pattern, make in TOYS:
        found = re.search(pattern, asked.text)
        if found:
            return make(asked, found)
    return Drawn(*_general(asked), f"unknown description {asked.text!r}: rows of sklearn stand in")
