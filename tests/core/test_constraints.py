import dataclasses
import math
from fractions import Fraction
from typing import Annotated, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.core.constraints import (
    NOT_NEGATIVE,
    POSITIVE,
    POSITIVE_WHOLE,
    RATE,
    Interval,
    OneOf,
    check_fields,
)
from leadline.core.errors import LeadlineError, NetworkError


@pytest.mark.parametrize("value", [True, np.bool_(1), "1", None, 1j, [1], math.nan, math.inf, -math.inf])
def test_an_interval_holds_only_finite_numbers(value):
    assert not Interval().allows(value)


@pytest.mark.parametrize("value", [np.zeros(3), np.zeros(1), np.array(1.0)])
def test_an_array_is_no_number(value):
    assert not Interval().allows(value)


@pytest.mark.parametrize("value", [1, 1.5, np.float32(2), np.int64(3), Fraction(1, 3), 10**400])
def test_numbers_of_every_kind_are_numbers(value):
    assert Interval().allows(value)


def test_a_whole_number_is_written_without_a_point():
    assert POSITIVE_WHOLE.allows(np.int32(3))
    assert not POSITIVE_WHOLE.allows(3.0)
    assert POSITIVE_WHOLE.hint(3.0) == "3, written without the point"
    assert POSITIVE_WHOLE.hint(0.0) == POSITIVE_WHOLE.hint(2.5) == POSITIVE_WHOLE.hint("3") == ""


@given(st.floats(-3, 3), st.floats(-3, 3), st.booleans(), st.booleans(), st.floats(-4, 4))
def test_bounds_are_inside_unless_open(low, high, open_low, open_high, value):
    inside = Interval(low, high, open_low=open_low, open_high=open_high).allows(value)
    assert inside == (
        low <= value <= high and not (open_low and value == low) and not (open_high and value == high)
    )


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        (Interval(), "a finite number"),
        (Interval(whole=True), "a finite whole number"),
        (POSITIVE, "a number above 0"),
        (NOT_NEGATIVE, "a number of at least 0"),
        (RATE, "a number in [0, 1)"),
        (Interval(0, 1, open_low=True), "a number in (0, 1]"),
        (Interval(high=5), "a number of at most 5"),
        (Interval(high=5, open_high=True), "a number below 5"),
    ],
)
def test_words_say_the_bounds(interval, words):
    assert interval.words() == words


@pytest.mark.parametrize("value", [None, 3, [], np.array(["same", "valid"])])
def test_an_option_is_a_word(value):
    assert not OneOf("same", "valid").allows(value)


@dataclasses.dataclass(frozen=True)
class Window:
    rate: Annotated[float, RATE]
    pad: Annotated[str, OneOf("same", "valid")] = "same"
    size: Annotated[int, POSITIVE_WHOLE] | tuple[int, int] = 3
    units: Annotated[int, POSITIVE_WHOLE] | None = None
    mode: Annotated[int, POSITIVE_WHOLE] | Annotated[str, OneOf("auto")] = "auto"
    free: list[Annotated[int, POSITIVE_WHOLE]] | Any = None

    def __post_init__(self):
        check_fields(self, kind=NetworkError)


def test_values_within_are_taken():
    for size in (1, (2, 2)):
        assert Window(0.5, size=size, units=None).size == size
    for mode in (4, "auto"):
        assert Window(0.5, mode=mode).mode == mode


def test_every_field_outside_is_told_at_once():
    with pytest.raises(NetworkError) as caught:
        Window(1.0, "sane", 0, 1.5, "atuo", free=object())
    assert [p.where for p in caught.value.problems] == [
        "Window, rate",
        "Window, pad",
        "Window, size",
        "Window, units",
        "Window, mode",
    ]
    assert "did you mean 'same'?" in str(caught.value)


def test_the_name_for_people_can_be_given():
    window = Window(0.5)
    object.__setattr__(window, "rate", -1)
    with pytest.raises(LeadlineError, match=r"^3\.window, rate – must be a number in \[0, 1\) – got -1$"):
        check_fields(window, "3.window")
