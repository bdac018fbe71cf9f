import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from leadline.core.errors import DataError
from leadline.data.prepare import Preparation, fit_preparation
from leadline.data.prepare_array import fit_array
from leadline.data.prepare_image import fit_images


def test_array_equals_standard_scaler():
    values = np.random.default_rng(0).normal(5, 3, (9000, 4))
    expected = StandardScaler().fit_transform(values)
    np.testing.assert_allclose(fit_array(values).transform(values).inputs, expected, rtol=1e-5, atol=1e-6)


def test_last_axis_is_standardized_in_sequences():
    values = np.random.default_rng(0).normal([[[0, 100]]], [[[1, 20]]], (50, 7, 2))
    inputs = fit_array(values).transform(values).inputs
    assert inputs.shape == (50, 7, 2)
    np.testing.assert_allclose(inputs.reshape(-1, 2).mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(inputs.reshape(-1, 2).std(axis=0), 1, atol=1e-5)


def test_not_finite_values_stay_and_do_not_spoil_the_others():
    values = np.array([[0.0, 1.0], [2.0, np.nan], [4.0, np.inf], [6.0, 3.0]])
    inputs = fit_array(values).transform(values).inputs
    assert np.isnan(inputs[1, 1])
    assert np.isposinf(inputs[2, 1])
    np.testing.assert_allclose(inputs[[0, 3], 1], [-1, 1])


def test_constant_and_wholly_missing_features():
    values = np.column_stack([np.full(5, 7.0), np.full(5, np.nan), np.arange(5)])
    inputs = fit_array(values).transform(values).inputs
    assert (inputs[:, 0] == 0).all()
    assert np.isnan(inputs[:, 1]).all()


def test_unscaled_arrays_are_as_they_are():
    values = np.random.default_rng(0).normal(50, 9, (20, 3)).astype(np.float32)
    np.testing.assert_array_equal(fit_array(values, scale=False).transform(values).inputs, values)


def test_large_offsets_keep_their_small_differences():
    values = 1e7 + np.arange(8.0)[:, None]
    np.testing.assert_allclose(fit_array(values).transform(values).inputs.std(), 1, rtol=1e-6)


@pytest.mark.parametrize(
    ("raw", "words"), [(np.zeros((2, 3)), "(B, 2)"), (np.array([["a", "b"]]), "numbers")]
)
def test_other_arrays_are_refused(raw, words):
    with pytest.raises(DataError) as told:
        fit_array(np.eye(2)).transform(raw)
    assert words in str(told.value)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["array", "image"]))
def test_a_rebuilt_preparation_gives_the_same_bits(seed, kind):
    rng = np.random.default_rng(seed)
    raw = (
        rng.integers(0, 256, (9, 4, 5, 3), np.uint8)
        if kind == "image"
        else rng.normal(size=(9, 4)) * 10.0**seed**0.2
    )
    encoder = fit_images(raw) if kind == "image" else fit_array(raw)
    fitted = fit_preparation(encoder, rng.normal(size=9), "regression")
    again = Preparation.from_json(json.loads(json.dumps(fitted.to_json())))
    assert again == fitted
    np.testing.assert_array_equal(again.transform(raw).inputs, fitted.transform(raw).inputs)


def test_images_are_standardized_by_channel():
    raw = np.random.default_rng(0).integers(0, 256, (5000, 3, 3, 2), np.uint8)
    encoder = fit_images(raw)
    flat = raw.reshape(-1, 2) / 255
    np.testing.assert_allclose(encoder.mean, flat.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(encoder.scale, flat.std(axis=0), rtol=1e-5)
    inputs = encoder.transform(raw).inputs
    assert inputs.dtype == np.float32
    np.testing.assert_allclose(
        inputs.reshape(-1, 2), (flat - flat.mean(axis=0)) / flat.std(axis=0), atol=1e-4
    )


def test_other_layouts_of_the_same_pixels_give_the_same_inputs():
    gray = np.random.default_rng(0).integers(0, 256, (6, 4, 5, 1), np.uint8)
    encoder = fit_images(gray)
    expected = encoder.transform(gray).inputs
    for layout in (gray[..., 0], gray.reshape(6, -1), np.moveaxis(gray, -1, 1), gray.astype(float)):
        np.testing.assert_allclose(encoder.transform(layout).inputs, expected, rtol=1e-6)
    color = np.random.default_rng(0).integers(0, 256, (6, 4, 5, 3), np.uint8)
    first = fit_images(color).transform(np.moveaxis(color, -1, 1)).inputs
    np.testing.assert_array_equal(first, fit_images(color).transform(color).inputs)


def test_pixels_from_0_to_1_are_not_taken_for_8_bit():
    raw = np.random.default_rng(0).integers(0, 256, (6, 4, 4, 1), np.uint8)
    with pytest.raises(DataError, match="multiply them by 255"):
        fit_images(raw).transform(raw / 255)


def test_image_of_another_shape():
    raw = np.zeros((2, 4, 4, 1), np.uint8)
    with pytest.raises(DataError, match=r"\(B, 4, 4, 1\)"):
        fit_images(raw).transform(np.zeros((2, 5, 5, 1)))


def test_target_is_standardized_and_restored():
    values = np.array([1.0, 2.0, 6.0])
    fitted = fit_preparation(fit_array(np.eye(3)), values, "regression")
    standard = fitted.standardize_target(values)
    assert standard.shape == (3, 1)
    assert standard.dtype == np.float32
    np.testing.assert_allclose(standard.std(), 1, rtol=1e-6)
    np.testing.assert_allclose(fitted.restore_target(standard[:, 0]), values, rtol=1e-6)


def test_constant_target_has_scale_1():
    assert fit_preparation(fit_array(np.eye(3)), np.full(3, 4.0), "regression").target_scale == 1
    classes = fit_preparation(fit_array(np.eye(3)), np.arange(3), "classification")
    assert (classes.target_mean, classes.target_scale) == (0, 1)


@pytest.mark.parametrize(
    "spec", [{}, {"encoder": {"kind": "cloud"}}, {"encoder": {"kind": "table"}}, {"encoder": 3}]
)
def test_a_foreign_preparation_is_refused(spec):
    with pytest.raises(DataError, match="a preparation of one of"):
        Preparation.from_json(spec)
