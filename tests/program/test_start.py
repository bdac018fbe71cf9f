"""The start: sums and means, gradients, directions and curvature against closed forms."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from leadline.nn import (
    BatchNorm,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    RandomErasing,
    Sequential,
    relu,
    sigmoid,
    tanh,
)
from leadline.nn.keys import key_of
from leadline.program.course import batches_of, start
from leadline.program.program import Program
from leadline.program.start import leading, start_facts
from leadline.program.written import Written
from leadline.training.optimizers import Optimizer, adam, momentum, sgd

random = np.random.default_rng(0)
ROWS = 48
X = random.normal(size=(ROWS, 5)).astype(np.float32) * np.array([1, 2, 0.5, 1, 3], np.float32)
NUMBERS = (X[:, 0] - X[:, 1]).astype(np.float32)
SEEDS = (0, 1, 2)


def program(
    *layers: object, optimizer: Optimizer | None = None, loss: Written | None = None, **choices: object
) -> Program:
    network = Sequential(list(layers) or [Dense(7, tanh), Dense(1)])
    return Program(
        network, X, NUMBERS, loss or Written("mse"), optimizer or sgd(0.1), batch_size=ROWS, **choices
    )


@pytest.fixture(scope="module")
def plain():
    """A program of two layers and its facts."""
    given = program()
    return given, start_facts(given, SEEDS)


@pytest.mark.parametrize(("reduction", "times"), [("mean", 1), ("sum", 2)])
@pytest.mark.parametrize(
    "layers", [(Dense(1),), (Dense(6, relu), Dropout(0.5), Dense(1, sigmoid))], ids=["line", "dropout"]
)
def test_twice_the_rows_double_a_sum_and_leave_a_mean(reduction, times, layers):
    facts = start_facts(program(*layers, loss=Written("mse", reduction=reduction)), SEEDS)
    np.testing.assert_allclose(facts["start.doubled"], times, rtol=1e-5)


def test_twice_the_rows_leave_a_mean_of_a_table_of_all_against_all_too():
    facts = start_facts(program(Dense(1), loss=Written("mse", expands=False)), SEEDS)
    np.testing.assert_allclose(facts["start.doubled"], 1, rtol=1e-5)


def test_losses_and_gradients_are_those_of_jax_and_of_finite_differences(plain):
    given, facts = plain
    for at, seed in enumerate(SEEDS):
        params = jax.device_get(start(given, jax.random.fold_in(key_of(seed), 0)).params)
        rows = batches_of(ROWS, ROWS, 1, seed)[0]

        def loss_of(params, rows=rows):
            outputs = jnp.tanh(X[rows] @ params[0]["kernel"] + params[0]["bias"])
            outputs = outputs @ params[1]["kernel"] + params[1]["bias"]
            return jnp.mean((outputs[:, 0] - NUMBERS[rows]) ** 2)

        assert facts["start.losses"][at] == pytest.approx(float(loss_of(params)), rel=1e-5)
        grads = jax.grad(loss_of)(params)
        norms = [np.sqrt(sum(float(jnp.square(leaf).sum()) for leaf in layer.values())) for layer in grads]
        np.testing.assert_allclose(facts["start.gradient"][at], norms, rtol=1e-4)
        # Along the gradient itself, the slope is its norm.
        whole = np.sqrt(np.square(facts["start.gradient"][at]).sum())
        step = 1e-2
        ends = [
            loss_of(jax.tree.map(lambda p, g, way=way / whole: p + way * g, params, grads))
            for way in (step, -step)
        ]
        assert float(ends[0] - ends[1]) / (2 * step) == pytest.approx(whole, rel=1e-2)
    np.testing.assert_allclose(facts["start.gradient.norm"], facts["start.gradient"].mean(axis=0), rtol=1e-6)
    assert facts["start.loss"] == pytest.approx(facts["start.losses"].mean())


def test_the_curvature_of_a_quadratic_is_the_largest_eigenvalue_of_its_hessian():
    rate = 0.03
    facts = start_facts(program(Dense(1), optimizer=sgd(rate)), SEEDS)
    whole = np.concatenate([X, np.ones((ROWS, 1))], axis=1)
    largest = np.linalg.eigvalsh(2 * whole.T @ whole / ROWS).max()
    np.testing.assert_allclose(facts["start.curvature"], rate * largest, rtol=0.03)


def test_above_a_product_of_two_gradient_descent_comes_apart():
    whole = np.concatenate([X, np.ones((ROWS, 1))], axis=1)
    largest = np.linalg.eigvalsh(2 * whole.T @ whole / ROWS).max()
    for times, grows in ((1.9, False), (2.1, True)):
        weights, rate = np.zeros(6), times / largest
        losses = []
        for _ in range(200):
            errors = whole @ weights - NUMBERS - 1
            losses.append(np.square(errors).mean())
            weights = weights - rate * 2 * whole.T @ errors / ROWS
        facts = start_facts(program(Dense(1), optimizer=sgd(rate)), SEEDS)
        assert (losses[-1] > losses[0]) == grows == bool((facts["start.curvature"] > 2).all())


def test_curvature_is_only_asked_of_plain_gradient_descent():
    assert "start.curvature" not in start_facts(program(Dense(1), optimizer=adam()), SEEDS)


def test_the_first_step_of_gradient_descent_goes_straight_down_and_uphill_straight_up(plain):
    np.testing.assert_allclose(plain[1]["start.slope"], 1, atol=1e-3)
    np.testing.assert_allclose(
        start_facts(program(optimizer=momentum(0.1)), SEEDS)["start.slope"], 1, atol=1e-3
    )
    up = start_facts(program(loss=Written("mse", sign=-1.0)), SEEDS)
    np.testing.assert_allclose(up["start.slope"], -1, atol=1e-3)


def test_the_first_step_of_adam_is_the_sign_of_the_gradient():
    given = program(Dense(1), optimizer=adam(0.1))
    facts = start_facts(given, (0,))
    params = jax.device_get(start(given, jax.random.fold_in(key_of(0), 0)).params)[0]
    errors = (X @ params["kernel"] + params["bias"])[:, 0] - NUMBERS
    grads = np.append(2 * X.T @ errors / ROWS, 2 * errors.mean())
    assert facts["start.slope"][0] == pytest.approx(
        np.abs(grads).sum() / (np.linalg.norm(grads) * np.sqrt(6)), rel=1e-3
    )


def test_signals_are_what_layers_give(plain):
    given, facts = plain
    params = jax.device_get(start(given, jax.random.fold_in(key_of(0), 0)).params)
    hidden = np.tanh(X @ params[0]["kernel"] + params[0]["bias"])
    outputs = hidden @ params[1]["kernel"] + params[1]["bias"]
    wanted = [np.sqrt(np.square(one).mean()) for one in (hidden, outputs)]
    np.testing.assert_allclose(facts["start.size"][0], wanted, rtol=1e-4)
    np.testing.assert_allclose(
        facts["start.signal"][0], [one.std(axis=0).mean() for one in (hidden, outputs)], rtol=1e-4
    )
    share = (np.abs(hidden) > 0.98).mean()
    assert facts["start.saturated"][0, 0] == pytest.approx(share, abs=0.05)


def test_zeros_alike_and_dead_units_are_counted():
    same = {"initializer": "constant(value=0.1)"}
    facts = start_facts(program(Dense(8, relu, bias_value=-50.0), Dense(1)), SEEDS)
    np.testing.assert_array_equal(facts["start.dead"][:, 0], 1)
    np.testing.assert_array_equal(facts["start.gradient.zeros"][:, 0], 1)
    facts = start_facts(program(Dense(8, relu, **same), Dense(1, **same)), SEEDS)
    np.testing.assert_array_equal(facts["start.equal"][:, 0], 1)
    assert (facts["start.gradient.zeros"] < 1).all()


def test_layers_without_weights_have_no_gradient_and_large_batches_are_cut():
    x = random.normal(size=(900, 2, 3, 1)).astype(np.float32)
    network = Sequential([Flatten(), BatchNorm(), Dense(2)])
    given = Program(
        network, x, np.arange(900) % 2, Written("cross_entropy", "scores", "codes"), adam(), batch_size=900
    )
    facts = start_facts(given, SEEDS)
    assert facts["start.rows"] == 256
    assert np.isnan(facts["start.gradient"][:, 0]).all()
    assert np.isfinite(facts["start.gradient"][:, 1:]).all()
    assert facts["start.outputs.spread"].shape == (2,)


def test_the_same_seeds_give_the_same_bits(plain):
    given, facts = plain
    again = start_facts(given, SEEDS)
    for name, value in facts.items():
        np.testing.assert_array_equal(value, again[name], err_msg=name)


def augmented(layer: object, x: np.ndarray) -> dict:
    targets = np.arange(len(x)) % 2
    network = Sequential([layer, Flatten(), Dense(2)])
    given = Program(network, x, targets, Written("cross_entropy", "scores", "codes"), adam(), batch_size=32)
    return start_facts(given, SEEDS)


def test_noise_widens_the_rows_as_variances_add():
    x = (3 + 2 * random.normal(size=(2000, 6))).astype(np.float32)
    facts = augmented(GaussianNoise(4.0), x)
    np.testing.assert_allclose(facts["start.augmented.spread"], np.sqrt(1 + 4.0**2 / 2.0**2), rtol=0.05)
    assert (facts["start.augmented.shift"] < 0.3).all(), "the draw of 256 rows of noise"


def test_erasing_moves_the_mean_by_the_share_that_is_gone():
    x = (4 + random.normal(size=(600, 10, 10, 1))).astype(np.float32)
    facts = augmented(RandomErasing(0.25), x)
    gone = np.mean(
        [
            [(min(r + 3, 10) - max(r - 2, 0)) * (min(c + 3, 10) - max(c - 2, 0)) for r in range(10)]
            for c in range(10)
        ]
    )
    np.testing.assert_allclose(facts["start.augmented.shift"], 4 * gone / 100, rtol=0.1)


def test_rows_without_augmentation_have_no_such_values(plain):
    assert "start.augmented.shift" not in plain[1]
    assert "start.augmented.shift" not in start_facts(program(Dense(4, relu), Dropout(0.5), Dense(1)), (0,))
    assert leading(Sequential([Flatten(), GaussianNoise(0.1), Dense(1)]))[1:] == (GaussianNoise(0.1),)
