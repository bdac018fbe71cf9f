import numpy as np
import pytest

import leadline.data as data
from leadline.core.errors import DataError, LeadlineError, RecipeError


@pytest.mark.parametrize("name", ["digits", "iris", "wine", "breast_cancer", "diabetes"])
def test_bundled_sets_open_by_name_and_their_source_opens_them_again(name):
    first = data.open({"source": name, "seed": 3, "split": [0.6, 0.2, 0.2]})
    again = data.open(first.source)
    assert again.source == first.source == {"source": name, "split": [0.6, 0.2, 0.2], "seed": 3}
    for part in data.PARTS:
        np.testing.assert_array_equal(again.parts[part].inputs, first.parts[part].inputs)
        np.testing.assert_array_equal(again.parts[part].targets, first.parts[part].targets)
    assert again.digest == first.digest


def test_new_split_goes_into_the_source():
    other = data.digits().with_split(seed=5, share=(0.8, 0.1, 0.1))
    again = data.open(other.source)
    np.testing.assert_array_equal(again.split.test, other.split.test)
    np.testing.assert_array_equal(again.parts["train"].inputs, other.parts["train"].inputs)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({}, "a path, or the name of a bundled set"),
        ({"source": ""}, "bundled: digits"),
        ({"source": 3}, "a path"),
        ({"source": "digit"}, "did you mean 'digits'"),
        ({"source": "iriss"}, "did you mean 'iris'"),
        ({"source": "digits", "seeed": 3}, "did you mean 'seed'"),
        ({"source": "digits", "target": "digit"}, "an option of digits"),
        ({"source": "digits", "seed": -1}, "a whole number of at least 0"),
        ({"source": "digits", "seed": 1.5}, "a whole number of at least 0"),
        ({"source": "digits", "split": [1, 2]}, "sum to 1"),
    ],
)
def test_wrong_specs(spec, words):
    with pytest.raises(LeadlineError) as told:
        data.open(spec)
    assert words in str(told.value)


def test_none_stands_for_the_default():
    assert data.open({"source": "iris", "seed": None, "split": None}).split.sizes == (106, 22, 22)


def test_table_without_target_names_the_columns(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("size,kind\n1,a\n")
    with pytest.raises(DataError, match="choose one of size, kind"):
        data.open({"source": str(path)})


def test_unknown_kind_of_file_and_near_names(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"x")
    with pytest.raises(DataError, match=r"'\.xlsx'"):
        data.open({"source": str(tmp_path / "a.xlsx")})
    with pytest.raises(DataError, match=r"did you mean 'a\.xlsx'"):
        data.open({"source": str(tmp_path / "a.xls")})


def test_options_of_another_reader(tmp_path):
    (tmp_path / "a.csv").write_text("size,kind\n1,a\n")
    with pytest.raises(RecipeError, match="an option of a table"):
        data.open({"source": str(tmp_path / "a.csv"), "target": "kind", "size": 8})
