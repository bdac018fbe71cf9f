"""Shallow against deep on rings (N6, N7): one line, features made by hand, and what hidden units learn."""

from __future__ import annotations

import numpy as np
import pytest

import leadline as ll


@pytest.fixture(scope="module")
def rings() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    inner = np.arange(400) % 2
    radius = np.where(inner, 1.0, 3.0) + random.normal(0, 0.2, 400)
    angle = random.uniform(-np.pi, np.pi, 400)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), inner


def accuracy(network: ll.Sequential, x: np.ndarray, y: np.ndarray) -> float:
    data = ll.data.arrays(x, y, problem="classification")
    result = ll.fit(network, data, optimizer=ll.adam(0.02), epochs=60, early_stopping=False, progress=False)
    return result.evaluation["accuracy"].value


def test_a_line_fails_on_x_and_y_and_does_on_radius_and_angle(rings):
    x, y = rings
    polar = np.stack([np.hypot(*x.T), np.arctan2(x[:, 1], x[:, 0])], axis=1)
    assert accuracy(ll.linear(1), x, y) < 0.75
    assert accuracy(ll.linear(1), polar, y) > 0.97


def test_few_units_cannot_close_the_ring_and_many_can(rings):
    assert accuracy(ll.mlp(1, widths=(1,)), *rings) < 0.85
    assert accuracy(ll.mlp(1, widths=(32,)), *rings) > 0.97
