import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from leadline.core.errors import DataError
from leadline.data.fit_table import decide, fit_table
from leadline.data.prepare import Preparation


def _frame(rows=200, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 12, rows),
            "rooms": rng.integers(1, 9, rows),
            "color": rng.choice(["red", "green", "blue"], rows),
            "member": rng.random(rows) < 0.5,
            "seen": pd.date_range("2020-01-01 03:00", periods=rows, freq="37h"),
        }
    )
    frame.loc[::7, "age"] = np.nan
    frame.loc[::11, "color"] = None
    return frame


def test_equals_a_scikit_learn_pipeline_on_numbers_and_categories():
    train, new = _frame(), _frame(50, seed=1)
    encoder = fit_table(train[["age", "rooms", "color"]])
    got = encoder.transform(new).inputs
    imputer = SimpleImputer(strategy="median", add_indicator=True).fit(train[["age"]])
    ages = imputer.transform(train[["age"]])
    scaler = StandardScaler().fit(np.column_stack([ages[:, 0], train["rooms"]]))
    new_ages = imputer.transform(new[["age"]])
    colors = OneHotEncoder(sparse_output=False).fit(train[["color"]].fillna("~"))
    expected = np.hstack(
        [
            scaler.transform(np.column_stack([new_ages[:, 0], new["rooms"]])),
            new_ages[:, 1:],
            colors.transform(new[["color"]].fillna("~")),
        ]
    )
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-6)
    assert encoder.feature_names == (
        "age", "rooms", "age missing", "color = blue", "color = green", "color = red", "color = (missing)",
    )  # fmt: skip
    assert encoder.feature_columns == ("age", "rooms", "age", "color", "color", "color", "color")


def test_training_features_are_standardized_float32_and_contiguous():
    prepared = fit_table(_frame()).transform(_frame()).inputs
    assert prepared.dtype == np.float32
    assert prepared.flags.c_contiguous
    assert np.isfinite(prepared).all()
    encoder = fit_table(_frame())
    plain = [i for i, n in enumerate(encoder.numbers) if n.column != "member"]
    np.testing.assert_allclose(prepared[:, plain].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(prepared[:, plain].std(axis=0), 1, atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.floats(-1e6, 1e6)),
            st.one_of(st.none(), st.sampled_from("abcdef")),
            st.booleans(),
        ),
        min_size=4,
        max_size=40,
    )
)
def test_a_rebuilt_preparation_gives_the_same_bits(rows):
    frame = pd.DataFrame(rows, columns=["number", "letter", "flag"]).assign(spread=np.arange(len(rows)) * 1.1)
    encoder = fit_table(frame)
    again = Preparation.from_json(json.loads(json.dumps(Preparation(encoder, 0.1, 0.3).to_json())))
    assert again == Preparation(encoder, 0.1, 0.3)
    np.testing.assert_array_equal(again.transform(frame).inputs, encoder.transform(frame).inputs)
    assert np.isfinite(encoder.transform(frame).inputs).all()


def test_one_row_at_a_time_gives_the_rows_of_all():
    frame = _frame()
    encoder = fit_table(frame)
    whole = encoder.transform(frame).inputs
    single = [encoder.transform(frame.iloc[[i]]).inputs[0] for i in range(20)]
    np.testing.assert_array_equal(np.array(single), whole[:20])


def test_columns_are_matched_by_name_and_rows_keep_their_order():
    frame = _frame()
    encoder = fit_table(frame)
    mixed = frame[frame.columns[::-1]].assign(more=1).iloc[::-1]
    prepared = encoder.transform(mixed)
    np.testing.assert_array_equal(prepared.inputs, encoder.transform(frame).inputs[::-1])
    assert prepared.extra == ("more",)


