import gzip

import numpy as np
import pandas as pd
import polars as pl
import pytest

import leadline.data as data
from leadline.core.errors import DataError, RecipeError


def _frame(rows=120, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "size": rng.normal(size=rows).round(6),
            "color": rng.choice(["red", "green"], rows),
            "house": np.arange(rows) // 6,
            "day": pd.date_range("2021-01-01", periods=rows).astype(str),
            "kind": rng.choice(["a", "b", "c"], rows),
        }
    )


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "things.csv"
    _frame().to_csv(path, index=False)
    return path


def _same(one, other):
    for part in data.PARTS:
        np.testing.assert_array_equal(one.parts[part].inputs, other.parts[part].inputs)
        np.testing.assert_array_equal(one.parts[part].targets, other.parts[part].targets)
        np.testing.assert_array_equal(one.parts[part].rows, other.parts[part].rows)


def test_csv_gz_tsv_parquet_pandas_polars_and_columns_give_the_same(csv, tmp_path):
    frame = _frame()
    expected = data.table(csv, target="kind")
    gz, tsv, parquet = tmp_path / "a.csv.gz", tmp_path / "a.tsv", tmp_path / "a.parquet"
    gz.write_bytes(gzip.compress(csv.read_bytes()))
    frame.to_csv(tsv, sep="\t", index=False)
    frame.to_parquet(parquet)
    sources = (gz, tsv, parquet, str(csv), frame, pl.from_pandas(frame), frame.to_dict("list"))
    for source in sources:
        _same(data.table(source, target="kind"), expected)


def test_parts_hold_float32_inputs_and_int32_classes(csv):
    found = data.table(csv, target="kind")
    part = found.parts["train"]
    assert part.inputs.dtype == np.float32
    assert part.inputs.flags.c_contiguous
    assert part.targets.dtype == np.int32
    assert found.class_names == ("a", "b", "c")
    assert (found.classes, found.outputs) == (3, 3)
    assert np.array_equal(np.array(found.class_names)[part.targets], _frame()["kind"].to_numpy()[part.rows])


def test_regression_targets_are_float32_columns_standardized_by_the_training_part(csv):
    found = data.table(csv, target="size")
    part = found.parts["train"]
    assert found.problem == "regression"
    assert (found.classes, found.outputs) == (1, 1)
    assert part.targets.shape == (84, 1)
    assert part.targets.dtype == np.float32
    np.testing.assert_allclose(part.targets.std(), 1, rtol=1e-5)
    test = found.parts["test"]
    restored = found.preparation.restore_target(test.targets[:, 0])
    np.testing.assert_allclose(restored, _frame()["size"][test.rows], rtol=1e-5, atol=1e-6)


def test_preparation_knows_the_training_part_only(csv):
    found = data.table(csv, target="kind")
    sizes = _frame()["size"][found.split.train]
    number = next(n for n in found.preparation.encoder.numbers if n.column == "size")
    np.testing.assert_allclose([number.center, number.scale], [sizes.mean(), sizes.std(ddof=0)])


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_delimiter_is_found_and_told(mark, tmp_path):
    path = tmp_path / "x.csv"
    _frame().to_csv(path, index=False, sep=mark)
    found = data.table(path, target="kind")
    assert any("Columns are separated by" in word for word in found.announcements)
    _same(found, data.table(_frame(), target="kind"))


def test_decimal_comma(tmp_path):
    path = tmp_path / "x.csv"
    _frame().to_csv(path, index=False, sep=";", decimal=",")
    _same(data.table(path, target="kind"), data.table(_frame(), target="kind"))


def test_latin_1_is_read_and_told(tmp_path):
    path = tmp_path / "x.csv"
    text = "ort,wert\n" + "".join(f"{'Köln' if i % 2 else 'Bonn'},{i}\n" for i in range(40))
    path.write_bytes(text.encode("latin-1"))
    found = data.table(path, target="ort")
    assert found.class_names == ("Bonn", "Köln")
    assert any("Latin-1" in word for word in found.announcements)


