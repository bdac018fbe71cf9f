"""Layers in NumPy against those of ``leadline.nn``: the same numbers, and never less strict about a description."""

import dataclasses
from functools import partial

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline import nn
from leadline.data.prepare import Preparation
from leadline.data.prepare_array import fit_array
from leadline.export import Model
from leadline.export.forward import forward
from leadline.export.numpy_layers import INITIALIZERS
from leadline.export.numpy_place import NotSaid, Place, numpy_layers, said
from leadline.nn.tensors import flatten_params

ROWS = 9


def model_of(network, shape, seed=0):
    """Return a model for inputs of this shape, all its numbers drawn."""
    rng = np.random.default_rng(seed)
    params, state = jax.device_get(network.init(jax.random.key(seed), shape))
    params = jax.tree.map(lambda a: (a + rng.normal(0, 0.1, a.shape)).astype(np.float32), params)
    state = jax.tree.map(lambda a: rng.uniform(0.5, 2, a.shape).astype(np.float32), state)
    classes = network.output_shape(shape)[0]
    preparation = Preparation(fit_array(np.zeros((2, *shape)), scale=False))
    names = tuple(map(str, range(classes)))
    return Model(
        network, params, state, preparation, nn.Task("one_of_many", "cross_entropy", classes, classes), names
    )


def check_same(network, shape, seed=0):
    model = model_of(network, shape, seed)
    x = np.random.default_rng(seed).normal(size=(ROWS, *shape)).astype(np.float32)
    before = x.copy()
    assert model._in_numpy is not None
    scores, outputs = model.scores(x), model.outputs(x)
    np.testing.assert_array_equal(x, before)
    wanted = forward(network, model.task, model.params, model.state, x)
    np.testing.assert_allclose(scores, wanted[0], rtol=0, atol=1e-6 * max(1, np.abs(wanted[0]).max()))
    np.testing.assert_allclose(outputs, wanted[1], rtol=0, atol=1e-6)
    assert scores.dtype == outputs.dtype == np.float32


@pytest.mark.parametrize("activation", nn.activations)
def test_every_activation(activation):
    check_same(nn.Sequential([nn.Dense(12, activation), nn.Activate(activation), nn.Dense(3)]), (6,))


DISTURBING = [nn.Dropout(0.3), nn.GaussianNoise(0.1), nn.Identity()]
ON_IMAGES = [
    *(nn.SpatialDropout(0.2), nn.RandomFlip(), nn.RandomShift(1), nn.RandomRotation(10.0)),
    *(nn.RandomErasing(0.1), nn.RandomBrightness(0.1), nn.RandomContrast(0.1)),
]


def test_what_stands_before_dense_layers_on_images():
    image = [*ON_IMAGES, nn.BatchNorm(), nn.Activate("tanh")]
    check_same(nn.Sequential([*image, nn.Dense(5, "relu"), nn.Dense(2)]), (4, 5, 3))
    check_same(
        nn.Sequential(
            [*image, nn.Flatten(), nn.Reshape((6, -1)), nn.Dense(4, "prelu"), nn.Flatten(), nn.Dense(2)]
        ),
        (4, 5, 3),
    )


def test_around_a_shortcut():
    inside = nn.Residual([nn.Activate("relu"), nn.BatchNorm(), nn.Dense(8), nn.Dropout(0.5)], "tanh")
    turned = nn.Residual([nn.Dense(4, "sigmoid", bias=False)], project=True)
    check_same(nn.Sequential([nn.Dense(8), inside, nn.Residual([inside]), turned, nn.Dense(3)]), (5,))


def test_one_layer_alone_and_none_that_computes():
    check_same(nn.Dense(3), (4,))
    check_same(nn.Sequential([nn.Dropout(0.5)]), (4,))


