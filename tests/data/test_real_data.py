"""Real data sets: shapes, classes and counts as they are published, and no number lost on the way."""

import time

import numpy as np
import pytest

import leadline.data as data

pytestmark = pytest.mark.data

TABLES = [
    ("titanic", "survived", (549, 342)),
    ("penguins", "species", (152, 68, 124)),
    ("compas_two_years", "two_year_recid", (3963, 3251)),
    ("pima_diabetes", "outcome", (500, 268)),
    ("ionosphere", "class", (126, 225)),
]
NUMBERS = [
    ("california_housing", "median_house_value", 20640),
    ("bikeshare_hourly", "count", 10886),
    ("abalone", "rings", 4177),
    ("boston_housing", "MEDV", 506),
    ("mpg", "mpg", 398),
]


def _sound(found):
    for part in data.PARTS:
        inputs = found.parts[part].inputs
        assert inputs.dtype == np.float32
        assert inputs.flags.c_contiguous
        assert np.isfinite(inputs).all()
        assert len(inputs) == len(found.split[part]) > 0


@pytest.mark.parametrize(("name", "target", "counts"), TABLES)
def test_classes_of_tables(name, target, counts, data_folder):
    found = data.table(data_folder / "tabular" / f"{name}.csv.gz", target=target)
    assert found.problem == "classification"
    assert tuple(np.bincount(found.targets)) == counts
    _sound(found)


@pytest.mark.parametrize(("name", "target", "rows"), NUMBERS)
def test_numbers_to_predict(name, target, rows, data_folder):
    found = data.table(data_folder / "tabular" / f"{name}.csv.gz", target=target)
    assert found.problem == "regression"
    assert len(found.targets) == rows == sum(found.split.sizes)
    _sound(found)


def test_adult_with_its_own_test_part(data_folder):
    tables = data_folder / "tabular"
    start = time.perf_counter()
    found = data.table(tables / "adult_train.csv.gz", target="income", test=tables / "adult_test.csv.gz")
    _sound(found)
    seconds = time.perf_counter() - start
    assert found.class_names == ("<=50K", ">50K")
    train_and_validation = np.concatenate([found.split.train, found.split.validation])
    assert np.bincount(found.targets[train_and_validation]).tolist() == [24720, 7841]
    assert np.bincount(found.targets[found.split.test]).tolist() == [12435, 3846]
    everything = found.preparation.transform(found.inputs)
    assert sum(everything.missing.values()) == 4262 + 2203
    assert seconds < 6  # about 0.7 s on two idle cores


def test_titanic_columns(data_folder):
    found = data.table(data_folder / "tabular" / "titanic.csv.gz", target="survived")
    roles = {column.name: column.role for column in found.preparation.encoder.columns}
    assert roles["age"] == roles["fare"] == "number"
    assert roles["sex"] == roles["deck"] == roles["alive"] == "category"
    assert roles["adult_male"] == roles["alone"] == "boolean"
    assert "age missing" in found.preparation.feature_names
    assert "deck = (missing)" in found.preparation.feature_names
    assert sum(found.preparation.transform(found.inputs).missing.values()) == 869


def test_bikeshare_dates(data_folder):
    path = data_folder / "tabular" / "bikeshare_hourly.csv.gz"
    found = data.table(path, target="count", drop=["casual", "registered"], time="datetime")
    names = found.preparation.feature_names
    assert {"datetime.hour", "datetime.weekday", "datetime.month"} <= set(names)
    stamps = found.inputs["datetime"].to_numpy()
    assert stamps[found.split.train].max() < stamps[found.split.test].min()
    _sound(found)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_mnist_and_fashion_mnist(name, data_folder):
    found = getattr(data, name)(data_folder / "images" / name)
    assert found.inputs.shape == (70_000, 28, 28, 1)
    np.testing.assert_array_equal(found.split.test, np.arange(60_000, 70_000))
    counts = np.bincount(found.targets[:60_000]).tolist()
    mnist = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert counts == (mnist if name == "mnist" else [6000] * 10)
    assert found.split.sizes == (49_412, 10_588, 10_000)
    assert found.class_names[0] == ("0" if name == "mnist" else "T-shirt/top")
    few = found.preparation.transform(found.inputs[:500]).inputs
    assert few.shape == (500, 28, 28, 1)
    published = (0.1307, 0.3081) if name == "mnist" else (0.2860, 0.3530)  # of all 60,000 training images
    np.testing.assert_allclose(
        [found.preparation.encoder.mean[0], found.preparation.encoder.scale[0]], published, atol=2e-3
    )


def test_sums_of_the_downloads_are_those_of_the_true_files(data_folder):
    for name in ("mnist", "fashion_mnist"):
        fetched = []
        data.download(
            name, data_folder / "images" / name, mirror="http://127.0.0.1:9/", progress=fetched.append
        )
        assert fetched == []


def test_cifar_archive(data_folder):
    found = data.npz(data_folder / "images" / "cifar10" / "cifar10_20k_5k.npz")
    assert (found.kind, found.input_shape) == ("image", (32, 32, 3))
    assert np.bincount(found.targets[found.split.test]).tolist() == [500] * 10
    assert np.bincount(found.targets).tolist() == [2500] * 10
    np.testing.assert_allclose(found.preparation.encoder.mean, (0.4914, 0.4822, 0.4465), atol=5e-3)
    assert found.shown(0).shape == (32, 32, 3)
