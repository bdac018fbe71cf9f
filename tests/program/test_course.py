"""Programs side by side train as they would alone, and as plain loops of PyTorch and optax do."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.nn import BatchNorm, Dense, Dropout, Sequential, relu, tanh
from leadline.nn.keys import key_of
from leadline.program.answers import score
from leadline.program.course import batches_of, start, train_beside
from leadline.program.program import Program
from leadline.program.written import Written
from leadline.training.optimizers import adam, sgd

torch = pytest.importorskip("torch")
random = np.random.default_rng(0)
X = random.normal(size=(50, 4)).astype(np.float32)
NUMBERS = (X[:, 0] * X[:, 1] + X[:, 2]).astype(np.float32)
CODES = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
SPARSE = Written("cross_entropy", "scores", "codes")
SEEDS, STEPS = (0, 3), 25


def program(**choices: object) -> Program:
    chosen = {"loss": Written("mse"), "optimizer": sgd(0.05), "batch_size": 8, "epochs": 10, **choices}
    targets = chosen.pop("targets", NUMBERS)
    return Program(chosen.pop("network", Sequential([Dense(8, tanh), Dense(1)])), X, targets, **chosen)


def begun(given: Program, seed: int) -> list[dict[str, np.ndarray]]:
    """Return the first weights of a seed."""
    return jax.device_get(start(given, jax.random.fold_in(key_of(seed), 0)).params)


def losses_of_torch(given: Program, seed: int, l2: float = 0.0, clip: float = 0.0) -> list[float]:
    first, last = begun(given, seed)
    weights = [
        torch.tensor(np.array(layer[name]), requires_grad=True)
        for layer in (first, last)
        for name in ("kernel", "bias")
    ]
    optimizer = torch.optim.SGD(weights, lr=given.optimizer.learning_rate)
    losses = []
    for rows in batches_of(given.rows, given.batch, STEPS, seed):
        hidden = torch.tanh(torch.tensor(X[rows]) @ weights[0] + weights[1])
        outputs = hidden @ weights[2] + weights[3]
        wanted = torch.tensor(given.targets[rows])
        if given.loss.name == "mse":
            loss = torch.nn.functional.mse_loss(outputs[:, 0], wanted)
        else:
            loss = torch.nn.functional.cross_entropy(outputs, wanted)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(weights, clip)
        optimizer.step()
    return losses


@pytest.mark.parametrize(
    "given_program",
    [
        program(),
        program(network=Sequential([Dense(8, tanh), Dense(3)]), targets=CODES, loss=SPARSE),
        program(clip_norm=0.1),
    ],
    ids=["numbers", "classes", "clipped"],
)
def test_losses_are_those_of_torch_with_the_same_weights_and_batches(given_program):
    (course,) = train_beside([given_program], SEEDS, STEPS)
    for seed, losses in zip(SEEDS, course.losses, strict=True):
        np.testing.assert_allclose(
            losses, losses_of_torch(given_program, seed, clip=given_program.clip_norm), rtol=2e-4
        )


def test_losses_weights_and_scores_are_those_of_a_plain_loop_of_optax():
    given_program = program(optimizer=adam(0.01))
    (course,) = train_beside([given_program], SEEDS, STEPS)
    for at, seed in enumerate(SEEDS):
        params = begun(given_program, seed)
        adams = optax.adam(0.01)
        state = adams.init(params)

        def outputs_of(params: list, rows: np.ndarray) -> jax.Array:
            hidden = jnp.tanh(rows @ params[0]["kernel"] + params[0]["bias"])
            return hidden @ params[1]["kernel"] + params[1]["bias"]

        @jax.jit
        def stepped(params, state, rows, wanted, adams=adams, outputs_of=outputs_of):
            def loss_of(params):
                return jnp.mean((outputs_of(params, rows)[:, 0] - wanted) ** 2)

            loss, grads = jax.value_and_grad(loss_of)(params)
            updates, state = adams.update(grads, state, params)
            return optax.apply_updates(params, updates), state, loss

        losses = []
        for rows in batches_of(50, 8, STEPS, seed):
            params, state, loss = stepped(params, state, X[rows], NUMBERS[rows])
            losses.append(float(loss))
        np.testing.assert_allclose(course.losses[at], losses, rtol=1e-4)
        outputs = np.asarray(outputs_of(params, X))
        np.testing.assert_allclose(course.outputs[at], outputs, rtol=1e-3, atol=1e-4)
        wanted = pytest.approx(score(given_program, outputs, NUMBERS), abs=1e-3)
        assert course.scores[at] == wanted
        assert course.own_scores[at] == wanted


def test_side_by_side_is_as_alone_and_the_same_again():
    dropping = program(
        network=Sequential([Dense(16, relu), BatchNorm(), Dropout(0.3), Dense(3)]), targets=CODES, loss=SPARSE
    )
    programs = [program(), program(optimizer=adam(0.02), l2=0.01), dropping]
    lengths = [STEPS, 12, 20]
    beside, again = (train_beside(programs, SEEDS, lengths) for _ in range(2))
    for given_program, number, course, same in zip(programs, lengths, beside, again, strict=True):
        (alone,) = train_beside([given_program], SEEDS, number)
        for name in ("losses", "scores", "outputs", "norms", "ratios", "use_loss", "training_loss"):
            one, other = getattr(course, name), getattr(alone, name)
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5, err_msg=name)
            np.testing.assert_array_equal(one, getattr(same, name))  # the same bits
        assert course.losses.shape == (2, number)
        assert not np.allclose(course.losses[0], course.losses[1])  # seeds differ


def test_a_seed_gives_the_same_whichever_seeds_are_beside_it():
    (several,) = train_beside([program()], (0, 1, 2), 10)
    (one,) = train_beside([program()], (1,), 10)
    np.testing.assert_allclose(several.losses[1], one.losses[0], rtol=1e-5)


def test_norms_and_ratios_of_gradient_descent_belong_together():
    given_program = program()
    (course,) = train_beside([given_program], (0,), 5)
    sizes = [np.sqrt(sum(np.square(v).sum() for v in layer.values())) for layer in begun(given_program, 0)]
    np.testing.assert_allclose(course.ratios[0, 0], 0.05 * course.norms[0, 0] / sizes, rtol=1e-4)


def test_batch_statistics_make_use_another_loss_than_training():
    slow = program(network=Sequential([Dense(8, relu), BatchNorm(momentum=0.999), Dense(1)]))
    (normed,) = train_beside([slow], (0, 1), 10)
    assert (np.abs(normed.training_loss / normed.use_loss - 1) > 0.01).all()
    (plain,) = train_beside([program()], (0,), 5)
    np.testing.assert_allclose(plain.training_loss, plain.use_loss, rtol=1e-5)


def test_uphill_climbs_and_the_loss_stays_what_it_is():
    up = replace(program(), loss=Written("mse", sign=-1.0))
    down, climbed = train_beside([program(), up], (0,), STEPS)
    assert climbed.losses[0, 0] == pytest.approx(down.losses[0, 0], rel=1e-5)
    assert climbed.losses[0, -1] > climbed.losses[0, 0] > down.losses[0, -1]


def test_a_loss_that_is_no_number_stops_nothing():
    wild = program(network=Sequential([Dense(1)]), optimizer=sgd(1e4))
    (course,) = train_beside([wild], (0,), STEPS)
    assert course.losses.shape == (1, STEPS)
    assert not np.isfinite(course.losses).all()
    assert not np.isfinite(course.scores).any() or course.scores[0] < 0


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 30), st.integers(0, 99))
def test_batches_go_through_all_rows_before_any_comes_again(rows, batch, steps, seed):
    batch = min(batch, rows)
    order = batches_of(rows, batch, steps, seed)
    assert order.shape == (steps, batch)
    flat = order.ravel()
    for at in range(0, len(flat), rows):
        part = flat[at : at + rows]
        assert len(set(part)) == len(part)
    np.testing.assert_array_equal(order, batches_of(rows, batch, steps, seed))


def test_many_rows_are_judged_in_portions():
    many = random.normal(size=(1003, 4)).astype(np.float32)
    given_program = program(held_out=(many, many[:, 0]))
    (course,) = train_beside([given_program], (0,), 5)
    assert course.outputs.shape == (1, 1003, 1)
    few = replace(given_program, held_out=(many[:10], many[:10, 0]))
    np.testing.assert_allclose(
        train_beside([few], (0,), 5)[0].outputs[0], course.outputs[0, :10], rtol=1e-4, atol=1e-5
    )
