"""Tables read piece by piece: the same cells as whole files, every row once, clear errors."""

import gzip
import os
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import leadline.data as data
from leadline.core.errors import DataError
from leadline.data import build_stream, stream_csv, stream_parquet
from leadline.data.columns import as_numbers, as_text
from leadline.data.delimited import read_delimited
from leadline.data.fit_table import fit_table
from leadline.data.frames import read_frame
from leadline.data.stream_csv import TextFrames
from leadline.data.stream_parquet import ParquetFrames

PATCHED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)


def things(rows=1500, seed=0):
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "key": np.arange(rows) * 1.5,
            "size": np.where(generator.random(rows) < 0.1, np.nan, generator.normal(size=rows).round(4)),
            "count": generator.integers(0, 9, rows),
            "color": generator.choice(["red", "green", "blue, dark", 'the "other"'], rows),
            "code": generator.choice(["007", "08", "x1"], rows),
            "day": pd.date_range("2021-01-01", periods=rows, freq="h").astype(str),
            "yes": generator.choice([True, False], rows),
        }
    )
    frame["kind"] = np.where(frame["key"] % 2 > 1, "b", np.where(generator.random(rows) < 0.5, "a", "c"))
    return frame


@pytest.fixture
def shards(monkeypatch):
    """Shards so small that a small table has many."""
    monkeypatch.setattr(stream_csv, "SHARD", 2_000)
    monkeypatch.setattr(stream_parquet, "SHARD", 4_000)


def written(frame, folder, ending):
    path = folder / f"things.{ending}"
    if ending == "parquet":
        frame.to_parquet(path, row_group_size=37)
    else:
        frame.to_csv(path, index=False, sep={"csv": ",", "tsv": "\t"}[ending])
    return path


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet"])
def test_rows_are_prepared_as_those_of_the_table_in_memory(tmp_path, shards, ending):
    frame = things()
    path = written(frame, tmp_path, ending)
    found = data.table(path, target="kind", stream=True)
    whole = read_frame(path)
    expected = (
        fit_table(whole.iloc[_rows(found, "train")].drop(columns="kind"), ignored=("kind",))
        .transform(whole)
        .inputs
    )
    assert found.class_names == ("a", "b", "c")
    seen = []
    for inputs, targets in found.stream.blocks(0, 1):
        rows = _row_numbers(found, inputs)
        seen += rows.tolist()
        np.testing.assert_array_equal(inputs, expected[rows])
        np.testing.assert_array_equal(np.array(found.class_names)[targets], frame["kind"].to_numpy()[rows])
    held_out = [*_rows(found, "validation"), *_rows(found, "test")]
    assert sorted(seen + held_out) == list(range(len(frame)))
    for part in data.PARTS:
        np.testing.assert_array_equal(found.parts[part].inputs, expected[_rows(found, part)])


def _rows(found, part):
    return (found.inputs["key"].to_numpy()[found.split[part]] / 1.5).astype(int)


def _row_numbers(found, inputs):
    number = found.preparation.encoder.numbers[0]
    return np.round((inputs[:, 0].astype(float) * number.scale + number.center) / 1.5).astype(int)


CELL = st.one_of(
    st.integers(-99, 99).map(str), st.floats(-9, 9, width=16).map(str),
    st.sampled_from(["", "?", "NA", " 5", "007", "x", "a b", 'say "no"', "two\nlines", "with, comma", "é", "True"]),
)  # fmt: skip


@PATCHED
@given(
    columns=st.lists(st.sampled_from(["number", "word"]), min_size=2, max_size=4),
    rows=st.integers(1, 60), size=st.integers(5, 400), at_once=st.integers(1, 40_000), ends=st.booleans(),
    lines=st.sampled_from(["\n", "\r\n"]), encoding=st.sampled_from(["utf-8", "utf-8-sig", "latin-1"]), draw=st.data(),
)  # fmt: skip
def test_a_text_file_in_pieces_has_the_cells_of_the_whole_file(
    tmp_path, monkeypatch, columns, rows, size, at_once, ends, lines, encoding, draw
):
    monkeypatch.setattr(stream_csv, "SHARD", size)
    cells = {
        f"{kind} {place}": draw.draw(
            st.lists(CELL if kind == "word" else CELL.filter(_is_number), min_size=rows, max_size=rows)
        )
        for place, kind in enumerate(columns)
    }
    frame = pd.DataFrame({"first": [str(row) for row in range(rows)], **cells})
    path = tmp_path / "a.csv"
    text = frame.to_csv(index=False, lineterminator=lines)
    path.write_bytes((text if ends else text.rstrip("\r\n")).encode(encoding))
    whole, _ = read_delimited(path)
    frames = TextFrames([path])
    order = np.random.default_rng(size).permutation(len(frames))
    chunks = list(frames.chunks(order, frames.columns, at_once))
    numbers = np.concatenate([chunk.numbers for chunk in chunks])
    assert len(set(numbers.tolist())) == len(numbers) == len(whole)
    joined = pd.concat([chunk.frame for chunk in chunks], ignore_index=True).iloc[np.argsort(numbers)]
    assert list(joined.columns) == list(whole.columns)
    for name in whole:
        if name.startswith("number"):
            np.testing.assert_array_equal(as_numbers(joined[name])[0], as_numbers(whole[name])[0])
        else:
            assert as_text(joined[name]).tolist() == as_text(whole[name]).tolist()


