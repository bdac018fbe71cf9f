"""How many units of a layer are alike, against comparing each with the next one by hand."""

import jax
import numpy as np
import pytest

import leadline as ll
from leadline.soundings.weights import ALIKE, equal_neighbors


def shares(network, shape, change=lambda params: params):
    params = change(network.init(jax.random.key(0), shape)[0])
    paths = [row.path for row in ll.summary(network, shape).rows]
    return dict(zip(paths, np.asarray(equal_neighbors(network, params, paths)), strict=True))


@pytest.mark.parametrize(("initializer", "share"), [("zeros", 1), ("constant", 1), ("ones", 1), (None, 0)])
def test_units_that_begin_alike_are_alike(initializer, share):
    network = ll.Sequential([ll.Conv(6, 3, initializer=initializer), ll.Flatten(), ll.Dense(5), ll.Dense(1)])
    found = shares(network, (6, 6, 2))
    assert found["0.conv"] == share
    assert found["2.dense"] == 0
    assert np.isnan(found["1.flatten"])
    assert np.isnan(found["3.dense"]), "a single unit has no neighbor"


def test_a_bias_does_not_count():
    assert shares(ll.Sequential([ll.Dense(4, bias_value=0.01)]), (3,)) == {"0.dense": 0}


def test_every_kernel_of_a_layer_must_be_alike():
    alike = ll.LSTM(4, initializer="zeros", recurrent_initializer="zeros")
    assert shares(ll.Sequential([alike]), (5, 3)) == {"0.lstm": 1}
    assert shares(ll.Sequential([ll.LSTM(4, initializer="zeros")]), (5, 3)) == {"0.lstm": 0}


@pytest.mark.parametrize(("apart", "share"), [(0.9, 1.0), (1.1, 0.5)])
def test_alike_is_within_a_thousandth_of_the_largest_weight(apart, share):
    kernel = np.float32([[2.0, 2.0, 2.0 + 2 * apart * ALIKE], [-1.0, -1.0, -1.0]])
    found = shares(ll.Sequential([ll.Dense(3)]), (2,), lambda params: ({**params[0], "kernel": kernel},))
    assert found["0.dense"] == pytest.approx(share)
