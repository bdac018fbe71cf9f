"""The range test (T3): the steps of a training by the same choices, read by rules that a closed form confirms."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
import torch

import leadline as ll
from leadline.core.errors import NetworkError, RecipeError
from leadline.training.feed import epoch_order
from leadline.training.program import first_key
from leadline.training.rate_text import curve
from leadline.training.schedules import Rise
from leadline.training.written import optimizer_code, schedule_code

LINE = ll.Sequential([ll.Dense(1)])


def regression(spread=(3.0, 1.0, 0.3), rows=120, noise=0.1):
    """Make a linear problem whose inputs are left as they are."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(rows, len(spread))).astype(np.float32) * np.asarray(spread, np.float32)
    y = x @ np.ones(len(spread)) + noise * draw.normal(size=rows)
    return ll.data.arrays(x, y, problem="regression", scale=False)


def largest_stable_rate(data):
    """2 / the largest eigenvalue of the Hessian of the mean squared error, weights and bias together."""
    part = data.parts["train"]
    x = np.column_stack([part.inputs, np.ones(len(part.inputs))]).astype(np.float64)
    return 2 / np.linalg.eigvalsh(2 * x.T @ x / len(x)).max()


@pytest.fixture(scope="module")
def digits():
    return ll.data.digits()


@pytest.fixture(scope="module")
def small():
    return ll.mlp(10, widths=(16,), activation=ll.tanh, shape=(8, 8, 1))


@pytest.fixture(scope="module")
def of_digits(digits, small):
    return ll.rate_range(small, digits, optimizer=ll.sgd(), seed=0)


@pytest.mark.parametrize("spread", [(3.0, 1.0, 0.3), (0.2, 0.2), (10.0, 0.5)])
def test_full_batch_gradient_descent_diverges_where_the_closed_form_says(spread):
    data = regression(spread)
    stable = largest_stable_rate(data)
    found = ll.rate_range(
        LINE, data, optimizer=ll.sgd(), batch_size="full", steps=600, lowest=stable / 100, highest=stable * 5
    )
    lowest_loss = found.rates[np.argmin(found.smoothed)]
    assert 0.9 * stable < lowest_loss < 1.5 * stable
    assert stable < found.diverges < 2 * stable  # what grows from rounding errors has first to become visible
    assert 0.95 * found.lowest_useful <= found.suggestion < stable  # two digits


def test_the_losses_are_those_of_a_loop_written_by_hand():
    """PyTorch, from the same weights, over the same batches, with the rate set before every step."""
    data, steps = regression(rows=130), 60
    network = ll.Sequential([ll.Dense(5, ll.tanh), ll.Dense(1)])
    batch, l2 = 16, 1e-2
    found = ll.rate_range(
        network, data, optimizer=ll.sgd(momentum=0.9), batch_size=batch, l2=l2,
        lowest=1e-4, highest=0.1, steps=steps, seed=7,
    )  # fmt: skip
    params, _ = network.init(first_key(7), (3,))
    weights = [
        torch.tensor(np.asarray(each), requires_grad=True)
        for layer in params
        for each in (layer["kernel"], layer["bias"])
    ]
    optimizer = torch.optim.SGD(weights, lr=1.0, momentum=0.9)
    part = data.parts["train"]
    x, y = torch.tensor(part.inputs), torch.tensor(part.targets)
    orders = (epoch_order(7, epoch, len(x)) for epoch in itertools.count(1))
    batches = (order[low : low + batch] for order in orders for low in range(0, len(x), batch))
    rates, losses = np.geomspace(1e-4, 0.1, steps), []
    for rate, rows in zip(rates, batches, strict=False):
        hidden = torch.tanh(x[rows] @ weights[0] + weights[1])
        loss = ((hidden @ weights[2] + weights[3] - y[rows]) ** 2).mean()
        optimizer.zero_grad()
        (loss + l2 * sum((weight**2).sum() for weight in weights[::2])).backward()
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        losses.append(loss.item())
    np.testing.assert_allclose(found.rates, rates, rtol=1e-5)
    np.testing.assert_allclose(found.losses, losses, rtol=1e-5)


