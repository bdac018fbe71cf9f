"""The Gaussian pyramid against SciPy, and what it keeps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

import leadline.nn as nn
from leadline.core.errors import NetworkError
from leadline.nn import GaussianPyramid, gaussian_pyramid

ROW = np.array([1, 4, 6, 4, 1]) / 16
IMAGES = np.random.default_rng(2).normal(size=(2, 11, 8, 3))


def brought_back(levels, images):
    """What the layer gives, compiled as one program."""
    layer = GaussianPyramid(levels)
    return np.asarray(jax.jit(lambda x: layer.apply({}, {}, x)[0])(images.astype(np.float32)))


def blurred(picture, row=ROW):
    for axis in (0, 1):
        picture = ndimage.correlate1d(picture, row, axis, mode="mirror")
    return picture


def reduced(picture):
    return blurred(picture)[::2, ::2]


def expanded(picture, shape):
    apart = np.zeros(shape)
    apart[::2, ::2] = picture
    return blurred(apart, 2 * ROW)


def test_levels_are_those_of_scipy():  # N10
    with jax.enable_x64(True):
        levels = jax.jit(gaussian_pyramid, static_argnums=1)(IMAGES, 4)
        assert [level.shape for level in levels] == [(2, 11, 8, 3), (2, 6, 4, 3), (2, 3, 2, 3), (2, 2, 1, 3)]
        assert all(level.dtype == np.float64 for level in levels)
    picture = IMAGES[1, ..., 2]
    for level in levels:
        np.testing.assert_allclose(level[1, ..., 2], picture, rtol=1e-10, atol=1e-12)
        picture = reduced(picture)


def test_layer_brings_every_level_back_to_full_size():  # N10
    found = brought_back(3, IMAGES)
    assert found.shape == (2, 11, 8, 9)
    for channel in range(3):
        picture = IMAGES[0, ..., channel]
        half = reduced(picture)
        quarter = reduced(half)
        expected = [
            picture,
            expanded(half, picture.shape),
            expanded(expanded(quarter, half.shape), picture.shape),
        ]
        np.testing.assert_allclose(
            found[0, ..., 3 * channel : 3 * channel + 3], np.stack(expected, -1), rtol=1e-5, atol=1e-5
        )


def test_flat_pictures_and_slow_changes_stay():
    np.testing.assert_allclose(brought_back(4, np.full((1, 9, 6, 1), 3.5)), 3.5, rtol=1e-6)
    ramp = np.arange(32.0)[None, :, None, None] * np.ones((1, 1, 32, 1))
    back = brought_back(3, ramp)
    np.testing.assert_allclose(back[0, 12:20, 12:20], ramp[0, 12:20, 12:20].repeat(3, axis=-1), rtol=1e-5)


def test_coarse_levels_lose_the_fine():
    x = np.arange(32) + np.zeros((32, 1))
    fine, coarse = np.cos(np.pi * x), np.cos(2 * np.pi * x / 16)
    images = np.stack([fine, coarse])[..., None].astype(np.float32)
    (_, half), spreads = gaussian_pyramid(images, levels=2), images.std(axis=(1, 2, 3))
    left = np.asarray(half).std(axis=(1, 2, 3)) / spreads
    assert left[0] < 0.01
    assert left[1] > 0.9


def test_it_has_nothing_to_learn():
    network = nn.Sequential([GaussianPyramid(3), nn.Conv(4, 3), nn.Flatten(), nn.Dense(2)])
    params, _ = jax.eval_shape(lambda: network.init(jax.random.key(0), (8, 8, 1)))
    assert params[0] == {}
    assert nn.weight_layers(network) == 2


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 1, 1), (3, 2, 1)])
def test_smallest_images(shape):
    assert GaussianPyramid(1).output_shape(shape) == shape
    most = min(shape[:2])
    levels = gaussian_pyramid(jnp.ones((1, *shape)), most)
    assert len(levels) == most
    assert all(np.allclose(level, 1) for level in levels)
    with pytest.raises(NetworkError, match=rf"(?s)at most {most} levels.*hint: levels={most}"):
        gaussian_pyramid(jnp.ones((1, *shape)), most + 1)


def test_wrong_choices_are_told():
    with pytest.raises(NetworkError, match="levels – must be a whole number of at least 1"):
        GaussianPyramid(0)
    with pytest.raises(NetworkError, match=r"(?s)images \(H, W, C\).*shape \(8, 8\)"):
        gaussian_pyramid(jnp.ones((1, 8, 8)))
    with pytest.raises(NetworkError, match=r"(?s)0.gaussian_pyramid .*at most 4 levels.*hint: levels=4"):
        nn.Sequential([GaussianPyramid(5)]).output_shape((8, 8, 1))
