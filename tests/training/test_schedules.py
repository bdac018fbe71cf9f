"""Schedules follow PyTorch's, step by step (T3)."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import leadline as ll
from leadline.core.errors import RecipeError
from leadline.training.schedules import Schedule

RATE, PER_EPOCH, EPOCHS = 0.3, 7, 12


def torch_rates(make):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], RATE)
    schedule = make(optimizer)
    rates = []
    for _ in range(PER_EPOCH * EPOCHS):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    return rates


def our_rates(schedule):
    rate = schedule.over(RATE, PER_EPOCH, EPOCHS)
    return [float(rate(step)) for step in range(PER_EPOCH * EPOCHS)]


lr = torch.optim.lr_scheduler


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (ll.constant(), lambda o: lr.ConstantLR(o, factor=1.0)),
        (ll.step_decay(every=3, factor=0.4), lambda o: lr.StepLR(o, 3 * PER_EPOCH, 0.4)),
        (ll.cosine(), lambda o: lr.CosineAnnealingLR(o, PER_EPOCH * EPOCHS)),
        (ll.cosine(end=0.1), lambda o: lr.CosineAnnealingLR(o, PER_EPOCH * EPOCHS, eta_min=0.1 * RATE)),
    ],
)
def test_follows_pytorch(ours, theirs):
    np.testing.assert_allclose(our_rates(ours), torch_rates(theirs), rtol=1e-4, atol=1e-6)


@given(st.floats(0.2, 5), st.sampled_from(["constant", "step_decay", "cosine"]))
def test_warmup_rises_to_the_rate_and_never_above(epochs, name):
    rates = our_rates(Schedule(name, warmup=epochs))
    rise = round(epochs * PER_EPOCH)
    assert all(low < high for low, high in itertools.pairwise(rates[:rise]))
    assert rates[0] > 0
    assert max(rates) == pytest.approx(RATE, rel=1e-4)


@pytest.mark.parametrize(
    "bad", [{"name": "cosin"}, {"factor": 0.0}, {"warmup": -1.0}, {"every": 0}, {"end": 2.0}]
)
def test_a_choice_out_of_bounds_is_named(bad):
    with pytest.raises(RecipeError, match=next(iter(bad))):
        Schedule(**bad)
