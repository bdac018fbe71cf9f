"""What every initializer must hold: its entry, its moments, and what it does to deep networks."""

import math
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import leadline.nn as nn
from leadline.nn import Dense, Initializer, from_spec, initializers, to_spec
from leadline.nn.initializers import fans

FAN_IN, FAN_OUT = 300, 200
SPREAD = {
    "zeros": 0.0,
    "ones": 0.0,
    "normal": 0.01,
    "uniform": 0.1 / math.sqrt(12),
    "glorot_uniform": math.sqrt(2 / 500),
    "glorot_normal": math.sqrt(2 / 500),
    "he_normal": math.sqrt(2 / 300),
    "he_uniform": math.sqrt(2 / 300),
    "lecun_normal": math.sqrt(1 / 300),
    "orthogonal": math.sqrt(1 / 300),
}
EVERY = pytest.mark.parametrize("name", initializers)


def test_every_initializer_has_a_reference():
    assert set(SPREAD) == set(initializers)


@EVERY
def test_entry_is_complete_and_documented(name):
    one = initializers[name]
    assert isinstance(one, Initializer)
    assert one.entry.name == name
    assert one.entry.formula
    assert one.entry.range
    assert len(one.entry.source) > 10
    assert one.entry.year is not None or name in ("zeros", "ones")
    assert ">>>" in one.__doc__


@EVERY
@pytest.mark.parametrize("shape", [(FAN_IN, FAN_OUT), (5, 6, 10, 200)])
def test_moments_are_those_of_the_formula(name, shape):
    values = initializers[name](jax.random.key(0), shape, FAN_IN, FAN_OUT)
    assert values.shape == shape
    assert values.dtype == jnp.float32
    assert float(values.mean()) == pytest.approx(1.0 if name == "ones" else 0.0, abs=1e-3)
    assert float(values.std()) == pytest.approx(SPREAD[name], rel=0.01)
    low, high = float(values.min()), float(values.max())
    if "uniform" in name:
        assert -low == pytest.approx(SPREAD[name] * math.sqrt(3), rel=0.01)
        assert high == pytest.approx(SPREAD[name] * math.sqrt(3), rel=0.01)
    elif "normal" in name:
        assert high > 3.5 * SPREAD[name]


@EVERY
def test_keys_decide(name):
    def draw(seed):
        return initializers[name](jax.random.key(seed), (4, 4), 4, 4)

    assert bool(jnp.array_equal(draw(0), draw(0)))
    assert bool(jnp.array_equal(draw(0), draw(1))) is (name in ("zeros", "ones"))


@EVERY
def test_is_written_by_name(name):
    layer = Dense(2, initializer=initializers[name])
    assert to_spec(layer)["initializer"] == name
    assert from_spec(to_spec(layer)) == layer


@pytest.mark.parametrize("shape", [(20, 7), (7, 20), (3, 3, 4, 8)])
def test_orthogonal_is(shape):
    kernel = np.asarray(nn.orthogonal(jax.random.key(5), shape, *fans(shape))).reshape(-1, shape[-1])
    small = kernel.T @ kernel if kernel.shape[0] >= kernel.shape[1] else kernel @ kernel.T
    np.testing.assert_allclose(small, np.eye(len(small)), atol=1e-5)


def test_the_activation_chooses():
    def spread(layer):
        return float(layer.init(jax.random.key(0), (400,))[0]["kernel"].std())

    assert spread(Dense(200, nn.relu)) == pytest.approx(math.sqrt(2 / 400), rel=0.02)
    assert spread(Dense(200, nn.selu)) == pytest.approx(math.sqrt(1 / 400), rel=0.02)
    assert spread(Dense(200, nn.tanh)) == pytest.approx(math.sqrt(2 / 600), rel=0.02)
    assert spread(Dense(200, nn.relu, nn.glorot_normal)) == pytest.approx(math.sqrt(2 / 600), rel=0.02)
    kernel = nn.Conv(32, 3, nn.relu).init(jax.random.key(0), (8, 8, 16))[0]["kernel"]
    assert float(kernel.std()) == pytest.approx(math.sqrt(2 / 144), rel=0.03)


def layer_spreads(activation, initializer):
    """Spread of the outputs of 10 layers of 500 units on unit Gaussian inputs."""
    network = nn.Sequential([Dense(500, activation, initializer) for _ in range(10)])
    params, state = network.init(jax.random.key(0), (500,))
    found = []
    inputs = jax.random.normal(jax.random.key(1), (300, 500))
    network.apply(params, state, inputs, nn.Pass(tap=lambda path, layer, outputs: found.append(outputs)))
    return found


def test_signals_through_ten_layers():  # I1
    small = [float(o.std()) for o in layer_spreads(nn.tanh, nn.normal)]
    assert all(after < 0.3 * before for before, after in pairwise(small))
    kept = [float(o.std()) for o in layer_spreads(nn.tanh, nn.lecun_normal)]
    assert 0.2 < kept[-1] < kept[0] < 0.7
    dying = [float(o.std()) for o in layer_spreads(nn.relu, nn.lecun_normal)]
    assert dying[-1] < 0.06 * dying[0]
    he = [float(o.std()) for o in layer_spreads(nn.relu, nn.he_normal)]
    assert 0.5 < he[-1] / he[0] < 2


def test_zeros_leave_all_units_alike():  # I1
    network = nn.Sequential([Dense(4, nn.tanh, nn.zeros), Dense(2, initializer=nn.zeros)])
    params, state = network.init(jax.random.key(0), (3,))
    inputs = jax.random.normal(jax.random.key(1), (8, 3))
    task = nn.for_problem("classification", 2, 2)
    targets = jnp.arange(8) % 2

    @jax.jit
    def step(params):
        def loss(params):
            return task.row_losses(network.apply(params, state, inputs)[0], targets).mean()

        gradients = jax.grad(loss)(params)
        return jax.tree.map(lambda p, g: p - 0.5 * g, params, gradients)

    for _ in range(3):
        params = step(params)
    kernel = np.asarray(params[0]["kernel"])
    np.testing.assert_array_equal(kernel, np.repeat(kernel[:, :1], 4, axis=1))


def test_positive_bias():  # I1
    params, _ = Dense(3, nn.relu, bias_value=0.01).init(jax.random.key(0), (2,))
    np.testing.assert_allclose(params["bias"], 0.01)
