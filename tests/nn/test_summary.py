"""The table of a network, the check of its shapes, its linearity, its named tensors and its spec."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import leadline.nn as nn
from leadline.core.errors import NetworkError

KEY = jax.random.key(0)


@pytest.mark.parametrize(
    ("widths", "features", "total"), [((10,), 784, 7_850), ((4, 3, 1), 6, 47), ((256, 128, 10), 784, 235_146)]
)
def test_parameter_counts(widths, features, total):  # N3
    table = nn.summary(nn.Sequential([nn.Dense(units) for units in widths]), (features,))
    assert table.total == total
    assert f"{total:,}" in str(table)


@given(st.lists(st.integers(1, 20), min_size=1, max_size=5), st.integers(1, 20))
@settings(max_examples=15, deadline=None)
def test_counts_of_any_depth_and_width(widths, features):  # N3
    table = nn.summary(nn.Sequential([nn.Dense(units) for units in widths]), (features,))
    sizes = [features, *widths]
    assert [row.parameters for row in table.rows] == [
        (a + 1) * b for a, b in zip(sizes, widths, strict=False)
    ]
    assert table.output_shape == (widths[-1],)


def test_table_is_aligned():
    network = nn.Sequential([nn.Conv(16, 3, nn.relu), nn.MaxPool(), nn.Dense(64, nn.relu), nn.Dense(10)])
    assert str(nn.summary(network, (28, 28, 1))).splitlines() == [
        "layer       output shape  activation  parameters",
        "────────────────────────────────────────────────",
        "input       28 × 28 × 1",
        "0.conv      28 × 28 × 16  relu               160",
        "1.max_pool  14 × 14 × 16                       0",
        "2.dense     64            relu           200,768",
        "3.dense     10                               650",
        "────────────────────────────────────────────────",
        "total                                    201,578",
    ]


def test_a_layer_that_does_not_fit_is_named_with_what_came_before():
    network = nn.Sequential([nn.Dense(64, nn.relu), nn.Sequential([nn.Dropout(0.1), nn.Conv(8)])])
    for look in (nn.check, nn.summary):
        with pytest.raises(NetworkError) as caught:
            look(network, (8, 8, 1))
        text = str(caught.value)
        assert text.startswith("1.sequential.1.conv ll.Conv(8) – must be given a sequence")
        assert "got shape (64,); 2 layers before it: " in text
        assert "input (8, 8, 1) → 0.dense (64,) → 1.sequential.0.dropout (64,)" in text
        assert "hint: " in text
    with pytest.raises(NetworkError, match=r"1\.conv ll\.Conv\(8\)"):
        network.init(KEY, (8, 8, 1))


def test_dense_networks_take_images_as_they_are():
    network = nn.Sequential([nn.Dense(64, nn.relu), nn.Dropout(0.2), nn.Dense(10)])
    assert nn.check(network, (8, 8, 1)) == (10,)
    params, state = network.init(KEY, (8, 8, 1))
    assert network.apply(params, state, jnp.ones((2, 8, 8, 1)))[0].shape == (2, 10)


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([nn.Dense(4), nn.Dense(2)], False),
        ([nn.Dense(4), nn.BatchNorm(), nn.Dropout(0.1), nn.Dense(2)], False),
        ([nn.Dense(4, nn.relu), nn.Dense(2)], True),
        ([nn.Dense(4), nn.Dense(2, nn.relu)], False),
        ([nn.Activate(nn.relu), nn.Dense(4), nn.Dense(2)], False),
        ([nn.Dense(4), nn.Activate(nn.tanh), nn.Dense(2)], True),
        ([nn.Conv(4), nn.MaxPool(), nn.Dense(2)], True),
        ([nn.Conv(4), nn.AveragePool(), nn.Dense(2)], False),
        ([nn.Residual([nn.Dense(4), nn.Dense(4)]), nn.Dense(2)], False),
        ([nn.Residual([nn.Dense(4)], nn.relu), nn.Dense(2)], True),
        ([nn.Dense(4, nn.relu)], False),
        ([nn.Flatten()], False),
    ],
)
def test_nonlinear(layers, expected):  # N5
    assert nn.is_nonlinear(nn.Sequential(layers)) is expected


@pytest.mark.parametrize("depth", [2, 4])
def test_a_network_without_nonlinearity_equals_one_linear_layer(depth):  # N5
    network = nn.Sequential([nn.Dense(7, bias=False) for _ in range(depth)])
    params, state = network.init(KEY, (5,))
    inputs = jax.random.normal(KEY, (9, 5))
    product = np.linalg.multi_dot([np.asarray(layer["kernel"]) for layer in params])
    np.testing.assert_allclose(network.apply(params, state, inputs)[0], inputs @ product, atol=1e-5)
    assert not nn.is_nonlinear(network)
    assert nn.weight_layers(network) == depth


NETWORK = nn.Sequential(
    [
        nn.Conv(4, (3, 2), nn.relu, stride=2, initializer=nn.he_uniform),
        nn.Residual([nn.Conv(6), nn.BatchNorm(0.5)], nn.elu, project=True),
        nn.Parallel(
            [nn.Flatten(), nn.Sequential([nn.GlobalAveragePool(), nn.Dense(3, nn.gelu, bias=False)])]
        ),
        *[nn.Dense(3, nn.tanh)] * 8,
        nn.Dense(2, bias_value=0.01),
    ]
)


def test_named_tensors_and_back():
    params, state = NETWORK.init(KEY, (6, 6, 1))
    named = nn.flatten_params(NETWORK, params)
    assert list(named)[:6] == [
        "0.conv/kernel",
        "0.conv/bias",
        "1.residual.0.conv/kernel",
        "1.residual.0.conv/bias",
        "1.residual.1.batch_norm/scale",
        "1.residual.1.batch_norm/shift",
    ]
    assert list(named)[6:8] == ["1.residual.2.project/kernel", "2.parallel.1.sequential.1.dense/kernel"]
    assert list(named)[-2:] == ["11.dense/kernel", "11.dense/bias"]
    like = jax.eval_shape(lambda key: NETWORK.init(key, (6, 6, 1)), KEY)
    again = nn.unflatten(NETWORK, named, like[0])
    assert jax.tree.structure(again) == jax.tree.structure(params)
    assert all(a is b for a, b in zip(jax.tree.leaves(again), jax.tree.leaves(params), strict=True))
    assert list(nn.flatten_params(NETWORK, state)) == [
        "1.residual.1.batch_norm/mean",
        "1.residual.1.batch_norm/variance",
    ]


def test_tensors_that_do_not_fit_are_all_told():
    network = nn.Sequential([nn.Dense(3), nn.Dense(2)])
    params, _ = network.init(KEY, (4,))
    named = nn.flatten_params(network, params)
    del named["0.dense/bias"]
    named["1.dense/kernel"] = np.zeros((2, 2))
    named["1.dense/kernal"] = np.zeros(1)
    with pytest.raises(NetworkError) as caught:
        nn.unflatten(network, named, params)
    text = str(caught.value)
    assert len(caught.value.problems) == 3
    assert "array 0.dense/bias – must be there, of shape (3,) – got nothing" in text
    assert "array 1.dense/kernel – must be of shape (3, 2) – got (2, 2)" in text
    assert "did you mean '1.dense/kernel'" in text


def test_weights_are_the_kernels_alone():  # L9
    params, _ = NETWORK.init(KEY, (6, 6, 1))
    mask = nn.weight_mask(params)
    assert jax.tree.structure(mask) == jax.tree.structure(params)
    named = nn.flatten_params(NETWORK, mask)
    assert {name for name, kept in named.items() if kept} == {
        name for name in named if name.endswith("/kernel")
    }
    assert set(nn.weights_of(NETWORK, params)) == {name for name, kept in named.items() if kept}


@pytest.mark.parametrize(("weights", "squares", "absolutes"), [([1, 0, 0, 0], 1, 1), ([0.25] * 4, 0.25, 1)])
def test_penalties_of_the_lecture(weights, squares, absolutes):  # L9
    params = ({"kernel": jnp.array(weights, jnp.float32)[:, None], "bias": jnp.full(1, 9.0)},)
    network = nn.Sequential([nn.Dense(1)])
    assert float(nn.penalty(network, params, 0.0, 1.0)) == squares
    assert float(nn.penalty(network, params, 1.0, 0.0)) == absolutes
    assert float(nn.penalty(network, params, 2.0, 3.0)) == 2 * absolutes + 3 * squares
    assert float(nn.penalty(network, params)) == 0


def test_spec_writes_only_what_differs_from_the_default():
    assert nn.to_spec(NETWORK) == {
        "kind": "sequential",
        "layers": [
            {
                "kind": "conv",
                "channels": 4,
                "kernel": [3, 2],
                "activation": "relu",
                "stride": 2,
                "initializer": "he_uniform",
            },
            {
                "kind": "residual",
                "layers": [{"kind": "conv", "channels": 6}, {"kind": "batch_norm", "momentum": 0.5}],
                "activation": "elu",
                "project": True,
            },
            {
                "kind": "parallel",
                "branches": [
                    {"kind": "flatten"},
                    {
                        "kind": "sequential",
                        "layers": [
                            {"kind": "global_average_pool"},
                            {"kind": "dense", "units": 3, "activation": "gelu", "bias": False},
                        ],
                    },
                ],
            },
            *[{"kind": "dense", "units": 3, "activation": "tanh"}] * 8,
            {"kind": "dense", "units": 2, "bias_value": 0.01},
        ],
    }
    assert nn.from_spec(nn.to_spec(NETWORK)) == NETWORK


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"kind": "dens", "units": 3}, ["network, kind", "did you mean 'dense'"]),
        (
            {"kind": "dense", "unit": 3},
            ["network, unit", "did you mean 'units'", "network, units – must be given"],
        ),
        (
            {"kind": "dense", "units": -1, "activation": "rely"},
            ["network, Dense, units", "did you mean 'relu'"],
        ),
        ({"units": 3}, ["a layer with a kind"]),
        ("dense", ["a layer with a kind"]),
        ({"kind": "flatten", "axis": 1}, ["network, axis", "it has no choices"]),
        ({"kind": "sequential", "layers": []}, ["at least one layer"]),
        ({"kind": "sequential", "layers": ["dense"]}, ["at least one layer"]),
        ({"kind": "sequential", "layers": 3}, ["at least one layer"]),
        (
            {
                "kind": "sequential",
                "layers": [{"kind": "dense", "units": 1, "bais": 1}, {"kind": "dense", "units": 0}],
            },
            ["network.layers[0], bais", "network.layers[1], Dense, units"],
        ),
        ({"kind": "dense", "units": [{"kind": "flatten"}]}, ["units", "a whole number"]),
        ({"kind": "dropout", "rate": float("nan")}, ["rate"]),
        ({"kind": ["dense"]}, ["kind"]),
        (
            {"kind": "dense", "units": 1, "activation": ["relu"], "initializer": {}},
            ["an activation", "an initializer"],
        ),
        ({"kind": "dense", "units": 64.0}, ["64, written without the point"]),
    ],
)
def test_specs_that_cannot_be_read_are_told_in_full(spec, words):
    with pytest.raises(NetworkError) as caught:
        nn.from_spec(spec)
    assert all(word in str(caught.value) for word in words), str(caught.value)
