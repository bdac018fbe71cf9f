"""A linear network is one layer: its value and slope, against products of matrices; what bends is named."""

from functools import reduce

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import leadline.nn as nn
from leadline.core.errors import NetworkError
from leadline.nn import collapse, nonlinearities

KEY = jax.random.key(0)


def shaken(network, shape, seed=4):
    """Parameters and state with no zeros or ones left from the start."""
    draw = np.random.default_rng(seed)
    numbers = jax.eval_shape(lambda: network.init(KEY, shape))
    return jax.tree.map(lambda a: draw.uniform(0.2, 0.9, a.shape).astype(np.float32), numbers)


def same(network, params, state, inputs, shape=None):
    """Collapse a network and hold its layer to it on random inputs; return the layer's parameters."""
    layer, found = collapse(network, params, state, shape)
    rows = np.random.default_rng(5).normal(size=(4, *inputs)).astype(np.float32)
    expected = np.asarray(jax.jit(lambda p: network.apply(p, state, rows)[0])(params)).reshape(4, -1)
    outputs = np.asarray(layer.apply(found, {}, rows.reshape(4, -1))[0])
    assert isinstance(layer, nn.Dense)
    assert layer.activation.linear
    assert nn.check(layer, (rows[0].size,)) == (outputs.shape[1],)
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())
    return found


def test_linear_classifier_of_the_lecture_on_an_image():  # N1
    kernel = np.array([[1.4, 0.5, 0.7, 1.2], [-2, 0.1, 0.2, -0.7], [0.2, 0.9, -0.2, 0.5]], np.float32).T
    network = nn.Sequential([nn.Flatten(), nn.Dense(3)])
    params = ({}, {"kernel": kernel, "bias": np.array([0.5, 1.2, 0.2], np.float32)})
    images = np.array([[12.0, 48, 96, 18], [4, 18, 2, 96]], np.float32).reshape(2, 2, 2, 1)
    expected = [[130.1, -11.4, 35.6], [131.7, -71.8, 64.8]]
    scores = network.apply(params, ({}, {}), images)[0]
    np.testing.assert_allclose(scores, expected, rtol=1e-5)
    layer, single = collapse(network, params, shape=(2, 2, 1))
    np.testing.assert_allclose(single["kernel"], kernel, rtol=1e-6)
    np.testing.assert_allclose(layer.apply(single, {}, images)[0], expected, rtol=1e-5)


