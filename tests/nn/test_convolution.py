"""Convolution against PyTorch and against JAX's own gradients, for many sizes, strides and paddings."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from jax import lax
from torch.nn import functional

import leadline.nn as nn
from leadline.core.errors import NetworkError
from leadline.nn.convolution.convolve import convolve, spread
from leadline.nn.convolution.slide import Slide

LAYOUT = ("NHWC", "HWIO", "NHWC")
# (height, width, channels, kernel, outputs, stride, padding)
CASES = [
    (8, 8, 1, (3, 3), 4, (1, 1), 1),  # small patch
    (8, 7, 16, (3, 3), 4, (1, 1), 1),
    (9, 8, 5, (3, 3), 4, (2, 2), 1),
    (9, 8, 5, (3, 3), 4, (2, 3), 0),
    (10, 11, 3, (5, 4), 4, (2, 1), 3),
    (7, 7, 6, (1, 1), 4, (1, 1), 0),  # pointwise
    (7, 8, 6, (1, 1), 4, (2, 3), 0),
    (7, 8, 6, (1, 1), 4, (2, 2), 1),
    (5, 5, 20, (5, 5), 3, (1, 1), 0),
    (6, 6, 2, (2, 2), 3, (3, 3), 4),  # padding wider than the kernel, rows left over
    (1, 12, 9, (1, 5), 4, (1, 2), 0),
]


def numbers(height, width, channels, kernel, outputs, stride, padding):
    random = np.random.default_rng(1)
    inputs = random.normal(size=(2, height, width, channels)).astype(np.float32)
    weights = random.normal(size=(*kernel, channels, outputs)).astype(np.float32)
    rows = (height + 2 * padding - kernel[0]) // stride[0] + 1
    columns = (width + 2 * padding - kernel[1]) // stride[1] + 1
    return inputs, weights, random.normal(size=(2, rows, columns, outputs)).astype(np.float32)


def value_and_gradients(function, inputs, weights, outer):
    def both(x, w):
        outputs, back = jax.vjp(function, x, w)
        return outputs, *back(outer)

    return jax.jit(both)(inputs, weights)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_values_and_gradients_are_pytorchs_and_jaxs(case):
    inputs, weights, outer = numbers(*case)
    stride, sides = case[5], ((case[6], case[6]),) * 2
    found = value_and_gradients(lambda x, w: convolve(x, w, stride, sides), inputs, weights, outer)
    x = torch.tensor(inputs.transpose(0, 3, 1, 2), requires_grad=True)
    w = torch.tensor(weights.transpose(3, 2, 0, 1), requires_grad=True)
    y = functional.conv2d(x, w, stride=stride, padding=case[6])
    y.backward(torch.tensor(outer.transpose(0, 3, 1, 2)))
    expected = (y.detach().permute(0, 2, 3, 1), x.grad.permute(0, 2, 3, 1), w.grad.permute(2, 3, 1, 0))
    plain = value_and_gradients(
        lambda x, w: lax.conv_general_dilated(x, w, stride, sides, dimension_numbers=LAYOUT),
        inputs,
        weights,
        outer,
    )
    for ours, torchs, jaxs in zip(found, expected, plain, strict=True):
        np.testing.assert_allclose(ours, torchs.numpy(), rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(ours, jaxs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("sides", [((0, 1), (1, 2)), ((2, 0), (0, 0))])
def test_uneven_padding(sides):
    inputs, weights, _ = numbers(6, 5, 3, (4, 2), 4, (1, 1), 0)
    plain = lax.conv_general_dilated(inputs, weights, (1, 1), sides, dimension_numbers=LAYOUT)
    outer = np.random.default_rng(0).normal(size=plain.shape).astype(np.float32)
    found = value_and_gradients(lambda x, w: convolve(x, w, (1, 1), sides), inputs, weights, outer)
    expected = value_and_gradients(
        lambda x, w: lax.conv_general_dilated(x, w, (1, 1), sides, dimension_numbers=LAYOUT),
        inputs,
        weights,
        outer,
    )
    for ours, jaxs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, jaxs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("size", "channels"), [(1, 9), (3, 4), (4, 5), (5, 12)])
@pytest.mark.parametrize("stride", [1, 2])
def test_sequences_are_pytorchs(size, channels, stride):
    padding = min(2, size - 1)
    layer = nn.Conv(6, size, nn.tanh, stride=stride, padding=padding, floor=True, bias_value=0.3)
    inputs = np.random.default_rng(2).normal(size=(3, 11, channels)).astype(np.float32)
    params, _ = layer.init(jax.random.key(0), (11, channels))

    def loss(params, x):
        outputs, _ = layer.apply(params, {}, x)
        return jnp.square(outputs).sum(), outputs

    (_, outputs), gradients = jax.jit(jax.value_and_grad(loss, (0, 1), has_aux=True))(params, inputs)
    other = torch.nn.Conv1d(channels, 6, size, stride=stride, padding=padding)
    other.weight.data = torch.tensor(np.asarray(params["kernel"]).transpose(2, 1, 0).copy())
    other.bias.data = torch.tensor(np.asarray(params["bias"]))
    x = torch.tensor(inputs.transpose(0, 2, 1).copy(), requires_grad=True)
    y = torch.tanh(other(x))
    (y**2).sum().backward()
    np.testing.assert_allclose(outputs, y.detach().permute(0, 2, 1).numpy(), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        gradients[0]["kernel"], other.weight.grad.permute(2, 1, 0).numpy(), rtol=1e-4, atol=1e-4
    )
    np.testing.assert_allclose(gradients[0]["bias"], other.bias.grad.numpy(), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(gradients[1], x.grad.permute(0, 2, 1).numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kernel", [2, 3, 4, 5])
def test_same_is_pytorchs_at_stride_one(kernel):
    layer = nn.Conv(3, kernel)
    params, _ = layer.init(jax.random.key(0), (6, 7, 2))
    inputs = np.random.default_rng(2).normal(size=(2, 6, 7, 2)).astype(np.float32)
    weight = torch.tensor(np.asarray(params["kernel"]).transpose(3, 2, 0, 1).copy())
    image = torch.tensor(inputs.transpose(0, 3, 1, 2).copy())
    before, after = (kernel - 1) // 2, kernel // 2
    expected = functional.conv2d(functional.pad(image, (before, after, before, after)), weight)
    outputs, _ = layer.apply(params, {}, jnp.asarray(inputs))
    np.testing.assert_allclose(outputs, expected.permute(0, 2, 3, 1).numpy(), rtol=1e-5, atol=1e-5)


def test_gradients_twice():
    inputs, weights, _ = numbers(6, 6, 5, (3, 3), 2, (1, 1), 1)

    def slope(function):
        return jax.grad(
            lambda x: jnp.square(jax.grad(lambda x: jnp.tanh(function(x, weights)).sum())(x)).sum()
        )(inputs)

    ours = slope(lambda x, w: convolve(x, w, (1, 1), ((1, 1), (1, 1))))
    plain = slope(lambda x, w: lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=LAYOUT))
    np.testing.assert_allclose(ours, plain, rtol=1e-4, atol=1e-4)


CANONICAL = {  # positions of batch, channels and axes in inputs, kernel and outputs
    2: "lhs_spec=(0, 3, 1, 2), rhs_spec=(3, 2, 0, 1), out_spec=(0, 3, 1, 2)",
    3: "lhs_spec=(0, 4, 1, 2, 3), rhs_spec=(4, 3, 0, 1, 2), out_spec=(0, 4, 1, 2, 3)",
}


def program(function, *shapes):
    """The program of a function with its gradients, as text."""
    gradients = jax.grad(lambda *given: jnp.square(function(*given)).sum(), tuple(range(len(shapes))))
    return str(jax.make_jaxpr(gradients)(*map(jnp.ones, shapes)))


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_all_convolutions_have_the_layout_that_is_fast_in_a_loop(axes, dilation):
    """In a compiled loop JAX's own gradients of this shape take some hundred times as long."""
    slide = Slide((2,) * axes, ((1, 1),) * axes, (dilation,) * axes)
    images, kernel = (2, *(8,) * axes, 16), (*(3,) * axes, 16, 16)
    lengths = slide.positions((8,) * axes, (3,) * axes)
    for text in (
        program(lambda x, w: convolve(x, w, *slide), images, kernel),
        program(lambda x, w: spread(x, w, slide, (8,) * axes), (2, *lengths, 16), kernel),
    ):
        assert text.count("conv_general_dilated[") == 3
        assert text.count(CANONICAL[max(axes, 2)]) == 3


