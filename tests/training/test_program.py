"""Soundings inside the compiled program: each layer's own, where branches and shortcuts stand before it too."""

import jax
import numpy as np
import optax
import pytest

import leadline.nn as nn
from leadline.soundings import activations
from leadline.training.closing import in_portions, judged_scores, soundings
from leadline.training.devices import Devices
from leadline.training.step import Problem, Rows


@pytest.mark.parametrize(
    "network",
    [
        nn.Sequential([nn.Dense(3, nn.relu), nn.Dropout(0.5), nn.Dense(2)]),
        nn.Sequential([nn.Concatenate([nn.Dense(3, nn.relu), nn.Identity()]), nn.Dropout(0.5), nn.Dense(2)]),
        nn.Sequential([nn.Residual([nn.Dense(4, nn.relu), nn.Dropout(0.5)]), nn.Identity(), nn.Dense(2)]),
        nn.Add([nn.Dense(2), nn.Sequential([nn.Dense(2, nn.relu), nn.Identity()])]),
    ],
)
def test_each_layer_has_its_own_soundings(network):
    problem = Problem(network, nn.for_problem("classification", 2, 2), optax.sgd(0.1))
    carry = problem.start(jax.random.key(0), (4,))
    x = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    names, expected = [], []

    def tap(path, layer, outputs):
        names.append(path)
        expected.append(activations.sound(outputs, layer.activation_name))

    network.apply(carry.params, carry.state, x, nn.Pass(tap=tap))
    judged = in_portions(Rows(x, np.zeros(len(x), np.int32)), Devices())
    scores, tapped = judged_scores(problem, carry, judged)
    found = soundings(problem, tapped, carry, (carry.params,) * 3, (4,))
    np.testing.assert_allclose(scores, network.apply(carry.params, carry.state, x)[0], rtol=1e-5, atol=1e-6)
    for name, values in zip(activations.NAMES, found[: len(activations.NAMES)], strict=True):
        np.testing.assert_allclose(
            values, [each[name] for each in expected], rtol=1e-5, atol=1e-6, err_msg=str(names)
        )
