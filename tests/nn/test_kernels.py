"""Banks of kernels against their closed formulas and SciPy; the catalogue they stand in."""

import doctest
import math

import numpy as np
import pytest
from scipy import ndimage

import leadline.nn as nn
from leadline.core.errors import NetworkError
from leadline.core.named import read
from leadline.nn import Kernels, kernels

EVERY = pytest.mark.parametrize("name", kernels)
SIZES = {
    "sobel": (3, 3, 2),
    "prewitt": (3, 3, 2),
    "scharr": (3, 3, 2),
    "roberts": (2, 2, 2),
    "laplacian": (3, 3, 1),
    "gaussian_blur": (5, 5, 1),
    "binomial": (5, 5, 1),
    "difference_of_gaussians": (9, 9, 1),
    "laplacian_of_gaussian": (11, 11, 1),
    "gabor": (11, 11, 4),
}
BLURS = ("gaussian_blur", "binomial")
PICTURE = np.random.default_rng(0).normal(size=(12, 15))


def answers(kernel, picture=PICTURE):
    return ndimage.correlate(picture, kernel, mode="constant")


def test_every_family_has_a_size_here():
    assert set(SIZES) == set(kernels)


@EVERY
def test_entry_is_complete_and_documented(name):
    family = kernels[name]
    assert isinstance(family, Kernels)
    assert family is getattr(nn, name)
    assert family.entry.name == name
    assert family.entry.formula
    assert family.entry.range
    assert len(family.entry.source) > 10
    assert 1950 <= family.entry.year <= 2030
    (test,) = doctest.DocTestFinder(recurse=False).find(family.function, name)
    assert test.examples
    assert all(f"        {setting}: " in family.__doc__ for setting in family.chosen)


@EVERY
def test_bank_has_its_shape_and_sum(name):  # N10
    bank = kernels[name].bank()
    assert bank.shape == SIZES[name]
    assert bank.dtype == np.float64
    np.testing.assert_allclose(bank.sum(axis=(0, 1)), 1.0 if name in BLURS else 0.0, atol=1e-12)


@EVERY
def test_responses_to_pictures_stay_in_the_stated_range(name):
    bank, words = kernels[name].bank(), kernels[name].entry.range
    low, high = map(float, words[words.index("[") + 1 : words.index("]")].split(","))
    least, most = np.minimum(bank, 0).sum(axis=(0, 1)), np.maximum(bank, 0).sum(axis=(0, 1))
    if words.startswith("within"):
        assert (least >= low).all()
        assert (most <= high).all()
    else:
        np.testing.assert_allclose(least, low, atol=1e-12)
        np.testing.assert_allclose(most, high, atol=1e-12)


@EVERY
def test_is_written_with_its_settings(name):
    changed = {
        "laplacian": {"diagonals": True},
        "gabor": {"orientations": 6, "wavelengths": (3.0, 5.5)},
    }.get(name, {"size": 7} if "size" in kernels[name].chosen else {})
    family = kernels[name](**changed)
    assert read(kernels, family.text) == family
    assert eval(repr(family), {"ll": nn}) == family
    assert (family == kernels[name]) is (not changed)


@pytest.mark.parametrize("name", ["sobel", "prewitt"])
def test_slopes_are_those_of_scipy(name):
    reference = getattr(ndimage, name)
    bank = kernels[name].bank()
    for index, axis in enumerate((1, 0)):  # along the width, along the height
        np.testing.assert_allclose(
            answers(bank[..., index]), reference(PICTURE, axis=axis, mode="constant"), atol=1e-12
        )


def test_laplacian_is_that_of_scipy():
    found = answers(nn.laplacian.bank()[..., 0])
    np.testing.assert_allclose(found, ndimage.laplace(PICTURE, mode="constant"), atol=1e-12)
    whole = nn.laplacian(diagonals=True).bank()[..., 0]
    np.testing.assert_array_equal(whole, 9 * (np.arange(9).reshape(3, 3) == 4) * -1 + np.ones((3, 3)))


