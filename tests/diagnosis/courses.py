"""Curves of planted trainings, and real trainings on which every rule is asked."""

from __future__ import annotations

import numpy as np

import leadline as ll
from leadline.diagnosis import diagnose


def curves(train, validation=None, score=None):
    given = {"curve.loss.train": train, "curve.loss.validation": validation, "curve.score.validation": score}
    return {name: None if values is None else np.asarray(values, float) for name, values in given.items()}


def noise(seed, epochs, size):
    return np.random.default_rng(seed).normal(0, size, epochs)


def fit(data, *layers, **choices):
    network = ll.Sequential([ll.Flatten()] * (len(data.input_shape) > 1) + list(layers))
    result = ll.fit(network, data, **{"seed": 0, "progress": False, **choices})
    assert diagnose(result.run, strict=True).faults == result.findings.faults, "no rule fails on a real run"
    return result
