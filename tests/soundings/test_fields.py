"""Fields, extents and windows of layers against the gradient's support and against numbers by hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import leadline as ll
from leadline.nn.convolution.sliding import Sliding
from leadline.nn.steps import walk
from leadline.record.quantities import VOCABULARY
from leadline.record.run import Run
from leadline.soundings.fields import field_facts

LENET = ll.Sequential(
    [
        ll.Conv(6, 5, ll.tanh, padding="same"), ll.AveragePool(2), ll.Conv(16, 5, ll.tanh, padding="valid"),
        ll.AveragePool(2), ll.Flatten(), ll.Dense(120, ll.tanh), ll.Dense(84, ll.tanh), ll.Dense(10),
    ]
)  # fmt: skip


def ones(network, shape):
    """Return a function of one input with every weight 1, and no bias: what it depends on shows in its gradient."""
    params, state = network.init(jax.random.key(0), shape)
    params = jax.tree.map(jnp.ones_like, params)
    return lambda x: network.apply(params, state, x[None])[0][0]


def support(network, shape):
    """Return along each spatial axis how many input places the center of the outputs depends on."""
    function = ones(network, shape)
    outputs = function(jnp.ones(shape))
    center = tuple(length // 2 for length in outputs.shape[:-1])
    inputs = jnp.asarray(np.random.default_rng(0).uniform(1, 2, shape))
    met = np.asarray(jax.grad(lambda x: function(x)[center].sum())(inputs)) != 0
    axes = range(len(shape) - 1)
    return [
        int(np.ptp(np.flatnonzero(met.any(tuple(a for a in range(len(shape)) if a != axis)))) + 1)
        for axis in axes
    ]


def last_field(network, shape):
    return field_facts(network, shape)["network.field"][-1]


def test_lenet_by_hand():
    facts = field_facts(LENET, (28, 28, 1))
    assert facts["network.field"].tolist() == [
        5,
        6,
        14,
        16,
        16,
        32,
        32,
        32,
    ]  # padding of 2 on each side included
    assert facts["network.extent"].tolist() == [28, 28, 14, 10, 5, 0, 0, 0]
    assert facts["network.window"].tolist() == [5, 2, 5, 2, 0, 0, 0, 0]
    idle = facts["network.window.idle"]
    assert idle[[0, 2]].tolist() == [0, 0]
    assert np.isnan(idle[[1, 3, 4, 5, 6, 7]]).all()
    assert set(facts) <= set(VOCABULARY)
    assert Run(facts)["network.field"].shape == (8,)


def test_fields_of_known_networks():
    def block(channels, stride=1):
        inside = [ll.Conv(channels, 3, ll.relu, stride=stride), ll.Conv(channels, 3)]
        return ll.Residual(inside, ll.relu, project=True)

    stages = [block(c, 2 if c > 16 and not at else 1) for c in (16, 32, 64) for at in range(3)]
    resnet = ll.Sequential([ll.Conv(16, 3, ll.relu), *stages])
    # 3, then 6 convolutions of 3 at jumps of 1, 2 and 4; the first of a stage still has the jump before.
    assert field_facts(resnet, (32, 32, 3))["network.field"].max() == 3 + 6 * 2 + (2 + 5 * 4) + (4 + 5 * 8)
    vgg = [ll.Sequential([ll.Conv(4, 3), ll.Conv(4, 3), ll.MaxPool(2)]) for _ in range(2)]
    assert last_field(ll.Sequential(vgg), (32, 32, 3)) == 16


@st.composite
def layers(draw):
    kind = draw(
        st.sampled_from(["conv", "pool", "same pool", "depthwise", "residual", "branches", "pad", "norm"])
    )
    size, stride, dilation = draw(st.integers(1, 4)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    if kind == "conv":
        return ll.Conv(
            1,
            size,
            stride=stride,
            dilation=dilation,
            padding=draw(st.sampled_from(["same", "valid"])),
            floor=True,
        )
    if kind == "depthwise":
        return ll.DepthwiseConv(size, stride=stride, floor=True)
    if kind == "residual":
        return ll.Residual([ll.Conv(1, size), ll.Conv(1, 3, dilation=dilation)])
    if kind == "branches":
        return ll.Add([ll.Conv(1, size), ll.Sequential([ll.Conv(1, 2), ll.Conv(1, 3)]), ll.Identity()])
    if kind == "pad":
        return ll.ZeroPad(size)
    if kind == "norm":
        return ll.Sequential([ll.Activate("linear"), ll.Dropout(0.2)])
    return ll.AveragePool(size, stride=stride, padding="same" if kind == "same pool" else "valid", floor=True)


@settings(max_examples=10, deadline=None)
@given(st.lists(layers(), min_size=1, max_size=4), st.booleans())
def test_fields_are_the_support_of_the_gradient(chosen, two_axes):
    shape = (61, 61, 1) if two_axes else (83, 1)
    network = ll.Sequential([*chosen, ll.Activate("linear")])  # sees what all branches before it see together
    # A dilated or strided window may skip places between its ends; the field is what it spans.
    assert max(support(network, shape)) == last_field(network, shape)


@pytest.mark.parametrize(
    "layers",
    [
        [ll.Conv(1, 3, stride=2), ll.Upsample(2), ll.Conv(1, 3)],
        [ll.Conv(1, 3, stride=2), ll.TransposedConv(1, 4, stride=2)],
        [ll.TransposedConv(1, 3, stride=2, padding=1), ll.Conv(1, 3)],
        [ll.Upsample(3), ll.Conv(1, 4)],
    ],
    ids=repr,
)
def test_fields_behind_layers_that_grow_are_the_largest_support_or_one_step_more(layers):
    network, shape = ll.Sequential(layers), (24, 1)
    function = ones(network, shape)
    slope = jax.jacobian(lambda x: function(x[:, None])[:, 0])(jnp.ones(24))
    spans = [np.ptp(np.flatnonzero(row)) + 1 for row in np.asarray(slope) if row.any()]
    assert max(spans) <= last_field(network, shape) <= max(spans) + 2, "outputs between two inputs see fewer"


def test_rows_and_unknown_layers_have_no_field():
    facts = field_facts(ll.Sequential([ll.Dense(4), ll.BatchNorm(), ll.Dense(2)]), (5,))
    assert np.isnan(facts["network.field"]).all()
    assert facts["network.extent"].tolist() == facts["network.window"].tolist() == [0, 0, 0]
    facts = field_facts(ll.Sequential([ll.Conv(4, 3), ll.GRU(5), ll.Dense(2)]), (20, 3))
    assert facts["network.field"][0] == 3
    assert np.isnan(facts["network.field"][1:]).all()
    assert np.isnan(last_field(ll.Sequential([ll.Reshape((4, 4, 1)), ll.Conv(2, 3)]), (16,)))
    assert np.isnan(last_field(ll.Sequential([ll.Conv(4, 3), ll.GroupNorm(2)]), (9, 9, 1)))


def test_global_pooling_and_dense_layers_see_everything():
    pooled = ll.Sequential([ll.Conv(4, 3, padding="valid"), ll.GlobalAveragePool(), ll.Dense(2)])
    assert field_facts(pooled, (9, 12, 1))["network.field"].tolist() == [3, 12, 12]
    assert field_facts(ll.Dense(3), (9, 12, 1))["network.field"].tolist() == [12]
    assert field_facts(ll.Dense(3), (12, 4))["network.field"].tolist() == [1], "each step by itself"


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 7), st.integers(1, 6), st.integers(1, 3), st.integers(1, 3))
def test_idle_weights_are_those_without_a_gradient(length, kernel, stride, dilation):
    network = ll.Conv(1, kernel, stride=stride, dilation=dilation, bias=False)
    shape = (length, 2 * length, 1)
    params, state = network.init(jax.random.key(0), shape)
    x = jnp.asarray(np.random.default_rng(0).uniform(1, 2, (1, *shape)))
    slope = jax.grad(lambda p: network.apply(p, state, x)[0].sum())(params)["kernel"]
    facts = field_facts(network, shape)
    assert facts["network.window.idle"][0] == pytest.approx(float((slope == 0).mean()), abs=1e-6)
    assert facts["network.extent"][0] == length
    assert facts["network.window"][0] == (kernel - 1) * dilation + 1


def test_every_sliding_layer_has_an_idle_share():
    network = ll.Sequential([ll.SeparableConv(2, 5), ll.TransposedConv(2, 4, stride=2), ll.DepthwiseConv(3)])
    facts = field_facts(network, (2, 2, 1))
    kinds = [isinstance(step.layer, Sliding) for step in walk(network, (2, 2, 1))]
    assert all(kinds)
    assert facts["network.window.idle"][0] == pytest.approx(1 - (3 / 5) ** 2)
    assert np.isfinite(facts["network.window.idle"]).all()
