"""The families of networks: sizes, odd inputs, and that they can learn."""

import jax
import jax.numpy as jnp
import pytest

import leadline.nn as nn
from leadline.core.errors import NetworkError
from leadline.models import cnn, linear, mlp, networks

SHAPES = [(7,), (12, 3), (8, 8, 1), (28, 28, 1), (7, 5, 3), (1, 9, 2), (3, 3, 1), (1, 1, 4)]


@pytest.mark.parametrize("name", networks)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_family_fits_every_shape_or_says_why_not(name, shape):
    family = networks[name]
    assert family.name == name
    assert family.about
    if name == "cnn" and len(shape) == 1:
        with pytest.raises(NetworkError, match="mlp"):
            family.build(4, shape)
        return
    network = family.build(4, shape)
    assert nn.check(network, shape) == (4,)
    assert nn.from_spec(nn.to_spec(network)) == network


def test_linear_is_one_layer():
    assert nn.summary(linear(10), (784,)).total == 7_850
    assert not nn.is_nonlinear(linear(10))


def test_mlp_has_the_widths_asked_for():
    assert nn.summary(mlp(1, (4, 3)), (6,)).total == 47
    network = mlp(3, (8,), nn.tanh, dropout=0.25)
    assert network == nn.Sequential([nn.Dense(8, nn.tanh), nn.Dropout(0.25), nn.Dense(3)])
    assert nn.is_nonlinear(mlp(2))


def test_cnn_halves_the_picture_and_floors_only_where_it_must():
    network = cnn(10, (28, 28, 1), channels=(4, 8, 16), dropout=0.5)
    pools = [layer for layer in network.layers if layer.kind == "max_pool"]
    assert [pool.floor for pool in pools] == [False, False, True]
    assert [row.shape for row in nn.summary(network, (28, 28, 1)).rows if row.kind == "max_pool"] == [
        (14, 14, 4),
        (7, 7, 8),
        (3, 3, 16),
    ]
    assert network.layers[-2] == nn.Dropout(0.5)


@pytest.mark.parametrize(("name", "steps"), [("mlp", 60), ("cnn", 60)])
def test_learns_where_a_stripe_is(name, steps):
    random = jax.random.key(0)
    labels = jnp.arange(64) % 2
    images = 0.3 * jax.random.normal(random, (64, 6, 6, 1))
    images = images.at[:, 2, :, 0].add(labels[:, None]).at[:, :, 2, 0].add(1 - labels[:, None])
    network = networks[name].build(2, (6, 6, 1))
    task = nn.for_problem("classification", 2, 2)
    params, state = network.init(random, (6, 6, 1))

    def loss(params):
        return task.row_losses(network.apply(params, state, images)[0], labels).mean()

    def step(_, params):
        return jax.tree.map(lambda p, g: p - 0.1 * g, params, jax.grad(loss)(params))

    learned = jax.jit(lambda p: jax.lax.fori_loop(0, steps, step, p))(params)
    assert float(loss(params)) > 0.4
    found = network.apply(learned, state, images)[0].argmax(axis=1)
    assert float((found == labels).mean()) > 0.95
