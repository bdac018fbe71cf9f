import sys

import numpy as np
import pytest
from PIL import Image

import leadline.data as data
from leadline.core.errors import DataError

RNG = np.random.default_rng(0)


def _save(path, mode="RGB", size=(8, 8), value=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = (
        RNG.integers(0, 256, (size[1], size[0], 3), np.uint8)
        if value is None
        else np.full((size[1], size[0], 3), value)
    )
    Image.fromarray(pixels.astype(np.uint8)).convert(mode).save(path)


@pytest.fixture
def photos(tmp_path):
    root = tmp_path / "photos"
    for kind in ("cat", "dog"):
        for number in range(12):
            _save(root / kind / f"{number:02d}.png")
    return root


def test_folders_are_classes_and_files_are_rows(photos):
    found = data.images(photos)
    assert (found.kind, found.class_names) == ("image", ("cat", "dog"))
    assert found.inputs.shape == (24, 8, 8, 3)
    assert found.inputs.dtype == np.uint8
    assert found.row_names[:2] == ("cat/00.png", "cat/01.png")
    np.testing.assert_array_equal(found.inputs[1], np.asarray(Image.open(photos / "cat" / "01.png")))
    np.testing.assert_array_equal(found.shown(1), found.inputs[1])
    again = data.open(found.source)
    np.testing.assert_array_equal(again.parts["test"].inputs, found.parts["test"].inputs)
    assert again.source == found.source


def test_files_go_through_the_preparation_as_in_training(photos):
    found = data.images(photos)
    paths = [photos / name for name in found.row_names]
    expected = found.preparation.transform(found.inputs).inputs
    np.testing.assert_array_equal(found.preparation.transform(paths).inputs, expected)
    np.testing.assert_array_equal(
        found.preparation.transform(data.new_rows(photos, found.preparation)).inputs, expected
    )


def test_unreadable_files_are_skipped_named_and_counted(photos):
    (photos / "cat" / "torn.png").write_bytes((photos / "cat" / "00.png").read_bytes()[:60])
    (photos / "dog" / "fake.jpg").write_text("no image")
    (photos / "dog" / "notes.txt").write_text("notes")
    found = data.images(photos)
    assert len(found.inputs) == 24
    told = " ".join(found.announcements)
    assert "2 files could not be read" in told
    assert "cat/torn.png" in told
    assert "dog/fake.jpg" in told
    assert "1 file that are no images by their names" in told
    with pytest.raises(DataError) as error:
        found.preparation.transform([photos / "cat" / "torn.png", photos / "dog" / "fake.jpg"])
    assert len(error.value.problems) == 2


def test_no_readable_file_at_all(tmp_path):
    for kind in ("cat", "dog"):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "1.png").write_text("no image")
    with pytest.raises(DataError, match="none of 2 files"):
        data.images(tmp_path)


def test_sizes_that_differ_become_the_median(photos):
    for number in range(30):
        _save(photos / "cat" / f"wide{number}.png", size=(20, 10))
    found = data.images(photos)
    assert found.inputs.shape[1:] == (10, 20, 3)
    assert any("2 sizes were resized to 10 x 20" in word for word in found.announcements)
    assert data.images(photos, size=16).inputs.shape[1:] == (16, 16, 3)
    sized = data.images(photos, size=(5, 7))
    assert sized.inputs.shape[1:] == (5, 7, 3)
    np.testing.assert_array_equal(data.open(sized.source).inputs, sized.inputs)


def test_large_images_shrink_to_64_with_their_proportions(tmp_path):
    for kind in ("cat", "dog"):
        for number in range(3):
            _save(tmp_path / kind / f"{number}.jpg", size=(200, 100))
    assert data.images(tmp_path).input_shape == (32, 64, 3)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "LA", "1", "CMYK", "I;16"])
