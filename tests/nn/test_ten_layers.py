"""The initialization experiment: ten layers of 500 units, unit Gaussian inputs, five ways to begin (I1, T10).

Forward: the spread of each layer's outputs. Backward: the spread of the gradient at each layer's outputs, for a unit
Gaussian gradient at the last one. Where there is a law, the numbers must follow it.
"""

from functools import cache
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from leadline.nn import Dense, Sequential, for_problem, gain

LAYERS, UNITS, ROWS = 10, 500, 300
SMALL, LARGE, XAVIER, HE = "normal(spread=0.01)", "normal(spread=1.0)", "lecun_normal", "he_normal"


@cache
def signals(activation, initializer):
    """Outputs of every layer, and the gradient there, both (LAYERS, ROWS, UNITS)."""
    network = Sequential([Dense(UNITS, activation, initializer) for _ in range(LAYERS)])
    params, _ = network.init(jax.random.key(0), (UNITS,))
    inputs, sent = (jax.random.normal(jax.random.key(seed), (ROWS, UNITS)) for seed in (1, 2))
    layer = network.layers[0]  # all are alike: one step compiled serves ten

    def forward(nudges):
        def step(signal, at):
            params, nudge = at
            signal = layer.apply(params, {}, signal)[0] + nudge
            return signal, signal

        stacked = jax.tree.map(lambda *each: jnp.stack(each), *params)
        last, every = jax.lax.scan(step, inputs, (stacked, nudges))
        return (last * sent).sum(), every

    zeros = jnp.zeros((LAYERS, ROWS, UNITS))
    (_, outputs), gradients = jax.jit(jax.value_and_grad(forward, has_aux=True))(zeros)
    return np.asarray(outputs), np.asarray(gradients)


def spreads(activation, initializer):
    """Root mean square of each layer's outputs, and of the gradients from the last layer back."""
    forward, backward = (
        np.sqrt((a.astype(np.float64) ** 2).mean((1, 2))) for a in signals(activation, initializer)
    )
    return forward, backward[::-1]


def factors(numbers):
    return np.array([after / before for before, after in pairwise(numbers)])


def test_tanh_with_small_weights_dies_out_layer_by_layer():
    forward, backward = spreads("tanh", SMALL)
    law = 0.01 * np.sqrt(UNITS)  # where tanh is straight, each layer keeps so much
    np.testing.assert_allclose(factors(forward), law, rtol=0.05)
    np.testing.assert_allclose(factors(backward), law, rtol=0.1)
    assert forward[-1] < 1e-6
    assert backward[-1] < 3e-6


def test_tanh_with_large_weights_saturates_at_both_ends():
    outputs, gradients = signals("tanh", LARGE)
    ends = (abs(outputs) > 0.99).mean((1, 2))
    assert (ends > 0.85).all()
    assert (outputs > 0.99).mean() == pytest.approx((outputs < -0.99).mean(), abs=0.02)
    slopes = 1 - outputs**2
    assert (np.median(slopes, axis=(1, 2)) < 1e-6).all()  # most units pass nothing back
    _, backward = spreads("tanh", LARGE)
    assert (factors(backward) > 2).all()  # and the few others are multiplied by large weights
    assert np.isfinite(gradients).all()


def test_tanh_with_xavier_keeps_its_spread():
    forward, backward = spreads("tanh", XAVIER)
    assert (factors(forward) > 0.75).all()
    assert 0.2 < forward[-1] < forward[0] < 0.7
    assert (factors(backward) > 0.55).all()
    assert backward[-1] > 0.02
    outputs, _ = signals("tanh", XAVIER)
    assert ((abs(outputs) > 0.99).mean((1, 2)) < 0.01).all()


def test_tanh_keeps_more_with_its_gain():
    forward, _ = spreads("tanh", f"lecun_normal(gain={gain('tanh')!r})")
    np.testing.assert_allclose(factors(forward)[2:], 1, atol=0.02)
    assert forward[-1] > 2 * spreads("tanh", XAVIER)[0][-1]


def test_relu_with_xavier_dies_out():
    forward, backward = spreads("relu", XAVIER)
    np.testing.assert_allclose(factors(forward), np.sqrt(1 / 2), rtol=0.12)
    assert forward[-1] / forward[0] == pytest.approx(2 ** (-9 / 2), rel=0.35)
    assert backward[-1] == pytest.approx(2 ** (-9 / 2), rel=0.35)


def test_relu_with_he_keeps_its_spread():
    forward, backward = spreads("relu", HE)
    np.testing.assert_allclose(factors(forward), 1, rtol=0.12)
    assert forward[-1] / forward[0] == pytest.approx(1, rel=0.35)
    assert backward[-1] == pytest.approx(1, rel=0.35)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_zeros_pass_nothing_on_and_nothing_back(activation):
    outputs, gradients = signals(activation, "zeros")
    assert not outputs.any()
    assert not gradients[:-1].any()


@pytest.mark.parametrize("initializer", ["zeros", "constant(value=0.3)"])
def test_units_that_begin_alike_stay_alike(initializer):
    network = Sequential([Dense(4, "tanh", initializer), Dense(2, initializer=initializer)])
    params, state = network.init(jax.random.key(0), (3,))
    inputs, targets = jax.random.normal(jax.random.key(1), (8, 3)), jnp.arange(8) % 2
    task = for_problem("classification", 2, 2)

    @jax.jit
    def step(params):
        def loss(params):
            return task.row_losses(network.apply(params, state, inputs)[0], targets).mean()

        return jax.tree.map(lambda p, g: p - 0.5 * g, params, jax.grad(loss)(params))

    for _ in range(3):
        params = step(params)
    kernel, out = (np.asarray(layer["kernel"]) for layer in params)
    np.testing.assert_allclose(kernel, np.repeat(kernel[:, :1], 4, axis=1), rtol=1e-5)
    np.testing.assert_allclose(out, np.repeat(out[:1], 4, axis=0), rtol=1e-5)
    if initializer == "zeros":  # nothing moves but the last biases
        assert not kernel.any()
        assert not out.any()
    else:  # all units learn the same thing
        assert kernel.std(axis=0).min() > 1e-3
