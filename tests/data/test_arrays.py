import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

import leadline.data as data
from leadline.core.errors import DataError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 4)).astype(np.float32)
Y = np.arange(90) % 3


class OnlyDlpack:
    """Gives its numbers by DLPack and nothing else."""

    def __init__(self, values):
        self._values = values

    def __dlpack__(self, **options):
        return self._values.__dlpack__(**options)

    def __dlpack_device__(self):
        return self._values.__dlpack_device__()


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (X.tolist(), Y.tolist()),
        (torch.tensor(X), torch.tensor(Y)),
        (torch.tensor(X, requires_grad=True), Y),
        (OnlyDlpack(X), OnlyDlpack(Y)),
        (pd.DataFrame(X), pd.Series(Y, index=range(100, 190))),
        (pl.DataFrame(X), pl.Series(Y)),
        (X, Y[:, None]),
    ],
    ids=["lists", "torch", "torch with gradient", "dlpack", "pandas", "polars", "column of targets"],
)
def test_whatever_holds_the_numbers_they_are_the_same(x, y):
    expected, got = data.arrays(X, Y), data.arrays(x, y)
    assert got.class_names == ("0", "1", "2")
    for part in data.PARTS:
        np.testing.assert_allclose(got.parts[part].inputs, expected.parts[part].inputs, rtol=1e-6)
        np.testing.assert_array_equal(got.parts[part].targets, expected.parts[part].targets)


def test_names_of_frames_are_kept():
    names = ("a", "b", "c", "d")
    assert data.arrays(pd.DataFrame(X, columns=names), Y).preparation.feature_names == names


@pytest.mark.parametrize(
    ("x", "kind", "shape"),
    [
        (np.zeros((30, 5)), "array", (5,)),
        (np.zeros((30, 5, 2)), "array", (5, 2)),
        (np.zeros((30, 5, 6), np.uint8), "image", (5, 6, 1)),
        (np.zeros((30, 5, 6, 3), np.uint8), "image", (5, 6, 3)),
        (np.zeros((30, 3, 8, 9), np.uint8), "image", (8, 9, 3)),
        (np.ones((30, 5, 6, 3), np.float32), "image", (5, 6, 3)),
        (np.ones((30, 5, 6, 7), np.float32), "array", (5, 6, 7)),
    ],
)
def test_kind_is_told_from_type_and_shape(x, kind, shape):
    got = data.arrays(x, np.arange(30) % 2)
    assert (got.kind, got.input_shape) == (kind, shape)
    assert got.parts["train"].inputs.shape[1:] == shape


def test_not_finite_inputs_are_left_for_the_diagnosis():
    x = X.copy()
    x[5, 2], x[6, 1] = np.nan, np.inf
    got = data.arrays(x, Y)
    assert sum(int((~np.isfinite(got.parts[part].inputs)).sum()) for part in data.PARTS) == 2


def test_inputs_as_they_are():
    got = data.arrays(X * 1000, Y, scale=False)
    np.testing.assert_array_equal(got.parts["train"].inputs, X[got.split.train] * 1000)


def test_labels_outside_the_stated_classes_are_in_no_part():
    y = Y.copy()
    y[:3] = [7, -1, 3]
    got = data.arrays(X, y, classes=3)
    assert got.excluded == {"label outside": 3}
    assert got.raw_targets[:3].tolist() == [7, -1, 3]
    assert min(got.split[part].min() for part in data.PARTS) == 3
    assert set(got.parts["train"].targets) == {0, 1, 2}
    assert any("label outside" in word for word in got.announcements)


def test_labels_and_numbers_that_are_not_finite_are_counted():
    y = Y.astype(float)
    y[:2] = np.nan
    assert data.arrays(X, y).excluded == {"target not finite": 2}
    assert data.arrays(X, y, classes=3).excluded == {"target not finite": 2}
    y = X[:, 0].astype(float)
    y[:3] = [np.nan, np.inf, -np.inf]
    got = data.arrays(X, y)
    assert got.excluded == {"target not finite": 3}
    assert np.isfinite(got.parts["train"].targets).all()


def test_given_test_rows():
    got = data.arrays(X[:60], Y[:60], test=(X[60:], Y[60:]))
    np.testing.assert_array_equal(got.split.test, np.arange(60, 90))
    assert len(got.split.train) + len(got.split.validation) == 60


def test_groups():
    groups = np.repeat(list("abcdefghi"), 10)
    got = data.arrays(X, Y, groups=groups)
    assert not set(groups[got.split.train]) & set(groups[got.split.test])


@pytest.mark.parametrize(
    ("x", "y", "options", "words"),
    [
        (X[:, 0], Y, {}, "x.reshape(-1, 1)"),
        (X, Y[:-1], {}, "90 inputs and 89 targets"),
        (X, np.eye(3)[Y], {}, "argmax(axis=1)"),
        (np.array([["a", "b"]] * 90), Y, {}, "an array of numbers"),
        ([[1, 2], [1]], [0, 1], {}, "rows of one length"),
        (np.zeros((0, 4)), [], {}, "with rows"),
        (pd.DataFrame({"a": ["x"] * 9}), range(9), {}, "ll.data.table"),
        (X, Y, {"kind": "sound"}, "'image' or 'array'"),
        (X, Y, {"kind": "image"}, "as images"),
        (X, Y, {"test": X}, "a pair"),
        (X, Y, {"test": (X[:, :2], Y)}, "(B, 4)"),
        (X, Y, {"groups": [1, 2]}, "one for each of 90 rows"),
        (X, np.zeros(90, int), {}, "at least two classes"),
        (X + 1j, Y, {}, "an array of numbers"),
    ],
)
def test_bad_arrays(x, y, options, words):
    with pytest.raises(DataError) as told:
        data.arrays(x, y, **options)
    assert words in str(told.value)


def test_shown_row_of_a_flat_array_and_of_an_image():
    shown = data.arrays(X, Y).shown(2)
    assert list(shown) == [f"feature {i}" for i in range(4)]
    assert shown["feature 0"] == f"{X[2, 0]:.6g}"
    pixels = RNG.integers(0, 256, (30, 5, 6, 3), np.uint8)
    np.testing.assert_array_equal(data.arrays(pixels, np.arange(30) % 2).shown(4), pixels[4])