@settings(max_examples=8, deadline=None)
@given(
    widths=st.lists(st.sampled_from([1, 3, 4]), min_size=1, max_size=6),
    bias=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_deep_linear_networks_are_the_product_of_their_matrices(widths, bias, seed):  # N5
    layers = [nn.Dense(units, bias=bias) for units in widths]
    network = nn.Sequential([layers[0], nn.Dropout(0.5), *layers[1:]])
    assert not nn.is_nonlinear(network)
    params, state = shaken(network, (3,), seed)
    found = same(network, params, state, (3,))
    parts = [params[0], *params[2:]]
    kernels = [np.asarray(part["kernel"], np.float64) for part in parts]
    np.testing.assert_allclose(found["kernel"], reduce(np.matmul, kernels), rtol=1e-5, atol=1e-5)
    moved = np.zeros(kernels[-1].shape[1])
    for index, part in enumerate(parts if bias else []):
        moved += reduce(np.matmul, kernels[index + 1 :], np.asarray(part["bias"], np.float64))
    np.testing.assert_allclose(found["bias"], moved, rtol=1e-5, atol=1e-5)


def test_double_numbers_stay_exact():
    network = nn.Sequential([nn.Dense(5), nn.Dense(4), nn.Dense(2)])
    draw = np.random.default_rng(0)
    params = jax.tree.map(lambda a: draw.normal(size=a.shape), network.init(KEY, (3,))[0])
    with jax.enable_x64(True):
        found = collapse(network, params)[1]
    product = reduce(np.matmul, [layer["kernel"] for layer in params])
    np.testing.assert_allclose(found["kernel"], product, rtol=1e-10)


LINEAR = {
    "pictures": (
        nn.Sequential(
            [
                nn.Filter(nn.sobel),
                nn.Conv(3, 3, stride=2, padding=1, floor=True),
                nn.BatchNorm(),
                nn.GaussianNoise(0.3),
                nn.Residual([nn.Conv(3, 3), nn.Dropout(0.2)]),
                nn.Parallel([nn.AveragePool(2), nn.Conv(2, 2, stride=2, padding="valid")]),
                nn.Flatten(),
                nn.Activate("linear"),
                nn.Dense(4),
            ]
        ),
        (8, 8, 2),
    ),
    "scales": (nn.Sequential([nn.GaussianPyramid(2), nn.Conv(2, 3), nn.GlobalAveragePool()]), (4, 5, 1)),
    "maps": (nn.Conv(3, 2), (3, 4, 2)),
    "sequences": (nn.Sequential([nn.Conv(2, 3), nn.Dense(2)]), (5, 3)),
    "shortcut": (nn.Residual([nn.Dense(3)], project=True), (4,)),
    "branches": (nn.Parallel([nn.Dense(2), nn.Sequential([nn.Dense(5), nn.Dense(2)])], "mean"), (4,)),
    "no parameters": (nn.Sequential([nn.AveragePool(2), nn.Flatten()]), (4, 2)),
}


@pytest.mark.parametrize("name", LINEAR)
def test_every_linear_layer_collapses(name):  # N5
    network, shape = LINEAR[name]
    params, state = shaken(network, shape)
    same(network, params, state, shape, shape=shape)


def test_shape_follows_from_a_dense_first_layer():
    network = nn.Sequential([nn.Dropout(0.1), nn.Dense(3)])  # dropout keeps the shape but hides the features
    params, state = network.init(KEY, (4,))
    with pytest.raises(NetworkError, match=r"collapse, shape – must be given"):
        collapse(network, params)
    same(network, params, state, (4,), shape=(4,))
    nested = nn.Sequential([nn.Sequential([nn.Dense(5), nn.Dense(2)]), nn.Dense(3)])
    params, state = nested.init(KEY, (4,))
    same(nested, params, state, (4,))


def test_every_non_linearity_is_named_with_its_path():  # N5
    network = nn.Sequential(
        [
            nn.Conv(4, 3, nn.relu),
            nn.Residual([nn.Conv(4, 3, nn.leaky_relu(slope=0.2)), nn.BatchNorm()], nn.tanh),
            nn.MaxPool(2),
            nn.Parallel([nn.Conv(2, 1), nn.Sequential([nn.Conv(2, 1, "elu")])]),
            nn.Flatten(),
            nn.Dense(3),
            nn.Activate(nn.softmax),
        ]
    )
    expected = {
        "0.conv": "relu",
        "1.residual.0.conv": "leaky_relu(slope=0.2)",
        "1.residual": "tanh",
        "2.max_pool": "max_pool",
        "3.parallel.1.sequential.0.conv": "elu",
        "6.activate": "softmax",
    }
    assert nonlinearities(network) == expected
    assert nn.check(network, (4, 4, 1)) == (3,)
    with pytest.raises(NetworkError) as caught:
        collapse(network, (), (), (4, 4, 1))
    told = {problem.where.removeprefix("collapse, "): problem.got for problem in caught.value.problems}
    assert told == expected
    assert nonlinearities(nn.Dense(2, nn.relu)) == {"dense": "relu"}
    assert nonlinearities(LINEAR["pictures"][0]) == {}


def test_what_does_not_fit_is_told():
    network = nn.Sequential([nn.Dense(3), nn.BatchNorm(), nn.Dense(2)])
    params, state = network.init(KEY, (4,))
    with pytest.raises(NetworkError, match=r"collapse, state – must be the state of this network – got none"):
        collapse(network, params)
    with pytest.raises(NetworkError, match="collapse, params"):
        collapse(network, params[:2], state)
    with pytest.raises(NetworkError, match=r"0.dense/kernel – must be of shape \(5, 3\) – got \(4, 3\)"):
        collapse(network, params, state, (5,))


class Secretly(nn.Layer):
    """Bends and does not say so."""

    kind = "secretly"

    def output_shape(self, shape, path=""):
        return shape

    def apply(self, params, state, inputs, how=None):
        return inputs**2, state


def test_a_layer_that_hides_its_bend_is_found():
    network = nn.Sequential([nn.Dense(3), Secretly(), nn.Dense(2)])
    params, state = network.init(KEY, (4,))
    with pytest.raises(NetworkError, match="every layer that is not linear says so"):
        collapse(network, params, state)


def test_numbers_that_are_not_finite_are_told():
    network = nn.Sequential([nn.Dense(3), nn.Dense(2)])
    params, _ = network.init(KEY, (4,))
    params[0]["kernel"] = params[0]["kernel"].at[0, 0].set(jnp.nan)
    with pytest.raises(NetworkError, match="finite"):
        collapse(network, params)
