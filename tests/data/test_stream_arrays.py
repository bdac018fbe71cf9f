"""Arrays read slice by slice: parts, order, preparation, mixing, errors."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import leadline.data as data
from leadline.core.errors import DataError
from leadline.data import build_stream, stream_arrays
from leadline.data.build_stream import Streamed
from leadline.data.mapped_files import Mapped, rows_reader
from leadline.data.memory import Budget
from leadline.data.prepare_array import fit_array
from leadline.data.stream_arrays import ArrayShards

PATCHED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)


def numbered(rows, classes=3, **options):
    """Rows whose only feature is their number, left as it is, so that blocks tell which rows they hold."""
    x = np.arange(float(rows)).reshape(-1, 1)
    return x, np.arange(rows) % classes, {"scale": False, "stream": True, **options}


def small(x, y, total, **options):
    """A stream in fewer bytes than a person may ask for."""
    named = {
        "name": "rows",
        "kind": "array",
        "target_name": "y",
        "fit": lambda sample: fit_array(sample, scale=False),
    }
    return Streamed(
        ArrayShards("rows", x, y, options.pop("groups", None)), Budget(total), **{**named, **options}
    ).build()


def rows_in(dataset, part):
    return dataset.parts[part].inputs[:, 0].astype(int).tolist()


def rows_of_epoch(dataset, seed=0, epoch=1):
    return np.concatenate([x[:, 0] for x, _ in dataset.stream.blocks(seed, epoch)]).astype(int).tolist()


@PATCHED
@given(
    rows=st.integers(60, 600),
    total=st.integers(600, 60_000),
    seed=st.integers(0, 99),
    size=st.integers(8, 900),
)
def test_parts_are_disjoint_and_an_epoch_has_every_training_row_once(monkeypatch, rows, total, seed, size):
    monkeypatch.setattr(stream_arrays, "SLICE", size)
    x, y, _ = numbered(rows)
    found = small(x, y, total, seed=seed)
    held_out = rows_in(found, "validation") + rows_in(found, "test")
    epoch = rows_of_epoch(found)
    assert sorted(epoch + held_out) == list(range(rows))
    assert set(rows_in(found, "train")) <= set(epoch)
    assert found.stream.rows == found.sizes[0] == len(epoch)
    np.testing.assert_array_equal(found.stream.counts, np.bincount(np.array(epoch) % 3, minlength=3))
    for inputs, targets in found.stream.blocks(0, 2):
        np.testing.assert_array_equal(inputs[:, 0] % 3, targets)
        assert inputs.dtype == np.float32
        assert targets.dtype == np.int32


@PATCHED
@given(seed=st.integers(0, 99), epoch=st.integers(0, 99), size=st.sampled_from([8, 64, 500]))
def test_seed_and_epoch_give_the_order(monkeypatch, seed, epoch, size):
    monkeypatch.setattr(stream_arrays, "SLICE", size)
    x, y, _ = numbered(200)
    found = small(x, y, 2_000)
    order = rows_of_epoch(found, seed, epoch)
    assert order == rows_of_epoch(found, seed, epoch)
    assert order != rows_of_epoch(found, seed, epoch + 1)
    assert order != rows_of_epoch(found, seed + 1, epoch)
    assert order != sorted(order)


def test_the_split_hangs_on_the_seed_not_on_slices_or_memory(monkeypatch):
    x, y, options = numbered(500)
    found = [data.arrays(x, y, seed=3, **options)]
    monkeypatch.setattr(stream_arrays, "SLICE", 40)
    found.append(data.arrays(x, y, seed=3, memory="16MB", **options))
    for part in data.PARTS:
        np.testing.assert_array_equal(found[0].parts[part].inputs, found[1].parts[part].inputs)
    assert found[0].digest == found[1].digest
    assert found[0].split.sizes == (350, 75, 75)
    other = data.arrays(x, y, seed=4, **options)
    assert rows_in(other, "test") != rows_in(found[0], "test")


def test_what_is_held_is_capped_and_the_rest_is_learned_from(monkeypatch):
    monkeypatch.setattr(build_stream, "MOST_HELD_OUT", 20)
    monkeypatch.setattr(build_stream, "MOST_SAMPLED", 50)
    x, y, options = numbered(1000)
    found = data.arrays(x, y, **options)
    assert found.split.sizes == (50, 20, 20)
    assert found.sizes == (960, 20, 20)
    assert len(found.inputs) == 90
    assert sorted(rows_of_epoch(found) + rows_in(found, "validation") + rows_in(found, "test")) == list(
        range(1000)
    )
    assert "50 of 960 training rows are held as a sample" in " ".join(found.announcements)
    assert "1,000 rows" in found.describe()


@pytest.mark.parametrize("kind", [np.uint8, np.float32, np.float64])
def test_prepared_rows_are_those_of_the_data_in_memory(tmp_path, kind):
    """The sample is the whole training part here, so the preparation must be the same as in memory."""
    generator = np.random.default_rng(0)
    x = generator.integers(0, 255, (400, 6, 5)).astype(kind)
    y = generator.integers(0, 4, 400)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    streamed = data.npy(tmp_path / "x.npy", target=tmp_path / "y.npy", stream=True)
    assert streamed.kind == ("image" if kind == np.uint8 else "array")
    part = streamed.parts["train"]
    inputs, targets = (np.concatenate(some) for some in zip(*streamed.stream.blocks(0, 1), strict=True))
    assert part.inputs.shape == inputs.shape
    key = np.lexsort(inputs.reshape(len(inputs), -1).T)
    same = np.lexsort(part.inputs.reshape(len(inputs), -1).T)
    np.testing.assert_array_equal(inputs[key], part.inputs[same])
    np.testing.assert_array_equal(targets[key], part.targets[same])
    again = data.arrays(
        streamed.inputs[streamed.split.train], streamed.targets[streamed.split.train], split=(1, 0, 0)
    )
    assert again.preparation == streamed.preparation


def test_a_sorted_file_is_mixed_as_well_as_the_slices_in_the_buffer_allow(monkeypatch):
    rows, classes, slices = 60_000, 10, 200
    monkeypatch.setattr(stream_arrays, "SLICE", 8 * 20)  # 20 rows
    x = np.arange(float(rows)).reshape(-1, 1)
    found = small(x, np.arange(rows) * classes // rows, 4 * 8 * 20 * slices)  # a quarter is the buffer
    worst = 0.0
    block = 1000
    targets = np.concatenate([y for _, y in found.stream.blocks(0, 1)])
    for low in range(0, len(targets) - block, block):
        share = np.bincount(targets[low : low + block], minlength=classes) / block
        worst = max(worst, float(np.abs(share - 1 / classes).max()))
    spread = np.sqrt(0.1 * 0.9 / block + 0.1 * 0.9 / slices)
    assert worst < 5 * spread
    assert np.bincount(targets[:1000], minlength=classes).min() > 0


def test_sorted_rows_without_a_buffer_would_fail_that_test(monkeypatch):
    monkeypatch.setattr(stream_arrays, "SLICE", 8 * 1000)
    x = np.arange(60_000.0).reshape(-1, 1)
    found = small(x, np.arange(60_000) // 6000, 8 * 4 * 1000)
    targets = np.concatenate([y for _, y in found.stream.blocks(0, 1)])[:1000]
    assert np.bincount(targets, minlength=10).max() > 500


@pytest.mark.parametrize("targets", ["regression", "labels", "words", "gaps", "stated"])
def test_targets_are_those_of_the_data_in_memory(targets):
    generator = np.random.default_rng(1)
    x, _, options = numbered(600)
    y, more = {
        "regression": (generator.normal(5, 3, 600), {}),
        "labels": ((generator.random((600, 3)) < 0.4).astype(int), {}),
        "words": (generator.choice(["cat", "dog", "Ant"], 600), {}),
        "gaps": (np.where(generator.random(600) < 0.1, np.nan, generator.integers(0, 3, 600)), {}),
        "stated": (generator.integers(0, 5, 600), {"classes": 4}),
    }[targets]
    streamed = data.arrays(x, y, **options, **more)
    whole = data.arrays(x, y, scale=False, **more)
    assert streamed.problem == whole.problem
    assert streamed.class_names == whole.class_names
    assert streamed.excluded == whole.excluded
    usable = sum(whole.sizes)
    assert sum(streamed.sizes) == usable
    rows = np.concatenate([part.inputs[:, 0] for part in streamed.parts.values()]).astype(int)
    np.testing.assert_array_equal(
        np.concatenate([streamed.targets[streamed.split[part]] for part in data.PARTS]), whole.targets[rows]
    )
    seen, found = (np.concatenate(some) for some in zip(*streamed.stream.blocks(0, 1), strict=True))
    expected = streamed.preparation.targets(whole.targets[seen[:, 0].astype(int)])
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == expected.dtype
    assert (streamed.stream.counts is None) == (targets == "regression")


def test_groups_stay_in_one_part():
    x, y, options = numbered(3000)
    groups = np.arange(3000) // 7
    found = data.arrays(x, y, groups=groups, **options)
    parts = [set(groups[rows_in(found, part)]) for part in ("validation", "test")]
    parts.append(set(groups[rows_of_epoch(found)]))
    assert sum(map(len, parts)) == len(set(groups))
    assert min(map(len, parts)) > 30


def test_given_test_rows_are_the_test_part():
    x, y, options = numbered(400)
    found = data.arrays(x, y, test=(x[:30] + 1000, y[:30]), **options)
    assert rows_in(found, "test") == list(range(1000, 1030))
    assert sorted(rows_of_epoch(found) + rows_in(found, "validation")) == list(range(400))


def test_another_preparation_is_that_of_the_stream_too():
    x, _, options = numbered(300)
    found = data.arrays(x, x[:, 0] / 300, problem="regression", **options)
    plain = found.with_preparation(data.Preparation(found.preparation.encoder))
    for inputs, targets in plain.stream.blocks(0, 1):
        np.testing.assert_allclose(targets, inputs / 300, rtol=1e-6)


def test_channels_first_and_labels_of_a_frame():
    x = np.random.default_rng(0).integers(0, 255, (200, 3, 8, 6), dtype=np.uint8)
    y = pd.DataFrame({"red": np.arange(200) % 2, "blue": np.arange(200) % 3 == 0})
    found = data.arrays(x, y, stream=True)
    assert found.input_shape == (8, 6, 3)
    assert found.class_names == ("red", "blue")
    inputs, targets = next(found.stream.blocks(0, 1))
    assert inputs.shape[1:] == (8, 6, 3)
    assert targets.shape[1:] == (2,)


def test_memory_decides_unless_asked(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((40_000, 20, 30), np.uint8))  # 24 MB, prepared 96 MB
    np.save(tmp_path / "y.npy", np.arange(40_000) % 2)
    paths = {"path": tmp_path / "x.npy", "target": tmp_path / "y.npy"}
    assert data.npy(**paths, memory="130MB").stream is None
    small_one = data.npy(**paths, memory="100MB")
    assert small_one.stream is not None
    assert (
        small_one.announcements[0]
        == "Streamed in 100 MB of memory: about 120 MB of rows do not fit into 100 MB."
    )
    assert data.npy(**paths, memory="100MB", stream=False).stream is None
    again = data.open(small_one.source)
    assert again.source == small_one.source
    assert again.digest == small_one.digest


def test_a_split_of_a_stream_cannot_be_made_anew():
    x, y, options = numbered(100)
    with pytest.raises(DataError, match=r"held in memory to be split again(.|\n)*seed="):
        data.arrays(x, y, **options).with_split(seed=1)


def test_targets_that_changed_since_are_named(tmp_path):
    x, _, options = numbered(2000)
    y = np.lib.format.open_memmap(tmp_path / "y.npy", "w+", np.int64, (2000,))
    y[:] = np.arange(2000) % 3
    found = data.arrays(x, y, name="things", **options)
    y[1234] = 9
    with pytest.raises(
        DataError, match=r"things, rows from 0, row 1234, target – must be one of the classes 0, 1, 2"
    ):
        list(found.stream.blocks(0, 1))
    y[:] = np.where(np.arange(2000) == 7, -1, 0)
    with pytest.raises(DataError, match=r"row 7, target – .* got -1"):
        list(found.stream.blocks(0, 1))


def test_a_file_that_was_cut_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(stream_arrays, "SLICE", 800)
    np.save(tmp_path / "x.npy", np.arange(4000.0).reshape(-1, 2))
    found = data.arrays(tmp_path / "x.npy", np.arange(2000) % 2, stream=True)
    with (tmp_path / "x.npy").open("r+b") as file:
        file.truncate(20_000)
    with pytest.raises(
        DataError, match=r"x\.npy, rows from [\d,]+ – must be there(.|\n)*the end of the file"
    ):
        list(found.stream.blocks(0, 1))
    (tmp_path / "x.npy").unlink()
    with pytest.raises(DataError, match=r"the file that was opened"):
        list(found.stream.blocks(0, 1))


def test_too_few_rows():
    with pytest.raises(DataError, match="at least 3 rows"):
        data.arrays(np.eye(2), [0, 1], stream=True)
    x, y, options = numbered(90)
    with pytest.raises(DataError, match="too few groups"):
        data.arrays(x, y, groups=np.zeros(90), **options)


@pytest.mark.parametrize("part", [slice(None), slice(3, 17), slice(5, None)])
@pytest.mark.parametrize("kind", [np.uint8, ">f8"])
def test_ranges_of_mapped_rows_are_read_from_their_file(tmp_path, part, kind):
    x = np.arange(60).reshape(20, 3).astype(kind)
    np.save(tmp_path / "x.npy", x)
    rows = np.asarray(np.load(tmp_path / "x.npy", mmap_mode="r")[part])
    assert Mapped.of(rows) is not None
    with rows_reader(rows) as reader:
        found = reader.rows([slice(6, 9), slice(0, 1), slice(2, 2)])
        reader.forget()
    np.testing.assert_array_equal(found, x[part][[6, 7, 8, 0]])
    assert found.dtype == x.dtype


def test_changes_in_memory_and_columns_are_read_through_the_map(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(60.0).reshape(20, 3))
    changed = np.load(tmp_path / "x.npy", mmap_mode="c")
    changed[4] = -1
    assert Mapped.of(changed) is None
    with rows_reader(changed) as reader:
        assert reader.rows([slice(4, 5), slice(0, 1)]).tolist() == [[-1] * 3, [0, 1, 2]]
    assert Mapped.of(np.load(tmp_path / "x.npy", mmap_mode="r")[:, :2]) is None
