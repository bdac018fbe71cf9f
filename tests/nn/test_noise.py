"""Dropout, spatial dropout and noise (T8): their means, their shares, and their absence in use."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import leadline.nn as nn
from leadline.core.errors import NetworkError

KEY = jax.random.key(0)
RATES = st.floats(0, 0.95)
ONES = jnp.ones((100, 1000))
APART = np.log(2 / 1e-9) / 2  # Hoeffding: a mean of n draws is sqrt(APART / n) away once in 1e9


def training(key=KEY):
    return nn.Pass(training=True, key=key)


@given(rate=RATES, seed=st.integers(0, 2**31))
@settings(max_examples=30, deadline=None)
def test_dropout_keeps_the_mean_and_drops_its_share(rate, seed):
    outputs = np.asarray(nn.Dropout(rate).apply({}, {}, ONES, training(jax.random.key(seed)))[0])
    apart = np.sqrt(APART / outputs.size)
    assert abs((outputs == 0).mean() - rate) <= apart
    assert abs(outputs.mean(dtype=float) - 1) <= apart / (1 - rate) + 1e-5
    np.testing.assert_allclose(outputs[outputs > 0], 1 / (1 - rate), rtol=1e-5)


@given(rate=RATES)
@settings(max_examples=20, deadline=None)
def test_nothing_is_dropped_or_added_in_use(rate):
    images = ONES[:4, :8].reshape(2, 2, 2, 4)
    for layer in (nn.Dropout(rate), nn.SpatialDropout(rate), nn.GaussianNoise(rate)):
        assert layer.apply({}, {}, images)[0] is images
        assert layer.keeps_values
        assert layer.random


@given(rate=RATES, seed=st.integers(0, 2**31))
@settings(max_examples=30, deadline=None)
def test_spatial_dropout_drops_whole_channels(rate, seed):
    x = jnp.broadcast_to(jnp.arange(1.0, 7.0).reshape(2, 3, 1), (50, 2, 3, 200))
    outputs = np.asarray(nn.SpatialDropout(rate).apply({}, {}, x, training(jax.random.key(seed)))[0])
    kept = outputs != 0
    assert (kept == kept[:, :1, :1]).all()  # all places of a channel share its fate
    assert abs(kept.mean() - (1 - rate)) <= np.sqrt(APART / (50 * 200))
    np.testing.assert_allclose(outputs, np.where(kept, x / (1 - rate), 0), rtol=1e-5)


def test_spatial_dropout_has_pytorchs_statistics():
    torch.manual_seed(0)
    theirs = torch.nn.Dropout2d(0.3)(torch.ones(60, 300, 2, 2)).permute(0, 2, 3, 1).numpy()
    ours = np.asarray(nn.SpatialDropout(0.3).apply({}, {}, jnp.ones((60, 2, 2, 300)), training())[0])
    np.testing.assert_allclose(np.unique(ours), np.unique(theirs), rtol=1e-6)
    assert abs((ours == 0).mean() - (theirs == 0).mean()) <= 2 * np.sqrt(APART / (60 * 300))
    assert ours.std((1, 2)).max() == theirs.std((1, 2)).max() == 0


def test_gradient_goes_only_through_what_was_kept():
    for layer in (nn.Dropout(0.4), nn.SpatialDropout(0.4)):
        x = jnp.full((5, 3, 20), 2.0)
        outputs, back = jax.vjp(lambda x, layer=layer: layer.apply({}, {}, x, training())[0], x)
        np.testing.assert_allclose(back(jnp.ones_like(x))[0], outputs / 2, rtol=1e-6)


def test_noise_has_the_spread_asked_for():
    outputs, _ = nn.GaussianNoise(0.2).apply({}, {}, ONES, training())
    assert float(outputs.std()) == pytest.approx(0.2, rel=0.01)
    assert float(outputs.mean()) == pytest.approx(1, abs=0.005)


def test_noise_is_drawn_anew_each_time_and_alike_for_one_key():
    for layer in (nn.Dropout(0.5), nn.SpatialDropout(0.5), nn.GaussianNoise(1)):
        x, keys = jnp.ones((4, 3, 50)), [KEY, KEY, jax.random.key(1)]
        first, same, other = (layer.apply({}, {}, x, training(key))[0] for key in keys)
        assert np.array_equal(first, same)
        assert not np.array_equal(first, other)


@pytest.mark.parametrize("kind", [nn.Dropout, nn.SpatialDropout])
@pytest.mark.parametrize("wrong", [1, 1.5, -0.1, float("nan"), "a", None])
def test_rates_that_cannot_be(kind, wrong):
    with pytest.raises(NetworkError, match=rf"{kind.__name__}, rate – must be a number in \[0, 1\)"):
        kind(wrong)


def test_rows_have_no_channels_to_drop():
    with pytest.raises(NetworkError, match=r"3\.spatial_dropout .* a sequence \(T, F\) or images"):
        nn.SpatialDropout(0.5).output_shape((8,), "3.spatial_dropout")
