"""Optimizers (T11) and clipping take the same steps as PyTorch's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import leadline as ll
from leadline.core.errors import RecipeError
from leadline.training.optimizers import Optimizer, optimizers

STEPS = 25
PAIRS = {
    "sgd": (ll.sgd(0.1), lambda p: torch.optim.SGD(p, 0.1)),
    "momentum": (ll.momentum(0.05), lambda p: torch.optim.SGD(p, 0.05, momentum=0.9)),
    "nesterov": (ll.nesterov(0.05), lambda p: torch.optim.SGD(p, 0.05, momentum=0.9, nesterov=True)),
    "adam": (ll.adam(0.02), lambda p: torch.optim.Adam(p, 0.02)),
    "adamw": (ll.adamw(0.02, weight_decay=0.1), lambda p: torch.optim.AdamW(p, 0.02, weight_decay=0.1)),
    "rmsprop": (ll.rmsprop(0.02), lambda p: torch.optim.RMSprop(p, 0.02, alpha=0.9)),
    "adagrad": (ll.adagrad(0.1), lambda p: torch.optim.Adagrad(p, 0.1)),
}


def our_path(optimizer, start, target, clip=0.0):
    transformation = optimizer.build(lambda step: optimizer.learning_rate, clip)
    weights = jnp.asarray(start)
    state = transformation.init(weights)
    path = []
    for _ in range(STEPS):
        grads = jax.grad(lambda w: jnp.sum((w - target) ** 4 + jnp.sin(w)))(weights)
        updates, state = transformation.update(grads, state, weights)
        weights = weights + updates
        path.append(np.asarray(weights))
    return np.stack(path)


def torch_path(make, start, target, clip=0.0):
    weights = torch.tensor(start, requires_grad=True)
    optimizer = make([weights])
    path = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        torch.sum((weights - torch.from_numpy(target)) ** 4 + torch.sin(weights)).backward()
        if clip:
            torch.nn.utils.clip_grad_norm_([weights], clip)
        optimizer.step()
        path.append(weights.detach().numpy().copy())
    return np.stack(path)


@pytest.fixture
def problem():
    random = np.random.default_rng(3)
    return random.normal(size=12).astype(np.float32), random.normal(size=12).astype(np.float32)


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("clip", [0.0, 0.7])
def test_takes_the_steps_of_pytorch(name, clip, problem):
    ours, theirs = PAIRS[name]
    np.testing.assert_allclose(
        our_path(ours, *problem, clip), torch_path(theirs, *problem, clip), rtol=2e-4, atol=2e-5
    )


def test_every_optimizer_of_the_catalogue_is_compared():
    assert {pair[0].name for pair in PAIRS.values()} == set(optimizers)


def test_decay_spares_what_is_not_named():
    optimizer = ll.adamw(0.1, weight_decay=0.5)
    params = {"kernel": jnp.ones(3), "bias": jnp.ones(3)}
    built = optimizer.build(lambda step: 0.1, decayed=lambda tree: {"kernel": True, "bias": False})
    zero = jax.tree.map(jnp.zeros_like, params)
    updates, _ = built.update(zero, built.init(params), params)
    np.testing.assert_allclose(updates["kernel"], -0.05, rtol=1e-6)
    np.testing.assert_array_equal(updates["bias"], 0)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ll.adam(float("nan")), "learning_rate"),
        (lambda: ll.adam(0.0), "learning_rate"),
        (lambda: ll.sgd(-1.0), "learning_rate"),
        (lambda: ll.sgd(0.1, momentum=1.0), "momentum"),
        (lambda: Optimizer("adm"), "did you mean 'adam'"),
        (lambda: Optimizer("adam", options={"beta1": 0.9}), "beta1"),
    ],
)
def test_a_choice_out_of_bounds_is_named(make, words):
    with pytest.raises(RecipeError, match=words):
        make()


def test_all_mismatches_are_told_at_once():
    with pytest.raises(RecipeError) as caught:
        Optimizer("adam", options={"b1": 2.0, "b2": -1.0, "epsilon": 1})
    assert len(caught.value.problems) == 3
