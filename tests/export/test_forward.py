import jax
import numpy as np
import pytest

from leadline.export.forward import TILE, forward, program
from leadline.nn import flatten_params, from_spec, to_spec


def parts(model, inputs):
    return forward(model.network, model.task, model.params, model.state, inputs)


def inputs_for(model, rows, seed=0):
    shape = (rows, *model.preparation.input_shape)
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("which", range(4))
def test_a_row_gives_the_same_bits_whatever_rows_come_with_it(everything, which):
    model = everything[which]
    inputs = inputs_for(model, 20 * TILE + 3)
    scores, predictions = parts(model, inputs)
    rng = np.random.default_rng(0)
    ends = [*range(TILE + 1), 20 * TILE - 1, 20 * TILE, len(inputs) - 1]
    for row in [*ends, *rng.integers(0, len(inputs), 10)]:
        alone = parts(model, inputs[row : row + 1])
        assert (alone[0] == scores[row]).all()
        assert (alone[1] == predictions[row]).all()
    order = rng.permutation(len(inputs))[: 5 * TILE + 1]
    assert (parts(model, inputs[order])[0] == scores[order]).all()
    assert (parts(model, inputs[order])[1] == predictions[order]).all()


@pytest.mark.parametrize("which", range(4))
def test_tiles_give_what_the_network_gives(everything, which):
    model = everything[which]
    inputs = inputs_for(model, 37)
    whole, _ = model.network.apply(model.params, model.state, inputs)
    scores, predictions = parts(model, inputs)
    # float32 sums in another order: a few units in the last place of the largest score
    np.testing.assert_allclose(scores, whole, rtol=0, atol=3e-6 * np.abs(whole).max())
    np.testing.assert_allclose(predictions, model.task.predictions(whole), rtol=2e-5, atol=2e-5)


def test_two_dense_layers_are_two_products(regression):
    inputs = inputs_for(regression, 20)
    named = flatten_params(regression.network, regression.params)
    first, second = ((named[f"{i}.dense/kernel"], named[f"{i}.dense/bias"]) for i in range(2))
    hidden = np.tanh(inputs.astype(np.float64) @ first[0] + first[1])
    np.testing.assert_allclose(
        parts(regression, inputs)[0], hidden @ second[0] + second[1], rtol=1e-5, atol=1e-5
    )


def test_no_number_of_rows_is_compiled_for(regression):
    inputs = inputs_for(regression, 3000)
    for rows in (0, 1, 2, TILE - 1, TILE, TILE + 1, 127, 128, 129, 1025, 3000):
        scores, _ = parts(regression, inputs[:rows])
        assert scores.shape == (rows, 1)
    assert program(regression.network, regression.task)._cache_size() == 1


def test_equal_networks_share_one_program(regression):
    equal = from_spec(to_spec(regression.network))
    assert equal is not regression.network
    assert program(equal, regression.task) is program(regression.network, regression.task)
    other = jax.tree.map(lambda a: a + 1, regression.params)
    forward(equal, regression.task, other, regression.state, inputs_for(regression, 4))
    assert program(equal, regression.task)._cache_size() == 1
