"""Pooling against PyTorch, ties included, and what it says where windows do not fit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from torch.nn import functional

import leadline.nn as nn
from leadline.core.errors import NetworkError

# (height, width, channels), window, stride
CASES = [
    ((6, 4, 3), (2, 2), (2, 2)),
    ((7, 9, 2), (2, 3), (2, 3)),  # rows left over
    ((7, 6, 1), (3, 3), (1, 1)),  # windows over each other
    ((8, 7, 2), (3, 2), (2, 1)),
    ((9, 9, 1), (2, 1), (3, 2)),  # rows between windows
    ((3, 3, 2), (3, 3), (1, 2)),
]


def compare(layer, pool, inputs):
    shape = (len(inputs), *layer.output_shape(inputs.shape[1:]))
    outer = np.random.default_rng(0).normal(size=shape).astype(np.float32)

    @jax.jit
    def both(x):
        outputs, back = jax.vjp(lambda x: layer.apply({}, {}, x)[0], x)
        return outputs, back(outer)[0]

    outputs, slopes = both(inputs)
    x = torch.tensor(np.moveaxis(inputs, -1, 1).copy(), requires_grad=True)
    y = pool(x)
    y.backward(torch.tensor(np.moveaxis(outer, -1, 1).copy()))
    np.testing.assert_allclose(outputs, np.moveaxis(y.detach().numpy(), 1, -1), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(slopes, np.moveaxis(x.grad.numpy(), 1, -1), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("shape", "size", "stride"), CASES)
def test_largest_is_pytorchs_with_ties(shape, size, stride):
    inputs = np.random.default_rng(4).integers(0, 3, (5, *shape)).astype(np.float32)  # many equals
    compare(nn.MaxPool(size, stride, floor=True), lambda x: functional.max_pool2d(x, size, stride), inputs)


@pytest.mark.parametrize(("shape", "size", "stride"), CASES)
def test_mean_is_pytorchs(shape, size, stride):
    inputs = np.random.default_rng(4).normal(size=(2, *shape)).astype(np.float32)
    compare(
        nn.AveragePool(size, stride, floor=True), lambda x: functional.avg_pool2d(x, size, stride), inputs
    )


@pytest.mark.parametrize(("length", "size", "stride"), [(8, 2, None), (9, 2, None), (9, 3, 2), (7, 2, 3)])
def test_sequences_are_pytorchs(length, size, stride):
    inputs = np.random.default_rng(1).integers(0, 3, (2, length, 4)).astype(np.float32)
    compare(nn.MaxPool(size, stride, floor=True), lambda x: functional.max_pool1d(x, size, stride), inputs)
    compare(
        nn.AveragePool(size, stride, floor=True), lambda x: functional.avg_pool1d(x, size, stride), inputs
    )


@pytest.mark.parametrize("shape", [(5, 6, 3), (7, 3)])
def test_global_pools_are_pytorchs(shape):
    inputs = np.random.default_rng(1).integers(0, 3, (2, *shape)).astype(np.float32)
    two = len(shape) == 3
    largest = functional.adaptive_max_pool2d if two else functional.adaptive_max_pool1d
    mean = functional.adaptive_avg_pool2d if two else functional.adaptive_avg_pool1d
    compare(nn.GlobalMaxPool(), lambda x: largest(x, 1).flatten(1), inputs)
    compare(nn.GlobalAveragePool(), lambda x: mean(x, 1).flatten(1), inputs)


def test_gradient_is_zero_at_all_but_the_largest():  # N11
    inputs = jnp.array([[1.0, 7.0], [3.0, 2.0]])[None, :, :, None]
    slopes = jax.grad(lambda x: nn.MaxPool(2).apply({}, {}, x)[0].sum())(inputs)
    assert slopes.squeeze().tolist() == [[0.0, 1.0], [0.0, 0.0]]


@pytest.mark.parametrize("kind", [nn.MaxPool, nn.AveragePool])
def test_windows_that_do_not_cover_the_input(kind):
    with pytest.raises(NetworkError) as caught:
        kind(2).output_shape((7, 8, 3), "1.pool")
    assert "(7 - 2 + 2·0)/2 + 1 = 3.5" in str(caught.value)
    assert "floor=True" in str(caught.value)
    assert kind(2, floor=True).output_shape((7, 8, 3)) == (3, 4, 3)


@pytest.mark.parametrize("floor", [False, True])
def test_a_window_larger_than_the_input(floor):
    with pytest.raises(NetworkError, match="F = 4, W \\+ 2P = 3"):
        nn.MaxPool(4, floor=floor).output_shape((3, 9, 1))


@pytest.mark.parametrize(
    "layer", [nn.MaxPool(), nn.AveragePool(), nn.GlobalMaxPool(), nn.GlobalAveragePool()]
)
def test_rows_cannot_be_pooled(layer):
    with pytest.raises(NetworkError, match=r"a sequence \(T, F\) or images"):
        layer.output_shape((10,))
