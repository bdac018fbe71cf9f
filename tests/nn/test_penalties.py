"""Penalties (T8): the lectures' numbers, PyTorch's gradients, and both together as the elastic net."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from sklearn.linear_model import ElasticNet

import leadline as ll
from leadline.core.errors import RecipeError
from leadline.nn import penalty, weights_of

RANDOM = np.random.default_rng(0)
WEIGHTS = [RANDOM.normal(size=(4, 3)).astype(np.float32), RANDOM.normal(size=3).astype(np.float32)]


def test_numbers_of_the_lectures():  # L9: L2 prefers many small weights to one large, L1 does not mind
    one, many = jnp.array([1.0, 0, 0, 0]), jnp.full(4, 0.25)
    assert (float(ll.l2([one])), float(ll.l2([many]))) == (1.0, 0.25)
    assert (float(ll.l1([one])), float(ll.l1([many]))) == (1.0, 1.0)
    assert (float(ll.elastic([one], 0.5)), float(ll.elastic([many], 0.5))) == (1.0, 0.625)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_elastic_mixes_both_and_has_pytorchs_gradients(share):
    other = [torch.tensor(w, requires_grad=True) for w in WEIGHTS]
    expected = sum(share * w.abs().sum() + (1 - share) * w.square().sum() for w in other)
    expected.backward()
    found, slopes = jax.value_and_grad(lambda w: ll.elastic(w, share))([*map(jnp.asarray, WEIGHTS)])
    assert float(found) == pytest.approx(expected.item(), rel=1e-6)
    for slope, wanted in zip(slopes, other, strict=True):
        np.testing.assert_allclose(slope, wanted.grad.numpy(), rtol=1e-6)
    assert float(ll.elastic(iter(WEIGHTS), share)) == pytest.approx(expected.item(), rel=1e-6)  # read once


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan"), "half"])
def test_a_share_out_of_range_is_told(share):
    with pytest.raises(RecipeError, match=r"elastic, share – must be a number in \[0, 1\] – got"):
        ll.elastic(WEIGHTS, share)


def test_a_recipes_l1_and_l2_together_are_the_elastic_net_on_kernels_alone():  # L9
    network = ll.Sequential([ll.Dense(4, ll.tanh), ll.BatchNorm(), ll.Dense(2)])
    params, _ = network.init(jax.random.key(0), (3,))
    strength, share = 0.2, 0.3

    def both(params):
        return penalty(network, params, l1_share=strength * share, l2_share=strength * (1 - share))

    found, slopes = jax.value_and_grad(both)(params)
    kernels = [torch.tensor(np.asarray(w), requires_grad=True) for w in weights_of(network, params).values()]
    expected = strength * sum(share * w.abs().sum() + (1 - share) * w.square().sum() for w in kernels)
    expected.backward()
    assert float(found) == pytest.approx(expected.item(), rel=1e-6)
    assert len(kernels) == 2
    for slope, wanted in zip(weights_of(network, slopes).values(), kernels, strict=True):
        np.testing.assert_allclose(slope, wanted.grad.numpy(), rtol=1e-5)
    assert not slopes[0]["bias"].any()
    assert not slopes[1]["scale"].any()


def test_a_training_with_both_finds_scikit_learns_elastic_net():
    x = RANDOM.normal(size=(64, 3)).astype(np.float32)
    y = x @ np.array([2.0, -1.0, 0.0]) + 0.1 * RANDOM.normal(size=64)
    data = ll.data.arrays(x, y, problem="regression", split=(1.0, 0.0, 0.0))
    result = ll.fit(
        "linear",
        data,
        optimizer=ll.adam(0.02, schedule=ll.cosine()),
        epochs=600,
        batch_size="full",
        l1=0.3,
        l2=0.2,
    )
    inputs, targets = data.parts["train"].inputs, data.parts["train"].targets[:, 0]
    reference = ElasticNet(alpha=0.15 + 0.2, l1_ratio=0.15 / 0.35).fit(
        inputs, targets
    )  # it halves both terms
    kernel = result.model.params[-1]["kernel"][:, 0]
    np.testing.assert_allclose(kernel, reference.coef_, atol=2e-3)
    assert np.abs(kernel[2]) < 2e-3  # L1 drives it to 0
