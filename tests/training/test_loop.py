"""The compiled loop against a plain loop in PyTorch (T1), and what it does when things go wrong."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

import leadline as ll
from leadline.nn.base import Pass
from leadline.nn.penalties import weight_mask
from leadline.nn.tasks import for_problem
from leadline.training.feed import epoch_order
from leadline.training.loop import Course
from leadline.training.moment import unwatched
from leadline.training.program import epoch_steps
from leadline.training.step import Problem, Rows
from leadline.training.stopping import Stopping
from leadline.training.train import prepare, train

ROWS, FEATURES, CLASSES = 75, 6, 3
NETWORK = ll.Sequential([ll.Dense(16, ll.tanh), ll.Dense(CLASSES)])


@pytest.fixture(params=["swept", "watched"], autouse=True)
def way(request, monkeypatch):
    """Short epochs run without a look, long ones in ranges: everything holds for both."""
    if request.param == "watched":
        monkeypatch.setattr("leadline.training.decide.SHORT_EPOCH", 0)
    return request.param


@pytest.fixture
def rows():
    random = np.random.default_rng(5)
    inputs = random.normal(size=(ROWS, FEATURES)).astype(np.float32)
    targets = (inputs @ random.normal(size=(FEATURES, CLASSES))).argmax(1).astype(np.int32)
    return Rows(inputs, targets)


def problem(optimizer, **choices):
    task = for_problem("classification", CLASSES, CLASSES)
    return Problem(
        NETWORK, task, optimizer.build(lambda step: optimizer.learning_rate, decayed=weight_mask), **choices
    )


def torch_curve(start, rows, plan, make, weights=None, l1=0.0, l2=0.0):
    """Train the same network from the same weights in the same order, plainly; return losses and weights."""
    tensors = [
        torch.tensor(np.asarray(start[i][name]), requires_grad=True)
        for i in (0, 1)
        for name in ("kernel", "bias")
    ]
    optimizer = make(tensors)
    inputs, targets = torch.from_numpy(rows.inputs), torch.from_numpy(rows.targets).long()
    class_weights = None if weights is None else torch.tensor(weights)
    losses = []
    for epoch in range(1, plan.epochs + 1):
        order, total = epoch_order(plan.seed, epoch, ROWS), 0.0
        for low in range(0, ROWS, plan.batch):
            some = torch.from_numpy(order[low : low + plan.batch]).long()
            hidden = torch.tanh(inputs[some] @ tensors[0] + tensors[1])
            loss = functional.cross_entropy(
                hidden @ tensors[2] + tensors[3], targets[some], weight=class_weights
            )
            kernels = (tensors[0], tensors[2])
            whole = loss + sum(l1 * k.abs().sum() + l2 * (k**2).sum() for k in kernels)
            optimizer.zero_grad()
            whole.backward()
            optimizer.step()
            total += loss.item() * len(some)
        losses.append(total / ROWS)
    return np.array(losses), [t.detach().numpy() for t in tensors]


@pytest.mark.parametrize("batch", [1, 32, 25, ROWS])
def test_learns_as_a_plain_loop_does_ragged_last_batch_included(rows, batch):
    plan = Course(epochs=4, batch=batch, seed=2, stopping=None)
    ours = problem(ll.sgd(0.1, momentum=0.5))
    start = prepare(ours, plan, rows, rows, unwatched).carry.params
    expected, weights = torch_curve(start, rows, plan, lambda p: torch.optim.SGD(p, 0.1, momentum=0.5))
    trained = train(ours, plan, rows, rows)
    np.testing.assert_allclose(trained.values["curve.loss.train"], expected, rtol=2e-4)
    np.testing.assert_allclose(trained.params[1]["kernel"], weights[2], rtol=2e-3, atol=1e-4)


def test_penalties_and_class_weights_as_in_a_plain_loop(rows):
    plan = Course(epochs=3, batch=20, seed=0, stopping=None)
    weights = (0.5, 2.0, 1.0)
    ours = problem(ll.sgd(0.1), l1=0.003, l2=0.01, class_weights=weights)
    start = prepare(ours, plan, rows, rows, unwatched).carry.params
    make = lambda p: torch.optim.SGD(p, 0.1)  # noqa: E731
    expected, kernels = torch_curve(start, rows, plan, make, weights, l1=0.003, l2=0.01)
    trained = train(ours, plan, rows, rows)
    np.testing.assert_allclose(trained.values["curve.loss.train"], expected, rtol=2e-4)
    np.testing.assert_allclose(trained.params[0]["kernel"], kernels[0], rtol=2e-3, atol=1e-4)


def test_every_row_is_used_once_an_epoch():
    full, rest = epoch_steps(ROWS, 32)
    assert full * 32 + rest == ROWS
    assert sorted(epoch_order(1, 3, ROWS)) == list(range(ROWS))
    assert not np.array_equal(epoch_order(1, 3, ROWS), epoch_order(1, 4, ROWS))


def test_one_seed_gives_the_same_bits_and_another_does_not(rows):
    first, again, other = (
        train(problem(ll.adam(0.01)), Course(3, 32, seed, None), rows, rows).params[0]["kernel"]
        for seed in (7, 7, 8)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def validation_loss(params, rows):
    scores, _ = NETWORK.apply(params, ({}, {}), rows.inputs, Pass())
    return functional.cross_entropy(
        torch.tensor(np.asarray(scores)), torch.from_numpy(rows.targets).long()
    ).item()


def test_early_stopping_restores_the_weights_of_the_best_epoch(rows):
    random = np.random.default_rng(0)
    held_out = Rows(rows.inputs[:20], random.integers(0, CLASSES, 20).astype(np.int32))  # cannot be learned
    trained = train(problem(ll.adam(0.05)), Course(200, 16, 0, Stopping(patience=5)), rows, held_out)
    curve, best = trained.values["curve.loss.validation"], trained.values["stop.best_epoch"]
    assert trained.values["stop.reason"] == "early stopping"
    assert len(curve) == best + 5 < 200
    assert best == np.argmin(curve) + 1
    assert validation_loss(trained.params, held_out) == pytest.approx(curve[best - 1], rel=1e-5)


def test_a_loss_that_is_not_finite_stops_at_once_and_keeps_the_weights_before(rows):
    plan = Course(50, 8, 0, None)
    ours = problem(ll.sgd(1e38))
    trained = train(ours, plan, rows, rows)
    failed = trained.values["stop.not_finite_step"]
    assert trained.values["stop.reason"] == "not finite"
    assert 1 < failed < 10
    weights = [trained.params[i][name] for i in (0, 1) for name in ("kernel", "bias")]
    assert all(np.isfinite(w).all() for w in weights)
    before = epoch_order(0, 1, ROWS)[
        (failed - 2) * 8 : (failed - 1) * 8
    ]  # rows of the step before the failed one
    assert math.isfinite(validation_loss(trained.params, Rows(rows.inputs[before], rows.targets[before])))


def test_the_weights_kept_are_those_two_updates_before_the_loss_broke(rows):
    """Step k breaks: its weights came from step k-1, whose own weights had a finite loss and are kept."""
    broken = rows.inputs.copy()
    at = int(epoch_order(0, 1, ROWS)[5 * 8])  # a row of the sixth step
    broken[at] = np.nan
    plan = Course(3, 8, 0, None)
    trained = train(problem(ll.sgd(0.1)), plan, Rows(broken, rows.targets), rows)
    assert trained.values["stop.not_finite_step"] == 6
    short_rows = epoch_order(0, 1, ROWS)[: 4 * 8]
    by_hand, weights = plain_steps(rows, plan, short_rows)
    np.testing.assert_allclose(trained.params[0]["kernel"], weights[0], rtol=1e-4, atol=1e-6)
    assert by_hand == 4


def plain_steps(rows, plan, order):
    start = prepare(problem(ll.sgd(0.1)), plan, rows, rows, unwatched).carry.params
    tensors = [
        torch.tensor(np.asarray(start[i][name]), requires_grad=True)
        for i in (0, 1)
        for name in ("kernel", "bias")
    ]
    optimizer = torch.optim.SGD(tensors, 0.1)
    steps = 0
    for low in range(0, len(order), plan.batch):
        some = order[low : low + plan.batch]
        hidden = torch.tanh(torch.from_numpy(rows.inputs[some]) @ tensors[0] + tensors[1])
        loss = functional.cross_entropy(
            hidden @ tensors[2] + tensors[3], torch.from_numpy(rows.targets[some]).long()
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        steps += 1
    return steps, [t.detach().numpy() for t in tensors]


def test_inputs_that_are_never_finite_keep_the_first_weights(rows):
    broken = Rows(np.full_like(rows.inputs, np.nan), rows.targets)
    plan = Course(3, 8, 0, Stopping(5))
    ours = problem(ll.sgd(0.1))
    start = prepare(ours, plan, broken, broken, unwatched).carry.params
    trained = train(ours, plan, broken, broken)
    assert trained.values["stop.not_finite_step"] == 1
    np.testing.assert_array_equal(trained.params[0]["kernel"], np.asarray(start[0]["kernel"]))


def test_an_interrupt_keeps_what_was_learned(rows):
    def watch(moment):
        if moment.epoch == 3 and moment.done == 1:
            raise KeyboardInterrupt

    trained = train(problem(ll.adam(0.01)), Course(100, 16, 0, Stopping(50)), rows, rows, watch)
    assert trained.values["stop.reason"] == "interrupted"
    assert len(trained.values["curve.loss.train"]) == 3
    assert validation_loss(trained.params, rows) == pytest.approx(
        trained.values["curve.loss.validation"].min(), rel=1e-5
    )


def test_first_loss_is_that_of_the_untrained_network(rows):
    plan = Course(2, 25, 0, None)
    start = prepare(problem(ll.adam(0.01)), plan, rows, rows, unwatched).carry.params
    first = Rows(*(array[epoch_order(0, 1, ROWS)[:25]] for array in rows))
    trained = train(problem(ll.adam(0.01)), plan, rows, rows)
    assert trained.values["start.loss"] == pytest.approx(validation_loss(start, first), rel=1e-5)
    assert trained.values["start.rows"] == 25


def test_soundings_are_what_the_last_step_and_the_validation_pass_show(rows):
    """A slow, obvious twin: every number again, by PyTorch, from the weights before the last step."""
    plan = Course(1, ROWS, 0, None)  # one step an epoch: the weights before it are the first ones
    ours = problem(ll.sgd(0.1))
    start = prepare(ours, plan, rows, rows, unwatched).carry.params
    trained = train(ours, plan, rows, rows)
    first = [
        torch.tensor(np.asarray(start[i][name]), requires_grad=True)
        for i in (0, 1)
        for name in ("kernel", "bias")
    ]
    inputs, targets = torch.from_numpy(rows.inputs), torch.from_numpy(rows.targets).long()
    functional.cross_entropy(
        torch.tanh(inputs @ first[0] + first[1]) @ first[2] + first[3], targets
    ).backward()
    norms = [math.hypot(first[i].grad.norm().item(), first[i + 1].grad.norm().item()) for i in (0, 2)]
    sizes = [math.hypot(first[i].detach().norm().item(), first[i + 1].detach().norm().item()) for i in (0, 2)]
    np.testing.assert_allclose(trained.values["sounding.gradient.norm"][0], norms, rtol=1e-4)
    np.testing.assert_allclose(trained.values["start.gradient.norm"], norms, rtol=1e-4)
    np.testing.assert_allclose(
        trained.values["sounding.update.ratio"][0],
        [0.1 * n / s for n, s in zip(norms, sizes, strict=True)],
        rtol=1e-4,
    )
    hidden = np.tanh(rows.inputs @ trained.params[0]["kernel"] + trained.params[0]["bias"])
    assert trained.values["sounding.activation.mean"][0, 0] == pytest.approx(hidden.mean(), abs=1e-5)
    assert trained.values["sounding.activation.spread"][0, 0] == pytest.approx(hidden.std(), rel=1e-4)
    assert trained.values["sounding.activation.saturated"][0, 0] == pytest.approx(
        (abs(hidden) > 0.98).mean(), abs=1e-6
    )


def test_validation_larger_than_one_pass_is_judged_whole(rows):
    many = Rows(np.tile(rows.inputs, (9, 1))[:640], np.tile(rows.targets, 9)[:640])
    trained = train(problem(ll.adam(0.01)), Course(2, 25, 0, None), rows, many)
    assert trained.values["curve.loss.validation"][-1] == pytest.approx(
        validation_loss(trained.params, many), rel=1e-5
    )


def test_moments_tell_every_epoch(rows):
    seen = []
    train(problem(ll.adam(0.01)), Course(4, 25, 0, None), rows, rows, seen.append)
    assert [m.epoch for m in seen if m.done == 1] == [1, 2, 3, 4]
    assert seen[-1].seconds_left == pytest.approx(0, abs=1e-9)
    assert all(m.rows_per_second > 0 for m in seen)


def test_a_long_epoch_is_watched_while_it_runs(rows, way, monkeypatch):
    monkeypatch.setattr("leadline.training.loop.WATCH_SECONDS", 0.0)
    seen = []
    trained = train(problem(ll.adam(0.01)), Course(2, 8, 0, None), rows, rows, seen.append)
    within = [m for m in seen if 0 < m.done < 1]
    assert bool(within) == (way == "watched")
    assert len(trained.values["curve.loss.train"]) == 2


def test_an_interrupt_within_a_long_epoch_keeps_the_steps_made(rows, monkeypatch):
    monkeypatch.setattr("leadline.training.decide.SHORT_EPOCH", 0)
    monkeypatch.setattr("leadline.training.loop.WATCH_SECONDS", 0.0)

    def watch(moment):
        raise KeyboardInterrupt

    plan = Course(5, 8, 0, Stopping(5))
    trained = train(problem(ll.sgd(0.1)), plan, rows, rows, watch)
    assert trained.values["stop.reason"] == "interrupted"
    assert len(trained.values["curve.loss.train"]) == 0
    _, weights = plain_steps(rows, plan, epoch_order(0, 1, ROWS)[: 1 * 8])
    np.testing.assert_allclose(trained.params[0]["kernel"], weights[0], rtol=1e-4, atol=1e-6)
