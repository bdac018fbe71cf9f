import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.core.text import count, did_you_mean, listed, nearest, short


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (0.5, "0.5"),
        (999.96, "1,000"),
        (999.4, "999"),
        (-999.96, "-1,000"),
        (12.345, "12.3"),
        (12345.6, "12,346"),
        (2.0**53, "9.01e+15"),
        (0.9996, "1"),
        (1e20, "1e+20"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (float("-inf"), "-inf"),
    ],
)
def test_short_writes_numbers_as_people_do(number, text):
    assert short(number) == text


@given(st.floats(1e-4, 1e14) | st.floats(-1e14, -1e-4), st.integers(1, 6))
def test_short_is_never_scientific_where_people_would_not_and_always_near(number, digits):
    text = short(number, digits)
    assert "e" not in text
    assert float(text.replace(",", "")) == pytest.approx(number, rel=0.5 * 10 ** (1 - digits) * 1.0001)


def test_nearest_does_not_mind_the_case_and_returns_the_known_word():
    assert nearest("ADAM", ["sgd", "Adam"]) == "Adam"
    assert nearest("xyz", ["sgd", "adam"]) == ""
    assert nearest("a", []) == ""


def test_did_you_mean_without_a_similar_word_lists_the_known():
    assert did_you_mean("qqq", ["adam", "sgd"]) == "Known: adam, sgd"


@given(st.lists(st.from_regex("[a-z]+", fullmatch=True)), st.integers(1, 10))
def test_listed_accounts_for_every_word(words, most):
    text = listed(words, most)
    more = re.search(r" and (\d+) more$", text)
    shown = text[: more.start()] if more else text
    assert len([w for w in shown.split(", ") if w]) + int(more[1] if more else 0) == len(words)


def test_count_knows_one_from_many():
    assert [count(n, "class", "classes") for n in (0, 1, 2)] == ["0 classes", "1 class", "2 classes"]
