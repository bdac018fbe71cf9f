"""The gradient check (T2) finds right gradients right and wrong ones wrong, for every loss and any layer."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import pytest

from leadline.backprop import check_gradients
from leadline.core.errors import LeadlineError, NetworkError
from leadline.nn import BatchNorm, Conv, Dense, Dropout, MaxPool, Sequential, losses, tanh
from leadline.nn.base import Layer


class Wrong(Layer):
    """Doubles, and claims a slope of 2.02."""

    def output_shape(self, shape, path=""):
        return shape

    def apply(self, params, state, inputs, how=None):
        return doubled(inputs), state


@jax.custom_vjp
def doubled(x):
    return 2 * x


doubled.defvjp(lambda x: (2 * x, None), lambda _, outer: (2.02 * outer,))


@pytest.mark.parametrize("name", losses)
def test_every_loss(name):
    assert check_gradients(name).ok


def test_a_network_parameter_by_parameter():
    network = Sequential([Conv(2, 3, tanh), MaxPool(2), BatchNorm(), Dense(3)])
    found = check_gradients(network, (4, 4, 1))
    assert found.ok
    assert [array.name for array in found.arrays] == [
        "0.conv/kernel", "0.conv/bias", "2.batch_norm/scale", "2.batch_norm/shift", "3.dense/kernel",
        "3.dense/bias", "inputs",
    ]  # fmt: skip
    assert found.arrays[0].shape == (3, 3, 1, 2)
    assert found.arrays[0].checked == 18
    assert max(array.error for array in found.arrays) < 1e-6


def test_while_training_too():
    network = Sequential([Dense(3, tanh), BatchNorm(), Dropout(0.5), Dense(1)])
    assert check_gradients(network, (4,), training=True).ok


def test_large_arrays_are_checked_in_part():
    found = check_gradients(Dense(30), (20,))
    assert [array.checked for array in found.arrays] == [200, 30, 80]


def test_a_wrong_gradient_is_found():
    found = check_gradients(Wrong(), (3,))
    assert not found.ok
    assert found.arrays[0].error == pytest.approx(0.02 / 2.02, rel=1e-3)
    assert "WRONG" in str(found)


def test_float64_is_left_as_it_was():
    check_gradients("mse")
    assert jnp.ones(()).dtype == jnp.float32


def test_what_cannot_be_checked_is_told():
    with pytest.raises(LeadlineError, match="a layer, a network or a loss"):
        check_gradients(3)
    with pytest.raises(LeadlineError, match="shape"):
        check_gradients(Dense(3))
    with pytest.raises(LeadlineError, match="did you mean 'huber'"):
        check_gradients("hubr")
    with pytest.raises(NetworkError):
        check_gradients(Conv(3), (4,))
