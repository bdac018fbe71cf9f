"""Reshape, permute, identity, upsampling and zeros around, against NumPy and PyTorch, with exact errors."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import leadline.nn as nn
from leadline.core.errors import NetworkError

SHAPES = ((4, 3), (3, 2, 4), (2, 3, 2, 2))


def inputs(shape):
    return np.arange(2 * np.prod(shape), dtype=np.float32).reshape(2, *shape)


def test_numbers_are_laid_out_in_reading_order():
    x = inputs((4, 6))
    for layer, expected in (
        (nn.Flatten(), x.reshape(2, 24)),
        (nn.Reshape((3, 2, 4)), x.reshape(2, 3, 2, 4)),
        (nn.Reshape([-1, 8]), x.reshape(2, 3, 8)),
        (nn.Reshape((24,)), x.reshape(2, 24)),
        (nn.Permute((1, 0)), x.transpose(0, 2, 1)),
        (nn.Identity(), x),
    ):
        outputs, _ = layer.apply({}, {}, jnp.asarray(x))
        assert np.array_equal(outputs, expected)
        assert outputs.shape[1:] == layer.output_shape((4, 6))
        assert layer.keeps_values


def test_flatten_and_a_fully_connected_head_are_pytorchs():  # N12
    head, other = (
        nn.Sequential([nn.Flatten(), nn.Dense(3)]),
        torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(24, 3)),
    )
    params, state = head.init(jax.random.key(0), (2, 3, 4))
    assert params[1]["kernel"].shape == (24, 3)
    other[1].weight.data, other[1].bias.data = torch.tensor(np.asarray(params[1]["kernel"]).T), torch.zeros(3)
    x = np.random.default_rng(0).normal(size=(5, 2, 3, 4)).astype(np.float32)
    weigh = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    outputs, back = jax.vjp(lambda x: head.apply(params, state, x)[0], jnp.asarray(x))
    given_ = torch.tensor(
        x, requires_grad=True
    )  # both read the last axis first: channels of a pixel stand together
    expected = other(given_)
    expected.backward(torch.tensor(weigh))
    np.testing.assert_allclose(outputs, expected.detach(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(back(weigh)[0], given_.grad, rtol=1e-5, atol=1e-6)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.randoms())
def test_reshape_and_permute_there_and_back(shape, random):
    flat = nn.Reshape((-1,)).output_shape(tuple(shape))
    assert nn.Reshape(shape).output_shape(flat) == tuple(shape)
    order = list(range(len(shape)))
    random.shuffle(order)
    there = nn.Permute(order).output_shape(tuple(shape))
    assert there == np.zeros(shape).transpose(order).shape
    assert nn.Permute(np.argsort(order).tolist()).output_shape(there) == tuple(shape)


def test_upsampling_is_pytorchs_nearest_and_its_gradient():
    factors = (2, (3, 2), (2, 1, 3))
    x = [inputs(shape) for shape in SHAPES]

    def both(x):
        outputs = [nn.Upsample(f).apply({}, {}, one)[0] for f, one in zip(factors, x, strict=True)]
        return sum((y**2).sum() for y in outputs), outputs

    slopes, outputs = jax.jit(jax.grad(both, has_aux=True))(x)
    for one, factor, slope, found in zip(x, factors, slopes, outputs, strict=True):
        given_ = torch.tensor(np.moveaxis(one, -1, 1).copy(), requires_grad=True)
        expected = torch.nn.Upsample(scale_factor=factor)(given_)
        (expected**2).sum().backward()
        assert np.array_equal(found, np.moveaxis(expected.detach().numpy(), 1, -1))
        np.testing.assert_allclose(slope, np.moveaxis(given_.grad.numpy(), 1, -1), rtol=1e-6)


def test_zeros_are_put_around_as_numpy_does():
    for shape, size in zip(SHAPES, (2, (1, 2), 1), strict=True):
        sides = [size] * (len(shape) - 1) if isinstance(size, int) else size
        expected = np.pad(inputs(shape), [(0, 0), *((side, side) for side in sides), (0, 0)])
        outputs, _ = nn.ZeroPad(size).apply({}, {}, jnp.asarray(inputs(shape)))
        assert np.array_equal(outputs, expected)
        assert outputs.shape[1:] == nn.ZeroPad(size).output_shape(shape)


def test_zeros_stand_around_the_real_steps_of_a_sequence():
    x = jnp.array([[1.0, 2.0, 9.0], [3.0, 4.0, 5.0]])[..., None]
    outputs, _, lengths = nn.ZeroPad(1).passed({}, {}, x, nn.Pass(lengths=jnp.array([2, 3])))
    assert outputs[..., 0].tolist() == [[0, 1, 2, 0, 0], [0, 3, 4, 5, 0]]
    assert lengths.tolist() == [4, 5]


@pytest.mark.parametrize(
    ("layer", "shape", "lengths"),
    [
        (nn.Identity(), (4, 6), [2, 4]),
        (nn.Upsample(3), (4, 6), [6, 12]),
        (nn.Reshape((4, 3, 2)), (4, 6), [2, 4]),
        (nn.Reshape((8, 3)), (4, 6), None),
        (nn.Permute((0, 2, 1)), (4, 3, 2), [2, 4]),
        (nn.Permute((1, 0)), (4, 6), None),
        (nn.Flatten(), (4, 6), None),
        (nn.GlobalMaxPool(), (4, 6), None),
    ],
)
def test_lengths_are_known_where_time_stays(layer, shape, lengths):
    found = layer.lengths_after(jnp.zeros((2, *shape)), jnp.array([2, 4]))
    assert (None if found is None else found.tolist()) == lengths
    assert layer.lengths_after(jnp.zeros((2, *shape)), None) is None


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.Reshape(()), ["Reshape, shape", "a tuple of whole numbers", "(7, 7, 16)"]),
        (lambda: nn.Reshape((0, 2)), ["(0, 2)"]),
        (lambda: nn.Reshape((-1, 2, -1)), ["one of which may be -1", "(-1, 2, -1)"]),
        (lambda: nn.Reshape(8), ["a tuple of whole numbers", "8"]),
        (
            lambda: nn.Reshape((5, 5)).output_shape((24,), "1.reshape"),
            ["1.reshape ll.Reshape((5, 5)) – must be given 25 numbers – got 24, shape (24,)", "may be -1"],
        ),
        (
            lambda: nn.Reshape((5, -1)).output_shape((4, 6), "1.reshape"),
            ["1.reshape ll.Reshape((5, -1)) – must be given a multiple of 5 numbers – got 24, shape (4, 6)"],
        ),
        (lambda: nn.Permute((1, 2)), ["each axis of the inputs once, from 0", "(1, 2)"]),
        (lambda: nn.Permute((0, 0)), ["(0, 0)"]),
        (
            lambda: nn.Permute((1, 0)).output_shape((4, 3, 2), "1.permute"),
            ["1.permute ll.Permute((1, 0))", "2 axes", "shape (4, 3, 2)", "ll.Permute((2, 1, 0))"],
        ),
        (lambda: nn.Upsample(0), ["factor", "of at least 1"]),
        (lambda: nn.Upsample((2, 2)).output_shape((4, 3), "1.up"), ["1.up", "one number or 1", "(2, 2)"]),
        (lambda: nn.Upsample().output_shape((4,), "1.up"), ["1.up", "a sequence (T, F)", "shape (4,)"]),
        (lambda: nn.ZeroPad(-1), ["size", "-1"]),
        (lambda: nn.ZeroPad().output_shape((4,), "1.pad"), ["1.pad", "a sequence (T, F)"]),
    ],
)
def test_what_does_not_fit_is_told(make, words):
    with pytest.raises(NetworkError) as caught:
        make()
    assert all(word in str(caught.value) for word in words), str(caught.value)
