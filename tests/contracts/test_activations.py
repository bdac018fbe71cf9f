"""What every activation (A1) must hold, as it is and with other settings: what its entry says, PyTorch's numbers
forward and backward, types, one compilation, finite numbers far from zero, the round trip through text.

A member without a PyTorch reference fails, and so does a setting that has no other value here.
"""

import json
import math
import re
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from torch.nn import functional

from leadline.core.named import read
from leadline.nn import (
    Activation,
    Dense,
    activations,
    from_spec,
    initializers,
    is_weight,
    softmax,
    to_spec,
    usual_initializer,
)

POINTS = np.linspace(-6, 6, 48).astype(np.float32) + 0.003  # beside the corner at 0
ROWS = POINTS.reshape(8, 6)
CORNERS = np.array([[0, 1, -1, 3, -3, 6]], np.float32)
FAR = np.array([-1e4, -1e3, -100, -89, -20, -1e-30, 0, 20, 89, 100, 1e3, 1e4], np.float32)
ENDS = np.append(np.linspace(-30, 30, 5998, dtype=np.float32), [-1e4, 1e4]).astype(np.float32)

OTHERS = {
    "step": [{"gradient": "straight_through"}],
    "leaky_relu": [{"slope": 0.1}],
    "vlrelu": [{"slope": 0.2}],
    "rrelu": [{"lower": 0.1, "upper": 0.2}],
    "prelu": [{"start": 0.125}],
    "apl": [{"hinges": 4}],
    "elu": [{"alpha": 2.0}],
    "gelu": [{"approximate": "tanh"}],
    "swish": [{"beta": 2.5}],
    "maxout": [{"pieces": 3}],
}
TOGETHER = ("softmax", "log_softmax", "maxout")  # not each number by itself
BETWEEN = {"sigmoid", "hard_sigmoid", "tanh", "hard_tanh", "softsign", "softmax", "step", "relu6"}
NEARLY = {"gelu(approximate='tanh')": 2e-3}  # an approximation of its formula


def torch_apl(x, hinges):
    places = [(2 * s + 1) / hinges - 1 for s in range(hinges)]
    return torch.relu(x) - sum(0.25 / hinges * torch.relu(place - x) for place in places)


def torch_step(x, gradient):
    fired, carried = (x >= 0).to(x.dtype), x if gradient == "straight_through" else 0 * x
    return fired + carried - carried.detach()


TORCH = {
    "linear": lambda x: x,
    "step": torch_step,
    "sigmoid": torch.sigmoid,
    "hard_sigmoid": lambda x: functional.relu6(x + 3) / 6,  # its own has a slope of 32 bits
    "tanh": torch.tanh,
    "hard_tanh": functional.hardtanh,
    "softsign": functional.softsign,
    "relu": torch.relu,
    "relu6": functional.relu6,
    "leaky_relu": functional.leaky_relu,
    "vlrelu": functional.leaky_relu,
    "rrelu": functional.rrelu,
    "prelu": lambda x, start: functional.prelu(x, torch.full((x.shape[-1],), start, dtype=x.dtype)),
    "apl": torch_apl,
    "maxout": lambda x, pieces: x.unflatten(-1, (-1, pieces)).max(-1).values,
    "elu": functional.elu,
    "selu": functional.selu,
    "gelu": lambda x, approximate: functional.gelu(x, approximate=approximate),
    "swish": lambda x, beta: x * torch.sigmoid(beta * x),
    "mish": functional.mish,
    "softplus": functional.softplus,
    "centered_softplus": lambda x: functional.softplus(x) - math.log(2),
    "softmax": lambda x: torch.softmax(x, -1),
    "log_softmax": lambda x: torch.log_softmax(x, -1),
}
MEMBERS = {
    one.text: one
    for name in activations
    for one in (activations[name], *(activations[name](**settings) for settings in OTHERS.get(name, [])))
}
EVERY = pytest.mark.parametrize("text", MEMBERS)
ELEMENTWISE = pytest.mark.parametrize("text", [t for t, one in MEMBERS.items() if one.name not in TOGETHER])
WORDS = {
    "exp": math.exp,
    "ln": math.log,
    "tanh": math.tanh,
    "max": max,
    "min": min,
    "abs": abs,
    "σ": lambda x: 1 / (1 + math.exp(-x)),
    "Φ": lambda x: 0.5 * (1 + math.erf(x / math.sqrt(2))),
    "φ": lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    "inf": math.inf,
}
GREEK = {"alpha": "α", "beta": "β"}