def test_jaxs_own_gradients_have_another_layout():  # or the test above would hold nothing
    text = program(
        lambda x, w: lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=LAYOUT),
        (2, 8, 8, 16),
        (3, 3, 16, 16),
    )
    assert text.count(CANONICAL[2]) < text.count("conv_general_dilated[") == 3


@pytest.mark.parametrize("groups", [2, 16])
def test_groups_need_no_grouped_convolution(groups):  # which takes twenty times as long in a compiled loop
    text = program(
        lambda x, w: convolve(x, w, (1, 1), ((1, 1), (1, 1)), groups=groups),
        (2, 8, 8, 16),
        (3, 3, 16 // groups, 32),
    )
    assert "conv_general_dilated[" not in text


@pytest.mark.parametrize(
    ("stride", "padding", "out"), [(2, 0, 2), (3, 2, 3), (2, 2, 4), (1, 0, 3), (2, "same", 3), (1, 1, 5)]
)
def test_output_size_of_the_formula(stride, padding, out):  # N8: W=5, F=3
    assert nn.Conv(1, 3, stride=stride, padding=padding).output_shape((5, 5, 1)) == (out, out, 1)


@pytest.mark.parametrize("padding", [0, "valid"])
def test_a_stride_that_does_not_divide_is_an_error_or_an_explicit_choice(padding):  # N8
    with pytest.raises(NetworkError) as caught:
        nn.Conv(8, 3, stride=2, padding=padding).output_shape((6, 5, 1), "1.conv")
    text = str(caught.value)
    assert len(caught.value.problems) == 1, "only the height does not divide"
    assert text.startswith("1.conv ll.Conv(8, stride=2, padding=")
    assert "out = (W - F + 2P)/S + 1" in text
    assert "(6 - 3 + 2·0)/2 + 1 = 2.5" in text
    assert "height" in text
    assert "floor=True" in text
    assert nn.Conv(8, 3, stride=2, padding=padding, floor=True).output_shape((6, 5, 1)) == (2, 2, 8)


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (nn.Conv(4), (10,), "a sequence (T, F) or images (H, W, C) or volumes"),
        (nn.Conv(4), (2, 3, 4, 5, 6), "shape (2, 3, 4, 5, 6)"),
        (nn.Conv(4, (3, 3)), (10, 4), "one number or 1"),
        (nn.Conv(4, stride=(2,)), (10, 4, 4), "one number or 2"),
        (nn.Conv(4, 9, padding="valid"), (8, 9, 1), "F = 9, W + 2P = 8"),
    ],
)
def test_shapes_that_do_not_fit(layer, shape, words):
    with pytest.raises(NetworkError) as caught:
        layer.output_shape(shape)
    assert words in str(caught.value)