def test_target_and_dropped_columns_are_no_extra_columns():
    frame = _frame().assign(name=[f"n{i}" for i in range(200)])
    encoder = fit_table(frame, ignored=("target",))
    assert "name" in encoder.dropped
    assert encoder.transform(frame.assign(target=1)).extra == ()
    assert encoder.transform(frame.drop(columns="name")).inputs.shape[0] == 200


def test_unknown_and_missing_cells_are_counted():
    encoder = fit_table(_frame())
    new = _frame(10).assign(color=["red"] * 7 + ["pink", "gold", None], age=[1.0] * 8 + [np.nan, np.inf])
    prepared = encoder.transform(new)
    assert prepared.unknown == {"color": 2}
    assert prepared.missing == {"age": 2, "color": 1}
    levels = [i for i, name in enumerate(encoder.feature_names) if name.startswith("color")]
    assert prepared.inputs[7:9, levels].sum() == 0
    assert prepared.inputs[9, levels].sum() == 1


def test_missing_where_training_had_none_is_all_zeros():
    encoder = fit_table(pd.DataFrame({"color": ["red", "blue"] * 9}))
    prepared = encoder.transform(pd.DataFrame({"color": [None, "red"]}))
    assert prepared.inputs.tolist() == [[0, 0], [0, 1]]
    assert prepared.missing == {"color": 1}


def test_dtypes_may_differ_from_training():
    frame = _frame().drop(columns="seen").dropna().reset_index(drop=True)
    encoder = fit_table(frame)
    texts = frame.map(str)
    np.testing.assert_array_equal(encoder.transform(texts).inputs, encoder.transform(frame).inputs)


def test_all_missing_columns_are_named_with_the_nearest():
    encoder = fit_table(_frame())
    with pytest.raises(DataError) as told:
        encoder.transform(_frame().rename(columns={"age": "Age", "color": "colour"}))
    assert len(told.value.problems) == 2
    assert "did you mean 'Age'" in str(told.value)
    assert "did you mean 'colour'" in str(told.value)


def test_what_cannot_be_converted_is_named_with_row_and_value():
    encoder = fit_table(_frame())
    with pytest.raises(DataError) as told:
        encoder.transform(_frame(10).assign(rooms=["two"] * 10, seen="yesterday", member="perhaps"))
    text = str(told.value)
    assert "'rooms'" in text
    assert "'two' in row 0 (10 such cells)" in text
    assert "'seen'" in text
    assert "'member'" in text


def test_not_a_table():
    with pytest.raises(DataError, match="a table"):
        fit_table(_frame()).transform(np.zeros((2, 5)))


def test_empty_table_gives_no_rows():
    encoder = fit_table(_frame())
    assert encoder.transform(_frame().iloc[:0]).inputs.shape == (0, *encoder.input_shape)


def test_dates_become_parts():
    encoder = fit_table(_frame()[["seen"]])
    assert encoder.feature_names[:3] == ("seen.elapsed days", "seen.month", "seen.day")
    assert "seen.year" not in encoder.feature_names  # 200 times 37 hours stay in 2020
    assert {"seen.hour", "seen.weekday", "seen.hour sine"} <= set(encoder.feature_names)
    days = _frame()["seen"].dt.day.to_numpy(float)
    got = encoder.transform(_frame()).inputs[:, encoder.feature_names.index("seen.day")]
    np.testing.assert_allclose(got, (days - days.mean()) / days.std(), rtol=1e-5)


def test_dates_without_hours_have_no_hour():
    days = pd.DataFrame({"day": pd.date_range("2019-01-01", periods=900).astype(str)})
    names = fit_table(days).feature_names
    assert "day.year" in names
    assert "day.hour" not in names


