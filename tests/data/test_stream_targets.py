"""Targets counted piece by piece are what the encoder of whole columns makes of them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.core.errors import DataError, LeadlineError
from leadline.data.known_targets import Tally, settle
from leadline.data.targets import encode_targets

COLUMNS = st.one_of(
    st.lists(st.integers(-2, 4), min_size=2, max_size=60),
    st.lists(st.sampled_from([0.0, 1.0, 2.0, float("nan"), float("inf")]), min_size=2, max_size=60),
    st.lists(st.sampled_from(["a", "b", "Ab", " b", "?", None, "3", "NA"]), min_size=2, max_size=60),
    st.lists(st.booleans(), min_size=2, max_size=20),
    st.lists(st.floats(-9, 9, width=16), min_size=2, max_size=60),
)


def outcome(make):
    try:
        return make()
    except LeadlineError as error:
        return error.problems[0].must_be


@settings(max_examples=300)
@given(
    column=COLUMNS,
    cut=st.integers(1, 20),
    problem=st.sampled_from([None, "classification", "regression"]),
    stated=st.sampled_from([None, None, 3, ("0", "1", "2", "3"), ("a", "b", "Ab")]),
)
def test_the_same_classes_codes_and_reasons(column, cut, problem, stated):
    series = pd.Series(column, dtype=None if isinstance(column[0], float | int) else object)
    tally = Tally()
    for low in range(0, len(series), cut):
        tally.see(series[low : low + cut])
    stated = None if problem == "regression" else stated
    whole = outcome(lambda: encode_targets(series, problem=problem, classes=stated, name="y"))
    known = outcome(
        lambda: settle(tally, series, name="y", problem=problem, classes=stated, gap="target missing")
    )
    if isinstance(whole, str) or isinstance(known, str):
        assert whole == known
        return
    assert known.problem == whole.problem
    assert known.class_names == whole.class_names
    assert known.excluded == {why: number for why, number in whole.excluded.items() if number}
    assert known.rows == whole.usable.sum()
    encoded = np.concatenate(
        [known.encode(series[low : low + cut], "here") for low in range(0, len(series), cut)]
    )
    np.testing.assert_array_equal(encoded, whole.values)
    if known.counts is not None:
        np.testing.assert_array_equal(known.counts, known.counted(encoded))


def test_categories_keep_their_order():
    series = pd.Series(pd.Categorical(["low", "high", "low", "high"], categories=["low", "mid", "high"]))
    tally = Tally()
    tally.see(series[:2])
    tally.see(series[2:])
    known = settle(tally, series, name="y", problem=None, classes=None, gap="gap")
    assert known.class_names == encode_targets(series).class_names == ("low", "high")


def test_too_many_different_values_are_no_classes(monkeypatch):
    monkeypatch.setattr("leadline.data.known_targets.MOST_VALUES", 50)
    tally = Tally()
    tally.see(np.arange(100))
    tally.see(np.arange(100))
    assert (
        settle(tally, np.arange(100), name="y", problem=None, classes=None, gap="gap").problem == "regression"
    )
    with pytest.raises(DataError, match="more than 50 different values"):
        settle(tally, np.arange(100), name="y", problem="classification", classes=None, gap="gap")


def test_a_label_that_was_not_counted_is_named_with_its_row():
    tally = Tally()
    tally.see(np.array([0, 1, 0, 1]))
    known = settle(tally, np.array([0, 1, 0, 1]), name="y", problem=None, classes=None, gap="gap")
    with pytest.raises(DataError, match=r"batch 3, row 2, target – must be one of the classes 0, 1.* got 5"):
        known.encode(np.array([0, 1, 5]), "batch 3")
