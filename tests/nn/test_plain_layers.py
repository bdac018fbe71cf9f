"""Dense against closed formulas; what layers keep of what people type, and what they say of what cannot be."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

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


def test_layers_of_one_network_draw_different_numbers():
    network = nn.Sequential([nn.Dropout(0.5), nn.Dropout(0.5)])
    seen = []
    tap = lambda path, layer, outputs: seen.append(outputs)  # noqa: E731
    network.apply(({}, {}), ({}, {}), jnp.ones((1, 1000)), nn.Pass(training=True, key=KEY, tap=tap))
    share = float((seen[1] == 0).mean())
    assert share == pytest.approx(0.75, abs=0.05)


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
        (lambda: nn.Conv(4, kernel=(3, 3, 3, 3)), ["kernel", "(3, 3, 3, 3)"]),
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
