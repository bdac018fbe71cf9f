"""Concatenate, Add and Parallel: what they put together, what they carry on, and what they refuse."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import leadline.nn as nn
from leadline.core.errors import NetworkError

KEY = jax.random.key(0)


def test_branches_are_put_together_on_the_axis_asked_for():
    x = jax.random.normal(KEY, (2, 4, 3))
    branches = [nn.Dense(2), nn.Dense(2, nn.relu)]
    params, state = nn.Add(branches).init(KEY, (4, 3))
    each = [layer.apply(own, {}, x)[0] for layer, own in zip(branches, params, strict=True)]
    for layer, expected in (
        (nn.Concatenate(branches), np.concatenate(each, -1)),
        (nn.Concatenate(branches, axis=-2), np.concatenate(each, 1)),
        (nn.Parallel(branches), np.concatenate(each, -1)),
        (nn.Add(branches), each[0] + each[1]),
        (nn.Parallel(branches, "add"), each[0] + each[1]),
        (nn.Parallel(branches, "mean"), (each[0] + each[1]) / 2),
    ):
        np.testing.assert_array_equal(layer.apply(params, state, x)[0], expected)
        assert layer.output_shape((4, 3)) == expected.shape[1:]


def test_identity_carries_the_inputs():
    x = jax.random.normal(KEY, (2, 3))
    joined = nn.Concatenate([nn.Dense(4), nn.Identity()])
    params, state = joined.init(KEY, (3,))
    assert np.array_equal(joined.apply(params, state, x)[0][:, 4:], x)
    block = nn.Add([nn.Dense(3, nn.relu), nn.Identity()])  # a residual block, written out
    params, state = block.init(KEY, (3,))
    same, _ = nn.Residual([nn.Dense(3, nn.relu)]).apply((params[0],), (state[0],), x)
    assert np.array_equal(block.apply(params, state, x)[0], same)


def test_gradient_of_what_is_added_goes_to_each_branch_whole():
    x = jnp.ones((1, 2))
    for layer, slope in ((nn.Add([nn.Identity()] * 3), 3), (nn.Parallel([nn.Identity()] * 3, "mean"), 1)):
        assert jax.grad(lambda x, layer=layer: layer.apply(({},) * 3, ({},) * 3, x)[0].sum())(x).tolist() == [
            [slope, slope]
        ]


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (
            nn.Concatenate([nn.Conv(2), nn.Conv(2, stride=2)]),
            (8, 8, 1),
            ["2.mix", "differ in the last axis only", "(8, 8, 2), (4, 4, 2)"],
        ),
        (
            nn.Concatenate([nn.Dense(2), nn.Dense(3)], axis=-2),
            (4, 1),
            ["differ in axis -2 only", "(4, 2), (4, 3)"],
        ),
        (nn.Concatenate([nn.Dense(2)] * 2, axis=-2), (4,), ["at least 2 axes", "(2,), (2,)", "axis=-1"]),
        (nn.Concatenate([nn.Conv(2), nn.Flatten()]), (4, 4, 1), ["(4, 4, 2), (16,)"]),
        (nn.Add([nn.Dense(2), nn.Identity()]), (4,), ["2.mix", "branches that give one shape", "(2,), (4,)"]),
        (
            nn.Parallel([nn.Dense(2), nn.Dense(3)], "mean"),
            (4,),
            ["branches that give one shape", "(2,), (3,)"],
        ),
    ],
)
def test_branches_that_do_not_fit(layer, shape, words):
    with pytest.raises(NetworkError) as caught:
        layer.output_shape(shape, "2.mix")
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.Concatenate([]), ["Concatenate, branches", "at least one layer"]),
        (lambda: nn.Add([nn.Dense(2), nn.relu]), ["Add, branches", "ll.Activate(ll.relu)"]),
        (lambda: nn.Concatenate([nn.Dense(2)], axis=0), ["axis", "at most -1", "got 0", "last axis"]),
        (lambda: nn.Concatenate([nn.Dense(2)], axis=-1.5), ["axis", "-1.5"]),
    ],
)
def test_choices_that_cannot_be(make, words):
    with pytest.raises(NetworkError) as caught:
        make()
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (nn.Concatenate([nn.Dense(3, nn.tanh)] * 2), "tanh"),
        (nn.Concatenate([nn.Dense(3, nn.tanh), nn.Dense(3, nn.relu)]), "linear"),
        (nn.Add([nn.Dense(3, nn.tanh)] * 2), "linear"),
    ],
)
def test_activation_at_the_end(layer, name):
    assert nn.Sequential([layer]).activation_name == name


def test_sequences_in_branches_keep_the_shorter_length():
    x, how = jnp.ones((2, 6, 1)), nn.Pass(lengths=jnp.array([6, 3]))
    add = nn.Add([nn.MaxPool(2), nn.AveragePool(2)])
    assert add.passed(({}, {}), ({}, {}), x, how)[2].tolist() == [3, 1]
    lost = nn.Concatenate([nn.Flatten(), nn.Flatten()])
    assert lost.passed(({}, {}), ({}, {}), x, how)[2] is None
    with pytest.raises(NetworkError, match="padding would stand in between"):
        nn.Concatenate([nn.Identity()] * 2, axis=-2).passed(({}, {}), ({}, {}), x, how)
