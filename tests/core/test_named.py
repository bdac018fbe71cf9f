"""Functions with settings: made by calling them, written as words, read again; what is wrong is told at once."""

from typing import Annotated

import pytest

from leadline.core.catalogue import Catalogue, Entry
from leadline.core.constraints import RATE, Interval, OneOf
from leadline.core.errors import LeadlineError, NetworkError
from leadline.core.named import Named, read


def bent(
    x: float,
    *,
    slope: Annotated[float, RATE] = 0.5,
    pieces: Annotated[int, Interval(1, whole=True)] = 2,
    rule: Annotated[str, OneOf("none", "straight")] = "none",
    learned: float = 1.0,
) -> float:
    """Bend."""
    return slope * x


BENT = Named("bent", bent, Entry("bent", "slope·x"))
FAMILY: Catalogue[Named] = Catalogue("family")
FAMILY.add("bent", BENT)


def test_settings_are_the_constrained_keywords():
    assert BENT.chosen == {"slope": 0.5, "pieces": 2, "rule": "none"}
    assert BENT.__doc__ == "Bend."


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, "bent"),
        ({"slope": 0.5}, "bent"),
        ({"slope": 0.25}, "bent(slope=0.25)"),
        ({"slope": 0}, "bent(slope=0.0)"),
        ({"rule": "straight", "pieces": 3}, "bent(pieces=3, rule='straight')"),
    ],
)
def test_text_round_trip(settings, text):
    made = BENT.having(**settings)
    assert made.text == text
    assert read(FAMILY, text) == made
    assert hash(read(FAMILY, text)) == hash(made)
    assert repr(made) == f"ll.{text}"


def test_settings_add_up():
    assert BENT.having(slope=0.1).having(pieces=3).text == "bent(slope=0.1, pieces=3)"
    assert BENT.having(slope=0.1).having(slope=0.5) == BENT


def test_every_wrong_setting_is_told():
    with pytest.raises(LeadlineError) as found:
        BENT.having(slope=1.0, pieces=0, slop=3)
    assert [problem.where for problem in found.value.problems] == [
        "bent, slope",
        "bent, pieces",
        "bent, slop",
    ]
    assert "slope" in found.value.problems[2].hint


@pytest.mark.parametrize(
    "text",
    ["bend", "bent(", "bent(0.1)", "bent(slope=)", "bent(slope=__import__('os'))", "bent(**{'slope': 0.1})",
     "bent(slope=0.1) + 1", "", "bent(slope=2)"],
)  # fmt: skip
def test_other_words_are_errors(text):
    with pytest.raises(NetworkError if text != "bent(slope=2)" else LeadlineError):
        read(FAMILY, text, "activation", NetworkError)
