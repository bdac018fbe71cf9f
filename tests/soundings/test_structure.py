"""Structure of networks against the numbers of the lectures and against PyTorch."""

from __future__ import annotations

import jax
import pytest
import torch

import leadline as ll
from leadline.record.quantities import VOCABULARY
from leadline.record.run import Run
from leadline.soundings.structure import structure_facts


@pytest.mark.parametrize(
    ("network", "shape", "total"),
    [
        (ll.Dense(10), (784,), 7850),
        (ll.Sequential([ll.Dense(4), ll.Dense(3), ll.Dense(1)]), (6,), 47),
    ],
)
def test_parameters_of_the_lectures(network, shape, total):
    params, _ = network.init(jax.random.key(0), shape)
    for facts in (structure_facts(network, shape), structure_facts(network, shape, params)):
        assert facts["network.parameters.total"] == facts["network.parameters"].sum() == total


def test_a_convolutional_network_has_as_many_parameters_as_in_torch():
    network = ll.Sequential(
        [ll.Conv(8, 3, ll.relu), ll.MaxPool(2), ll.BatchNorm(), ll.Flatten(), ll.Dropout(0.2), ll.Dense(10)]
    )
    params, _ = network.init(jax.random.key(0), (8, 8, 1))
    facts = structure_facts(network, (8, 8, 1), params)
    module = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.Linear(4 * 4 * 8, 10)
    )
    assert facts["network.parameters.total"] == sum(p.numel() for p in module.parameters())
    assert facts["network.layers"][0] == "0.conv"
    assert facts["network.kinds"] == ["conv", "max_pool", "batch_norm", "flatten", "dropout", "dense"]
    assert facts["network.activations"][0] == "relu"
    assert facts["network.shapes"][-2:] == ["128", "10"]
    assert (facts["network.outputs"], facts["network.weight_layers"], facts["network.nonlinear"]) == (
        10,
        2,
        1,
    )


@pytest.mark.parametrize(
    ("layers", "nonlinear", "end"),
    [
        ([ll.Dense(8), ll.Dense(3)], 0, "linear"),
        ([ll.Dense(8), ll.Dropout(0.1), ll.Dense(3, ll.softmax)], 0, "softmax"),
        ([ll.Dense(8, ll.tanh), ll.Dense(3)], 1, "linear"),
        ([ll.Dense(3), ll.Activate(ll.softmax)], 0, "softmax"),
    ],
)
def test_nonlinearity_and_the_end(layers, nonlinear, end):
    facts = structure_facts(ll.Sequential(layers), (4,))
    assert (facts["network.nonlinear"], facts["network.output_activation"]) == (nonlinear, end)


def test_nested_layers_are_listed_with_their_paths():
    network = ll.Sequential([ll.Residual([ll.Dense(4, ll.relu), ll.Dense(4)], ll.relu), ll.Dense(2)])
    params, _ = network.init(jax.random.key(0), (4,))
    facts = structure_facts(network, (4,), params)
    assert "0.residual.1.dense" in facts["network.layers"]
    assert facts["network.parameters.total"] == 2 * 20 + 10
    assert set(facts) <= set(VOCABULARY)
    assert Run(facts)["network.outputs"] == 2


def test_shapes_that_do_not_fit_name_the_layer():
    with pytest.raises(ll.NetworkError, match="conv"):
        structure_facts(ll.Sequential([ll.Conv(8, 3)]), (10,))