def test_utf_8_with_mark_and_blanks_after_commas(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(("\ufeffkind, size\n" + "".join(f"{'ab'[i % 2]}, {i}\n" for i in range(40))).encode())
    found = data.table(path, target="kind")
    assert found.class_names == ("a", "b")
    assert list(found.inputs.columns) == ["size"]


def test_group_is_kept_whole_and_is_no_input(csv):
    found = data.table(csv, target="kind", group="house")
    houses = [set(_frame()["house"][found.split[part]]) for part in data.PARTS]
    assert not houses[0] & houses[1]
    assert not houses[0] & houses[2]
    assert "house" in found.dropped
    assert "house" not in found.inputs


def test_time_gives_the_latest_rows_to_the_test(csv):
    found = data.table(csv, target="kind", time="day")
    assert found.split.train.max() < found.split.validation.min()
    assert found.split.validation.max() < found.split.test.min()
    assert "in time" in found.announcements[-1]


def test_dropped_columns_are_no_inputs_and_said(csv):
    found = data.table(csv, target="kind", drop=["day", "house"])
    assert list(found.inputs.columns) == ["size", "color"]
    assert found.dropped == {"day": "left out as asked", "house": "left out as asked"}
    found.preparation.transform(_frame()[["size", "color"]])


def test_given_test_table_is_the_test_part(csv):
    found = data.table(csv, target="kind", test=_frame(30, seed=5))
    assert found.split.sizes == (99, 21, 30)
    np.testing.assert_array_equal(found.split.test, np.arange(120, 150))
    with pytest.raises(DataError, match="column 'color'"):
        data.table(csv, target="kind", test=_frame(30).drop(columns="color"))


def test_rows_without_target_are_in_no_part_and_counted():
    frame = _frame()
    frame.loc[:9, "kind"] = None
    found = data.table(frame, target="kind")
    assert found.excluded == {"target missing": 10}
    assert min(found.split[part].min() for part in data.PARTS) == 10
    assert any("10 rows left out" in word for word in found.announcements)
    numbers = _frame()
    numbers.loc[:4, "size"] = [np.nan, np.nan, np.inf, -np.inf, np.nan]
    assert data.table(numbers, target="size").excluded == {"target missing": 3, "target not finite": 2}


def test_infinities_in_columns_are_counted_imputed_and_told():
    frame = _frame()
    frame.loc[:2, "size"] = np.inf
    found = data.table(frame, target="kind")
    assert found.raw_not_finite == {"size": 3}
    assert any("Infinities" in word for word in found.announcements)
    assert all(np.isfinite(found.parts[part].inputs).all() for part in data.PARTS)


def test_huge_integers(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(
        "big,kind\n" + "".join(f"{10**30 * i if i else 10**400},{'ab'[i % 2]}\n" for i in range(40))
    )
    found = data.table(path, target="kind")
    assert found.raw_not_finite == {"big": 1}
    assert np.isfinite(found.parts["train"].inputs).all()


def test_shown_rows_are_text(csv):
    shown = data.table(csv, target="kind").shown(3)
    assert shown == {key: str(value) for key, value in _frame().drop(columns="kind").iloc[3].items()}


def test_source_opens_the_same_again(csv, tmp_path):
    more = tmp_path / "more.csv"
    _frame(30, seed=5).to_csv(more, index=False)
    options = [
        {"target": "kind"},
        {"target": "size", "drop": ["day"], "seed": 4, "split": (0.6, 0.2, 0.2)},
        {"target": "kind", "group": "house", "roles": {"day": "category"}},
        {"target": "kind", "time": "day", "problem": "classification"},
        {"target": "kind", "test": more},
    ]
    for chosen in options:
        first = data.table(csv, **chosen)
        again = data.open(first.source)
        _same(first, again)
        assert again.source == first.source
        assert again.digest == first.digest


def test_tables_in_memory_have_no_source():
    assert data.table(_frame(), target="kind").source == {}


def test_labels_of_a_new_table_follow_the_model():
    frame = pd.DataFrame({"kind": ["c", "a", "z", None]})
    targets = data.labels_of(frame, "kind", "classification", ("a", "b", "c"))
    assert targets.values.tolist() == [2, 0, -1, -1]
    assert targets.excluded == {"target missing": 1, "label outside": 1}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "an empty file"),
        ("\n\n", "an empty file"),
        ("size,kind\n", "only a header"),
        ("size,kind\n1,a\n", "at least two classes"),
        ("size,kind\n1,a\n2,b\n", "at least 3 rows"),
        ("size,kind\n" + "1,a\n2,a\n" * 9, "only 'a' in 18 rows"),
        ("size,kind\n" + "1,\n2,?\n" * 9, "no value in any row"),
        ("size,size,kind\n1,2,a\n3,4,b\n", "'size' more than once"),
        ("size kind\n1 a\n2 b\n", "one column only"),
        ("size,kind\n1,a\n2,b,3,4\n", "Expected 2 fields in line 3"),
        ("size,kind\n1,a,\n2,b,9\n", "lines of one length"),
        ("size,kind\n" + "".join(f"1,n{i}\n" for i in range(10_000)), "classes that repeat"),
    ],
)
def test_bad_files(text, words, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(DataError) as told:
        data.table(path, target="kind")
    assert words in str(told.value)


def test_missing_target_names_the_nearest_and_all_mistakes_at_once(csv):
    with pytest.raises(DataError) as told:
        data.table(csv, target="kidn", drop=["colour"], group="hous")
    assert len(told.value.problems) == 3
    for near in ("kind", "color", "house"):
        assert f"did you mean '{near}'" in str(told.value)


def test_target_cannot_be_left_out(csv):
    with pytest.raises(DataError, match="another column"):
        data.table(csv, target="kind", drop="kind")


def test_column_of_lists():
    frame = _frame().assign(boxes=[[1, 2]] * 120)
    with pytest.raises(DataError, match="column 'boxes', row 0"):
        data.table(frame, target="kind")
    assert "boxes" not in data.table(frame, target="kind", drop=["boxes"]).inputs


def test_duplicate_columns_of_a_frame():
    frame = _frame()
    frame.columns = ["size", "size", "house", "day", "kind"]
    with pytest.raises(DataError, match="'size' more than once"):
        data.table(frame, target="kind")


def test_not_a_file(tmp_path):
    (tmp_path / "titanic.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"did you mean 'titanic\.csv'"):
        data.table(tmp_path / "titanik.csv", target="b")
    (tmp_path / "notes.md").write_text("x")
    with pytest.raises(DataError, match=r"a folder of tables and nothing else – got also notes\.md"):
        data.table(tmp_path, target="b")
    with pytest.raises(DataError, match="no folder"):
        data.table(tmp_path / "none" / "x.csv", target="b")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.csv", bytes(range(256)) * 9, "binary file"),
        ("x.csv", b"PAR1" + b"\0" * 50, "a Parquet file"),
        ("x.csv", b"PK\x03\x04" + b"\0" * 50, "Excel"),
        ("x.csv.gz", gzip.compress(b"a,b\n1,2\n" * 99, mtime=0)[:-20], "damaged"),
        ("x.parquet", b"no parquet", "damaged or foreign"),
    ],
)
def test_binary_and_damaged_files(name, content, words, tmp_path):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as told:
        data.table(path, target="b")
    assert words in str(told.value)


@pytest.mark.parametrize("source", [3, None, np.zeros((3, 3)), {"a": [1, 2], "b": [1]}, pd.DataFrame()])
def test_what_is_no_table(source):
    with pytest.raises(DataError):
        data.table(source, target="b")


def test_gaps_in_group_or_time_are_refused():
    frame = _frame()
    frame["house"] = frame["house"].astype(object)
    frame.loc[3, ["house", "day"]] = None
    with pytest.raises(DataError, match="group, column 'house'"):
        data.table(frame, target="kind", group="house")
    with pytest.raises(DataError, match="row 3"):
        data.table(frame, target="kind", time="day")


def test_shares_out_of_range(csv):
    with pytest.raises(RecipeError, match="sum to 1"):
        data.table(csv, target="kind", split=(0.5, 0.1, 0.1))
