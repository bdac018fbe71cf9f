"""What every initializer must hold: its entry, PyTorch's distribution for the same fans, and that keys decide."""

import inspect
import math
import tomllib
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import torch
from torch.nn import functional, init

import leadline.nn as nn
from leadline.core.constraints import Interval
from leadline.core.errors import NetworkError
from leadline.core.named import _declared
from leadline.nn import (
    Conv,
    Dense,
    Initializer,
    Sequential,
    activations,
    from_spec,
    gain,
    initializers,
    to_spec,
)
from leadline.nn.initializers import fans
from leadline.training.recipe import Recipe
from leadline.training.recipe_file import choices_of

FAN_IN, FAN_OUT = 300, 200
SHAPES = [(FAN_IN, FAN_OUT), (3, 5, 20, 200)]
DRAWS_NOTHING = ("zeros", "ones", "constant", "identity")
SETTINGS = {  # others than the defaults, for every initializer that has some
    "constant": {"value": -2.5},
    "normal": {"spread": 0.5, "mean": 2.0},
    "truncated_normal": {"spread": 1.0, "mean": -1.0},
    "uniform": {"limit": 1.5},
    "glorot_uniform": {"gain": 5 / 3},
    "glorot_normal": {"gain": 5 / 3},
    "he_normal": {"slope": 0.5},
    "he_uniform": {"slope": 0.5},
    "lecun_normal": {"gain": 0.5},
    "lecun_uniform": {"gain": 0.5},
    "orthogonal": {"gain": 2.0},
    "identity": {"gain": 3.0},
}


def truncated(tensor, spread, mean):
    return init.trunc_normal_(tensor, mean, spread, mean - 2 * spread, mean + 2 * spread)


def he(fill, tensor, slope):
    return fill(tensor, a=slope, nonlinearity="leaky_relu")


TORCH = {
    "zeros": init.zeros_,
    "ones": init.ones_,
    "constant": lambda t, value: init.constant_(t, value),
    "normal": lambda t, spread, mean: init.normal_(t, mean, spread),
    "truncated_normal": truncated,
    "uniform": lambda t, limit: init.uniform_(t, -limit, limit),
    "glorot_uniform": init.xavier_uniform_,
    "glorot_normal": init.xavier_normal_,
    "he_normal": lambda t, slope: he(init.kaiming_normal_, t, slope),
    "he_uniform": lambda t, slope: he(init.kaiming_uniform_, t, slope),
    "lecun_normal": lambda t, gain: gain * init.kaiming_normal_(t, nonlinearity="linear"),
    "lecun_uniform": lambda t, gain: gain * init.kaiming_uniform_(t, nonlinearity="linear"),
    "orthogonal": init.orthogonal_,
    "lsuv": init.orthogonal_,
    "identity": lambda t, gain, groups: gain * (init.eye_ if t.ndim == 2 else init.dirac_)(t),
}
EVERY = pytest.mark.parametrize("name", initializers)
CASES = [pytest.param(one, id=one.text) for one in initializers.values()] + [
    pytest.param(initializers[name](**settings), id=f"{name}, set") for name, settings in SETTINGS.items()
]
EVERY_CASE = pytest.mark.parametrize("one", CASES)


def torchs(one, shape):
    """PyTorch's draw of a kernel of our shape; PyTorch has outputs and inputs first."""
    torch.manual_seed(0)
    with torch.no_grad():
        drawn = TORCH[one.name](torch.empty(*shape[:-3:-1], *shape[:-2]), **one.chosen)
    return np.moveaxis(drawn.numpy(), (0, 1), (-1, -2))


def test_every_initializer_is_held():
    assert set(TORCH) == set(initializers)
    assert set(SETTINGS) == {name for name, one in initializers.items() if one.chosen}


@EVERY
def test_entry_is_complete_and_documented(name):
    one = initializers[name]
    assert isinstance(one, Initializer)
    assert one.entry.name == name
    assert one.entry.formula
    assert one.entry.range
    assert len(one.entry.source) > 10
    assert one.entry.year is not None or name in ("zeros", "ones", "constant")
    assert ">>>" in one.__doc__
    for setting in one.chosen:
        assert f"{setting}: " in one.__doc__
        assert setting in one.entry.formula + one.entry.range or setting == "groups"


@EVERY_CASE
@pytest.mark.parametrize("shape", SHAPES)
def test_draws_from_pytorchs_distribution(one, shape):
    ours = np.asarray(one(jax.random.key(3), shape, *fans(shape)))
    theirs = torchs(one, shape)
    assert ours.shape == shape
    if one.name in DRAWS_NOTHING:
        np.testing.assert_array_equal(ours, theirs.astype(np.float32))
        return
    assert ours.mean() == pytest.approx(float(theirs.mean()), abs=0.015 * float(theirs.std()))
    assert ours.std() == pytest.approx(float(theirs.std()), rel=0.01)
    assert scipy.stats.ks_2samp(ours.ravel(), theirs.ravel()).statistic < 0.012
    if "uniform" in one.name or one.name == "truncated_normal":
        assert ours.min() == pytest.approx(float(theirs.min()), rel=0.005)
        assert ours.max() == pytest.approx(float(theirs.max()), rel=0.005)


