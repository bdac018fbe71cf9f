import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.core.errors import DataError, RecipeError
from leadline.data.split import check_share, make_split


def _whole(split, rows):
    together = np.concatenate([split.train, split.validation, split.test])
    assert sorted(together) == sorted(rows)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 6), min_size=3, max_size=120),
    st.integers(0, 5),
    st.sampled_from([(0.7, 0.15, 0.15), (0.5, 0.25, 0.25), (0.9, 0.1, 0.0), (1.0, 0.0, 0.0)]),
)
def test_no_row_is_lost_or_shared_whatever_the_classes(classes, seed, share):
    split = make_split(len(classes), stratify=np.array(classes), seed=seed, share=share)
    _whole(split, range(len(classes)))
    assert len(split.train) >= 1
    assert (len(split.validation) > 0) == (share[1] > 0)
    assert (len(split.test) > 0) == (share[2] > 0)


def test_every_part_keeps_the_proportions_of_the_classes():
    classes = np.repeat([0, 1, 2], [700, 200, 100])
    split = make_split(1000, stratify=classes)
    assert split.sizes == (700, 150, 150)
    for part in ("train", "validation", "test"):
        shares = np.bincount(classes[split[part]]) / len(split[part])
        np.testing.assert_allclose(shares, [0.7, 0.2, 0.1], atol=0.01)


def test_same_seed_same_rows_other_seed_other_rows():
    one, same, other = (make_split(200, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(one.test, same.test)
    assert not np.array_equal(one.test, other.test)


def test_class_with_one_row_stays_in_train_and_is_told():
    classes = np.array([0] * 50 + [1] * 49 + [2])
    split = make_split(100, stratify=classes)
    assert 99 in split.train
    assert any("one row stayed in the training part" in word for word in split.announcements)


def test_more_classes_than_test_rows_falls_back_and_says_so():
    classes = np.repeat(np.arange(20), 2)
    split = make_split(40, stratify=classes)
    _whole(split, range(40))
    assert set(classes[split.train]) == set(range(20))
    assert any("Too few rows" in word for word in split.announcements)


def test_no_group_stands_in_two_parts():
    groups = np.arange(200) // 5
    split = make_split(200, groups=groups)
    _whole(split, range(200))
    parts = [set(groups[split[part]]) for part in ("train", "validation", "test")]
    assert parts[0].isdisjoint(parts[1])
    assert parts[0].isdisjoint(parts[2])
    assert parts[1].isdisjoint(parts[2])
    assert split.sizes == (140, 30, 30)


def test_groups_of_very_different_size_are_told():
    groups = np.array([0] * 90 + [1] * 5 + [2] * 5)
    split = make_split(100, groups=groups, seed=1)
    assert any("Groups differ in size" in word for word in split.announcements)


def test_too_few_groups():
    with pytest.raises(DataError, match="at least 3 groups") as told:
        make_split(10, groups=np.array([0, 1] * 5))
    assert "2 groups" in str(told.value)


def test_in_time_the_latest_rows_are_the_test_part():
    order = np.random.default_rng(0).permutation(100)
    split = make_split(100, order=order)
    assert order[split.train].max() < order[split.validation].min()
    assert order[split.validation].max() < order[split.test].min()


def test_given_test_rows_are_kept_and_the_rest_is_shared():
    split = make_split(100, test_rows=np.arange(80, 100), stratify=np.arange(100) % 2)
    assert np.array_equal(split.test, np.arange(80, 100))
    assert split.sizes == (66, 14, 20)
    _whole(split, range(100))


def test_only_usable_rows_are_given_out():
    rows = np.arange(0, 100, 2)
    _whole(make_split(rows, stratify=np.arange(100) % 4), rows)


@pytest.mark.parametrize(
    "share",
    [
        (0.7, 0.2, 0.2),
        (0.5, 0.5),
        (1.2, -0.1, -0.1),
        (float("nan"), 0.5, 0.5),
        "abc",
        0.7,
        (0, 0.5, 0.5),
        None,
    ],
)
def test_shares_out_of_range(share):
    with pytest.raises(RecipeError, match="split"):
        check_share(share)


def test_groups_and_time_together():
    with pytest.raises(RecipeError, match="both group and time"):
        make_split(10, groups=np.arange(10), order=np.arange(10))


@pytest.mark.parametrize("rows", [1, 2])
def test_too_few_rows(rows):
    with pytest.raises(DataError, match="at least 3 rows"):
        make_split(rows)
