"""Dense, dropout, noise, batch norm and flatten against closed formulas and PyTorch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import leadline.nn as nn
from leadline.core.errors import NetworkError

KEY = jax.random.key(0)


def test_linear_classifier_of_the_lecture():  # N1
    kernel = jnp.array([[1.4, 0.5, 0.7, 1.2], [-2, 0.1, 0.2, -0.7], [0.2, 0.9, -0.2, 0.5]]).T
    params = {"kernel": kernel, "bias": jnp.array([0.5, 1.2, 0.2])}
    inputs = jnp.array([[12.0, 48, 96, 18], [4, 18, 2, 96]])
    scores, _ = nn.Dense(3).apply(params, {}, inputs)
    np.testing.assert_allclose(scores, [[130.1, -11.4, 35.6], [131.7, -71.8, 64.8]], atol=0.051)
    np.testing.assert_allclose(
        scores, np.asarray(inputs) @ np.asarray(kernel) + np.asarray(params["bias"]), rtol=1e-5
    )


def test_an_image_is_flattened_and_a_sequence_is_not():
    layer = nn.Dense(5)
    assert layer.output_shape((8, 8, 1)) == (5,)
    assert layer.output_shape((8, 4)) == (8, 5)
    params, _ = layer.init(KEY, (2, 3, 4))
    inputs = jax.random.normal(KEY, (6, 2, 3, 4))
    expected = inputs.reshape(6, 24) @ params["kernel"]
    np.testing.assert_allclose(layer.apply(params, {}, inputs)[0], expected, rtol=1e-5, atol=1e-5)
    with pytest.raises(NetworkError, match="Flatten"):
        layer.output_shape((2, 2, 2, 2))


def test_dropout_keeps_the_mean_and_the_share():
    ones = jnp.ones((100, 1000))
    outputs, _ = nn.Dropout(0.3).apply({}, {}, ones, nn.Pass(training=True, key=KEY))
    assert float((outputs == 0).mean()) == pytest.approx(0.3, abs=0.005)
    assert float(outputs.mean()) == pytest.approx(1, abs=0.01)
    np.testing.assert_allclose(outputs[outputs > 0], 1 / 0.7, rtol=1e-6)
    assert nn.Dropout(0.3).apply({}, {}, ones)[0] is ones


def test_noise_has_the_spread_asked_for():
    outputs, _ = nn.GaussianNoise(0.2).apply({}, {}, jnp.ones((100, 1000)), nn.Pass(training=True, key=KEY))
    assert float(outputs.std()) == pytest.approx(0.2, rel=0.01)
    assert float(outputs.mean()) == pytest.approx(1, abs=0.005)


def test_layers_of_one_network_draw_different_numbers():
    network = nn.Sequential([nn.Dropout(0.5), nn.Dropout(0.5)])
    seen = []
    tap = lambda path, layer, outputs: seen.append(outputs)  # noqa: E731
    network.apply(({}, {}), ({}, {}), jnp.ones((1, 1000)), nn.Pass(training=True, key=KEY, tap=tap))
    share = float((seen[1] == 0).mean())
    assert share == pytest.approx(0.75, abs=0.05)


@pytest.mark.parametrize("shape", [(6,), (4, 5, 6), (7, 6)])
@pytest.mark.parametrize("offset", [0.0, 300.0])
def test_batch_norm_is_pytorchs(shape, offset):
    layer = nn.BatchNorm(momentum=0.8, epsilon=1e-3)
    make = {1: torch.nn.BatchNorm1d, 2: torch.nn.BatchNorm1d, 3: torch.nn.BatchNorm2d}[len(shape)]
    other = make(6, eps=1e-3, momentum=0.2)
    params, state = layer.init(KEY, shape)
    scale = np.linspace(0.5, 2, 6, dtype=np.float32)
    params = {"scale": jnp.asarray(scale), "shift": jnp.asarray(-scale)}
    other.weight.data, other.bias.data = torch.tensor(scale), torch.tensor(-scale)
    random = np.random.default_rng(0)
    for _ in range(3):
        inputs = (offset + 3 * random.normal(size=(5, *shape))).astype(np.float32)
        outer = random.normal(size=inputs.shape).astype(np.float32)

        def outputs(params, x, state=state):
            return layer.apply(params, state, x, nn.Pass(training=True))

        found, back, state = jax.vjp(outputs, params, jnp.asarray(inputs), has_aux=True)
        x = torch.tensor(np.moveaxis(inputs, -1, 1).copy(), requires_grad=True)
        other.zero_grad()
        expected = other(x)
        expected.backward(torch.tensor(np.moveaxis(outer, -1, 1).copy()))
        axis = inputs.ndim - 1
        tolerance = {"rtol": 1e-4, "atol": 1e-4 if offset == 0 else 3e-3}
        np.testing.assert_allclose(found, np.moveaxis(expected.detach().numpy(), 1, axis), **tolerance)
        for_params, for_inputs = back(outer)
        np.testing.assert_allclose(for_inputs, np.moveaxis(x.grad.numpy(), 1, axis), **tolerance)
        np.testing.assert_allclose(for_params["scale"], other.weight.grad.numpy(), rtol=1e-4, atol=1e-2)
        np.testing.assert_allclose(state["mean"], other.running_mean.numpy(), rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(state["variance"], other.running_var.numpy(), rtol=1e-4)
    other.eval()
    found, same = layer.apply(params, state, jnp.asarray(inputs))
    x = torch.tensor(np.moveaxis(inputs, -1, 1).copy())
    np.testing.assert_allclose(found, np.moveaxis(other(x).detach().numpy(), 1, axis), rtol=1e-4, atol=1e-3)
    assert same is state


def test_batch_norm_of_a_single_row_is_finite():
    params, state = nn.BatchNorm().init(KEY, (3,))
    outputs, after = nn.BatchNorm().apply(params, state, jnp.ones((1, 3)), nn.Pass(training=True))
    assert np.isfinite(outputs).all()
    assert all(np.isfinite(value).all() for value in after.values())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.Dense(0), ["Dense, units – must be a whole number of at least 1 – got 0"]),
        (lambda: nn.Dense(64, "rleu"), ["an activation", "did you mean 'relu'"]),
        (lambda: nn.Dense(64, jax.nn.relu), ["an activation", "did you mean 'relu'"]),
        (lambda: nn.Dense(2.5, bias="no"), ["units", "2.5", "bias", "True or False"]),
        (lambda: nn.Dense(2, initializer="he"), ["an initializer", "Known:"]),
        (lambda: nn.Dropout(1.0), ["a number in [0, 1)", "1.0"]),
        (lambda: nn.GaussianNoise(-1), ["of at least 0"]),
        (lambda: nn.Conv(4, padding="sane"), ["'same', 'valid'", "did you mean 'same'"]),
        (lambda: nn.Conv(4, kernel=(3, 0)), ["kernel", "(3, 0)"]),
        (lambda: nn.Conv(4, kernel=(3, 3, 3)), ["kernel", "(3, 3, 3)"]),
        (lambda: nn.MaxPool(-1), ["size", "-1"]),
        (lambda: nn.BatchNorm(1.0, 0), ["momentum", "epsilon"]),
        (lambda: nn.Sequential([]), ["at least one layer"]),
        (lambda: nn.Sequential([nn.Dense(3), nn.relu]), ["ll.Activate(ll.relu)"]),
        (lambda: nn.Sequential([nn.Dense]), ["ll.Dense(...)"]),
        (lambda: nn.Parallel([nn.Dense(2)], "concat"), ["did you mean 'concatenate'"]),
    ],
)
def test_choices_out_of_range_are_told(make, words):
    with pytest.raises(NetworkError) as caught:
        make()
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_names_numbers_and_lists_are_kept_as_values():
    assert nn.Dense(np.int64(64), "relu", "he_normal") == nn.Dense(64, nn.relu, nn.he_normal)
    assert nn.Conv(8, [3, 5]).kernel == (3, 5)
    assert nn.Sequential([nn.Dense(1)]) == nn.Sequential((nn.Dense(1),))