def test_every_mode_becomes_the_same_picture(mode, tmp_path):
    white = {"I;16": 65535}.get(mode, 255)
    for kind, value in (("dark", 0), ("light", white)):
        for number in range(5):
            path = tmp_path / kind / f"{number}.{'tif' if mode == 'CMYK' else 'png'}"
            path.parent.mkdir(exist_ok=True)
            if mode == "I;16":
                Image.fromarray(np.full((6, 6), value, np.uint16)).save(path)
            else:
                Image.fromarray(np.full((6, 6, 3), value, np.uint8)).convert(mode).save(path)
    found = data.images(tmp_path)
    assert found.inputs.shape[-1] == (1 if mode in ("L", "LA", "1", "I;16") else 3)
    assert np.unique(found.inputs[found.targets == 0]).tolist() == [0]
    assert np.unique(found.inputs[found.targets == 1]).tolist() == [255]


def test_16_bit_is_scaled_to_8_bit(tmp_path):
    ramp = (np.arange(64, dtype=np.uint16) * 1040).reshape(8, 8)
    for kind in ("a", "b"):
        (tmp_path / kind).mkdir()
        for number in range(3):
            Image.fromarray(ramp).save(tmp_path / kind / f"{number}.png")
    found = data.images(tmp_path)
    np.testing.assert_allclose(found.inputs[0, ..., 0], ramp / 257, atol=0.5)


def test_one_color_image_makes_all_color(photos, tmp_path):
    for kind in ("cat", "dog"):
        for number in range(4):
            _save(tmp_path / "mixed" / kind / f"{number}.png", mode="L")
    assert data.images(tmp_path / "mixed").input_shape == (8, 8, 1)
    _save(tmp_path / "mixed" / "cat" / "color.png")
    assert data.images(tmp_path / "mixed").input_shape == (8, 8, 3)


def test_transparent_becomes_white(tmp_path):
    for kind in ("a", "b"):
        (tmp_path / kind).mkdir()
        for number in range(3):
            Image.fromarray(np.zeros((4, 4, 4), np.uint8)).save(tmp_path / kind / f"{number}.png")
    assert (data.images(tmp_path).inputs == 255).all()


def test_class_folder_with_one_image(photos):
    _save(photos / "bird" / "only.png")
    found = data.images(photos)
    assert found.class_names == ("bird", "cat", "dog")
    assert 0 in found.split.train
    assert any("one row stayed in the training part" in word for word in found.announcements)


def test_folders_train_and_test_are_parts(tmp_path):
    for part, number in (("train", 10), ("test", 4)):
        for kind in ("cat", "dog"):
            for i in range(number):
                _save(tmp_path / part / kind / f"{i}.png")
    found = data.images(tmp_path)
    assert found.class_names == ("cat", "dog")
    assert all(found.row_names[row].startswith("test/") for row in found.split.test)
    assert len(found.split.test) == 8


def test_folders_that_are_not_as_needed(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="an empty folder"):
        data.images(tmp_path / "empty")
    (tmp_path / "file.png").write_text("x")
    with pytest.raises(DataError, match="a folder – got a file"):
        data.images(tmp_path / "file.png")
    _save(tmp_path / "loose" / "1.png")
    with pytest.raises(DataError, match="1 image in the folder itself"):
        data.images(tmp_path / "loose")
    _save(tmp_path / "single" / "cat" / "1.png")
    _save(tmp_path / "single" / "cat" / "2.png")
    with pytest.raises(DataError, match="at least two classes"):
        data.images(tmp_path / "single")
    with pytest.raises(DataError, match="nothing there"):
        data.images(tmp_path / "singel")


@pytest.mark.parametrize("size", [0, (4,), (4, -1), (2.5, 3)])
def test_size_out_of_range(size, photos):
    with pytest.raises(DataError, match="size"):
        data.images(photos, size=size)


def test_without_pillow_the_error_says_what_to_install(photos, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(DataError, match=r"pip install 'leadline\[images\]'"):
        data.images(photos)