def evaluated(text, names):
    """Compute a formula as it is written in the documentation; what stands after a semicolon explains it."""
    code = text.split("; ")[0].replace("·", "*").replace("^", "**").replace(" = ", " == ")
    code = re.sub(r"\|(\w+)\|", r"abs(\1)", code.replace("[", "(").replace("]", ")"))
    code = re.sub(r"Σ_s (.+)", r"sum(\1 for slope_s, place_s in zip(slope, place))", code)
    if ", else " in code:
        value, rest = code.split(" where ")
        condition, other = rest.split(", else ")
        code = f"({value}) if ({condition}) else ({other})"
    return eval(code, {"__builtins__": {"zip": zip, "sum": sum}, **WORDS, **names})


def names_of(one):
    """The words that its formula may use beside x: settings, and what it learns as it begins."""
    names = one.chosen | {GREEK[name]: value for name, value in one.chosen.items() if name in GREEK}
    names |= {name: np.asarray(start)[..., 0].tolist() for name, start in one.start(1).items()}
    in_use = re.search(r"; (\w+) = (.+) in use", one.entry.formula)
    return names | ({in_use[1]: evaluated(in_use[2], names)} if in_use else {})


def weighed_slopes(function, inputs):
    """The gradient of a sum in which each output has another weight."""

    def total(x):
        outputs = function(x)
        weights = 0.1 + jnp.arange(outputs.size, dtype=outputs.dtype).reshape(outputs.shape) / outputs.size
        return (outputs * weights).sum()

    return jax.grad(total)(inputs)


def torch_slopes(one, inputs):
    """PyTorch's outputs, and its gradient of the same sum."""
    x = torch.tensor(inputs, requires_grad=True)
    outputs = TORCH[one.name](x, *one.chosen.values())
    size = outputs.numel()
    weights = 0.1 + torch.arange(size, dtype=outputs.dtype).reshape(outputs.shape) / size
    (outputs * weights).sum().backward()
    return outputs.detach().numpy(), x.grad.numpy()


