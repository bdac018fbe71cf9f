"""Bad data through the command line: each a clear error or a word on what was done, never a traceback."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from typed_commands import QUICK, ROWS, fit, good, refused, typed


class TestTables:
    @pytest.mark.parametrize(
        ("content", "must_be", "got"),
        [
            ("", "a table with a header line", "an empty file"),
            ("x,z,kind\n", "rows below the header", "only a header"),
            ("x,kind\n1,yes\n", "of at least two classes", "only 'yes' in 1 row"),
            ("x,kind\n" + "1,yes\n2,yes\n" * 20, "of at least two classes", "only 'yes' in 40 rows"),
            ("x,kind\n" + "1,\n2,\n" * 20, "given for the rows to learn from", "no value in any row"),
            ("x,x,kind\n" + "1,2,a\n2,1,b\n" * 20, "a name of its own for each column", "'x' more than once"),
        ],
        ids=["empty", "header only", "one row", "one class", "target all missing", "duplicate names"],
    )
    def test_content(self, place, content, must_be, got):
        (place / "t.csv").write_text(content)
        problem = refused(fit())
        assert (problem["must be"], problem["got"]) == (must_be, got)
        assert not (place / "runs").exists()

    def test_target_that_is_not_there(self):
        problem = refused(fit(target="kimd"))
        assert problem["error"] == "target"
        assert "did you mean 'kind'?" in problem["hint"]

    def test_no_target_given(self):
        assert refused(typed("fit", "t.csv"))["hint"] == "choose one of x, z, kind"

    def test_target_with_missing_values(self):
        table = good()
        table.loc[:5, "kind"] = None
        table.to_csv("t.csv", index=False)
        said = fit(*QUICK)
        assert said.code == 0
        assert "6 rows left out: target missing." in said.told
        assert "38 train, 8 validation, 8 test" in said.told

    def test_target_with_infinities(self):
        table = good()
        table["x"] = [np.inf, -np.inf, *table["x"][2:]]
        table.to_csv("t.csv", index=False)
        said = fit(*QUICK, target="x")
        assert said.code == 0
        assert "2 rows left out: target not finite." in said.told

    def test_a_column_of_lists(self):
        good().assign(many=[[1, 2]] * ROWS).to_parquet("t.parquet")
        problem = refused(fit(file="t.parquet"))
        assert problem["error"] == "column 'many', row 0"
        assert problem["hint"].startswith("--drop many")
        assert fit(*QUICK, "--drop", "many", file="t.parquet").code == 0

    def test_ten_thousand_categories(self):
        number = 12_000
        names = [f"c{row % 10_000}" for row in range(number)]
        good(number).assign(city=names).to_csv("t.csv", index=False)
        said = fit(*QUICK)
        assert said.code == 0
        assert "city (text with" in said.told
        problem = refused(fit(target="city"))
        assert (problem["must be"], problem["got"]) == ("classes that repeat", "10,000 values in 12,000 rows")

    def test_mixed_types(self):
        good().assign(mixed=["1", "two", "3.5", None] * 15).to_csv("t.csv", index=False)
        said = fit(*QUICK)
        assert said.code == 0
        assert re.search(r"Column 'mixed' mixes numbers \(6\d%\) and words: read as categories\.", said.told)

    def test_a_few_words_among_numbers(self):
        table = good().astype({"x": object})
        table.loc[3, "x"] = "about 2"
        table.to_csv("t.csv", index=False)
        said = fit(*QUICK)
        assert said.code == 0
        assert "Column 'x' holds words among its numbers ('about 2'): 1 cell count as missing." in said.told

    def test_huge_integers(self):
        near = [10**30 + row for row in range(ROWS)]
        far = [row * 10**30 for row in range(ROWS)]
        good().assign(near=near, far=far).to_csv("t.csv", index=False)
        said = fit(*QUICK)
        assert said.code == 0
        assert "near (its values are the same number in float64)" in said.told
        assert "4 columns, 3 prepared features" in said.told

    def test_infinities(self):
        table = good()
        table.loc[:1, "x"] = [np.inf, -np.inf]
        table.to_csv("t.csv", index=False)
        said = fit(*QUICK)
        assert said.code == 0
        assert "Infinities count as missing: 'x' 2 cells." in said.told

    @pytest.mark.parametrize(("delimiter", "name"), [(";", "semicolons"), ("\t", "tabs")])
    def test_another_delimiter(self, delimiter, name):
        good().to_csv("t.csv", index=False, sep=delimiter)
        said = fit(*QUICK)
        assert said.code == 0
        assert f"Columns are separated by {name}." in said.told

    def test_wrong_delimiter_asked_for(self):
        problem = refused(fit("--delimiter", ";"))
        assert problem["error"] == "target"
        assert "there is one column only" in problem["hint"]

    def test_latin_1(self):
        good().replace({"yes": "größer"}).to_csv("t.csv", index=False, encoding="latin-1")
        said = fit(*QUICK)
        assert said.code == 0
        assert "no, größer" in said.told or "größer, no" in said.told
        assert "Latin-1" in said.told

    @pytest.mark.parametrize(
        ("name", "content", "must_be"),
        [
            ("t.csv", bytes(range(256)) * 20, "a text file with delimiters"),
            ("t.parquet", b"PAR1 and no more", "a Parquet file"),
            ("t.npz", b"PK\x03\x04 and no more", "an .npz archive of plain arrays"),
            ("t.png", b"\x89PNG", "a folder, .npz, .npy or a table"),
        ],
    )
    def test_files_of_another_kind(self, place, name, content, must_be):
        (place / name).write_bytes(content)
        words = ("--target", "kind") if name[-3:] not in ("npz", "png") else ()
        assert refused(typed("fit", name, *words))["must be"].startswith(must_be)

    def test_a_folder_for_a_file(self, place):
        (place / "notes.md").write_text("so the folder is none of tables alone")
        problem = refused(fit(file="."))
        assert (problem["error"], problem["got"]) == ("data, '.'", "a folder")
        assert problem["hint"] == "tables there: t.csv"

    def test_a_file_that_is_not_there(self):
        problem = refused(fit(file="tt.csv"))
        assert problem["got"] == "nothing there"
        assert "did you mean 't.csv'?" in problem["hint"]


def draw(path: Path, mode: str = "RGB", size: tuple[int, int] = (12, 10), light: int = 100) -> None:
    """Write an image of noise."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(light).normal(light, 20, (*size, 3)).clip(0, 255)
    if mode == "I;16":
        Image.fromarray((noise[..., 0] * 257).astype(np.uint16)).save(path)
    else:
        Image.fromarray(noise.astype(np.uint8)).convert(mode).save(path)