def test_a_watched_epoch_makes_the_same_steps_as_a_short_one(digits, small, of_digits, monkeypatch):
    monkeypatch.setattr("leadline.training.decide.SHORT_EPOCH", 0)
    watched = ll.rate_range(small, digits, optimizer=ll.sgd(), seed=0)
    assert len(watched.losses) == len(of_digits.losses)
    np.testing.assert_allclose(
        watched.losses[:60], of_digits.losses[:60], rtol=1e-5
    )  # chaos grows differences


def test_the_suggested_rate_trains_better_than_a_hundredth_and_a_hundred_times_it(digits, small, of_digits):
    def loss(rate):
        run = ll.fit(small, digits, optimizer=ll.sgd(rate), epochs=5, early_stopping=False, seed=0).run
        return float(np.min(run["curve.loss.validation"], initial=math.inf))

    suggested = loss(of_digits.suggestion)
    assert suggested < 0.7
    assert suggested < 0.5 * loss(of_digits.suggestion / 100)
    assert suggested < 0.5 * loss(of_digits.suggestion * 100)
    assert of_digits.lowest_useful < of_digits.suggestion < of_digits.diverges


def test_the_same_seed_gives_the_same_bits_and_another_does_not(digits, small, of_digits):
    again, other = (ll.rate_range(small, digits, optimizer=ll.sgd(), seed=seed) for seed in (0, 1))
    assert np.array_equal(again.losses, of_digits.losses)
    assert again.suggestion == of_digits.suggestion
    assert not np.array_equal(other.losses[:20], of_digits.losses[:20])


def test_validation_and_test_rows_play_no_part():
    data = regression()
    held_out = np.concatenate([data.split.validation, data.split.test])
    inputs, targets = data.inputs.copy(), data.targets.copy()
    inputs[held_out], targets[held_out] = 1e3, -1e3
    other = dataclasses.replace(data, inputs=inputs, targets=targets)
    assert not np.array_equal(other.parts["test"].inputs, data.parts["test"].inputs)
    first, second = (ll.rate_range(LINE, each, optimizer=ll.sgd(), steps=40) for each in (data, other))
    assert np.array_equal(first.losses, second.losses)


def test_a_small_epoch_of_one_batch_a_loss_below_zero_and_a_network_that_draws():
    """What rarely runs together: no full batch before the last, losses that pass 0, dropout."""
    data = regression((1.0, 1.0, 1.0), noise=0.01)
    network = ll.Sequential([ll.Dropout(0.01), ll.Dense(2)])
    found = ll.rate_range(network, data, loss="gaussian_nll", batch_size=len(data.split.train), lowest=1e-4)
    assert found.losses.min() < 0 < found.losses[0]
    assert found.lowest_useful <= found.suggestion


def test_a_network_that_cannot_learn_gets_no_suggestion():
    data = ll.data.arrays(np.zeros((90, 2), np.float32), np.arange(90) % 3, scale=False)
    found = ll.rate_range("linear", data, optimizer=ll.sgd(), lowest=1e-6, highest=1e-3, steps=60)
    assert (found.suggestion, found.lowest_useful, found.diverges) == (None, None, None)
    assert "never fell" in str(found)
    assert "ll.fit" not in str(found)
    assert found.optimizer == ll.sgd()


def test_a_range_that_ends_too_early_is_told(digits, small):
    found = ll.rate_range(small, digits, optimizer=ll.sgd(), highest=5e-2, steps=60)
    assert found.diverges is None
    assert len(found.losses) == 60
    assert "no rate up to 0.05 made the loss rise again" in str(found)


def test_it_prints_the_curve_and_the_line_to_type(of_digits):
    lines = str(of_digits).splitlines()
    assert lines[-1] == f"ll.fit(network, data, optimizer=ll.sgd({of_digits.suggestion:g}))"
    assert of_digits.optimizer == ll.sgd(of_digits.suggestion)
    assert f"{of_digits.suggestion:g}" == f"{float(f'{of_digits.suggestion:.1e}'):g}"  # two digits are enough
    for width in (40, 72, 110):
        assert max(map(len, of_digits.curve(width).splitlines())) <= width