def everything(one, points, rows, corners, ends, far, key):
    """Measure an activation everywhere, in one program."""
    found = {
        "values": one(points),
        "rows": one(rows),
        "row by row": jax.vmap(one)(rows),
        "row slopes": weighed_slopes(one, rows),
        "corner slopes": weighed_slopes(one, corners),
        "range": one(ends),
        "sums": (one(points[20:26] + points[:-7:-1]), one(points[20:26]) + one(points[:-7:-1])),
        "nan": one(jnp.full_like(points, jnp.nan)),
    }
    for dtype in ("float32", "bfloat16"):
        typed, start = far.astype(dtype), {n: a.astype(dtype) for n, a in one.start(12 // one.pieces).items()}
        found[dtype] = [one(typed), weighed_slopes(one, typed)]
        found[dtype] += jax.tree.leaves(jax.grad(lambda p, x: one.applied(x, p, None).sum())(start, typed))
        if one.random:
            drawn = partial(one, key=key)
            found[dtype] += [drawn(typed), weighed_slopes(drawn, typed)]
    if one.name not in TOGETHER:
        found["slopes"] = jax.vmap(jax.grad(one))(points)
    return found


@cache
def measured(text):
    """Compile an activation once, call it twice."""
    compiled, key = jax.jit(partial(everything, MEMBERS[text])), jax.random.key(0)
    found = compiled(POINTS, ROWS, CORNERS, ENDS, FAR, key)
    compiled(POINTS + 1, ROWS, CORNERS, ENDS, FAR, key)
    return jax.tree.map(np.asarray, found) | {"compilations": compiled._cache_size()}


@cache
def exact(text):
    """The same with 64 bits."""
    one, step = MEMBERS[text], 1e-5
    with jax.enable_x64(True):
        rows = ROWS.astype(np.float64)
        found = jax.jit(
            lambda x: {
                "rows": one(x),
                "row slopes": weighed_slopes(one, x),
                "differences": (one(x + step) - one(x - step)) / (2 * step),
            }
        )(rows)
        return rows, jax.tree.map(np.asarray, found)


def test_every_activation_has_a_reference():
    assert set(TORCH) == set(activations)


@pytest.mark.parametrize("name", activations)
def test_every_setting_has_another_value(name):
    varied = {word for settings in OTHERS.get(name, []) for word in settings}
    assert varied == set(activations[name].chosen)


@pytest.mark.parametrize("name", activations)
def test_entry_is_complete_and_documented(name):
    one = activations[name]
    entry = one.entry
    assert isinstance(one, Activation)
    assert entry.name == name == one.name
    assert entry.formula
    assert entry.derivative
    assert entry.range
    assert 1940 <= entry.year <= 2030
    assert len(entry.source) > 10
    assert ">>>" in one.__doc__
    assert all(f"        {word}: " in one.__doc__ for word in (*one.chosen, *one.start(1)))
    assert one.initializer in initializers
    assert usual_initializer(one) is initializers[one.initializer]


@ELEMENTWISE
def test_formula_and_derivative_are_what_is_computed(text):
    one, found = MEMBERS[text], measured(text)
    names = names_of(one)
    for formula, numbers in ((one.entry.formula, found["values"]), (one.entry.derivative, found["slopes"])):
        expected = [evaluated(formula, names | {"x": float(x)}) for x in POINTS]
        np.testing.assert_allclose(numbers, expected, atol=NEARLY.get(text, 2e-5))


@ELEMENTWISE
def test_gradient_is_that_of_finite_differences(text):
    rows, found = exact(text)
    weights = 0.1 + np.arange(rows.size).reshape(rows.shape) / rows.size
    expected = weights if "straight_through" in text else weights * found["differences"]
    np.testing.assert_allclose(found["row slopes"], expected, atol=1e-8)


@EVERY
def test_values_and_gradients_are_pytorchs(text):
    found = measured(text)
    expected, slopes = torch_slopes(MEMBERS[text], ROWS)
    np.testing.assert_allclose(found["rows"], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["row slopes"], slopes, rtol=1e-5, atol=1e-6)


@EVERY
def test_values_and_gradients_are_pytorchs_in_64_bits(text):
    rows, found = exact(text)
    expected, slopes = torch_slopes(MEMBERS[text], rows)
    assert found["rows"].dtype == found["row slopes"].dtype == np.float64
    np.testing.assert_allclose(found["rows"], expected, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(found["row slopes"], slopes, rtol=1e-10, atol=1e-13)


@ELEMENTWISE
def test_slopes_at_corners_are_pytorchs(text):
    _, slopes = torch_slopes(MEMBERS[text], CORNERS)
    np.testing.assert_allclose(measured(text)["corner slopes"], slopes, rtol=1e-5, atol=1e-6)


@EVERY
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_is_finite_far_from_zero_and_keeps_the_type(text, dtype):
    for numbers in measured(text)[dtype]:
        assert numbers.dtype == dtype
        assert np.isfinite(np.asarray(numbers, np.float32)).all()


@EVERY
def test_what_is_not_a_number_stays_so(text):
    assert np.isnan(measured(text)["nan"]).all()


@EVERY
def test_compiled_once_and_equal_to_eager_and_row_by_row(text):
    found = measured(text)
    assert found["compilations"] == 1
    np.testing.assert_allclose(found["rows"], MEMBERS[text](ROWS), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found["rows"], found["row by row"], rtol=1e-6, atol=1e-6)


@EVERY
def test_bounds_are_those_of_the_range_and_are_reached(text):
    one, values = MEMBERS[text], measured(text)["range"]
    parts = (part.strip("[]() ") for part in one.entry.range.split(","))
    low, high = (evaluated(part, names_of(one)) for part in parts)
    assert one.bounds == pytest.approx((low, high), abs=0.005)
    for bound, extreme, sign in ((low, values.min(), 1), (high, values.max(), -1)):
        if math.isinf(bound):
            assert extreme * sign < -0.25
        elif one.name not in TOGETHER:
            assert extreme == pytest.approx(bound, abs=0.005)
    assert ((values >= one.bounds[0] - 1e-6) & (values <= one.bounds[1] + 1e-6)).all()
    assert one.saturates is (one.name in BETWEEN)


@EVERY
def test_linear_tells_the_truth(text):
    together, apart = measured(text)["sums"]
    assert np.allclose(together, apart, atol=1e-3) is MEMBERS[text].linear


@EVERY
def test_is_written_as_text(text):
    one, layer = MEMBERS[text], Dense(2, MEMBERS[text])
    spec = json.loads(json.dumps(to_spec(layer)))
    assert spec.get("activation", "linear") == text == one.text
    assert read(activations, text) == one
    assert from_spec({"kind": "dense", "units": 2, "activation": text}) == layer
    assert hash(from_spec(spec)) == hash(layer)


@pytest.mark.parametrize("text", [text for text, one in MEMBERS.items() if one.learned])
def test_learns_numbers_for_every_feature_that_are_never_decayed(text):
    one = MEMBERS[text]
    for name, start in one.start(6).items():
        assert start.shape[-1] == 6
        assert start.dtype == jnp.float32
        assert not is_weight(f"0.dense/{name}")
        assert name not in ("bias", *one.chosen)


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