@pytest.mark.parametrize("shape", [(784, 10), (3, 5, 16, 32), (4, 6, 8)])
def test_fans_are_pytorchs(shape):
    assert fans(shape) == init._calculate_fan_in_and_fan_out(torch.empty(*shape[:-3:-1], *shape[:-2]))


def draw_all(keys):
    """Draw with every case, by one key after another and side by side."""

    def draw(one):
        return lambda key: one(key, (4, 6), 4, 6)

    ones = [case.values[0] for case in CASES]
    return {one: ([draw(one)(key) for key in keys], jax.vmap(draw(one))(keys)) for one in ones}


@cache
def drawn(bits64=False):
    """Draw with every case in one compiled program; what it compiles for one seed serves another."""
    compiled = jax.jit(lambda keys: list(draw_all(keys).values()))
    with jax.enable_x64(bits64):
        compiled(jax.random.split(jax.random.key(1), 2))
        found = compiled(jax.random.split(jax.random.key(0), 2))
    assert compiled._cache_size() == 1
    return dict(zip([case.values[0] for case in CASES], found, strict=True))


@EVERY_CASE
def test_keys_decide_and_nothing_else(one):
    (first, second), together = drawn()[one]
    np.testing.assert_allclose(together, [first, second], rtol=1e-5, atol=1e-6)
    assert np.array_equal(first, second) is (one.name in DRAWS_NOTHING)
    key = jax.random.split(jax.random.key(0), 2)[0]
    np.testing.assert_allclose(one(key, (4, 6), 4, 6), first, rtol=1e-5, atol=1e-6)


@EVERY_CASE
def test_64_bits_change_nothing(one):
    (first, _), together = drawn()[one]
    (again, _), _ = drawn(bits64=True)[one]
    assert first.dtype == together.dtype == again.dtype == np.float32
    np.testing.assert_allclose(again, first, rtol=1e-6)


@EVERY_CASE
def test_is_written_by_name_and_settings(one):
    layer = Dense(2, initializer=one)
    assert to_spec(layer)["initializer"] == one.text
    assert from_spec(to_spec(layer)) == layer == Dense(2, initializer=one.text)
    text = Recipe(Sequential([layer])).to_toml()
    assert choices_of(tomllib.loads(text), "recipe.toml")["network"].layers[0] == layer


SETTING = [(name, setting) for name, one in initializers.items() for setting in one.chosen]


@pytest.mark.parametrize(("name", "setting"), SETTING)
def test_a_setting_out_of_range_is_told(name, setting):
    (constraint,) = _declared(initializers[name].function)[setting][1]
    assert isinstance(constraint, Interval)
    below = constraint.low if constraint.open_low else constraint.low - 1
    values = ["wide", None, True, math.nan, math.inf, *([below] if math.isfinite(constraint.low) else [])]
    for value in values:
        with pytest.raises(NetworkError) as caught:
            initializers[name](**{setting: value})
        assert str(caught.value).startswith(
            f"{name}, {setting} – must be {constraint.words()} – got {value!r}"
        )
    with pytest.raises(NetworkError, match=f"{name}, {setting}"):
        Dense(2, initializer=initializers[name](**{setting: -math.inf}))


def test_a_setting_that_is_none_is_told():
    with pytest.raises(NetworkError, match=r"normal, sigma – must be one of spread, mean – got 1\.0"):
        nn.normal(sigma=1.0)
    with pytest.raises(NetworkError, match="normal, spread: a number above 0"):
        Dense(2, initializer="normal(spread=-1)")


def test_xavier_is_found_and_written_as_glorot():
    layer = Dense(2, initializer="xavier_uniform(gain=2)")
    assert layer == Dense(2, initializer="glorot_uniform(gain=2.0)")
    assert to_spec(layer)["initializer"] == "glorot_uniform(gain=2.0)"
    assert initializers.find("xavier_normal") is nn.glorot_normal
    with pytest.raises(NetworkError, match="did you mean 'xavier_normal'"):
        Dense(2, initializer="xavier")


@pytest.mark.parametrize("shape", [(20, 7), (7, 20), (3, 3, 4, 8)])
@pytest.mark.parametrize("length", [1.0, 2.0])
def test_orthogonal_is(shape, length):
    kernel = nn.orthogonal(gain=length)(jax.random.key(5), shape, *fans(shape))
    kernel = np.asarray(kernel).reshape(-1, shape[-1])
    small = kernel.T @ kernel if kernel.shape[0] >= kernel.shape[1] else kernel @ kernel.T
    np.testing.assert_allclose(small, length**2 * np.eye(len(small)), atol=1e-5)


