import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import leadline.data as data
from leadline.core.errors import DataError
from leadline.data.dataset import Dataset


def test_digits_are_the_set_of_scikit_learn():
    from sklearn.datasets import load_digits

    found, truth = data.digits(), load_digits()
    np.testing.assert_array_equal(found.inputs[..., 0], truth.images)
    np.testing.assert_array_equal(found.targets, truth.target)
    train = found.parts["train"].inputs
    assert train.shape == (1257, 8, 8, 1)
    np.testing.assert_allclose([train.mean(), train.std()], [0, 1], atol=1e-5)
    np.testing.assert_allclose(
        found.preparation.transform(truth.data).inputs[found.split.train], train, atol=1e-6
    )
    assert found.shown(0).max() > 200
    assert found.shown(0).shape == (8, 8)


def test_digits_keep_their_classes_in_every_part():
    found = data.digits()
    for part in data.PARTS:
        shares = np.bincount(found.parts[part].targets, minlength=10) / len(found.split[part])
        np.testing.assert_allclose(shares, 0.1, atol=0.01)


def test_new_split_fits_the_preparation_again_on_its_own_training_part():
    first = data.bundled("diabetes")
    other = first.with_split(seed=1)
    assert first.preparation != other.preparation
    np.testing.assert_allclose(other.parts["train"].targets.mean(), 0, atol=1e-6)
    direct = data.bundled("diabetes", seed=1)
    np.testing.assert_array_equal(direct.parts["test"].inputs, other.parts["test"].inputs)
    assert direct.announcements == other.announcements
    assert direct.dropped == other.dropped
    assert first.digest == other.digest


def test_digest_tells_changed_inputs_and_changed_targets():
    frame = pd.DataFrame({"a": range(40), "b": ["x", None] * 20, "kind": ["p", "q"] * 20})
    first = data.table(frame, target="kind").digest
    assert first == data.table(frame.copy(), target="kind").digest
    assert first == data.table(frame, target="kind", seed=9).digest
    assert first != data.table(frame.assign(a=range(1, 41)), target="kind").digest
    assert first != data.table(frame.assign(b=["y", None] * 20), target="kind").digest
    assert first != data.table(frame.assign(kind=["q", "p"] * 20), target="kind").digest
    assert len(first) == 64


def test_a_data_set_made_by_hand_cannot_be_split_again():
    made = data.digits()
    bare = Dataset(
        "d",
        "image",
        made.inputs,
        made.targets,
        "digit",
        made.problem,
        made.class_names,
        made.split,
        made.preparation,
    )
    assert bare.parts["train"].inputs.shape == (1257, 8, 8, 1)
    with pytest.raises(DataError, match="made by hand"):
        bare.with_split(seed=1)


def test_describe_names_target_range_and_what_is_left_out():
    frame = pd.DataFrame({"a": np.arange(40) * 0.5, "same": 1, "price": np.arange(40) * 1.5})
    text = data.table(frame, target="price").describe()
    assert "40 rows, 2 columns, 1 prepared feature\n" in text
    assert "regression, 0 to 58.5" in text
    assert "same (it is always 1)" in text


def test_importing_the_room_does_not_import_jax_or_pillow():
    code = "import sys, leadline.data; print(sorted({'jax', 'PIL', 'torch', 'polars'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