def test_thirty_levels_are_kept_and_the_rest_is_one():
    cells = [f"level {i:02d}" for i in range(60) for _ in range(60 - i)]
    encoder = fit_table(pd.DataFrame({"code": cells}))
    assert len(encoder.feature_names) == 31
    assert "code = level 29" in encoder.feature_names
    assert "code = level 30" not in encoder.feature_names
    assert any("60 levels" in word for word in encoder.words)
    other = encoder.feature_names.index("code = (other)")
    prepared = encoder.transform(pd.DataFrame({"code": ["level 59", "level 00"]}))
    assert prepared.inputs[:, other].tolist() == [1, 0]
    assert prepared.inputs.sum(axis=1).tolist() == [1, 1]


def test_ten_thousand_categories_stay_small():
    cells = pd.DataFrame({"code": [f"c{i % 10_000}" for i in range(30_000)]})
    assert fit_table(cells).input_shape == (31,)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([f"passenger {i}" for i in range(50)], "as names and ids have"),
        (["same"] * 50, "it is always 'same'"),
        ([3.5] * 50, "it is always 3.5"),
        ([None] * 50, "it has no value"),
        ([np.inf] * 50, "it has no value"),
    ],
)
def test_columns_that_teach_nothing_are_left_out_with_the_reason(cells, reason):
    encoder = fit_table(pd.DataFrame({"odd": cells, "size": np.arange(50)}))
    assert reason in encoder.dropped["odd"]
    assert encoder.feature_names == ("size",)
    assert any("'odd' is left out" in word for word in encoder.words)


def test_constant_with_gaps_keeps_only_the_gaps():
    encoder = fit_table(pd.DataFrame({"paid": [1.0, None] * 20}))
    assert encoder.feature_names == ("paid missing",)
    assert encoder.transform(pd.DataFrame({"paid": [1.0, None]})).inputs.tolist() == [[0], [1]]


def test_row_numbers_under_a_telling_name_are_left_out():
    frame = pd.DataFrame({"id": range(50), "size": np.arange(50) * 0.5})
    assert fit_table(frame).dropped == {"id": "it numbers the rows"}


def test_few_words_among_numbers_count_as_missing_in_training_and_later():
    cells = [str(i) for i in range(97)] + ["unknown", "n.a.", "unknown"]
    encoder = fit_table(pd.DataFrame({"size": cells}))
    assert encoder.columns[0].role == "number"
    assert encoder.columns[0].words == ("n.a.", "unknown")
    assert any("3 cells count as missing" in word for word in encoder.words)
    assert encoder.transform(pd.DataFrame({"size": ["unknown"]})).missing == {"size": 1}
    with pytest.raises(DataError, match="'strange' in row 0"):
        encoder.transform(pd.DataFrame({"size": ["strange"]}))


def test_many_words_among_numbers_make_a_category():
    cells = ["1", "2", "one", "two"] * 10
    assert decide(pd.Series(cells, name="x")).role == "category"


def test_stated_roles():
    frame = pd.DataFrame({"pclass": [1, 2, 3] * 10})
    assert fit_table(frame).feature_names == ("pclass",)
    stated = fit_table(frame, roles={"pclass": "category"})
    assert stated.feature_names == ("pclass = 1", "pclass = 2", "pclass = 3")
    assert stated.transform(pd.DataFrame({"pclass": [2.0]})).inputs.tolist() == [[0, 1, 0]]
    with pytest.raises(DataError, match="did you mean 'pclass'"):
        fit_table(frame, roles={"plass": "category"})
    with pytest.raises(DataError, match="did you mean 'category'"):
        fit_table(frame, roles={"pclass": "categorie"})


def test_nothing_left_to_learn_from():
    with pytest.raises(DataError, match="at least one column"):
        fit_table(pd.DataFrame({"a": [1] * 9, "b": ["x"] * 9}))


def test_values_far_from_all_seen_stay_finite():
    encoder = fit_table(pd.DataFrame({"size": np.arange(9) * 1e-9}))
    prepared = encoder.transform(pd.DataFrame({"size": [1e99, -1e99, np.inf]}))
    assert np.isfinite(prepared.inputs).all()
    assert prepared.missing == {"size": 1}
