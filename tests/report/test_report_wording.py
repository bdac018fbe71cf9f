"""Numbers in words: missing ones are dashes, and no number loses its value on the way."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.record.evaluation import Score
from leadline.report import wording


@pytest.mark.parametrize("value", [None, math.nan])
def test_missing_numbers_are_dashes(value: float | None) -> None:
    assert wording.number(value) == "–"
    assert wording.percent(value) == "–"


@given(st.floats(-1e12, 1e12).filter(lambda value: value == 0 or abs(value) > 1e-300))
def test_numbers_keep_their_value(value: float) -> None:
    text = wording.number(value).replace(",", "").replace("−", "-")
    factor, _, power = text.partition(" × 10")
    plain = power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    read = float(factor) * 10.0 ** int(plain or 0)
    assert read == pytest.approx(value, rel=6e-3, abs=0)


@pytest.mark.parametrize(
    ("score", "value", "interval"),
    [
        (Score("accuracy", 0.9753, 0.949, 0.988), "97.5%", "94.9–98.8%"),
        (Score("balanced_accuracy", 1.0, 0.9, 1.0), "100.0%", "90.0–100.0%"),
        (Score("r2", -0.0004, -0.002, 0.0), "0.000", "−0.002 to 0.000"),
        (Score("mae", 51234.7, 50000.2, 52000.0), "51,235", "50,000 to 52,000"),
        (Score("log_loss", 0.0712, 0.05, 0.11), "0.071", "0.050 to 0.110"),
        (Score("accuracy", 0.5, math.nan, math.nan), "50.0%", "–"),
        (Score("brier", 0.0301, 0.0132, 0.0534), "0.030", "0.013 to 0.053"),
        (Score("rmse", math.inf, 1.0, math.inf), "∞", "1.00 to ∞"),
    ],
)
def test_scores(score: Score, value: str, interval: str) -> None:
    assert (wording.valued(score), wording.interval(score)) == (value, interval)


@pytest.mark.parametrize(("amount", "text"), [(59.96, "1 min 0 s"), (3599.6, "1 h 0 min"), (math.nan, "–")])
def test_seconds(amount: float, text: str) -> None:
    assert wording.seconds(amount) == text
