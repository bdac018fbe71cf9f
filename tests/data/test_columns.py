import numpy as np
import pandas as pd
import pytest

from leadline.core.errors import DataError
from leadline.data.columns import as_dates, as_numbers, as_text, check_cells, date_format, not_finite


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1, 2, None], dtype="Int64"),
        pd.Series([1.0, 2.0, np.nan]),
        pd.Series(["1", "2", ""]),
        pd.Series([1, 2, None], dtype=object),
        pd.Series(["1", 2, "?"], dtype=object),
        pd.Series(["1", "2", None], dtype="category"),
    ],
)
def test_numbers_of_any_dtype_are_the_same(column):
    values, strange = as_numbers(column)
    np.testing.assert_array_equal(values, [1.0, 2.0, np.nan])
    assert not strange.any()


def test_whole_floats_integers_and_text_give_one_text():
    for column in (pd.Series([3.0, None]), pd.Series([3, None], dtype="Int64"), pd.Series(["3", "NA"])):
        assert as_text(column).tolist() == ["3", None]


def test_huge_integers_beyond_the_float_range_are_infinite_not_an_error():
    values, strange = as_numbers(pd.Series([10**400, 10**30, 1], dtype=object))
    assert values.tolist() == [np.inf, 1e30, 1.0]
    assert not strange.any()


def test_infinities_are_counted_in_numbers_and_text():
    assert not_finite(pd.Series([np.inf, -np.inf, np.nan, 1.0])) == 2
    assert not_finite(pd.Series(["inf", "1", "word"])) == 1
    assert not_finite(pd.Series(pd.to_datetime(["2020-01-01"]))) == 0


@pytest.mark.parametrize("cell", [[1, 2], (1,), {"a": 1}, np.zeros(2), b"x"])
def test_cells_that_hold_more_than_one_thing(cell):
    column = pd.Series([1, cell], dtype=object, name="boxes")
    with pytest.raises(DataError, match="column 'boxes', row 1"):
        check_cells(column)


def test_complex_numbers():
    with pytest.raises(DataError, match="complex"):
        check_cells(pd.Series([1j], name="z"))


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["2011-01-20 05:00:00", "2011-01-21"], "ISO8601"),
        (["2020-02-29T10:00:00Z"], "ISO8601"),
        (["24.12.1999", "01.01.2000"], "%d.%m.%Y"),
        (["12/24/1999", "01/02/2000"], "%m/%d/%Y"),
        (["24/12/1999", "01/02/2000"], "%d/%m/%Y"),
        (["Jan 5, 2020"], "%b %d, %Y"),
        (["12/24/1999 13:30"], "%m/%d/%Y %H:%M"),
    ],
)
def test_date_formats(texts, form):
    assert date_format(texts) == form
    assert as_dates(pd.Series(texts), form).notna().all()


@pytest.mark.parametrize(
    "texts", [["1.5", "2.5"], ["555-1234"], ["red", "blue"], ["2.5.1"], ["version 2020"], []]
)
def test_what_is_no_date(texts):
    assert date_format(texts) == ""


def test_time_zones_become_utc():
    zoned = pd.Series(pd.to_datetime(["2020-01-01 00:00"])).dt.tz_localize("Europe/Berlin")
    assert as_dates(zoned).tolist() == [pd.Timestamp("2019-12-31 23:00")]
    assert as_dates(pd.Series(["2020-01-01T00:00:00+01:00"]), "ISO8601").tolist() == [
        pd.Timestamp("2019-12-31 23:00")
    ]


def test_infinities_of_a_narrow_column_are_counted_without_a_warning():
    assert not_finite(pd.Series([1.0, np.inf, -np.inf, np.nan], dtype=np.float32)) == 2
