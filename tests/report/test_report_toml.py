"""A recipe shown is a recipe that can be read again."""

from __future__ import annotations

import math
import tomllib
from typing import Any

import numpy as np
import pytest
import sample_runs
from hypothesis import given
from hypothesis import strategies as st

from leadline.report.toml import toml

LEAVES = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"])),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("ab .\"'é", max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abc_-. é", max_size=5), VALUES, max_size=5))
def test_what_is_written_is_read_again(tables: dict[str, Any]) -> None:
    assert tomllib.loads(toml(tables)) == tables


def test_a_recipe_is_read_again() -> None:
    assert tomllib.loads(toml(sample_runs.RECIPE)) == sample_runs.RECIPE


def test_what_is_open_is_left_out_and_arrays_are_lists() -> None:
    read = tomllib.loads(toml({"a": None, "b": {"c": None, "d": np.arange(2), "e": np.float64(0.5)}}))
    assert read == {"b": {"d": [0, 1], "e": 0.5}}


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_floats_that_are_not_finite(value: float) -> None:
    assert repr(tomllib.loads(toml({"a": value}))["a"]) == repr(value)
