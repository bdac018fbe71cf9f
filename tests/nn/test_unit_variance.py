"""Layer-sequential unit variance against a plain twin in PyTorch, nested layers included, and before training."""

from dataclasses import replace

import jax
import numpy as np
import pytest
import torch
from torch.nn import functional

import leadline as ll
from leadline.core.errors import NetworkError
from leadline.nn import flatten_params, for_problem, linear, unit_variance
from leadline.nn.unit_variance import asks
from leadline.training import train as training
from leadline.training.checkpoint import Keeper
from leadline.training.feed import epoch_order
from leadline.training.loop import Course
from leadline.training.moment import unwatched
from leadline.training.step import Problem, Rows

INPUTS = np.random.default_rng(0).normal(2, 3, size=(128, 12)).astype(np.float32)


def kernels(network, params):
    return {name: torch.tensor(np.asarray(a)) for name, a in flatten_params(network, params).items()}


def to_unit_variance(kernel, inputs, bias=0.0, weigh=torch.matmul):
    """The loop of the paper: divide by the standard deviation until the variance is 1; return kernel and sums."""
    for _ in range(10):
        sums = weigh(inputs, kernel) + bias
        if abs(sums.var(unbiased=False) - 1) < 1e-6:
            break
        kernel = kernel / sums.std(unbiased=False)
    return kernel, weigh(inputs, kernel) + bias


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_every_layer_of_a_deep_network_has_sums_of_variance_one(activation):
    network = ll.Sequential([ll.Dense(40, activation, "lsuv", bias_value=0.01) for _ in range(12)])
    params, state = network.init(jax.random.key(0), (12,))
    after = jax.jit(lambda p, x: unit_variance(network, p, state, x, every=False))(params, INPUTS)
    inputs = torch.tensor(INPUTS)
    for layer, begun in zip(after, params, strict=True):
        expected, sums = to_unit_variance(torch.tensor(np.asarray(begun["kernel"])), inputs, 0.01)
        np.testing.assert_allclose(layer["kernel"], expected, rtol=2e-4, atol=1e-6)
        ours = inputs @ torch.tensor(np.asarray(layer["kernel"])) + 0.01
        assert ours.var().item() == pytest.approx(1, abs=1e-3)
        np.testing.assert_array_equal(layer["bias"], begun["bias"])
        inputs = getattr(torch, activation)(sums)


def test_layers_in_layers_are_scaled_one_after_another():
    shape = (6, 6, 2)
    network = ll.Sequential(
        [
            ll.Conv(4, 3, ll.relu, initializer="lsuv"),
            ll.Dropout(0.5),
            ll.Residual([ll.Conv(6, 1, ll.tanh, initializer="lsuv")], project=True),
            ll.Parallel([ll.Flatten(), ll.Dense(3, "maxout(pieces=2)", "lsuv")]),
            ll.Dense(2),
        ]
    )
    params, state = network.init(jax.random.key(3), shape)
    inputs = np.random.default_rng(1).normal(size=(32, *shape)).astype(np.float32)
    some = kernels(network, unit_variance(network, params, state, inputs, every=False))
    all_of_them = kernels(network, unit_variance(network, params, state, inputs))
    begun = kernels(network, params)

    def conv(x, kernel):
        return functional.conv2d(x, kernel.permute(3, 2, 0, 1), padding="same")

    expected = dict(begun)
    first, sums = to_unit_variance(
        begun["0.conv/kernel"], torch.tensor(inputs).permute(0, 3, 1, 2), weigh=conv
    )
    inner, added = to_unit_variance(begun["2.residual.0.conv/kernel"], sums.relu(), weigh=conv)
    carried = conv(sums.relu(), begun["2.residual.1.project/kernel"])
    flat = (added.tanh() + carried).permute(0, 2, 3, 1).flatten(1)
    last, _ = to_unit_variance(begun["3.parallel.1.dense/kernel"], flat)
    expected |= {"0.conv/kernel": first, "2.residual.0.conv/kernel": inner, "3.parallel.1.dense/kernel": last}
    assert list(some) == list(begun)
    for name, kernel in some.items():
        np.testing.assert_allclose(kernel, expected[name], rtol=2e-4, atol=1e-6, err_msg=name)

    project, _ = to_unit_variance(begun["2.residual.1.project/kernel"], sums.relu(), weigh=conv)
    np.testing.assert_allclose(all_of_them["2.residual.1.project/kernel"], project, rtol=2e-4, atol=1e-6)
    ratio = all_of_them["4.dense/kernel"] / begun["4.dense/kernel"]
    assert ratio.std() < 1e-4 < abs(ratio.mean() - 1)


def test_a_single_layer_is_a_network_too():
    params, state = ll.Dense(5, ll.relu).init(jax.random.key(0), (12,))
    after = unit_variance(ll.Dense(5, ll.relu), params, state, INPUTS)
    assert (INPUTS @ np.asarray(after["kernel"])).var() == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize("kind", [ll.DepthwiseConv, ll.TransposedConv, ll.Conv])
