"""Activations that learn, draw or take several sums: against PyTorch with copied numbers and against plain sums."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from scipy.stats import kstest

import leadline.nn as nn
from leadline.core.errors import NetworkError

KEY = jax.random.key(0)
RANDOM = np.random.default_rng(0)
TRAINING = nn.Pass(training=True, key=KEY)


def drawn(*shape):
    """Numbers around zero, 64 bits."""
    return RANDOM.normal(size=shape)


def assert_near(found, expected, dtype):
    relative = 1e-10 if dtype == "float64" else 1e-5
    np.testing.assert_allclose(
        np.asarray(found), expected.detach().numpy(), rtol=relative, atol=relative / 10
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dense_with_learned_slopes_is_pytorchs(dtype):
    values = {"kernel": drawn(4, 5), "bias": drawn(5), "slope": drawn(5)}
    inputs, outer = drawn(7, 4), drawn(7, 5)
    with jax.enable_x64(dtype == "float64"):
        params = {name: jnp.asarray(value, dtype) for name, value in values.items()}

        def total(params, x):
            outputs, _ = nn.Dense(5, nn.prelu).apply(params, {}, x)
            return (outputs * outer.astype(dtype)).sum(), outputs

        (for_params, for_inputs), outputs = jax.jit(jax.grad(total, argnums=(0, 1), has_aux=True))(
            params, jnp.asarray(inputs, dtype)
        )
    kind = getattr(torch, dtype)
    other = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.PReLU(5)).to(kind)
    other[0].weight.data, other[0].bias.data = (
        torch.tensor(values["kernel"].T, dtype=kind),
        torch.tensor(values["bias"], dtype=kind),
    )
    other[1].weight.data = torch.tensor(values["slope"], dtype=kind)
    x = torch.tensor(inputs, dtype=kind, requires_grad=True)
    expected = other(x)
    (expected * torch.tensor(outer, dtype=kind)).sum().backward()
    assert_near(outputs, expected, dtype)
    assert_near(for_inputs, x.grad, dtype)
    assert_near(for_params["kernel"], other[0].weight.grad.T, dtype)
    assert_near(for_params["bias"], other[0].bias.grad, dtype)
    assert_near(for_params["slope"], other[1].weight.grad, dtype)


def test_channels_of_an_image_learn_a_slope_each_as_in_pytorch():
    image, slope = drawn(2, 4, 3, 5).astype(np.float32), drawn(5).astype(np.float32)
    found = nn.Activate(nn.prelu).apply({"slope": jnp.asarray(slope)}, {}, jnp.asarray(image))[0]
    other = torch.nn.functional.prelu(torch.tensor(np.moveaxis(image, -1, 1).copy()), torch.tensor(slope))
    np.testing.assert_array_equal(found, np.moveaxis(other.numpy(), 1, -1))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_learned_hinges_are_the_sum_they_say(dtype):
    slope, place, inputs, outer = drawn(3, 5), drawn(3, 5), drawn(7, 5), drawn(7, 5)
    with jax.enable_x64(dtype == "float64"):
        given = [jnp.asarray(array, dtype) for array in (slope, place, inputs)]

        def total(slope, place, x):
            outputs = nn.apl(hinges=3).applied(x, {"slope": slope, "place": place}, None)
            return (outputs * outer.astype(dtype)).sum(), outputs

        gradients, outputs = jax.jit(jax.grad(total, argnums=(0, 1, 2), has_aux=True))(*given)
    kind = getattr(torch, dtype)
    a, b, x = (torch.tensor(array, dtype=kind, requires_grad=True) for array in (slope, place, inputs))
    expected = torch.relu(x) + (a * torch.relu(b - x[:, None])).sum(1)
    (expected * torch.tensor(outer, dtype=kind)).sum().backward()
    assert_near(outputs, expected, dtype)
    for found, tensor in zip(gradients, (a, b, x), strict=True):
        assert_near(found, tensor.grad, dtype)


def test_hinges_begin_apart_and_one_begins_as_prelu():
    x = jnp.linspace(-3, 3, 7)
    np.testing.assert_array_equal(nn.apl(x), nn.prelu(x))
    np.testing.assert_allclose(nn.apl(hinges=4).start(1)["place"][:, 0], [-0.75, -0.25, 0.25, 0.75])
    slopes = jax.jit(jax.vmap(jax.grad(nn.apl(hinges=4))))(jnp.array([-5.0, 5.0]))
    np.testing.assert_allclose(slopes, [0.25, 1.0])


def test_slopes_are_drawn_uniformly_in_training_and_their_mean_is_used():
    inputs = -jnp.abs(jnp.asarray(drawn(400, 50), jnp.float32)) - 0.01
    layer = nn.Activate(nn.rrelu)
    outputs, _ = layer.apply({}, {}, inputs, TRAINING)
    slopes = np.asarray(outputs / inputs, np.float64).ravel()
    assert kstest(slopes, "uniform", (1 / 8, 1 / 3 - 1 / 8)).pvalue > 0.01
    assert slopes.mean() == pytest.approx(11 / 48, abs=0.002)
    assert slopes.std() == pytest.approx((1 / 3 - 1 / 8) / 12**0.5, rel=0.02)
    assert len(np.unique(slopes)) > 0.99 * slopes.size  # one for each number, not for each unit
    expected = torch.nn.functional.rrelu(torch.tensor(np.asarray(inputs)), training=False).numpy()
    np.testing.assert_allclose(layer.apply({}, {}, inputs)[0], expected, rtol=1e-6)


def test_the_gradient_in_training_is_the_slope_that_was_drawn():
    x = jnp.asarray(drawn(200), jnp.float32)
    outputs, back = jax.vjp(lambda x: nn.rrelu(x, key=KEY), x)
    np.testing.assert_allclose(back(jnp.ones(200))[0], outputs / x, rtol=1e-6)
    np.testing.assert_array_equal(outputs[x > 0], x[x > 0])
    assert not np.array_equal(outputs, nn.rrelu(x, key=jax.random.key(1)))


def test_slopes_that_can_only_be_one_are_that_one():
    x = jnp.array([-2.0, 2.0])
    fixed = nn.rrelu(lower=0.25, upper=0.25)
    np.testing.assert_array_equal(fixed(x, key=KEY), nn.prelu(x))


def test_neighboring_sums_belong_together_and_the_first_of_equals_learns():
    x = jnp.array([[1.0, 2.0, 2.0, 5.0, 5.0, 5.0]])
    np.testing.assert_array_equal(nn.maxout(pieces=3)(x), [[2.0, 5.0]])
    slopes = jax.jit(jax.grad(lambda x: (nn.maxout(pieces=3)(x) * jnp.array([1.0, 10.0])).sum()))(x)
    np.testing.assert_array_equal(slopes, [[0, 1, 0, 10, 0, 0]])
    for place in range(3):
        assert np.isnan(nn.maxout(pieces=3)(jnp.array([1.0, 2.0, 3.0]).at[place].set(jnp.nan)))[0]


def test_a_convolution_with_pieces_is_the_largest_of_convolutions():
    layer = nn.Conv(2, 3, nn.maxout(pieces=3))
    params, _ = layer.init(KEY, (5, 6, 2))
    params["bias"] = jnp.linspace(-1, 1, 6)
    inputs = jnp.asarray(drawn(2, 5, 6, 2), jnp.float32)
    each = [
        nn.Conv(2, 3).apply(jax.tree.map(lambda a, p=piece: a[..., p::3], params), {}, inputs)[0]
        for piece in range(3)
    ]
    np.testing.assert_allclose(layer.apply(params, {}, inputs)[0], np.max(each, 0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.prelu(start=2), ["prelu, start", "[-1, 1]", "2"]),
        (lambda: nn.apl(hinges=0), ["apl, hinges", "whole number of at least 1"]),
        (lambda: nn.maxout(pieces=1), ["maxout, pieces", "whole number of at least 2"]),
        (lambda: nn.maxout(jnp.ones((3, 5))), ["maxout, pieces=2", "that 2 divides", "(3, 5)"]),
        (lambda: nn.maxout(jnp.ones(())), ["that 2 divides", "()"]),
        (lambda: nn.Activate(nn.maxout).output_shape((5,)), ["2 divides", "(5,)", "6 features"]),
        (lambda: nn.vlrelu(slope=0.6), ["vlrelu, slope", "[0.1, 0.5]"]),
        (lambda: nn.rrelu(lower=0.5), ["rrelu", "lower at most upper", "lower=0.5"]),
        (lambda: nn.Dense(2, "rrelu(upper=0.1)"), ["lower at most upper"]),
        (lambda: nn.rrelu(lower=-0.1, upper=1), ["rrelu, lower", "rrelu, upper", "[0, 1)"]),
        (lambda: nn.elu(alpha=0), ["elu, alpha", "above 0"]),
        (lambda: nn.swish(beta=-1), ["swish, beta", "above 0"]),
        (lambda: nn.gelu(approximate="tan"), ["gelu, approximate", "'none', 'tanh'", "did you mean 'tanh'"]),
        (lambda: nn.step(gradient="straight"), ["step, gradient", "'straight_through'"]),
        (lambda: nn.Dense(2, nn.rrelu).apply(nn.Dense(2, nn.rrelu).init(KEY, (3,))[0], {}, jnp.ones((1, 3)),
                                             nn.Pass(training=True)), ["ll.rrelu", "given a key"]),
        (lambda: nn.Residual([nn.Dense(4)], nn.prelu), ["learns nothing", "ll.Activate(ll.prelu)"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(make, words):
    with pytest.raises(NetworkError) as caught:
        make()
    assert all(word in str(caught.value) for word in words), str(caught.value)