def test_a_ramp_has_the_slope_that_is_stated():
    ramp = np.arange(7.0)[None] * np.ones((7, 1))
    for name, slope in {"sobel": 8, "prewitt": 6, "scharr": 32}.items():
        along_width, along_height = np.moveaxis(kernels[name].bank(), -1, 0)
        assert answers(along_width, ramp)[3, 3] == slope
        assert answers(along_height, ramp)[3, 3] == 0
        assert answers(along_height, ramp.T)[3, 3] == slope


def test_roberts_is_the_difference_along_the_diagonals():
    down_right, down_left = np.moveaxis(nn.roberts.bank(), -1, 0)
    (a, b), (c, d) = square = np.array([[3.0, 5.0], [11.0, 20.0]])
    assert (square * down_right).sum() == d - a
    assert (square * down_left).sum() == c - b


def test_scharr_is_nearest_to_the_same_in_all_directions():
    y, x = np.mgrid[-1:2, -1:2]

    def unevenness(name):
        bank, strengths = kernels[name].bank(), []
        for turn in np.linspace(0, np.pi / 2, 19):
            wave = np.sin(0.8 * (x * np.cos(turn) + y * np.sin(turn)))
            strengths.append(np.hypot(*(bank * wave[..., None]).sum(axis=(0, 1))))
        return np.ptp(strengths) / np.mean(strengths)

    assert unevenness("scharr") < 0.5 * unevenness("sobel") < unevenness("prewitt")


