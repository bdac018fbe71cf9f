"""Augmentation (T8): each move against NumPy or SciPy, the statistics of the draws, and nothing in use."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.test_util import check_grads
from scipy import ndimage

import leadline.nn as nn
from leadline.core.errors import NetworkError
from leadline.nn.augmentation.light import erased
from leadline.nn.augmentation.moves import HEIGHT, WIDTH, flipped, rotated, shifted

KEY = jax.random.key(0)
LAYERS = [
    nn.RandomFlip(),
    nn.RandomFlip(False, True),
    nn.RandomShift(2),
    nn.RandomRotation(30),
    nn.RandomErasing(0.3),
    nn.RandomBrightness(0.5),
    nn.RandomContrast(0.5),
]
EVERY = pytest.mark.parametrize("layer", LAYERS, ids=repr)
MANY = 4000


def images(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def augmented(layer, inputs, key=KEY, **how):
    return np.asarray(layer.apply({}, {}, jnp.asarray(inputs), nn.Pass(training=True, key=key, **how))[0])


def test_flips_are_numpys():
    x, flips = images(4, 3, 5, 2), np.array([True, False, True, False])
    for axis, turn in ((WIDTH, np.fliplr), (HEIGHT, np.flipud)):
        expected = [turn(image) if flip else image for image, flip in zip(x, flips, strict=True)]
        np.testing.assert_array_equal(flipped(x, flips, axis), expected)


def by_padding(row, moves):
    """Shift one row by another way: repeat the edges on both sides, then cut."""
    far = np.abs(moves).max(initial=0)
    row = np.pad(row, [(far, far)] * len(moves) + [(0, 0)], mode="edge")
    return row[tuple(slice(far - m, n - far - m) for m, n in zip(moves, row.shape, strict=False))]


@given(seed=st.integers(0, 2**31), axes=st.sampled_from([1, 2, 3]))
@settings(max_examples=30, deadline=None)
def test_shifts_repeat_the_edge(seed, axes):
    x = images(4, *(5, 4, 3)[:axes], 2, seed=seed)
    moves = np.random.default_rng(seed).integers(-2, 3, (4, axes))
    expected = [by_padding(*pair) for pair in zip(x, moves, strict=True)]
    np.testing.assert_array_equal(shifted(x, moves), expected)


def test_shifts_of_framed_images_are_numpys_rolls():
    x = np.pad(images(5, 3, 4, 2), ((0, 0), (2, 2), (2, 2), (0, 0)))
    moves = np.array([[0, 0], [2, -1], [-2, -2], [1, 0], [0, 2]])
    expected = [np.roll(image, move, (0, 1)) for image, move in zip(x, moves, strict=True)]
    np.testing.assert_array_equal(shifted(x, moves), expected)


def test_only_the_real_steps_of_a_sequence_shift():
    x, lengths = images(3, 6, 2), np.array([6, 4, 1])
    moves = np.array([[2], [-1], [1]])
    found = np.asarray(shifted(x, moves, lengths))
    for row, length, move, after in zip(x, lengths, moves, found, strict=True):
        np.testing.assert_array_equal(after[:length], by_padding(row[:length], move))
        np.testing.assert_array_equal(after[length:], row[length:])
    drawn = augmented(nn.RandomShift(2), x, lengths=jnp.asarray(lengths))
    assert all(np.array_equal(after[n:], row[n:]) for after, row, n in zip(drawn, x, lengths, strict=True))


@pytest.mark.parametrize("shape", [(7, 7, 2), (5, 8, 1)])
@pytest.mark.parametrize(("x64", "close"), [(False, 1e-5), (True, 1e-10)])
def test_rotations_are_scipys(shape, x64, close):
    angles = np.array([0, 7.3, -30, 90, 123.4, 180])
    x = images(len(angles), *shape).astype(np.float64 if x64 else np.float32)
    expected = [
        ndimage.rotate(image.astype(np.float64), angle, reshape=False, order=1, mode="nearest")
        for image, angle in zip(x, angles, strict=True)
    ]
    with jax.enable_x64(x64):
        found = np.asarray(jax.jit(rotated)(x, angles.astype(x.dtype)))
    assert found.dtype == x.dtype
    np.testing.assert_allclose(found, expected, rtol=close, atol=close)
    np.testing.assert_array_equal(found[0], x[0])


def test_a_quarter_turn_is_counterclockwise():
    x = images(1, 6, 6, 1)
    np.testing.assert_allclose(rotated(x, jnp.array([90.0]))[0], np.rot90(x[0]), atol=1e-5)


def test_rotation_in_half_precision_rounds_values_not_places():
    x = jnp.asarray(images(2, 40, 40, 1), jnp.bfloat16)
    found = rotated(x, jnp.array([20.0, -5.0], jnp.bfloat16)).astype(jnp.float32)
    expected = rotated(x.astype(jnp.float32), jnp.array([20.0, -5.0]))
    np.testing.assert_allclose(found, expected, rtol=2**-8, atol=1e-6)


@given(seed=st.integers(0, 2**31), high=st.integers(0, 5), wide=st.integers(0, 6))
@settings(max_examples=30, deadline=None)
def test_erased_is_a_rectangle_of_zeros(seed, high, wide):
    x = images(3, 5, 6, 2, seed=seed)
    centers = np.random.default_rng(seed).integers(0, (5, 6), (3, 2))
    expected = x.copy()
    for image, (i, j) in zip(expected, centers, strict=True):
        top, left = i - high // 2, j - wide // 2
        image[max(top, 0) : top + high, max(left, 0) : left + wide] = 0
    np.testing.assert_array_equal(erased(x, centers, (high, wide)), expected)


def share_within(counts, chance):
    """Tell whether counts out of MANY draws are as likely as stated: five standard deviations."""
    return np.abs(counts - MANY * chance).max() <= 5 * np.sqrt(MANY * chance * (1 - chance))


def test_each_direction_is_flipped_half_the_time_on_its_own():
    corners = np.broadcast_to(np.arange(4.0).reshape(2, 2, 1), (MANY, 2, 2, 1))
    found = augmented(nn.RandomFlip(True, True), corners)
    assert share_within(np.bincount(found[:, 0, 0, 0].astype(int), minlength=4), 1 / 4)
    found = augmented(nn.RandomFlip(), corners)[:, 0, 0, 0]
    assert set(found) == {0, 1}
    assert share_within(np.bincount(found.astype(int)), 1 / 2)


def test_every_shift_is_as_likely_on_each_axis():
    places = np.broadcast_to(np.arange(81.0).reshape(9, 9, 1), (MANY, 9, 9, 1))
    center = augmented(nn.RandomShift((1, 2)), places)[:, 4, 4, 0].astype(int)
    down, right = 4 - center // 9, 4 - center % 9
    pairs, counts = np.unique(np.stack([down, right]), axis=1, return_counts=True)
    assert sorted(map(tuple, pairs.T)) == [(i, j) for i in (-1, 0, 1) for j in (-2, -1, 0, 1, 2)]
    assert share_within(counts, 1 / 15)


def test_angles_are_uniform_up_to_the_largest():
    slope = np.broadcast_to(np.arange(5.0)[:, None, None], (MANY, 5, 5, 1))  # down: the row of each place
    found = augmented(nn.RandomRotation(20), slope)[:, 2, 3, 0]  # one to the right of the center
    angles = np.rad2deg(np.arcsin(np.clip(found - 2, -1, 1)))
    assert np.abs(angles).max() <= 20 + 1e-3
    assert share_within(np.histogram(angles, 8, (-20.01, 20.01))[0], 1 / 8)


@pytest.mark.parametrize(("share", "sides"), [(0.25, (4, 5)), (0.001, (1, 1)), (0, (0, 0))])
def test_the_center_of_what_is_erased_is_any_pixel(share, sides):
    erased_at = augmented(nn.RandomErasing(share), np.ones((MANY, 8, 10, 2)))[..., 0] == 0
    sums = [  # how many centers lead to each place being erased, along each axis
        [sum(c - side // 2 <= place < c - side // 2 + side for c in range(n)) / n for place in range(n)]
        for n, side in zip((8, 10), sides, strict=True)
    ]
    chance = np.outer(*sums)
    off = np.abs(erased_at.mean(0) - chance)
    assert (off <= 5 * np.sqrt(chance * (1 - chance) / MANY)).all()
    assert erased_at.sum((1, 2)).max() == np.prod(sides)


def test_light_changes_by_the_spread_asked_for():
    x = np.broadcast_to(images(3, 3, 2), (MANY, 3, 3, 2))
    added = augmented(nn.RandomBrightness(0.3), x) - x
    assert np.ptp(added, axis=(1, 2, 3)).max() < 1e-5  # one draw for each image
    assert abs(added[:, 0, 0, 0].mean()) <= 5 * 0.3 / np.sqrt(MANY)
    assert added[:, 0, 0, 0].std() == pytest.approx(0.3, rel=5 / np.sqrt(2 * MANY))
    found, mean = augmented(nn.RandomContrast(0.3), x), x.mean((1, 2), keepdims=True)
    np.testing.assert_allclose(found.mean((1, 2), keepdims=True), mean, atol=1e-5)
    factors = found.std((1, 2)) / x.std((1, 2))
    np.testing.assert_allclose(found, mean + (x - mean) * factors[:, :1, None, None], atol=1e-5)
    assert np.log(factors[:, 0]).std() == pytest.approx(0.3, rel=5 / np.sqrt(2 * MANY))
    assert abs(np.log(factors[:, 0]).mean()) <= 5 * 0.3 / np.sqrt(MANY)


@EVERY
def test_nothing_happens_in_use_and_rows_differ_in_training(layer):
    x = jnp.broadcast_to(jnp.asarray(images(6, 7, 2)), (20, 6, 7, 2))
    assert layer.apply({}, {}, x)[0] is x
    assert layer.keeps_values
    assert layer.random
    assert layer.init(KEY, (6, 7, 2)) == ({}, {})
    found = augmented(layer, x)
    assert len(np.unique(found, axis=0)) > 1
    assert np.array_equal(found, augmented(layer, x))
    assert not np.array_equal(found, augmented(layer, x, jax.random.key(1)))
    with pytest.raises(NetworkError, match="given a key while training"):
        layer.apply({}, {}, x, nn.Pass(training=True))


@EVERY
def test_each_of_many_networks_draws_by_its_own_key(layer):
    x, keys = jnp.asarray(images(2, 6, 5, 2)), jax.random.split(KEY, 3)
    found = jax.jit(jax.vmap(lambda key: layer.apply({}, {}, x, nn.Pass(training=True, key=key))[0]))(keys)
    for one, key in zip(found, keys, strict=True):
        np.testing.assert_allclose(one, augmented(layer, x, key), rtol=1e-5, atol=1e-5)


def test_gradients_flow_to_the_inputs():
    def all_of_them(x):
        return [layer.apply({}, {}, x, nn.Pass(training=True, key=KEY))[0] for layer in LAYERS]

    with jax.enable_x64(True):
        check_grads(
            jax.jit(all_of_them), (images(2, 5, 4, 2).astype(np.float64),), order=1, modes=["rev"], rtol=1e-6
        )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.RandomFlip(False), ["RandomFlip, horizontal – must be True", "leave the layer out"]),
        (lambda: nn.RandomFlip(1), ["RandomFlip, horizontal – must be True or False – got 1"]),
        (lambda: nn.RandomShift(-1), ["RandomShift, pixels – must be a whole number of at least 0"]),
        (lambda: nn.RandomShift(0.5), ["RandomShift, pixels", "0.5"]),
        (lambda: nn.RandomRotation(181), ["RandomRotation, degrees – must be a number in [0, 180]"]),
        (lambda: nn.RandomErasing(1), ["RandomErasing, share – must be a number in [0, 1)"]),
        (lambda: nn.RandomBrightness(-1), ["RandomBrightness, spread – must be a number of at least 0"]),
        (lambda: nn.RandomContrast(float("nan")), ["RandomContrast, spread", "nan"]),
    ],
)
def test_choices_that_cannot_be(make, words):
    with pytest.raises(NetworkError) as caught:
        make()
    assert all(word in str(caught.value) for word in words), str(caught.value)


@EVERY
def test_inputs_that_are_no_images(layer):
    with pytest.raises(
        NetworkError, match=r"2\.random_\w+ ll\.Random.* – must be given .*images \(H, W, C\)"
    ):
        layer.output_shape((8,), f"2.{layer.kind}")
    if not isinstance(layer, nn.RandomShift):
        with pytest.raises(NetworkError, match=r"must be given images \(H, W, C\) – got shape \(8, 8\)"):
            layer.output_shape((8, 8))


def test_shifts_that_leave_nothing_are_told_all_at_once():
    with pytest.raises(NetworkError) as caught:
        nn.RandomShift(3).output_shape((3, 2, 1), "0.random_shift")
    assert "fewer pixels than the height of its inputs – got 3 on shape (3, 2, 1)" in str(caught.value)
    assert "fewer pixels than the width" in str(caught.value)
    with pytest.raises(NetworkError, match="one number or 2"):
        nn.RandomShift((1, 1, 1)).output_shape((5, 5, 1))
