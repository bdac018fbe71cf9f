"""Sequential, Residual and Parallel: what they compute, how they print, what they say where shapes differ."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import leadline.nn as nn
from leadline.core.errors import NetworkError

KEY = jax.random.key(0)


def test_prints_as_the_code_to_write():
    short = nn.Sequential([nn.Dense(64, nn.relu), nn.Dropout(0.2), nn.Dense(10)])
    assert repr(short) == "ll.Sequential([ll.Dense(64, ll.relu), ll.Dropout(0.2), ll.Dense(10)])"
    deep = nn.Sequential(
        [nn.Conv(16, 5, nn.relu, padding=2), nn.Residual([nn.Conv(16), nn.BatchNorm()], nn.relu), short]
    )
    assert repr(deep).splitlines() == [
        "ll.Sequential([",
        "    ll.Conv(16, 5, ll.relu, padding=2),",
        "    ll.Residual([ll.Conv(16), ll.BatchNorm()], ll.relu),",
        "    ll.Sequential([ll.Dense(64, ll.relu), ll.Dropout(0.2), ll.Dense(10)]),",
        "])",
    ]
    long = nn.Sequential([nn.Sequential([nn.Dense(100, nn.relu) for _ in range(5)])])
    assert eval(repr(long), {"ll": nn}) == long


def test_sequential_is_one_after_another():
    network = nn.Sequential([nn.Dense(5, nn.tanh), nn.Dense(2)])
    params, state = network.init(KEY, (3,))
    inputs = jax.random.normal(KEY, (4, 3))
    expected = np.tanh(inputs @ params[0]["kernel"]) @ params[1]["kernel"]
    np.testing.assert_allclose(network.apply(params, state, inputs)[0], expected, rtol=1e-5, atol=1e-5)


def test_residual_adds_its_inputs():
    layer = nn.Residual([nn.Dense(3)], nn.relu)
    params, state = layer.init(KEY, (3,))
    inputs = jax.random.normal(KEY, (4, 3))
    expected = np.maximum(inputs @ params[0]["kernel"] + inputs, 0)
    np.testing.assert_allclose(layer.apply(params, state, inputs)[0], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "shape", "outputs", "kernel"),
    [
        (nn.Residual([nn.Dense(5)], project=True), (3,), (5,), (3, 5)),
        (nn.Residual([nn.Conv(6, stride=2)], project=True), (7, 8, 3), (4, 4, 6), (1, 1, 3, 6)),
        (nn.Residual([nn.Conv(6, stride=3)], project=True), (10, 3), (4, 6), (1, 3, 6)),
    ],
)
def test_residual_projects_where_asked(layer, shape, outputs, kernel):
    params, state = layer.init(KEY, shape)
    assert layer.output_shape(shape) == outputs
    assert params[1]["kernel"].shape == kernel
    assert set(params[1]) == {"kernel"}
    whole = nn.Sequential([layer])
    names = nn.flatten_params(whole, whole.init(KEY, shape)[0])
    assert list(names)[-1] == "0.residual.1.project/kernel"
    paths = [row.path for row in nn.summary(whole, shape).rows]
    assert paths == [f"0.residual.0.{layer.layers[0].kind}", "0.residual.1.project"]
    zeroed = (jax.tree.map(jnp.zeros_like, params[0]), params[1])
    inputs = jnp.ones((2, *shape))
    projected, _ = layer.projection(shape, outputs).apply(params[1], {}, inputs)
    np.testing.assert_allclose(layer.apply(zeroed, state, inputs)[0], projected, rtol=1e-6)


def test_residual_with_another_shape_is_an_error():
    with pytest.raises(NetworkError) as caught:
        nn.check(nn.Sequential([nn.Residual([nn.Dense(5)])]), (3,))
    text = str(caught.value)
    assert "0.residual ll.Residual([ll.Dense(5)])" in text
    assert "(3,)" in text
    assert "(5,)" in text
    assert "project=True" in text
    with pytest.raises(NetworkError, match="no projection"):
        nn.Residual([nn.Flatten()], project=True).output_shape((4, 4, 1))


@pytest.mark.parametrize(
    ("combine", "expected"), [("concatenate", [3.0, 5.0]), ("add", [8.0]), ("mean", [4.0])]
)
def test_parallel_puts_together(combine, expected):
    layer = nn.Parallel([nn.Dense(1, bias=False), nn.Dense(1, bias=False)], combine)
    params = ({"kernel": jnp.array([[3.0]])}, {"kernel": jnp.array([[5.0]])})
    assert layer.apply(params, ({}, {}), jnp.ones((1, 1)))[0].tolist() == [expected]


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Parallel([nn.Dense(2), nn.Dense(3)], "add"), (4,)),
        (nn.Parallel([nn.Conv(2), nn.Conv(2, stride=2)]), (8, 8, 1)),
        (nn.Parallel([nn.Conv(2), nn.Dense(2)]), (8, 8, 1)),
    ],
)
def test_parallel_branches_that_do_not_fit(layer, shape):
    with pytest.raises(NetworkError, match="branches that give"):
        layer.output_shape(shape)


def test_state_moves_and_taps_tell_every_layer():
    network = nn.Sequential(
        [
            nn.Residual([nn.Dense(4, nn.relu), nn.BatchNorm()]),
            nn.Parallel([nn.Dense(2), nn.Sequential([nn.BatchNorm(), nn.Dense(3)])]),
            nn.Dropout(0.5),
        ]
    )
    params, state = network.init(KEY, (4,))
    seen = []
    how = nn.Pass(training=True, key=KEY, tap=lambda path, layer, outputs: seen.append((path, layer.kind)))
    _, after = network.apply(params, state, jax.random.normal(KEY, (8, 4)), how)
    assert seen == [
        ("0.residual.0.dense", "dense"),
        ("0.residual.1.batch_norm", "batch_norm"),
        ("1.parallel.0.dense", "dense"),
        ("1.parallel.1.sequential.0.batch_norm", "batch_norm"),
        ("1.parallel.1.sequential.1.dense", "dense"),
        ("2.dropout", "dropout"),
    ]
    assert jax.tree.structure(after) == jax.tree.structure(state)
    assert float(jnp.abs(after[0][1]["mean"] - state[0][1]["mean"]).max()) > 0
    assert float(jnp.abs(after[1][1][0]["mean"] - state[1][1][0]["mean"]).max()) > 0
    assert network.random
    assert not nn.Sequential([nn.Dense(1)]).random


@pytest.mark.parametrize(
    ("layers", "name"),
    [
        ([nn.Dense(3, nn.relu), nn.Dense(3)], "linear"),
        ([nn.Dense(3, nn.softmax), nn.Dropout(0.1), nn.Flatten()], "softmax"),
        ([nn.Dense(3), nn.Activate(nn.sigmoid)], "sigmoid"),
        ([nn.Dense(3, nn.relu), nn.BatchNorm()], "linear"),
        ([nn.Sequential([nn.Dense(3, nn.tanh)])], "tanh"),
        ([nn.Residual([nn.Dense(3, nn.tanh)])], "linear"),
        ([nn.Parallel([nn.Dense(3, nn.tanh), nn.Dense(3, nn.tanh)])], "tanh"),
        ([nn.Parallel([nn.Dense(3, nn.tanh), nn.Dense(3, nn.tanh)], "add")], "linear"),
    ],
)
def test_activation_at_the_end(layers, name):
    assert nn.Sequential(layers).activation_name == name


def loss_after(network, rate=0.1, steps=150):
    inputs = jax.random.normal(jax.random.key(5), (128, 10))
    targets = (jnp.sin(3 * inputs[:, 0]) + inputs[:, 1] > 0).astype(jnp.int32)
    task = nn.for_problem("classification", 2, 2)
    params, state = network.init(KEY, (10,))

    def step(_, carry):
        params, state, _ = carry

        def loss(params):
            scores, after = network.apply(params, state, inputs, nn.Pass(training=True))
            return task.row_losses(scores, targets).mean(), after

        (value, after), gradients = jax.value_and_grad(loss, has_aux=True)(params)
        return jax.tree.map(lambda p, g: p - rate * g, params, gradients), after, value

    return float(jax.jit(lambda: jax.lax.fori_loop(0, steps, step, (params, state, jnp.zeros(()))))()[2])


def test_batch_norm_and_residuals_train_a_depth_at_which_plain_sigmoids_do_not():  # N13
    plain = nn.Sequential([*[nn.Dense(16, nn.sigmoid)] * 12, nn.Dense(2)])
    normed = [layer for _ in range(12) for layer in (nn.Dense(16), nn.BatchNorm(), nn.Activate(nn.sigmoid))]
    carried = nn.Sequential([nn.Dense(16), *[nn.Residual([nn.Dense(16, nn.sigmoid)])] * 12, nn.Dense(2)])
    assert min(loss_after(plain), loss_after(plain, rate=0.01)) > 0.68
    assert loss_after(nn.Sequential([*normed, nn.Dense(2)])) < 0.6
    assert loss_after(carried, rate=0.01) < 0.6
