import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.record.evaluation import Evaluation
from leadline.record.plain import Arrays, from_plain, to_plain
from leadline.record.run import Look

single = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
nested = st.recursive(single, lambda x: st.lists(x) | st.dictionaries(st.text("$af"), x), max_leaves=12)


def same(a, b):
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (math.isnan(a) and math.isnan(b))
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and a == b


@given(nested)
def test_what_is_written_as_strict_json_is_read_as_it_was(value):
    text = json.dumps(to_plain(value, Arrays()), allow_nan=False)
    assert same(from_plain(Any, json.loads(text), {}), value)


def test_numpy_numbers_become_plain_ones():
    plain = to_plain([np.float32(0.5), np.int8(3), np.bool_(True), np.str_("a"), np.float64("inf")], Arrays())
    assert plain == [0.5, 3, True, "a", {"$float": "inf"}]
    assert [type(x) for x in plain[:4]] == [float, int, bool, str]


@pytest.mark.parametrize("value", [object(), b"bytes", {1, 2}, 1j, np.array([None])])
def test_what_cannot_be_said_is_told_with_its_place(value):
    with pytest.raises(TypeError, match="values/a/1"):
        to_plain({"a": [0, value]}, Arrays(), "values")


def test_arrays_never_share_a_name():
    arrays = Arrays()
    names = [arrays.put(path, np.zeros(1)) for path in ("a b", "a?b", "a_b", "a\0b", "\ud800")]
    assert len(set(names)) == len(arrays) == 5
    assert all(name.isascii() for name in names)


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (tuple[Look, ...], [{"when": "now", "why": "fit", "rows": True}]),
        (tuple[Look, ...], [{"when": "now", "why": "fit", "rows": 1, "who": "me"}]),
        (tuple[Look, ...], [{"when": "now", "why": "fit"}]),
        (tuple[Look, ...], {"when": "now"}),
        (Look, ["now", "fit", 1]),
        (Look, {"when": 1, "why": "fit", "rows": 1}),
        (float, "1"),
        (float, True),
        (np.ndarray, [1.0]),
    ],
)
def test_what_does_not_fit_its_type_is_refused(hint, value):
    with pytest.raises(TypeError):
        from_plain(hint, value, {})


def test_an_array_that_is_not_there_is_refused():
    with pytest.raises(KeyError):
        from_plain(Evaluation, {"confusion": {"$array": "evaluations/test/confusion"}}, {})