class TestImages:
    @pytest.fixture(autouse=True)
    def photos(self, place) -> Path:
        pytest.importorskip("PIL")
        for name, light in (("cat", 60), ("dog", 180)):
            for number in range(10):
                draw(place / "photos" / name / f"{number}.png", light=light + number)
        return place / "photos"

    def test_an_unreadable_one_among_good_ones(self, photos):
        (photos / "cat" / "broken.png").write_bytes(b"no image")
        (photos / "dog" / "cut.png").write_bytes((photos / "dog" / "0.png").read_bytes()[:90])
        said = typed("fit", "photos", *QUICK)
        assert said.code == 0
        assert "2 files could not be read: cat/broken.png, dog/cut.png." in said.told
        assert "20 images of 12 x 10 x 3" in said.told

    def test_sizes_and_modes(self, photos):
        for mode in ("RGBA", "L", "P", "I;16", "LA", "1"):
            draw(photos / "cat" / f"mode {mode.replace(';', '')}.png", mode, size=(20, 30))
        said = typed("fit", "photos", *QUICK)
        assert said.code == 0
        assert "26 images of 12 x 10 x 3" in said.told
        assert "Images of 2 sizes were resized to 12 x 10 (--size HxW changes it)." in said.told

    def test_a_class_with_one_image(self, photos):
        draw(photos / "owl" / "0.png", light=250)
        said = typed("fit", "photos", *QUICK)
        assert said.code == 0
        assert "1 class with one row stayed in the training part." in said.told
        assert "missing_class" in said.told

    def test_images_without_classes(self, place):
        draw(place / "flat" / "0.png")
        problem = refused(typed("fit", "flat"))
        assert problem["must be"] == "a folder with one folder of images for each class"
        assert problem["got"] == "1 image in the folder itself"

    def test_a_folder_without_images(self, place):
        (place / "nothing").mkdir()
        assert refused(typed("fit", "nothing"))["got"] == "an empty folder"

    def test_a_size_that_is_none(self):
        assert refused(typed("fit", "photos", "--size", "0"))["hint"] == "--size 64x64"
        assert refused(typed("fit", "photos", "--size", "big"))["error"] == "--size"

    def test_a_size_beyond_all_memory(self):
        problem = refused(typed("fit", "photos", "--size", "99999999x99999999"))
        assert problem["error"] == "memory of this machine"
