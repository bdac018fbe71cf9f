"""Given kernels as a layer, against SciPy and PyTorch; it does not learn; the lecture's curve."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from scipy import ndimage

import leadline as ll
import leadline.nn as nn
from leadline.core.errors import NetworkError
from leadline.nn import Filter

IMAGES = np.random.default_rng(1).normal(size=(2, 7, 9, 3)).astype(np.float32)
UNEVEN = np.arange(12.0).reshape(3, 4) - 4


def applied(layer, inputs=IMAGES):
    return np.asarray(layer.apply({}, {}, jnp.asarray(inputs))[0])


def test_every_kernel_answers_on_every_channel_in_order():
    bank = nn.gabor(size=5, orientations=3).bank()
    found = applied(Filter(nn.gabor(size=5, orientations=3)))
    assert found.shape == (2, 7, 9, 9)
    for image in range(2):
        for channel in range(3):
            for kernel in range(3):
                expected = ndimage.correlate(IMAGES[image, ..., channel], bank[..., kernel], mode="constant")
                np.testing.assert_allclose(
                    found[image, ..., channel * 3 + kernel], expected, rtol=1e-5, atol=1e-6
                )


@pytest.mark.parametrize(
    ("stride", "padding"), [(1, 0), (1, 2), (2, 1), ((2, 3), 0)], ids=lambda choice: str(choice)
)
def test_values_and_gradient_are_those_of_pytorch(stride, padding):
    layer = Filter(UNEVEN, stride, padding, floor=True)
    weight = torch.tensor(UNEVEN, dtype=torch.float32)[None, None].repeat(3, 1, 1, 1)
    inputs = torch.tensor(IMAGES).permute(0, 3, 1, 2).requires_grad_()
    outputs = torch.nn.functional.conv2d(inputs, weight, stride=stride, padding=padding, groups=3)
    np.testing.assert_allclose(applied(layer), outputs.detach().permute(0, 2, 3, 1), rtol=1e-5, atol=1e-5)
    (outputs**2).sum().backward()
    gradient = jax.grad(lambda x: (layer.apply({}, {}, x)[0] ** 2).sum())(jnp.asarray(IMAGES))
    np.testing.assert_allclose(gradient, inputs.grad.permute(0, 2, 3, 1), rtol=1e-5, atol=1e-3)


def test_double_numbers_stay_exact():
    with jax.enable_x64(True):
        images = IMAGES.astype(np.float64)
        found = applied(Filter("laplacian_of_gaussian"), images)
    bank = nn.laplacian_of_gaussian.bank()[..., 0]
    expected = ndimage.correlate(images[0, ..., 1], bank, mode="constant")
    assert found.dtype == np.float64
    np.testing.assert_allclose(found[0, ..., 1], expected, rtol=1e-10, atol=1e-12)


def test_numbers_may_be_lists_arrays_or_a_bank():
    rows = [[1, 2], [3, 4]]
    assert Filter(rows) == Filter(np.array(rows)) == Filter(jnp.array(rows))
    assert hash(Filter(rows)) == hash(Filter(np.array(rows, np.float32)))
    np.testing.assert_array_equal(applied(Filter(nn.sobel.bank())), applied(Filter("sobel")))
    assert Filter(nn.sobel.bank()).bank().shape == (3, 3, 2)
    assert nn.to_spec(Filter("gabor(size=5)")) == {"kind": "filter", "kernels": "gabor(size=5)"}


CURVE_PICTURE = """
0 0 0 0 0 0 30
0 0 0 0 50 50 50
0 0 0 20 50 0 0
0 0 0 50 50 0 0
0 0 0 50 50 0 0
0 0 0 50 50 0 0
0 0 0 50 50 0 0
"""
CURVE_KERNEL = """
0 0 0 0 0 30 0
0 0 0 0 30 0 0
0 0 0 30 0 0 0
0 0 0 30 0 0 0
0 0 0 30 0 0 0
0 0 0 30 0 0 0
0 0 0 0 0 0 0
"""


def numbers(rows):
    return np.array([list(map(float, row.split())) for row in rows.strip().splitlines()])


def test_curve_detector_of_the_lecture():  # N9
    layer = Filter(numbers(CURVE_KERNEL), padding="valid")
    picture = numbers(CURVE_PICTURE)
    assert applied(layer, picture[None, ..., None]).item() == 6600
    turns = np.stack([np.rot90(picture, quarter) for quarter in (1, 2, 3)])
    assert applied(layer, turns[..., None]).max() <= 3600


def test_three_by_three_on_five_by_five():  # N9
    image = np.arange(25.0).reshape(1, 5, 5, 1)
    corners = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
    found = applied(Filter(corners, padding="valid"), image)[0, ..., 0]
    assert found.shape == (3, 3)
    expected = [[(image[0, p : p + 3, q : q + 3, 0] * corners).sum() for q in range(3)] for p in range(3)]
    np.testing.assert_array_equal(found, expected)


def test_training_leaves_it_alone_and_the_file_keeps_it(tmp_path):  # N10
    images = np.random.default_rng(3).normal(size=(60, 6, 6, 1)).astype(np.float32)
    labels = np.arange(60) % 2
    images[labels == 1] += np.linspace(0, 3, 6)[:, None]
    network = ll.Sequential([ll.Filter(ll.sobel), ll.Flatten(), ll.Dense(2)])
    result = ll.fit(network, ll.data.arrays(images, labels), epochs=3, seed=0)
    assert list(nn.flatten_params(network, result.model.params)) == ["2.dense/kernel", "2.dense/bias"]
    (front, _, _), inputs = result.model.network.layers, images[:4]
    np.testing.assert_array_equal(applied(front, inputs), applied(ll.Filter("sobel"), inputs))
    again = ll.load(result.model.save(tmp_path / "edges.leadline"))
    assert again.network == network
    np.testing.assert_array_equal(again.predict(inputs), result.model.predict(inputs))


@pytest.mark.parametrize(
    "wrong", ["sobell", 3, [1, 2], [[1, 2], [3]], [[]], [[float("nan")]], "gabor(size=4)", None]
)
def test_what_is_no_kernel_is_told(wrong):
    with pytest.raises(
        NetworkError, match=r"Filter, kernels – must be kernels, the name of some, or finite numbers"
    ):
        Filter(wrong)


def test_a_near_name_is_hinted():
    with pytest.raises(NetworkError, match="did you mean 'sobel'"):
        Filter("sobbel")


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (Filter("sobel"), (7, 9), r"0.filter .*images \(H, W, C\).*inputs\[..., None\]"),
        (Filter("sobel", padding="valid"), (2, 9, 1), "a window that fits its input's height"),
        (Filter("sobel", 2, "valid"), (6, 7, 1), "out = .*2.5"),
    ],
)
def test_inputs_that_do_not_fit_are_told(layer, shape, words):
    with pytest.raises(NetworkError, match=f"(?s){words}"):
        nn.Sequential([layer]).output_shape(shape)
