"""What every activation must hold: what its entry says, PyTorch's numbers, finite gradients far from zero."""

import math
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from leadline.nn import (
    Activation,
    Dense,
    activations,
    from_spec,
    initializers,
    softmax,
    to_spec,
    usual_initializer,
)

POINTS = np.linspace(-6, 6, 49).astype(np.float32) + 0.003  # beside the corner at 0
ROWS = POINTS.reshape(7, 7)
WEIGHTS = np.linspace(0.1, 1, 49, dtype=np.float32).reshape(7, 7)
TORCH = {
    "linear": lambda x: x,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": torch.nn.functional.leaky_relu,
    "elu": torch.nn.functional.elu,
    "selu": torch.nn.functional.selu,
    "gelu": torch.nn.functional.gelu,
    "swish": torch.nn.functional.silu,
    "softplus": torch.nn.functional.softplus,
    "softmax": lambda x: torch.softmax(x, -1),
}
EVERY = pytest.mark.parametrize("name", activations)
ELEMENTWISE = pytest.mark.parametrize("name", [name for name in activations if name != "softmax"])
WORDS = {
    "exp": math.exp,
    "ln": math.log,
    "tanh": math.tanh,
    "max": max,
    "σ": lambda x: 1 / (1 + math.exp(-x)),
    "Φ": lambda x: 0.5 * (1 + math.erf(x / math.sqrt(2))),
    "φ": lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
}


def evaluated(text, x, settings):
    """Compute a formula as it is written in the documentation."""
    code = text.replace("·", "*").replace("^", "**")
    if ", else " in code:
        value, rest = code.split(" where ")
        condition, other = rest.split(", else ")
        code = f"({value}) if ({condition}) else ({other})"
    return eval(code, {"__builtins__": {}}, {**WORDS, **settings, "x": x})


@cache
def measured(name):
    """Compile an activation once and measure it everywhere."""
    one = activations[name]

    def weighed_slopes(points, weights):
        return jax.grad(lambda x: (one(x) * weights).sum())(points)

    def everything(points, rows, ends, far):
        found = {
            "values": one(points),
            "rows": one(rows),
            "row slopes": weighed_slopes(rows, WEIGHTS),
            "corner slopes": weighed_slopes(jnp.zeros_like(points[:3]), jnp.arange(3.0)),
            "range": one(ends),
            "sums": (one(points[:2] + points[-9:-7]), one(points[:2]) + one(points[-9:-7])),
        }
        for dtype in ("float32", "bfloat16"):
            typed = far.astype(dtype)
            found[dtype] = one(typed), weighed_slopes(typed, jnp.arange(1, 8).astype(dtype))
        if name != "softmax":
            found["slopes"] = jax.vmap(jax.grad(one))(points)
        return found

    far = np.array([-1e4, -100, -89, 0, 89, 100, 1e4], np.float32)
    return jax.jit(everything)(POINTS, ROWS, np.linspace(-30, 30, 6001, dtype=np.float32), far)


def test_every_activation_has_a_reference():
    assert set(TORCH) == set(activations)


@EVERY
def test_entry_is_complete_and_documented(name):
    one = activations[name]
    entry = one.entry
    assert isinstance(one, Activation)
    assert entry.name == name == one.name
    assert entry.formula
    assert entry.derivative
    assert entry.range
    assert 1950 <= entry.year <= 2030
    assert len(entry.source) > 10
    assert ">>>" in one.__doc__
    assert one.initializer in initializers
    assert usual_initializer(one) is initializers[one.initializer]


@ELEMENTWISE
def test_formula_and_derivative_are_what_is_computed(name):
    entry, found = activations[name].entry, measured(name)
    settings = activations[name].chosen
    for text, numbers in ((entry.formula, found["values"]), (entry.derivative, found["slopes"])):
        np.testing.assert_allclose(numbers, [evaluated(text, float(x), settings) for x in POINTS], atol=2e-5)