def _is_number(cell):
    try:
        return np.isfinite(float(cell)) and cell != "007"
    except ValueError:
        return cell in ("", "?", "NA")


@PATCHED
@given(
    rows=st.integers(1, 300), group=st.integers(1, 120), size=st.integers(8, 9_000), shard=st.integers(8, 9_000),
    files=st.integers(1, 3), seed=st.integers(0, 9),
)  # fmt: skip
def test_parquet_files_give_every_row_once_under_its_number(
    tmp_path, monkeypatch, rows, group, size, shard, files, seed
):
    monkeypatch.setattr(stream_parquet, "SHARD", shard)
    paths = []
    for number in range(files):
        paths.append(tmp_path / f"{number}.parquet")
        frame = pd.DataFrame({"row": np.arange(rows) + number * rows, "word": "w"})
        frame.to_parquet(paths[-1], row_group_size=group)
    frames = ParquetFrames(paths)
    order = np.random.default_rng(seed).permutation(len(frames))
    chunks = list(frames.chunks(order, ["row", "word"], size))
    for chunk in chunks:
        np.testing.assert_array_equal(chunk.frame["row"], chunk.numbers)
    assert sorted(np.concatenate([chunk.numbers for chunk in chunks]).tolist()) == list(range(rows * files))
    assert max(len(chunk.frame) for chunk in chunks) <= max(1, size // 34, min(group, rows))


def test_large_row_groups_are_read_in_turn(tmp_path, shards):
    path = tmp_path / "a.parquet"
    pd.DataFrame({"a": np.arange(8000)}).to_parquet(path, row_group_size=1000)
    chunks = list(ParquetFrames([path]).chunks(range(8), ["a"], 8 * 100))
    assert [int(chunk.numbers[0]) // 1000 for chunk in chunks[:6]] == [0, 1, 0, 1, 0, 1]
    assert sorted(np.concatenate([chunk.frame["a"] for chunk in chunks]).tolist()) == list(range(8000))


def test_large_row_groups_are_told_for_they_mix_badly(tmp_path):
    path = tmp_path / "a.parquet"
    things(20_000).to_parquet(path)
    found = data.table(path, target="kind", stream=True, memory="64MB")
    assert "write smaller row groups" in " ".join(found.announcements)
    assert len(np.concatenate([y for _, y in found.stream.blocks(0, 1)])) == found.stream.rows
    things(20_000).to_parquet(path, row_group_size=1000)
    found = data.table(path, target="kind", stream=True, memory="64MB")
    assert "row groups" not in " ".join(found.announcements)


def test_same_order_for_the_same_seed_and_epoch(tmp_path, shards):
    found = data.table(written(things(), tmp_path, "csv"), target="kind", stream=True, memory="16MB")
    again = data.open(found.source)
    assert again.source == found.source == {
        "source": (tmp_path / "things.csv").as_posix(), "target": "kind", "split": [0.7, 0.15, 0.15], "seed": 0,
        "stream": True, "memory": "16MB",
    }  # fmt: skip
    first, second, other = (
        np.concatenate([x for x, _ in stream.blocks(5, epoch)])
        for stream, epoch in ((found.stream, 1), (again.stream, 1), (found.stream, 2))
    )
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()
    assert found.digest == again.digest


def test_several_files_a_folder_and_a_pattern(tmp_path, shards):
    frame = things(900)
    folder = tmp_path / "parts"
    folder.mkdir()
    for number in range(3):
        frame.iloc[number * 300 : (number + 1) * 300].to_parquet(
            folder / f"{number}.parquet", row_group_size=50
        )
    one, other = (data.table(path, target="kind", stream=True) for path in (folder, folder / "*.parquet"))
    assert one.sizes == other.sizes == (630, 135, 135)
    assert one.digest == other.digest
    whole = data.table(folder, target="kind")
    assert sum(whole.sizes) == 900
    assert whole.announcements[0] == "Rows of 3 files stand below each other."
    assert data.open({"source": str(folder), "target": "kind"}).sizes == (630, 135, 135)
    assert data.open({"source": str(folder / "*.parquet"), "target": "kind"}).sizes == (630, 135, 135)


def test_regression_labels_missing_targets_and_left_out_columns(tmp_path, shards):
    frame = things()
    frame["price"] = np.where(np.arange(1500) % 50 == 0, np.nan, frame["key"] * 2 + 1)
    frame["price"] = frame["price"].replace(frame["price"].iloc[7], np.inf)
    path = written(frame, tmp_path, "parquet")
    found = data.table(path, target="price", drop=["kind"], stream=True)
    assert found.problem == "regression"
    assert found.excluded == {"target missing": 30, "target not finite": 1}
    assert sum(found.sizes) == 1469
    assert found.dropped["kind"] == "left out as asked"
    for inputs, targets in found.stream.blocks(0, 1):
        price = _row_numbers(found, inputs) * 3.0 + 1
        np.testing.assert_allclose(found.preparation.restore_target(targets[:, 0]), price, atol=1e-3)
    frame["no"] = ~frame["yes"].astype(bool)
    frame["often"] = frame["count"] > 4
    labels = data.table(written(frame, tmp_path, "csv"), target="no,often", drop="price", stream=True)
    assert labels.problem == "several_labels"
    inputs, targets = (np.concatenate(some) for some in zip(*labels.stream.blocks(0, 1), strict=True))
    rows = _row_numbers(labels, inputs)
    np.testing.assert_array_equal(targets, frame[["no", "often"]].to_numpy(np.float32)[rows])
    np.testing.assert_array_equal(labels.stream.counts, targets.sum(axis=0))


def test_a_class_that_the_sample_lacks_is_known_and_a_level_is_not(tmp_path, shards, monkeypatch):
    monkeypatch.setattr(build_stream, "MOST_HELD_OUT", 10)
    monkeypatch.setattr(build_stream, "MOST_SAMPLED", 40)
    frame = things()
    held = (
        data.table(written(frame, tmp_path, "csv"), target="kind", stream=True).inputs["key"].to_numpy() / 1.5
    )
    rare = next(row for row in range(1500) if row not in held.astype(int))
    frame.loc[[rare, rare + 1], "kind"] = "z"  # a class needs two rows
    frame.loc[rare, "color"] = "never seen"
    found = data.table(written(frame, tmp_path, "csv"), target="kind", stream=True)
    assert found.class_names == ("a", "b", "c", "z")
    assert found.stream.counts[3] >= 1
    names = list(found.preparation.feature_names)
    assert "color = never seen" not in names
    colors = [place for place, name in enumerate(names) if name.startswith("color = ")]
    for inputs, targets in found.stream.blocks(0, 1):
        for place in np.flatnonzero(_row_numbers(found, inputs) == rare):
            assert found.class_names[targets[place]] == "z"
            assert not inputs[place, colors].any()


def test_groups_are_kept_whole_and_a_test_table_is_the_test_part(tmp_path, shards):
    frame = things()
    frame["house"] = np.arange(1500) // 5
    frame["house"] = frame["house"].map("house {}".format)
    path = written(frame, tmp_path, "csv")
    found = data.table(path, target="kind", group="house", stream=True)
    rows = [_rows(found, part) // 5 for part in ("validation", "test")]
    rows.append(np.concatenate([_row_numbers(found, x) // 5 for x, _ in found.stream.blocks(0, 1)]))
    assert len(np.unique(np.concatenate(rows))) == sum(len(np.unique(part)) for part in rows) == 300
    latest = things(40, seed=9)
    latest["house"] = "new"
    latest.to_parquet(tmp_path / "latest.parquet")
    given_test = data.table(path, target="kind", drop="house", stream=True, test=tmp_path / "latest.parquet")
    assert given_test.sizes[2] == 40
    assert sum(given_test.sizes) == 1540
    large = tmp_path / "large.parquet"
    things(100_000).to_parquet(large)
    with pytest.raises(DataError, match=r"test table – must be of at most 8 MB, half of the memory"):
        data.table(path, target="kind", drop="house", stream=True, memory="16MB", test=large)


def test_files_that_do_not_fit_are_streamed_others_are_not(tmp_path):
    path = written(things(100_000), tmp_path, "parquet")
    assert data.table(path, target="kind").stream is None
    small = data.table(path, target="kind", memory="16MB")
    assert "do not fit into 16 MB" in small.announcements[0]
    assert small.sizes[0] > small.split.sizes[0]
    text = written(things(40_000), tmp_path, "csv")
    assert data.table(text, target="kind", memory="16MB").stream is not None
    packed = tmp_path / "things.csv.gz"
    packed.write_bytes(gzip.compress(text.read_bytes()))
    assert data.table(packed, target="kind", memory="16MB").stream is None  # can only be read whole


def test_what_a_stream_cannot_do_is_said(tmp_path, shards):
    path = written(things(), tmp_path, "csv")
    packed = tmp_path / "things.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    cases = [
        ({"source": packed}, "a plain text file, to be read piece by piece – got a gzip file"),
        ({"source": path, "time": "day"}, "time – must be left out"),
        ({"source": things()}, "asked for files – got a table in memory"),
        ({"source": path, "target": "knd"}, "did you mean 'kind'"),
        ({"source": path, "target": "key", "problem": "classification"}, "classes that repeat"),
        ({"source": path, "problem": "several_labels"}, "at least two columns"),
    ]
    for options, words in cases:
        with pytest.raises(DataError, match=words):
            data.table(**{"target": "kind", "stream": True, **options})
    path.write_bytes("a;b\n1;2\n".encode("utf-16"))
    with pytest.raises(DataError, match="got a UTF-16 file"):
        data.table(path, target="b", stream=True)
    path.write_text("a,b\n")
    with pytest.raises(DataError, match="only a header"):
        data.table(path, target="b", stream=True)


def test_files_that_changed_or_broke_are_named(tmp_path, shards):
    path = written(things(), tmp_path, "parquet")
    found = data.table(path, target="kind", stream=True)
    blocks = found.stream.blocks(0, 1)
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : len(content) // 2] = bytes(len(content) // 2 - len(content) // 3)
    state = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    with pytest.raises(DataError, match=r"things\.parquet, row groups? .*must be rows that can be read"):
        list(blocks)
    time.sleep(0.01)
    path.write_bytes(content)
    with pytest.raises(
        DataError, match=r"things\.parquet – must be the file that was opened – got one that was written"
    ):
        list(found.stream.blocks(0, 1))
    path.unlink()
    with pytest.raises(DataError, match=r"no such file any more"):
        list(found.stream.blocks(0, 1))


def test_a_line_of_another_length_is_named_with_its_place(tmp_path, shards):
    path = written(things(), tmp_path, "csv")
    lines = path.read_text().splitlines()
    lines[900] += ",more,more"
    path.write_text("\n".join(lines))
    with pytest.raises(DataError, match=r"things\.csv, bytes [\d,]+ to [\d,]+.*lines of one length"):
        data.table(path, target="kind", stream=True)


def test_files_of_other_columns_and_kinds_are_refused(tmp_path, shards):
    things(50).to_parquet(tmp_path / "a.parquet")
    things(50).rename(columns={"size": "sise"}).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(
        DataError, match=r"b\.parquet – must be the columns of the first file.*no size(.|\n)*'sise'"
    ):
        data.table(tmp_path, target="kind", stream=True)
    with pytest.raises(DataError, match=r"b\.parquet – must be the columns of the first file"):
        data.table(tmp_path, target="kind")
    (tmp_path / "b.parquet").unlink()
    things(50).to_csv(tmp_path / "c.csv")
    with pytest.raises(DataError, match="tables of one kind"):
        data.table(tmp_path, target="kind")
    with pytest.raises(DataError, match="a pattern that names files"):
        data.table(tmp_path / "*.pq", target="kind")


def test_a_quotation_mark_that_stands_alone_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(stream_csv, "SHARD", 64)
    monkeypatch.setattr(stream_csv, "LONGEST_ROW", 640)
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + '1,"x\n' + "2,y\n" * 400)
    with pytest.raises(DataError, match="an end of the row – got none in 640 bytes"):
        data.table(path, target="b", stream=True)


def test_words_among_numbers_count_as_missing_wherever_they_stand(tmp_path, shards):
    frame = things(4000)
    frame["size"] = frame["size"].astype(object)
    frame.loc[[3, 3900], "size"] = "unknown"
    found = data.table(written(frame, tmp_path, "csv"), target="kind", stream=True)
    assert any(name == "size" for name in found.preparation.feature_names)
    inputs = np.concatenate([x for x, _ in found.stream.blocks(0, 1)])
    assert len(inputs) == found.stream.rows
    assert np.isfinite(inputs).all()
