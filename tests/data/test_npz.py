import numpy as np
import pytest

import leadline.data as data
from leadline.core.errors import DataError

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 4)), np.arange(60) % 3


@pytest.mark.parametrize("keys", [("x", "y"), ("X", "y"), ("x_train", "y_train"), ("X_train", "Y_train")])
def test_usual_keys(keys, tmp_path):
    np.savez(tmp_path / "a.npz", **dict(zip(keys, (X, Y), strict=True)))
    found = data.npz(tmp_path / "a.npz")
    assert (found.kind, found.name, found.classes) == ("array", "a", 3)
    expected = data.arrays(X, Y).parts["train"]
    np.testing.assert_array_equal(found.parts["train"].inputs, expected.inputs)


def test_given_test_rows_class_names_and_source(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x_train=X, y_train=Y[:, None], x_test=X[:9], y_test=Y[:9], classes=["a", "b", "c"])
    found = data.npz(path)
    assert found.class_names == ("a", "b", "c")
    assert found.split.sizes == (49, 11, 9)
    again = data.open(found.source)
    np.testing.assert_array_equal(again.parts["validation"].inputs, found.parts["validation"].inputs)
    assert again.source == found.source


def test_regression_is_stated_and_kept_in_the_source(tmp_path):
    np.savez(tmp_path / "a.npz", x=X, y=Y)
    found = data.npz(tmp_path / "a.npz", problem="regression")
    assert data.open(found.source).problem == "regression"


def test_other_keys_are_named(tmp_path):
    np.savez(tmp_path / "a.npz", images=X, labels=Y)
    with pytest.raises(DataError, match="keys images, labels"):
        data.npz(tmp_path / "a.npz")


def test_pickled_objects_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([{"a": 1}] * 60, dtype=object), y=Y)
    with pytest.raises(DataError, match="pickled objects"):
        data.npz(tmp_path / "a.npz")


def test_damaged_and_foreign_files(tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, x=X, y=Y)
    whole = path.read_bytes()
    for content in (b"", b"text", whole[:-30], whole[:200] + b"\0\0\0\0" + whole[204:]):
        path.write_bytes(content)
        with pytest.raises(DataError):
            data.npz(path)
    with pytest.raises(DataError, match=r"did you mean 'a\.npz'"):
        data.npz(tmp_path / "b.npz")