def test_every_kind_of_convolution_is_scaled(kind):
    layer = kind(4, activation=ll.relu, initializer="lsuv")
    params, state = layer.init(jax.random.key(0), (6, 2))
    inputs = INPUTS.reshape(128, 6, 2)
    after = unit_variance(layer, params, state, inputs, every=False)
    sums, _ = replace(layer, activation=linear).apply(after, state, inputs)
    assert float(sums.var()) == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_where_there_is_no_spread_the_kernel_is_left(value):
    network = ll.Sequential([ll.Dense(4, ll.relu), ll.Dense(3)])
    params, state = network.init(jax.random.key(0), (2,))
    after = unit_variance(network, params, state, np.full((8, 2), value, np.float32))
    for before, now in zip(params, after, strict=True):
        np.testing.assert_array_equal(before["kernel"], now["kernel"])


def test_who_asks():
    assert asks(ll.Sequential([ll.Residual([ll.Dense(3, initializer="lsuv")])]))
    assert not asks(ll.Sequential([ll.Residual([ll.Dense(3, initializer="orthogonal")]), ll.Flatten()]))


@pytest.mark.parametrize("field", ["initializer", "recurrent_initializer"])
def test_a_layer_with_several_kernels_is_refused_by_name(field):
    network = ll.Sequential([ll.RNN(4, **{field: "lsuv"}), ll.Dense(2)])
    params, state = network.init(jax.random.key(0), (5, 3))
    with pytest.raises(NetworkError) as caught:
        unit_variance(network, params, state, np.ones((2, 5, 3), np.float32), every=False)
    text = str(caught.value)
    assert text.startswith("0.rnn ll.RNN(4")
    assert "must be a layer with one kernel, to be scaled by lsuv – got kernel, recurrent_kernel" in text
    assert 'hint: initializer="orthogonal"' in text


NETWORK = ll.Sequential([ll.Dense(9, ll.relu, "lsuv"), ll.Dense(3, initializer="lsuv")])
PLAN = Course(4, 16, 3, None)
TARGETS = np.random.default_rng(1).integers(0, 3, 128).astype(np.int32)
ROWS = Rows(INPUTS, TARGETS)


def problem(optimizer):
    return Problem(NETWORK, for_problem("classification", 3, 3), optimizer.build(lambda step: 0.01))


@pytest.mark.parametrize("scaled_rows", [512, 40])
def test_training_starts_from_unit_variance_on_its_own_rows(monkeypatch, scaled_rows):
    monkeypatch.setattr(training, "SCALED_ROWS", scaled_rows)
    loop = training.prepare(problem(ll.adam(0.01)), PLAN, ROWS, ROWS, unwatched)
    first, last = ({n: np.asarray(a) for n, a in layer.items()} for layer in loop.carry.params)
    some = INPUTS[epoch_order(3, 1, 128)[:scaled_rows]]
    sums = some @ first["kernel"] + first["bias"]
    assert sums.var() == pytest.approx(1, rel=1e-4)
    assert (np.maximum(sums, 0) @ last["kernel"] + last["bias"]).var() == pytest.approx(1, rel=1e-4)


def test_going_on_gives_the_same_bits_what_was_learned_is_not_scaled(tmp_path):
    whole = training.train(problem(ll.adam(0.01)), PLAN, ROWS, ROWS)
    keeper = Keeper(tmp_path / "c.npz", {})

    def watch(moment):
        if moment.epoch == 2 and moment.done == 1:
            raise KeyboardInterrupt

    training.train(problem(ll.adam(0.01)), PLAN, ROWS, ROWS, watch, keeper)
    resumed = training.train(problem(ll.adam(0.01)), PLAN, ROWS, ROWS, keeper=keeper)
    assert len(resumed.values["curve.loss.train"]) == 4
    start = "start.gradient.norm"
    np.testing.assert_array_equal(resumed.values[start], whole.values[start])
    for ours, theirs in zip(jax.tree.leaves(resumed.params), jax.tree.leaves(whole.params), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_fit_and_the_recipe_it_writes_give_the_same_bits(tmp_path):
    data = ll.data.bundled("iris")
    network = ll.Sequential([ll.Dense(6, ll.tanh, "lsuv"), ll.Dense(3)])
    result = ll.fit(network, data, epochs=2, seed=5, progress=False)
    again = ll.fit_recipe(result.recipe.save(tmp_path / "recipe.toml"), progress=False)
    assert again.recipe.network == network
    for ours, theirs in zip(
        jax.tree.leaves(again.model.params), jax.tree.leaves(result.model.params), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    plain = ll.Sequential([ll.Dense(6, ll.tanh, "orthogonal"), ll.Dense(3)])
    other = ll.fit(plain, data, epochs=2, seed=5, progress=False)
    assert other.run["start.loss"] != result.run["start.loss"]
    assert ll.load(result.model.save(tmp_path / "m.leadline")).network == network