@st.composite
def networks(draw):
    """Draw a network of dense layers and what may stand between them, and the shape it takes."""
    shape = draw(st.sampled_from([(1,), (7,), (3, 4), (2, 3, 2)]))
    units, words = st.integers(1, 40), st.sampled_from(["linear", "relu", "tanh", "gelu", "softplus", "elu"])
    some = st.one_of(
        st.builds(nn.Dense, units, words, bias=st.booleans()),
        st.builds(nn.Activate, words),
        st.builds(nn.BatchNorm, epsilon=st.floats(1e-5, 0.1)),
        st.sampled_from(DISTURBING),
    )
    middle = draw(st.lists(some, max_size=4))
    inner = draw(st.lists(some, min_size=1, max_size=2))
    ends = [nn.Flatten(), nn.Residual(inner, project=True), nn.Dense(draw(st.integers(2, 5)))]
    return nn.Sequential([*middle, *ends]), shape


@settings(max_examples=20)
@given(networks(), st.integers(0, 10))
def test_networks_of_any_sizes(drawn, seed):
    check_same(*drawn, seed)


@pytest.mark.parametrize("kind", numpy_layers)
def test_the_choices_are_those_of_the_layer(kind):
    layer = nn.layers[kind]
    made = numpy_layers[kind]
    wanted = {f.name: f.default is dataclasses.MISSING for f in dataclasses.fields(layer)}
    words = made.__kwdefaults__ or {}
    names = made.__code__.co_varnames[1 : 1 + made.__code__.co_kwonlyargcount]
    assert {name: name not in words for name in names} == wanted


def test_the_initializers_are_those_of_the_catalogue():
    assert set(INITIALIZERS) == set(nn.initializers)


ODD = [
    None,
    True,
    False,
    -1,
    0,
    1,
    2,
    3,
    0.0,
    0.5,
    1.0,
    1.5,
    200,
    -0.5,
    "relu",
    "he_normal",
    "rellu",
    "softmax",
]
ODD += [
    "maxout",
    "prelu",
    "maxout(pieces=5)",
    "rrelu(lower=0.3, upper=0.2)",
    "linear(a=1)",
    [],
    [2],
    [-1, -1],
    [3, 4],
]
ODD += [
    [0],
    [True],
    {},
    [{"kind": "dense", "units": 3}],
    [{"kind": "dense"}],
    [3],
    float("nan"),
    [{"units": 3}],
    "x",
]


@pytest.mark.parametrize("kind", numpy_layers)
@pytest.mark.parametrize("shape", [(), (12,), (3, 4), (2, 3, 2), (1, 2, 3, 2)])
def test_a_description_that_is_refused_elsewhere_is_refused_here(kind, shape):
    """Never less strict: what is said here, the layer itself takes too, with the same tensors and shapes."""
    names = [f.name for f in dataclasses.fields(nn.layers[kind])]
    usual = {"units": 3, "activation": "relu", "shape": [12], "rate": 0.5, "spread": 0.1, "share": 0.1}
    usual["layers"] = [{"kind": "dropout", "rate": 0.5}]
    whole = {"kind": kind} | {name: usual[name] for name in names if name in usual}
    odd = [whole | {name: value} for name in (*names, "unknown") for value in ODD]
    for spec in (whole, *odd, {"kind": kind}, {**whole, "kind": kind + "s"}):
        place = Willing({}, shape)
        try:
            _, outputs = said(spec, place)
        except (NotSaid, TypeError, ValueError, AttributeError):
            continue
        layer = nn.from_spec(spec)
        assert outputs == nn.check(layer, shape)
        params, state = jax.eval_shape(partial(layer.init, shape=shape), jax.random.key(0))
        wanted = {**named_by("params", layer, params), **named_by("state", layer, state)}
        assert place.taken == {(name, like.shape) for name, like in wanted.items()}


class Willing(Place):
    """Has every tensor in the shape that is asked for, so that only the description can be refused."""

    def take(self, name, shape, part="params"):
        self.taken.add((f"{part}/{self.path}/{name}" if self.path else f"{part}/{name}", shape))
        return np.ones(shape, np.float32)


def named_by(part, layer, values):
    return {f"{part}/{name}": like for name, like in flatten_params(layer, values).items()}