def test_identity_passes_channels_through():
    inputs = {
        (size, shape): jax.random.normal(jax.random.key(size), (2, *shape))
        for size, shape in [(1, (9, 3)), (2, (9, 3)), (2, (6, 7, 3)), (3, (6, 7, 3)), (4, (6, 7, 3))]
    }

    def through(case):
        layer = Conv(5, case[0], initializer="identity(gain=2)")
        return layer.apply(*layer.init(jax.random.key(0), case[1]), inputs[case])[0]

    for case, outputs in zip(inputs, jax.jit(lambda: list(map(through, inputs)))(), strict=True):
        np.testing.assert_allclose(outputs[..., :3], 2 * inputs[case], rtol=1e-6, err_msg=f"{case}")
        assert not outputs[..., 3:].any()


def test_identity_of_groups_is_pytorchs():
    kernel = nn.identity(groups=3)(jax.random.key(0), (3, 3, 2, 12), 18, 36)
    theirs = init.dirac_(torch.empty(12, 2, 3, 3), groups=3).permute(2, 3, 1, 0)
    np.testing.assert_array_equal(kernel, theirs.numpy())
    with pytest.raises(
        NetworkError, match="identity, groups – must be a whole number that divides the 12 out"
    ):
        nn.identity(groups=5)(jax.random.key(0), (3, 3, 2, 12), 18, 36)


def test_the_activation_chooses():
    def spread(layer):
        return float(layer.init(jax.random.key(0), (400,))[0]["kernel"].std())

    assert spread(Dense(200, nn.relu)) == pytest.approx(math.sqrt(2 / 400), rel=0.02)
    assert spread(Dense(200, nn.selu)) == pytest.approx(math.sqrt(1 / 400), rel=0.02)
    assert spread(Dense(200, nn.tanh)) == pytest.approx(math.sqrt(2 / 600), rel=0.02)
    assert spread(Dense(200, nn.relu, nn.glorot_normal)) == pytest.approx(math.sqrt(2 / 600), rel=0.02)
    kernel = Conv(32, 3, nn.relu).init(jax.random.key(0), (8, 8, 16))[0]["kernel"]
    assert float(kernel.std()) == pytest.approx(math.sqrt(2 / 144), rel=0.03)


def test_positive_bias():  # I1
    params, _ = Dense(3, nn.relu, bias_value=0.01).init(jax.random.key(0), (2,))
    np.testing.assert_allclose(params["bias"], 0.01)


@pytest.mark.parametrize("name", ["linear", "sigmoid", "tanh", "relu"])
def test_gain_is_pytorchs(name):
    assert gain(name) == gain(activations[name]) == pytest.approx(init.calculate_gain(name), rel=1e-6)


def test_gain_of_a_slope_is_pytorchs_and_of_selu_what_pytorch_advises():
    for slope in (0.0, 0.01, 0.1, 0.5):
        expected = init.calculate_gain("leaky_relu", slope)
        assert gain(nn.leaky_relu(slope=slope)) == pytest.approx(expected, rel=1e-6)
    assert gain("leaky_relu(slope=0.1)") == gain(nn.leaky_relu(slope=0.1))
    assert gain("selu") == pytest.approx(init.calculate_gain("linear"), rel=1e-5)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("tanh", torch.tanh),
        ("sigmoid", torch.sigmoid),
        ("elu", functional.elu),
        ("gelu", functional.gelu),
        ("softplus", functional.softplus),
    ],
)
def test_measured_gain_against_quadrature(name, function):
    def integrand(x):
        return function(torch.tensor(x, dtype=torch.float64)).item() ** 2 * math.exp(-x * x / 2)

    moment = sum(scipy.integrate.quad(integrand, *ends)[0] for ends in ((-12, 0), (0, 12)))
    expected = 1 / math.sqrt(moment / math.sqrt(2 * math.pi))
    assert gain(name, measured=True) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", [name for name in activations if "softmax" not in name])
def test_gain_makes_up_for_any_activation(name):
    one = activations[name]
    sums = np.random.default_rng(0).normal(size=(100_000, one.pieces)).astype(np.float32)
    outputs = np.asarray(one(jnp.asarray(sums)), np.float64)
    assert (outputs**2).mean() * gain(one, measured=True) ** 2 == pytest.approx(1, rel=0.02)


def test_gain_refuses_what_has_none():
    with pytest.raises(NetworkError, match="gain – must be given an activation of single sums"):
        gain("softmax")
    with pytest.raises(NetworkError, match="did you mean 'relu'"):
        gain("rleu")
    assert inspect.signature(gain).parameters["measured"].default is False