@ELEMENTWISE
def test_derivative_against_finite_differences(name):
    one, step = activations[name], 1e-5
    with jax.enable_x64(True):
        slopes, found = jax.jit(
            lambda x: (jax.vmap(jax.grad(one))(x), (one(x + step) - one(x - step)) / (2 * step))
        )(POINTS.astype(np.float64))
    np.testing.assert_allclose(slopes, found, atol=1e-8)


@EVERY
def test_values_and_gradients_are_pytorchs(name):
    other = torch.tensor(ROWS, requires_grad=True)
    expected = TORCH[name](other)
    (expected * torch.tensor(WEIGHTS)).sum().backward()
    np.testing.assert_allclose(measured(name)["rows"], expected.detach().numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(measured(name)["row slopes"], other.grad.numpy(), rtol=1e-4, atol=1e-5)


@EVERY
def test_slope_at_the_corner_is_pytorchs(name):
    other = torch.zeros(3, requires_grad=True)
    (TORCH[name](other) * torch.arange(3.0)).sum().backward()
    np.testing.assert_allclose(measured(name)["corner slopes"], other.grad.numpy(), atol=1e-6)


@EVERY
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_is_finite_far_from_zero_and_keeps_the_type(name, dtype):
    for numbers in measured(name)[dtype]:
        assert numbers.dtype == dtype
        assert np.isfinite(np.asarray(numbers, np.float32)).all()


@EVERY
def test_bounds_are_those_of_the_range_and_are_reached(name):
    one, values = activations[name], np.asarray(measured(name)["range"])
    low, high = (float(part.strip("[]() ")) for part in one.entry.range.split(","))
    assert one.bounds == pytest.approx((low, high), abs=0.005)
    for bound, extreme, sign in ((low, values.min(), 1), (high, values.max(), -1)):
        if math.isinf(bound):
            assert extreme * sign < -0.25
        elif name != "softmax":
            assert extreme == pytest.approx(bound, abs=0.005)
    assert ((values >= one.bounds[0] - 1e-6) & (values <= one.bounds[1] + 1e-6)).all()
    assert one.saturates is (name in ("sigmoid", "tanh", "softmax"))


@EVERY
def test_linear_tells_the_truth(name):
    together, apart = measured(name)["sums"]
    assert np.allclose(together, apart, atol=1e-3) is activations[name].linear


@EVERY
def test_is_written_by_name(name):
    spec = to_spec(Dense(2, activations[name]))
    assert spec.get("activation", "linear") == name
    assert from_spec({"kind": "dense", "units": 2, "activation": name}) == Dense(2, activations[name])


@pytest.mark.parametrize(
    ("scores", "shares", "tolerance"),
    [
        ([1.2, 5.1, 2.7], [0.018, 0.900, 0.082], 5e-4),
        ([1, 2, 3], [0.090, 0.245, 0.665], 5e-4),
        ([0, 0, 10], [4.54e-5, 4.54e-5, 0.99991], 5e-6),
        ([-10, -5, -8], [0.0064, 0.9465, 0.0471], 5e-5),
    ],
)
def test_softmax_numbers(scores, shares, tolerance):  # L1
    np.testing.assert_allclose(softmax(jnp.array(scores, jnp.float32)), shares, atol=tolerance)


def test_softmax_ignores_a_constant_and_stays_finite():  # L1, L2
    scores = jnp.array([1.2, 5.1, 2.7])
    np.testing.assert_allclose(softmax(scores + 100), softmax(scores), rtol=1e-5)
    assert bool(jnp.isfinite(softmax(jnp.array([1000.0, 1001.0]))).all())
    two = softmax(jnp.array([0.3, 1.7]))
    np.testing.assert_allclose(two[1], activations["sigmoid"](jnp.array(1.4)), rtol=1e-6)


def test_single_neuron():  # N2
    total = jnp.array([1.0, 2.0, 3.0]).sum()
    assert float(total) == 6.0
    assert float(activations["sigmoid"](total)) == pytest.approx(0.9975274, abs=1e-7)
