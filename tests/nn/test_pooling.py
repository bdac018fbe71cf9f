"""Pooling against PyTorch on sequences, images and volumes, ties and padding included; draws against their odds."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch.nn import functional

import leadline.nn as nn
from leadline.core.errors import NetworkError
from leadline.nn.sequences.lengths import without_padding

# shape without batch, window, stride, padding
CASES = [
    ((8, 4), 2, 2, 0),
    ((9, 2), 3, 2, 0),  # windows over each other
    ((7, 3), 2, 3, 1),  # places between windows
    ((6, 4, 3), (2, 2), (2, 2), 0),
    ((7, 9, 2), (2, 3), (2, 3), 0),  # rows left over
    ((7, 6, 1), (3, 3), (1, 1), 1),
    ((8, 7, 2), (3, 2), (2, 1), 1),
    ((9, 9, 1), (2, 1), (3, 2), 0),
    ((4, 3, 5, 2), (2, 2, 2), (2, 1, 3), 0),
    ((3, 5, 4, 2), (3, 2, 2), (1, 2, 2), 1),
]
PRECISE = pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-10)])


def values_and_slopes(layers, inputs, outers):
    """Compile all layers as one program: outputs, and the slopes of their sum weighed by the outers."""

    def both(inputs):
        found = []
        for layer, x, outer in zip(layers, inputs, outers, strict=True):
            outputs, back = jax.vjp(lambda x, layer=layer: layer.apply({}, {}, x)[0], x)
            found.append((outputs, back(outer)[0]))
        return found

    return jax.jit(both)(inputs)


def compare(layers, pools, inputs, dtype, tolerance):
    random = np.random.default_rng(0)
    outers = [
        random.normal(size=(len(x), *layer.output_shape(x.shape[1:]))).astype(dtype)
        for layer, x in zip(layers, inputs, strict=True)
    ]
    with jax.enable_x64(dtype == "float64"):
        found = values_and_slopes(layers, inputs, outers)
    for (outputs, slopes), pool, given_, outer in zip(found, pools, inputs, outers, strict=True):
        x = torch.tensor(np.moveaxis(given_, -1, 1).copy(), requires_grad=True)
        y = pool(x)
        y.backward(torch.tensor(np.moveaxis(outer, -1, 1).copy()))
        expected = np.moveaxis(y.detach().numpy(), 1, -1)
        np.testing.assert_allclose(outputs, expected, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(slopes, np.moveaxis(x.grad.numpy(), 1, -1), rtol=tolerance, atol=tolerance)


@PRECISE
def test_largest_is_pytorchs_with_ties(dtype, tolerance):
    inputs = [np.random.default_rng(4).integers(0, 3, (3, *case[0])).astype(dtype) for case in CASES]
    layers = [nn.MaxPool(size, stride, padding, floor=True) for _, size, stride, padding in CASES]
    pools = [
        lambda x, case=case: getattr(functional, f"max_pool{len(case[0]) - 1}d")(x, *case[1:])
        for case in CASES
    ]
    compare(layers, pools, inputs, dtype, tolerance)


@PRECISE
def test_mean_is_pytorchs_which_does_not_count_the_padding(dtype, tolerance):
    inputs = [np.random.default_rng(4).normal(size=(2, *case[0])).astype(dtype) for case in CASES]
    layers = [nn.AveragePool(size, stride, padding, floor=True) for _, size, stride, padding in CASES]
    pools = [
        lambda x, case=case: getattr(functional, f"avg_pool{len(case[0]) - 1}d")(
            x, *case[1:], count_include_pad=False
        )
        for case in CASES
    ]
    compare(layers, pools, inputs, dtype, tolerance)


@PRECISE
def test_global_pools_are_pytorchs(dtype, tolerance):
    inputs = [
        np.random.default_rng(1).integers(0, 3, (2, *shape)).astype(dtype)
        for shape in ((7, 3), (5, 6, 3), (3, 2, 4, 2))
    ]
    for layer, name in ((nn.GlobalMaxPool(), "max"), (nn.GlobalAveragePool(), "avg")):
        pools = [
            lambda x, axes=axes, name=name: getattr(functional, f"adaptive_{name}_pool{axes}d")(x, 1).flatten(
                1
            )
            for axes in (1, 2, 3)
        ]
        compare([layer] * 3, pools, inputs, dtype, tolerance)


def test_gradient_is_zero_at_all_but_the_largest():  # N11
    inputs = jnp.array([[1.0, 7.0], [3.0, 2.0]])[None, :, :, None]
    slopes = jax.grad(lambda x: nn.MaxPool(2).apply({}, {}, x)[0].sum())(inputs)
    assert slopes.squeeze().tolist() == [[0.0, 1.0], [0.0, 0.0]]
    slopes = jax.grad(lambda x: nn.MaxPool(2).apply({}, {}, x)[0].sum())(jnp.ones((1, 2, 2, 1)))
    assert slopes.squeeze().tolist() == [[1.0, 0.0], [0.0, 0.0]]  # of equals, the first in reading order


def test_largest_of_all_sends_its_gradient_to_the_first_of_equals():
    inputs = jnp.array([[2.0, 7.0], [7.0, 7.0]])[None, :, :, None]
    slopes = jax.grad(lambda x: 3 * nn.GlobalMaxPool().apply({}, {}, x)[0].sum())(inputs)
    assert slopes.squeeze().tolist() == [[0.0, 3.0], [0.0, 0.0]]


@pytest.mark.parametrize(("shape", "factor"), [((5, 2), 3), ((3, 4, 2), (2, 3)), ((2, 3, 2, 1), (1, 2, 3))])
def test_repeated_places_gather_the_gradients_of_their_copies(shape, factor):
    random = np.random.default_rng(2)
    layer = nn.Upsample(factor)
    inputs = random.normal(size=(2, *shape)).astype(np.float32)
    outer = random.normal(size=(2, *layer.output_shape(shape))).astype(np.float32)
    _, back = jax.vjp(lambda x: layer.apply({}, {}, x)[0], inputs)
    factors = factor if isinstance(factor, tuple) else (factor,) * (len(shape) - 1)
    parts = [size for pair in zip(shape[:-1], factors, strict=True) for size in pair]
    apart = outer.reshape(2, *parts, shape[-1])
    expected = apart.sum(tuple(range(2, 2 * len(factors) + 1, 2)))
    np.testing.assert_allclose(back(outer)[0], expected, rtol=1e-5, atol=1e-5)


def by_hand(x, size, stride, sides, measure):
    """The pooling of one image (H, W), window after window; places outside do not exist."""
    tops, lefts = (range(-sides[0], length - size + 1 + sides[1], stride) for length in x.shape)
    return np.array(
        [[measure(x[max(top, 0) : top + size, max(left, 0) : left + size]) for left in lefts] for top in tops]
    )


@pytest.mark.parametrize(
    ("kind", "measure"),
    [
        (nn.MaxPool, np.max),
        (nn.AveragePool, np.mean),
        (nn.MixedPool, lambda x: (x.max() + x.mean()) / 2),
        (nn.StochasticPool, lambda x: (x**2).sum() / x.sum()),
    ],
)
def test_padding_does_not_exist(kind, measure):
    x = np.abs(np.random.default_rng(0).normal(size=(7, 7))).astype(np.float32)
    for (size, stride, padding), sides in (
        ((3, 2, "same"), (1, 1)),
        ((2, 1, "same"), (0, 1)),
        ((3, 1, "same"), (1, 1)),
        ((3, 2, 1), (1, 1)),
        ((3, 2, 0), (0, 0)),
    ):
        for sign in (1, -1) if kind is not nn.StochasticPool else (1,):
            outputs, _ = kind(size, stride, padding).apply({}, {}, jnp.asarray(sign * x)[None, :, :, None])
            np.testing.assert_allclose(
                outputs.squeeze(), by_hand(sign * x, size, stride, sides, measure), rtol=1e-5
            )


@given(length=st.integers(1, 40), size=st.integers(1, 9), stride=st.integers(1, 9), padding=st.integers(0, 8))
@settings(max_examples=300, deadline=None)
def test_output_size_is_the_number_of_windows_that_fit(length, size, stride, padding):
    fits = padding < size <= length + 2 * padding
    places = range(-padding, length + padding - size + 1, stride)
    whole = (length + 2 * padding - size) % stride == 0
    for floor in (True, False):
        layer = nn.MaxPool(size, stride, padding, floor=floor)
        if fits and (floor or whole):
            assert layer.output_shape((length, 3)) == (len(places), 3)
        else:
            with pytest.raises(NetworkError):
                layer.output_shape((length, 3))
    assert nn.AveragePool(size, stride, "same").output_shape((length, 3)) == (-(-length // stride), 3)


# --- stochastic ------------------------------------------------------------------------------------------------------

DRAWS = 4000
WINDOWS = arrays.arrays(
    np.float32, (4, 4), elements=st.floats(-2, 10, width=32).map(lambda x: 0.0 if abs(x) < 1e-3 else x)
)


@jax.jit
def many_draws(x):
    layer, inputs = nn.StochasticPool(2), x[None, :, :, None]

    def one(key):
        how = nn.Pass(training=True, key=key)
        outputs, back = jax.vjp(lambda inputs: layer.apply({}, {}, inputs, how)[0], inputs)
        return outputs.squeeze(), back(jnp.ones_like(outputs))[0].squeeze()

    outputs, slopes = jax.vmap(one)(jax.random.split(jax.random.key(0), DRAWS))
    return outputs, slopes, layer.apply({}, {}, inputs)[0].squeeze()


@given(WINDOWS)
@settings(max_examples=40, deadline=None)
def test_draws_come_by_their_size_and_their_mean_is_what_use_gives(x):
    outputs, slopes, used = map(np.asarray, many_draws(x))
    for top, left in itertools.product((0, 1), (0, 1)):
        window = np.maximum(x[2 * top :, 2 * left :][:2, :2], 0).ravel().astype(float)
        drawn = outputs[:, top, left]
        asked = slopes[:, 2 * top :, 2 * left :][:, :2, :2].reshape(DRAWS, 4)
        if window.sum() == 0:
            assert not drawn.any()
            assert not asked.any()
            assert used[top, left] == 0
            continue
        odds = window / window.sum()
        np.testing.assert_allclose(used[top, left], (odds * window).sum(), rtol=1e-5)
        assert set(asked.ravel()) <= {0, 1}
        assert (asked.sum(1) == 1).all()  # the gradient goes to one place,
        np.testing.assert_array_equal(asked @ window.astype(np.float32), drawn)  # the one that was drawn
        apart = np.sqrt(np.log(2 / 1e-9) / (2 * DRAWS))  # Hoeffding: further away once in 1e9
        assert abs(drawn.mean() - used[top, left]) <= apart * window.max() + 1e-6
        assert (np.abs(asked.mean(0) - odds) <= apart).all()
        assert not asked[:, window == 0].any()


def test_draws_of_any_size_are_safe():
    x = jnp.array([1e4, 1e-4, 0.0, -1e4, 1e4, 1e4])[None, :, None]
    for how in (nn.Pass(), nn.Pass(training=True, key=jax.random.key(1))):
        outputs, back = jax.vjp(lambda x, how=how: nn.StochasticPool(2).apply({}, {}, x, how)[0], x)
        np.testing.assert_allclose(outputs.squeeze(), [1e4, 0, 1e4], rtol=1e-5)
        assert np.isfinite(back(jnp.ones_like(outputs))[0]).all()


# --- mixed -----------------------------------------------------------------------------------------------------------


def test_mixed_lies_between_mean_and_largest_and_learns_its_share():
    x = jax.random.normal(jax.random.key(0), (2, 4, 4, 3))
    largest, mean = (kind(2).apply({}, {}, x)[0] for kind in (nn.MaxPool, nn.AveragePool))
    np.testing.assert_allclose(
        nn.MixedPool(share=0.3).apply({}, {}, x)[0], 0.3 * largest + 0.7 * mean, rtol=1e-5
    )
    np.testing.assert_allclose(nn.MixedPool(share=1).apply({}, {}, x)[0], largest)
    np.testing.assert_allclose(nn.MixedPool(share=0).apply({}, {}, x)[0], mean)
    layer = nn.MixedPool(share=0.3, learned=True)
    params, _ = layer.init(jax.random.key(0), (4, 4, 3))
    np.testing.assert_allclose(layer.apply(params, {}, x)[0], 0.3 * largest + 0.7 * mean, rtol=1e-5)
    slope = jax.grad(lambda params: layer.apply(params, {}, x)[0].sum())(params)["balance"]
    np.testing.assert_allclose(slope, 0.3 * 0.7 * (largest - mean).sum((0, 1, 2)), rtol=1e-4)
    assert not nn.MixedPool(share=0).nonlinear
    with pytest.raises(NetworkError, match=r"share=0\.5"):
        nn.MixedPool(share=1.0, learned=True)
    with pytest.raises(NetworkError, match=r"a number in \[0, 1\]"):
        nn.MixedPool(share=1.5)


# --- sequences of unequal length -------------------------------------------------------------------------------------

LENGTHS = np.array([9, 6, 5, 3])
POOLS = [
    nn.MaxPool(3, 2, floor=True),
    nn.AveragePool(2, floor=True),
    nn.StochasticPool(2, floor=True),
    nn.MixedPool(3, 1, padding=1),
    nn.AveragePool(3, 1, padding="same"),
    nn.GlobalMaxPool(),
    nn.GlobalAveragePool(),
    nn.Sequential([nn.Sequential([nn.MaxPool(2, floor=True)]), nn.Upsample(2), nn.GlobalAveragePool()]),
    nn.Sequential(
        [
            nn.ZeroPad(1),
            nn.AveragePool(2, 1),
            nn.Reshape((-1, 2, 1)),
            nn.Permute((0, 2, 1)),
            nn.Reshape((-1, 2)),
        ]
    ),
    nn.Sequential(
        [
            nn.Residual([nn.Identity()]),
            nn.Concatenate([nn.MaxPool(3, 1), nn.AveragePool(3, 1)]),
            nn.GlobalMaxPool(),
        ]
    ),
]


@pytest.mark.parametrize("pool", POOLS, ids=lambda pool: type(pool).__name__)
def test_a_sequence_in_a_batch_gives_what_it_gives_alone(pool):
    x = np.random.default_rng(3).normal(size=(4, 9, 2)).astype(np.float32) - 1
    for row, length in enumerate(LENGTHS):
        x[row, length:] = np.nan
    params, state = pool.init(jax.random.key(0), (9, 2))
    how = nn.Pass(lengths=LENGTHS)

    def total(x):
        outputs, _, lengths = pool.passed(params, state, x, how)
        outputs = without_padding(outputs, lengths)
        return outputs.sum(), (outputs, lengths)

    def everything(x):
        alone = [
            pool.apply(params, state, x[row : row + 1, :length])[0][0] for row, length in enumerate(LENGTHS)
        ]
        return *jax.grad(total, has_aux=True)(x), alone

    slopes, (outputs, lengths), alone = jax.jit(everything)(x)
    assert np.isfinite(slopes).all()
    if lengths is not None:
        assert lengths.tolist() == [len(steps) for steps in alone]
    for row, expected in enumerate(alone):
        found = outputs[row] if lengths is None else outputs[row, : lengths[row]]
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_sequence_shorter_than_the_window_is_one_window():
    x = jnp.array([1.0, 3.0, 9.0, 9.0])[None, :, None]
    how = nn.Pass(lengths=jnp.array([2]))
    for layer, expected in ((nn.MaxPool(4), 3), (nn.AveragePool(4), 2), (nn.StochasticPool(4), 2.5)):
        outputs, _, lengths = layer.passed({}, {}, x, how)
        assert outputs.squeeze() == expected
        assert lengths.tolist() == [1]


# --- what does not fit -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [nn.MaxPool, nn.AveragePool, nn.StochasticPool, nn.MixedPool])
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
    "layer",
    [
        nn.MaxPool(),
        nn.AveragePool(),
        nn.GlobalMaxPool(),
        nn.GlobalAveragePool(),
        nn.StochasticPool(),
        nn.MixedPool(),
    ],
)
def test_rows_cannot_be_pooled(layer):
    with pytest.raises(NetworkError, match=r"a sequence \(T, F\) or images"):
        layer.output_shape((10,))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.MaxPool(0), ["size", "of at least 1", "0"]),
        (lambda: nn.MaxPool(2, stride=0), ["stride", "0"]),
        (lambda: nn.AveragePool(2, padding=-1), ["padding", "-1"]),
        (lambda: nn.AveragePool(2, padding="sane"), ["did you mean 'same'"]),
        (
            lambda: nn.MaxPool(2, padding=2).output_shape((8, 8, 1), "3.max_pool"),
            ["3.max_pool", "P = 2", "P below F"],
        ),
        (lambda: nn.MaxPool((2, 2)).output_shape((8, 1), "3.max_pool"), ["3.max_pool", "one number or 1"]),
    ],
)
def test_choices_that_cannot_be(make, words):
    with pytest.raises(NetworkError) as caught:
        make()
    assert all(word in str(caught.value) for word in words), str(caught.value)