def test_curve_detector():  # N9: where the drawn curve lies under the kernel of the same curve
    image = np.zeros((7, 7), np.float32)
    for row, column, value in [(1, 3, 50), (2, 3, 50), (3, 3, 20), (3, 4, 50), (4, 3, 50), (5, 3, 50)]:
        image[row, column] = value
    kernel = np.zeros((7, 7), np.float32)
    kernel[1:6, 3] = 30
    response = convolve(image[None, :, :, None], kernel[:, :, None, None], (1, 1), ((0, 0), (0, 0)))
    assert float(response.squeeze()) == 30 * (50 + 50 + 20 + 50 + 50) == 6600


def test_half_precision_network_trains_a_step():
    network = nn.Sequential(
        [nn.Conv(4, 3, nn.relu), nn.MaxPool(), nn.Conv(4, 1), nn.BatchNorm(), nn.Dense(2)]
    )
    params, state = network.init(jax.random.key(0), (6, 6, 8))
    params = jax.tree.map(lambda a: a.astype(jnp.bfloat16), params)
    inputs = jax.random.normal(jax.random.key(1), (4, 6, 6, 8), jnp.bfloat16)

    @jax.jit
    def gradients(params):
        return jax.grad(
            lambda p: network.apply(p, state, inputs, nn.Pass(training=True))[0].sum().astype(float)
        )(params)

    assert all(
        g.dtype == jnp.bfloat16 and bool(jnp.isfinite(g).all()) for g in jax.tree.leaves(gradients(params))
    )


def test_many_networks_with_gradients_in_one_program():
    network = nn.Sequential(
        [nn.Conv(4, 3, nn.relu), nn.MaxPool(), nn.Conv(5, 3), nn.GlobalMaxPool(), nn.Dense(2)]
    )
    both = [network.init(jax.random.key(seed), (6, 6, 5))[0] for seed in (0, 1)]
    state = network.init(jax.random.key(0), (6, 6, 5))[1]
    inputs = jax.random.normal(jax.random.key(1), (4, 6, 6, 5))

    def loss(params):
        return jnp.square(network.apply(params, state, inputs)[0]).sum()

    every = jax.jit(jax.vmap(jax.grad(loss)))(jax.tree.map(lambda *a: jnp.stack(a), *both))
    for index, params in enumerate(both):
        expected = jax.jit(jax.grad(loss))(params)
        for a, b in zip(jax.tree.leaves(every), jax.tree.leaves(expected), strict=True):
            np.testing.assert_allclose(a[index], b, rtol=1e-4, atol=1e-4)
