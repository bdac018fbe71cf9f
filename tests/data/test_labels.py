"""Several labels: which columns of yes and no are taken, what is refused, and how rows are shared out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_multilabel_classification

import leadline.data as data
from leadline.core.errors import DataError
from leadline.data.labels import LEAST_OF_A_KIND, encode_labels, strata

X, Y = make_multilabel_classification(400, n_features=6, n_classes=4, n_labels=2, random_state=1)
NAMES = ("news", "sport", "food", "art")


def frame(rows: int = 400) -> pd.DataFrame:
    made = pd.DataFrame(X[:rows], columns=[f"word {i}" for i in range(6)])
    return made.assign(**dict(zip(NAMES, Y[:rows].T, strict=True)))


@pytest.mark.parametrize(
    ("yes", "no"),
    [(1, 0), (1.0, 0.0), (True, False), ("yes", "no"), ("Y", "n"), ("True", "FALSE"), ("t", "f"), ("1", "0")],
)
def test_every_way_of_yes_and_no(yes, no):
    column = pd.Series([yes, no, yes], name="a")
    found = encode_labels(pd.DataFrame({"a": column, "b": [0, 1, 1]}))
    assert found.values.tolist() == [[1, 0], [0, 1], [1, 1]]
    assert (found.problem, found.class_names, found.values.dtype) == (
        "several_labels",
        ("a", "b"),
        np.float32,
    )


def test_a_row_that_lacks_a_label_is_left_out_and_counted():
    found = encode_labels(pd.DataFrame({"a": [1, None, 0, 1], "b": ["no", "yes", "?", "yes"]}))
    assert found.usable.tolist() == [True, False, False, True]
    assert np.isnan(found.values[1:3]).all()
    assert found.excluded == {"target missing": 2}
    assert found.words == ("2 rows left out: target missing.",)


def test_what_is_no_label_is_told_of_every_column():
    table = pd.DataFrame({"a": [1, 2, 3], "b": ["red", "no", "yes"], "c": [0, 1, 1]})
    with pytest.raises(DataError) as told:
        encode_labels(table, hint="one at a time")
    text = str(told.value)
    assert (
        "label 'a' – must be yes or no in every row: 0/1, true/false, yes/no – got '2' in row 1 (2 such"
        in text
    )
    assert "label 'b'" in text
    assert "'red' in row 0 (1 such cell)" in text
    assert "label 'c'" not in text
    assert "one at a time" in text


def test_arrays_of_labels():
    found = data.arrays(X, Y, classes=NAMES)
    assert (found.problem, found.class_names) == ("several_labels", NAMES)
    assert found.classes == found.outputs == 4
    assert found.announcements[0] == "Target 'target' has 4 columns of yes and no: several labels."
    for part in data.PARTS:
        held = found.parts[part]
        assert held.targets.dtype == np.float32
        np.testing.assert_array_equal(held.targets, Y[held.rows])
    assert data.arrays(X, Y[:, :2]).outputs == 2
    assert f"4 labels, {Y.sum(axis=1).mean():.3g} of them a row" in found.describe()


@pytest.mark.parametrize(
    ("y", "names"),
    [
        (Y.astype(bool), tuple(f"label {i}" for i in range(4))),
        (Y.tolist(), tuple(f"label {i}" for i in range(4))),
        (pd.DataFrame(Y, columns=NAMES), NAMES),
        (pl.DataFrame(Y, schema=list(NAMES)), NAMES),
    ],
    ids=["booleans", "lists", "pandas", "polars"],
)
def test_whatever_holds_the_labels_they_are_the_same(y, names):
    found = data.arrays(X, y)
    assert found.class_names == names
    np.testing.assert_array_equal(found.targets, Y)


def test_labels_that_are_not_given_are_counted():
    y = Y.astype(float)
    y[5, 1] = y[7, 0] = y[7, 2] = np.nan
    found = data.arrays(X, y)
    assert found.excluded == {"target not finite": 2}
    assert sum(found.split.sizes) == 398
    assert not {5, 7} & set(np.concatenate([found.split[part] for part in data.PARTS]))


def test_a_problem_that_is_stated_is_not_announced():
    found = data.arrays(X, np.eye(4)[Y.sum(axis=1) % 4], problem="several_labels")
    assert found.problem == "several_labels"
    assert not any("Target" in word for word in found.announcements)


@pytest.mark.parametrize(
    ("y", "options", "words"),
    [
        (np.eye(4)[Y.sum(axis=1) % 4], {}, "a single 1 in every row"),
        (np.eye(4)[Y.sum(axis=1) % 4], {}, "y.argmax(axis=1)"),
        (Y, {"problem": "classification"}, "one target for each row, in classification"),
        (Y[:, 0], {"problem": "several_labels"}, "a column of 0 and 1 for each of at least 2 labels"),
        (Y + 0.5, {}, "label 'label 0'"),
        (Y, {"classes": ("a", "b")}, "4 names"),
        (Y, {"classes": ("a", "a", "b", "c")}, "a name of its own"),
        (Y, {"classes": 3}, "4 names"),
        (np.full((400, 4), np.nan), {}, "all of them"),
        (Y[:, :, None], {}, "(B, L)"),
        (Y, {"test": (X, Y[:, :2])}, "test y"),
    ],
)
def test_bad_labels(y, options, words):
    with pytest.raises(DataError) as told:
        data.arrays(X, y, **options)
    assert words in str(told.value)


@pytest.mark.parametrize("target", [list(NAMES), NAMES, "news,sport, food,art", ["news,sport", "food,art"]])
def test_several_columns_of_a_table(target):
    found = data.table(frame(), target=target)
    assert (found.problem, found.class_names, found.target_name) == ("several_labels", NAMES, "labels")
    assert found.outputs == 4
    assert found.preparation.feature_names == tuple(f"word {i}" for i in range(6))
    np.testing.assert_array_equal(found.targets, Y)
    told = "Targets 'news', 'sport', 'food', 'art' are yes or no each: several labels."
    assert found.announcements[0] == told


def test_a_file_is_read_again_by_its_source(tmp_path):
    frame().to_csv(tmp_path / "posts.csv", index=False)
    found = data.table(tmp_path / "posts.csv", target="news,sport,food,art", seed=3)
    assert found.source["target"] == list(NAMES)
    again = data.open_source(found.source)
    assert again.digest == found.digest
    np.testing.assert_array_equal(again.split.test, found.split.test)


def test_a_column_whose_name_holds_a_comma_is_one_target():
    table = frame().rename(columns={"news": "news, or not"}).drop(columns=list(NAMES[1:]))
    found = data.table(table, target="news, or not")
    assert (found.problem, found.class_names) == ("classification", ("0", "1"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"target": ["news", "sprot"]}, "did you mean 'sport'?"),
        ({"target": ["news", "word 1"]}, "label 'word 1'"),
        ({"target": ["news", "word 1"]}, "target='news'"),
        ({"target": ["news"], "problem": "several_labels"}, "at least two columns"),
        ({"target": ["news", "art"], "problem": "regression"}, "a single column, in regression"),
        ({"target": ["news", "art"], "drop": ["art"]}, "another column than those left out"),
        ({"target": []}, "the column to predict"),
    ],
)
def test_bad_target_columns(options, words):
    with pytest.raises(DataError) as told:
        data.table(frame(), **options)
    assert words in str(told.value)


def test_labels_of_new_rows_are_those_of_the_model():
    new = frame(20)[[*NAMES[::-1], "word 0"]]
    np.testing.assert_array_equal(data.labels_of(new, "labels", "several_labels", NAMES).values, Y[:20])
    with pytest.raises(DataError, match="'art'"):
        data.labels_of(new.drop(columns="art"), "labels", "several_labels", NAMES)


def test_an_archive_of_labels(tmp_path):
    np.savez(tmp_path / "posts.npz", x=X, y=Y, class_names=np.array(NAMES))
    found = data.npz(tmp_path / "posts.npz")
    assert (found.problem, found.class_names) == ("several_labels", NAMES)


def test_every_part_keeps_the_shares_of_frequent_combinations():
    found = data.arrays(X, Y, seed=4)
    combinations, sizes = np.unique(Y, axis=0, return_counts=True)
    assert any(f"keeping the shares of {(sizes >= LEAST_OF_A_KIND).sum()} combinations" in w
               for w in found.announcements)  # fmt: skip
    for combination, size in zip(combinations, sizes, strict=True):
        if size >= LEAST_OF_A_KIND:
            in_test = (Y[found.split.test] == combination).all(axis=1).sum()
            assert abs(in_test - 0.15 * size) <= 1.5
    other = found.with_split(seed=5)
    assert not np.array_equal(other.split.test, found.split.test)
    assert np.array_equal(found.with_split(seed=4).split.test, found.split.test)


def test_rare_combinations_are_split_plainly_and_groups_stay_whole():
    wide = np.unpackbits(np.arange(100, dtype=np.uint8)[:, None], axis=1)[:, 1:]
    found = data.arrays(X[:100], wide)
    assert any("without regard to the labels" in word for word in found.announcements)
    assert found.split.sizes == (70, 15, 15)
    groups = np.repeat(np.arange(40), 10)
    grouped = data.arrays(X, Y, groups=groups)
    assert not set(groups[grouped.split.train]) & set(groups[grouped.split.test])
    assert "by group." in grouped.announcements[-1]


@given(
    st.integers(1, 80),
    st.integers(2, 4),
    st.integers(0, 9),
    st.sampled_from([(0.7, 0.15, 0.15), (0.5, 0.5, 0.0)]),
)
def test_no_stratum_is_too_small_to_be_shared(rows, labels, seed, parts):
    values = (np.random.default_rng(seed).random((rows, labels)) > 0.4).astype(np.float32)
    codes, words = strata(values, parts)
    assert words
    if codes is not None:
        assert np.bincount(codes, minlength=1)[np.unique(codes)].min() >= LEAST_OF_A_KIND
        assert len(np.unique(codes)) <= min(part for part in parts if part) * rows


def test_test_rows_as_given():
    found = data.arrays(X[:300], Y[:300], test=(X[300:], Y[300:]))
    np.testing.assert_array_equal(found.split.test, np.arange(300, 400))
