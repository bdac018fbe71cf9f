import gzip
import struct

import numpy as np
import pytest

import leadline.data as data
from leadline.core.errors import DataError
from leadline.data.idx import read_idx

RNG = np.random.default_rng(0)
CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def _idx(values):
    code = CODES[values.dtype.str[1:]]
    head = struct.pack(f">BBBB{values.ndim}I", 0, 0, code, values.ndim, *values.shape)
    return head + values.astype(values.dtype.newbyteorder(">")).tobytes()


def _folder(root, *, gz=True, test=True, dot="-"):
    root.mkdir(exist_ok=True)
    for part, rows in (("train", 60), ("t10k", 20)):
        if part == "t10k" and not test:
            continue
        images, labels = RNG.integers(0, 256, (rows, 6, 5), np.uint8), (np.arange(rows) % 4).astype(np.uint8)
        for name, values, axes in (("images", images, 3), ("labels", labels, 1)):
            file = _idx(values)
            path = root / f"{part}-{name}{dot}idx{axes}-ubyte{'.gz' if gz else ''}"
            path.write_bytes(gzip.compress(file) if gz else file)
    return root


@pytest.mark.parametrize("kind", list(CODES))
def test_every_type_is_read_in_its_byte_order(kind, tmp_path):
    values = RNG.integers(0, 100, (3, 4)).astype(kind)
    (tmp_path / "a").write_bytes(_idx(values))
    got = read_idx(tmp_path / "a")
    np.testing.assert_array_equal(got, values)
    assert got.dtype == values.dtype


@pytest.mark.parametrize("options", [{}, {"gz": False}, {"dot": "."}])
def test_t10k_files_are_the_test_part(options, tmp_path):
    found = data.idx(_folder(tmp_path / "set", **options))
    assert (found.kind, found.problem, found.input_shape) == ("image", "classification", (6, 5, 1))
    np.testing.assert_array_equal(found.split.test, np.arange(60, 80))
    assert found.class_names == ("0", "1", "2", "3")
    again = data.open(found.source)
    np.testing.assert_array_equal(again.parts["train"].inputs, found.parts["train"].inputs)
    assert again.source == found.source


def test_without_t10k_files_the_test_part_is_split_off(tmp_path):
    assert data.idx(_folder(tmp_path / "set", test=False)).split.sizes == (42, 9, 9)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "an IDX file"),
        (b"\x89PNG", "an IDX file"),
        (b"\0\0\x99\x01\0\0\0\1\0", "an IDX file"),
        (b"\0\0\x08\x03\0\0", "ends in its head"),
        (_idx(np.zeros((3, 4), np.uint8))[:-1], "12 bytes of values"),
        (_idx(np.zeros((3, 4), np.uint8)) + b"\0", "12 bytes of values"),
        (gzip.compress(_idx(np.zeros(9, np.uint8)), mtime=0)[:-6], "a whole gzip file"),
    ],
)
def test_damaged_and_foreign_files(content, words, tmp_path):
    path = tmp_path / "a-ubyte"
    path.write_bytes(content)
    with pytest.raises(DataError) as told:
        read_idx(path)
    assert words in str(told.value)
    assert str(path) in str(told.value)


def test_missing_files_are_all_named(tmp_path):
    with pytest.raises(DataError) as told:
        data.idx(tmp_path)
    assert len(told.value.problems) == 2
    _folder(tmp_path / "set")
    (tmp_path / "set" / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match="t10k-labels"):
        data.idx(tmp_path / "set")


def test_images_and_labels_of_different_length(tmp_path):
    root = _folder(tmp_path / "set", gz=False)
    (root / "train-labels-idx1-ubyte").write_bytes(_idx(np.zeros(5, np.uint8)))
    with pytest.raises(DataError, match="60 inputs and 5 targets"):
        data.idx(root)
    (root / "train-labels-idx1-ubyte").write_bytes(_idx(np.zeros((60, 2), np.uint8)))
    with pytest.raises(DataError, match="an array of 1 axes"):
        data.idx(root)
