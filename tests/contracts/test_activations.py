"""What every activation must hold: what its entry says, PyTorch's numbers, finite gradients far from zero."""

import math

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


def evaluated(text, x):
    """Compute a formula as it is written in the documentation."""
    code = text.replace("·", "*").replace("^", "**")
    if ", else " in code:
        value, rest = code.split(" where ")
        condition, other = rest.split(", else ")
        code = f"({value}) if ({condition}) else ({other})"
    return eval(code, {"__builtins__": {}}, {**WORDS, "x": x})


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
    one = activations[name]
    slopes = jax.vmap(jax.grad(one))(jnp.asarray(POINTS))
    np.testing.assert_allclose(
        one(POINTS), [evaluated(one.entry.formula, float(x)) for x in POINTS], atol=2e-5
    )
    np.testing.assert_allclose(slopes, [evaluated(one.entry.derivative, float(x)) for x in POINTS], atol=2e-5)


@ELEMENTWISE
def test_derivative_against_finite_differences(name):
    with jax.enable_x64(True):
        one, points, step = activations[name], jnp.asarray(POINTS, jnp.float64), 1e-5
        slopes = jax.vmap(jax.grad(one))(points)
        np.testing.assert_allclose(slopes, (one(points + step) - one(points - step)) / (2 * step), atol=1e-8)


@EVERY
def test_values_and_gradients_are_pytorchs(name):
    rows = POINTS.reshape(7, 7)
    weigh = np.linspace(0.1, 1, 49, dtype=np.float32).reshape(7, 7)
    other = torch.tensor(rows, requires_grad=True)
    expected = TORCH[name](other)
    (expected * torch.tensor(weigh)).sum().backward()
    np.testing.assert_allclose(activations[name](rows), expected.detach().numpy(), rtol=1e-5, atol=1e-6)
    slopes = jax.grad(lambda x: (activations[name](x) * weigh).sum())(rows)
    np.testing.assert_allclose(slopes, other.grad.numpy(), rtol=1e-4, atol=1e-5)


@EVERY
def test_slope_at_the_corner_is_pytorchs(name):
    other = torch.zeros(3, requires_grad=True)
    (TORCH[name](other) * torch.arange(3.0)).sum().backward()
    slopes = jax.grad(lambda x: (activations[name](x) * jnp.arange(3.0)).sum())(jnp.zeros(3))
    np.testing.assert_allclose(slopes, other.grad.numpy(), atol=1e-6)


@EVERY
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
def test_is_finite_far_from_zero_and_keeps_the_type(name, dtype):
    far = jnp.array([-1e4, -100.0, -89.0, 0.0, 89.0, 100.0, 1e4], dtype)
    outputs, slopes = jax.value_and_grad(lambda x: activations[name](x).sum())(far)
    assert activations[name](far).dtype == slopes.dtype == dtype
    assert bool(jnp.isfinite(outputs))
    assert bool(jnp.isfinite(slopes).all())


@EVERY
def test_bounds_are_those_of_the_range_and_are_reached(name):
    one = activations[name]
    low, high = (float(part.strip("[]() ")) for part in one.entry.range.split(","))
    assert one.bounds == pytest.approx((low, high), abs=0.005)
    values = one(jnp.linspace(-30, 30, 60001))
    for bound, extreme, sign in ((low, values.min(), 1), (high, values.max(), -1)):
        if math.isinf(bound):
            assert float(extreme) * sign < -0.25
        elif name != "softmax":
            assert float(extreme) == pytest.approx(bound, abs=0.005)
    assert bool((values >= one.bounds[0] - 1e-6).all() & (values <= one.bounds[1] + 1e-6).all())


@EVERY
def test_linear_tells_the_truth(name):
    one, x, y = activations[name], jnp.array([0.5, -1.5]), jnp.array([-2.0, 0.25])
    assert bool(jnp.allclose(one(x + y), one(x) + one(y), atol=1e-3)) is one.linear


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
