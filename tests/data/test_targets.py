import numpy as np
import pandas as pd
import pytest

from leadline.core.errors import DataError
from leadline.data.targets import encode_targets


@pytest.mark.parametrize(
    ("column", "problem"),
    [
        (np.linspace(0, 1, 50), "regression"),
        ([0.5, 1.5] * 20, "regression"),
        ([0, 1] * 20, "classification"),
        ([0.0, 1.0, np.nan] * 20, "classification"),
        (list(range(10)) * 5, "classification"),
        (list(range(10)) * 2, "regression"),
        (list(range(50)) * 10, "regression"),
        (["a", "b"] * 5, "classification"),
        ([True, False] * 5, "classification"),
        (["1.5", "2.5", "3.5"] * 9, "regression"),
        (pd.Series([1, 2] * 5, dtype="category"), "classification"),
        (pd.Series([True, None, False] * 5, dtype="boolean"), "classification"),
    ],
)
def test_problem_is_told_from_the_values(column, problem):
    targets = encode_targets(column)
    assert targets.problem == problem
    assert problem in targets.words[0]


def test_stated_problem_wins_and_is_not_announced():
    assert encode_targets([0, 1, 2, 3], problem="regression").words == ()
    assert encode_targets([0.5, 1.5, 0.5], problem="classification").class_names == ("0.5", "1.5")


def test_classes_are_ordered_as_numbers_words_or_categories():
    assert encode_targets([10, 9, 2] * 9).class_names == ("2", "9", "10")
    assert encode_targets(["b", "a", "c"]).class_names == ("a", "b", "c")
    sizes = pd.Series(pd.Categorical(["L", "S", "L"], categories=["S", "M", "L"]))
    assert encode_targets(sizes).class_names == ("S", "L")
    assert encode_targets([True, False, True]).class_names == ("False", "True")


def test_missing_and_infinite_targets_are_excluded_and_counted():
    numbers = encode_targets([0.5, np.nan, np.inf, 1.5], problem="regression")
    assert numbers.excluded == {"target missing": 1, "target not finite": 1}
    assert numbers.usable.tolist() == [True, False, False, True]
    words = encode_targets(["a", None, "b", "?"])
    assert words.excluded == {"target missing": 2}
    assert words.values.tolist() == [0, -1, 1, -1]
    assert any("2 rows left out: target missing" in word for word in words.words)


def test_labels_outside_the_stated_classes_are_counted_not_an_error():
    targets = encode_targets([0, 1, 2, 5, -1], classes=3)
    assert targets.class_names == ("0", "1", "2")
    assert targets.excluded == {"label outside": 2}
    assert targets.values.tolist() == [0, 1, 2, -1, -1]
    assert targets.raw.tolist() == [0, 1, 2, 5, -1]


def test_stated_names_take_words_or_numbers():
    assert encode_targets(["dog", "cat", "cow"], classes=("cat", "dog")).values.tolist() == [1, 0, -1]
    assert encode_targets([0, 1, 1], classes=("cat", "dog")).values.tolist() == [0, 1, 1]
    assert encode_targets([0, 1, 1], classes=("cat", "dog")).raw is None


def test_float_labels_that_are_not_whole_are_outside():
    assert encode_targets([0.0, 1.0, 0.5], classes=2).excluded == {"label outside": 1}


@pytest.mark.parametrize(
    ("column", "options", "words"),
    [
        ([None, None], {}, "no value in any row"),
        (["a"] * 9, {}, "at least two classes"),
        ([1] * 9, {"problem": "classification"}, "only '1' in 9 rows"),
        (["a", "b"], {"problem": "regression"}, "'a' in row 0"),
        ([f"name {i}" for i in range(10_000)], {}, "10,000 values in 10,000 rows"),
        ([[1], [2]], {}, "lists"),
        ([0, 1], {"problem": "clasification"}, "did you mean 'classification'"),
        ([7, 8], {"classes": 2}, "one of 0, 1"),
        ([0, 1], {"classes": 1}, "at least two different"),
        ([np.inf, np.inf], {"problem": "regression"}, "no finite value"),
    ],
)
def test_bad_targets(column, options, words):
    with pytest.raises(DataError) as told:
        encode_targets(column, **options)
    assert words in str(told.value)