def test_the_curve_is_the_curve():
    rates = np.geomspace(1e-4, 1, 101)
    drawn = curve(rates, np.abs(np.log10(rates) + 2), pointed=0.01, width=60).splitlines()
    bars = drawn[8].split("▕")[1]
    left = len(drawn[8]) - len(bars)
    assert drawn[0] == "loss"
    assert bars.index("▁") - 1 <= drawn[-1].index("▲") - left <= bars.rindex("▁") + 1
    ticks = [at - left for at, mark in enumerate(drawn[9]) if mark == "┬"]
    np.testing.assert_allclose(ticks, np.linspace(0, len(bars) - 1, 5), atol=0.51)
    for name in ("0.0001", "0.001", "0.01", "0.1"):
        assert drawn[9][drawn[10].index(f" {name} ") + 1] == "┬"
    flat = curve(rates, np.full(101, 2.5), None, 40).splitlines()
    assert len(set(flat[8].split("▕")[1])) == 1


@pytest.mark.parametrize(
    ("optimizer", "typed"),
    [
        (ll.adam(0.003), "ll.adam(0.003)"),
        (ll.nesterov(0.1), "ll.sgd(0.1, momentum=0.9, nesterov=True)"),
        (ll.adamw(2e-5, weight_decay=0.1, schedule=ll.cosine(warmup=2)),
         "ll.adamw(2e-05, weight_decay=0.1, schedule=ll.cosine(warmup=2))"),
        (ll.rmsprop(0.01, schedule=ll.step_decay(every=5)), "ll.rmsprop(0.01, schedule=ll.step_decay(every=5))"),
        (ll.adagrad(0.01, schedule=ll.warmup(0.5)), "ll.adagrad(0.01, schedule=ll.warmup(0.5))"),
    ],
)  # fmt: skip
def test_code_makes_the_same_optimizer(optimizer, typed):
    assert optimizer_code(optimizer) == typed
    assert eval(typed) == optimizer
    assert eval(schedule_code(optimizer.schedule)) == optimizer.schedule


def test_what_no_short_call_makes_is_said_otherwise():
    assert optimizer_code(dataclasses.replace(ll.adam(), weight_decay=0.1)) == ""


def test_the_rise_is_geometric_and_ends_where_it_should():
    rate = Rise(1e-6, 10.0, 200).over()
    np.testing.assert_allclose(rate(np.arange(200)), np.geomspace(1e-6, 10, 200), rtol=1e-5)


@pytest.mark.parametrize(
    ("choices", "where", "must"),
    [
        ({"lowest": 0.0}, "rate_range, lowest", "a number above 0"),
        ({"highest": math.inf}, "rate_range, highest", "a number above 0"),
        ({"lowest": 1.0, "highest": 0.1}, "rate_range, highest", "above the lowest rate, 1"),
        ({"steps": 19}, "rate_range, steps", "a whole number of at least 20"),
        ({"batch_size": 10_000}, "recipe, batch_size", "at most the 84 training rows, or 'full'"),
        ({"batch_size": 0}, "recipe, batch_size", "a whole number of at least 1, or 'full'"),
        ({"class_weights": "balanced"}, "recipe, class_weights", "'none' in regression"),
    ],
)
def test_bad_choices(choices, where, must):
    with pytest.raises(RecipeError) as raised:
        ll.rate_range(LINE, regression(), **choices)
    assert [(problem.where, problem.must_be) for problem in raised.value.problems] == [(where, must)]


def test_scores_that_do_not_fit_the_data():
    with pytest.raises(NetworkError):
        ll.rate_range(ll.Sequential([ll.Dense(3)]), regression())


def test_a_loss_that_is_not_finite_at_the_start():
    data = regression()
    broken = dataclasses.replace(data, inputs=np.full_like(data.inputs, 3e38))
    with pytest.raises(RecipeError, match="loss of the first step – must be finite"):
        ll.rate_range(LINE, broken, optimizer=ll.sgd(), steps=20)


def test_a_range_that_begins_too_high_says_so_and_prints():
    found = ll.rate_range(LINE, regression(), optimizer=ll.sgd(), lowest=1e25, highest=1e30, steps=20)
    assert found.suggestion is None
    assert found.diverges == pytest.approx(1e25 * 10 ** (5 / 19 * len(found.losses)), rel=1e-4)
    assert "never fell" in str(found)