@pytest.mark.parametrize(("size", "spread"), [(5, 1.0), (9, 1.7), (3, 0.4)])
def test_blur_is_that_of_scipy(size, spread):
    found = answers(nn.gaussian_blur(size=size, spread=spread).bank()[..., 0])
    expected = ndimage.gaussian_filter(PICTURE, spread, mode="constant", radius=size // 2)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_binomial_has_the_numbers_of_the_pyramid():
    row = np.array([1, 4, 6, 4, 1]) / 16
    np.testing.assert_array_equal(nn.binomial.bank()[..., 0], np.outer(row, row))
    at = np.arange(9) - 4
    for size in (5, 9):
        weights = nn.binomial(size=size).bank()[..., 0].sum(axis=0)
        offsets = at[4 - size // 2 : 5 + size // 2]
        assert (weights * offsets**2).sum() == pytest.approx((size - 1) / 4, abs=1e-12)


def test_differences_of_blurs():
    narrow, wide = (nn.gaussian_blur(size=9, spread=s).bank() for s in (1.0, 1.6))
    np.testing.assert_allclose(nn.difference_of_gaussians.bank(), narrow - wide, atol=1e-15)
    difference = nn.difference_of_gaussians(size=21, spread=2.0).bank().ravel()
    mexican = nn.laplacian_of_gaussian(size=21, spread=2.5).bank().ravel()  # near the same scale
    assert np.corrcoef(difference, -mexican)[0, 1] > 0.98


def test_laplacian_of_gaussian_is_the_derivative_of_the_blur():
    s, step = 2.0, 1e-3
    y, x = np.mgrid[-10:11, -10:11].astype(float)

    def bell(x, y):
        return np.exp(-(x**2 + y**2) / (2 * s**2)) / (2 * math.pi * s**2)

    around = bell(x + step, y) + bell(x - step, y) + bell(x, y + step) + bell(x, y - step)
    numeric = s**2 * (around - 4 * bell(x, y)) / step**2
    found = nn.laplacian_of_gaussian(size=21, spread=s).bank()[..., 0]
    np.testing.assert_allclose(found, numeric, atol=1e-5)


def gabor_by_hand(size, wavelength, degrees, phase, bandwidth, aspect):
    """The formula pixel by pixel, in Python's own numbers."""
    spread = wavelength / math.pi * math.sqrt(math.log(2) / 2) * (2**bandwidth + 1) / (2**bandwidth - 1)
    turn, half = math.radians(degrees), size // 2
    bell, wave = {}, {}
    for row in range(size):
        for column in range(size):
            x, y = column - half, row - half
            across = x * math.cos(turn) + y * math.sin(turn)
            along = -x * math.sin(turn) + y * math.cos(turn)
            bell[row, column] = math.exp(-(across**2 + (aspect * along) ** 2) / (2 * spread**2))
            wave[row, column] = math.cos(2 * math.pi * across / wavelength + math.radians(phase))
    middle = sum(bell[at] * wave[at] for at in bell) / sum(bell.values())
    raw = {at: bell[at] * (wave[at] - middle) for at in bell}
    scale = sum(value for value in raw.values() if value > 0)
    return np.array([[raw[row, column] / scale for column in range(size)] for row in range(size)])


def test_gabor_bank_is_the_formula_in_the_stated_order():  # N10
    choices = {"size": 9, "bandwidth": 1.3, "aspect": 0.5}
    bank = nn.gabor(orientations=3, wavelengths=(3.0, 5.0), phases=(0.0, 90.0), **choices).bank()
    assert bank.shape == (9, 9, 12)
    made = [
        gabor_by_hand(9, wavelength, degrees, phase, 1.3, 0.5)
        for wavelength in (3.0, 5.0)
        for degrees in (0, 60, 120)
        for phase in (0.0, 90.0)
    ]
    np.testing.assert_allclose(bank, np.stack(made, axis=-1), rtol=1e-10, atol=1e-12)


def test_gabor_turns_and_mirrors():
    even = nn.gabor().bank()
    np.testing.assert_allclose(even, even[::-1, ::-1], atol=1e-12)
    np.testing.assert_allclose(even[..., 2], even[..., 0].T, atol=1e-12)  # 90 degrees after 0
    odd = nn.gabor(phases=(90.0,)).bank()
    np.testing.assert_allclose(odd, -odd[::-1, ::-1], atol=1e-12)
    assert odd[5, 4, 0] > 0 > odd[5, 6, 0]  # falling along the width


def test_each_gabor_prefers_its_own_stripes():
    family = nn.gabor(size=25, orientations=6, wavelengths=(4.0, 8.0), phases=(0.0, 90.0))
    bank = family.bank().reshape(25, 25, 2, 6, 2)
    y, x = np.mgrid[-12:13, -12:13]
    for scale, wavelength in enumerate((4.0, 8.0)):
        for turn in range(6):
            across = x * math.cos(turn * math.pi / 6) + y * math.sin(turn * math.pi / 6)
            stripes = np.cos(2 * math.pi * across / wavelength + 0.7)
            energy = np.square((bank * stripes[..., None, None, None]).sum(axis=(0, 1))).sum(axis=-1)
            assert np.unravel_index(energy.argmax(), energy.shape) == (scale, turn)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"size": 4}, "an odd whole number.*hint: 5"),
        ({"size": 1}, "an odd whole number of at least 3"),
        ({"size": True}, "an odd whole number"),
        ({"orientations": 0}, "a whole number of at least 1"),
        ({"wavelengths": 4.0}, r"hint: \(4.0,\)"),
        ({"wavelengths": (4.0, 2.0)}, r"each a number in \(2, 1000\]"),
        ({"wavelengths": ()}, "a tuple of numbers"),
        ({"aspect": 0}, "above 0"),
        ({"bandwidth": math.nan}, "above 0"),
        ({"phase": 90}, "phases"),
    ],
)
def test_wrong_settings_are_told(wrong, words):
    with pytest.raises(NetworkError, match=f"(?s)gabor.*{words}"):
        nn.gabor(**wrong)


def test_all_wrong_settings_are_told_at_once():
    with pytest.raises(NetworkError, match=r"(?s)size.*ratio, *\n?.*|size") as caught:
        nn.difference_of_gaussians(size=2, ratio=1)
    assert [problem.where.split(", ")[1] for problem in caught.value.problems] == ["size", "ratio"]
