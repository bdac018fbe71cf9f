"""Choices that cannot be, recipes that cannot be read, and a full disk: a clear error, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typed_commands import QUICK, Said, fit, refused, typed


class TestChoices:
    @pytest.mark.parametrize(
        ("words", "where", "must_be"),
        [
            (("--epochs", -1), "--epochs", "a whole number of at least 1"),
            (("--epochs", 0), "--epochs", "a whole number of at least 1"),
            (("--lr", "nan"), "--learning-rate", "a number above 0"),
            (("--lr", "inf"), "--learning-rate", "a number above 0"),
            (("--lr", 0, "--optimizer", "sgd"), "--learning-rate", "a number above 0"),
            (("--batch-size", 0), "--batch-size", "a whole number of at least 1, or 'full'"),
            (("--batch-size", "some"), "--batch-size", "a whole number of at least 1, or full"),
            (("--batch-size", 5000), "recipe, batch_size", "at most the 42 training rows, or 'full'"),
            (("--patience", -1), "--patience", "a whole number of at least 1"),
            (("--seed", -1), "--seed", "a whole number in [0, 4294967295]"),
            (
                ("--split", "1,2"),
                "split",
                "three numbers of at least 0, for train, validation and test, that sum to 1",
            ),
            (("--split", "most"), "--split", "three shares with commas"),
            (("--class-weights", "1,2,3"), "recipe, class_weights", "one number for each of the 2 classes"),
            (("--drop", "x,z"), "inputs", "at least one column to learn from"),
            (("--network", "cnn"), "network 'cnn'", "given images of shape (H, W, C)"),
            (("--size", 12), "data, size", "an option of a table"),
            (("--problem", "regression"), "target 'kind'", "numbers, as regression asks"),
        ],
    )
    def test_out_of_bounds(self, place, words, where, must_be):
        problem = refused(fit(*words))
        assert (problem["error"], problem["must be"]) == (where, must_be)
        assert not (place / "runs").exists()

    @pytest.mark.parametrize(
        ("words", "near"),
        [
            (("--network", "linaer"), "did you mean 'linear'?"),
            (("--network", "64,32"), "64-32"),
            (("--optimizer", "adm"), "did you mean 'adam'?"),
            (("--schedule", "cosin"), "did you mean 'cosine'?"),
            (("--loss", "crossentropy"), "did you mean 'cross_entropy'?"),
            (("--class-weights", "balancd"), "did you mean 'balanced'?"),
            (("--problem", "clasification"), "did you mean 'classification'?"),
            (("--drop", "xx"), "did you mean 'x'?"),
            (("--group", "knd"), "did you mean 'kind'?"),
        ],
    )
    def test_unknown_names_have_a_nearest_one(self, words, near):
        assert near in refused(fit(*words))["hint"]

    def test_all_are_told_at_once(self):
        said = fit("--lr", "nan", "--epochs", 0, "--batch-size", 0, "--network", "cnm", "--loss", "mze")
        assert said.code == 2
        wanted = {"--learning-rate", "--epochs", "--batch-size", "--network", "--loss"}
        assert {problem["error"] for problem in said.errors} == wanted
        assert not said.out

    def test_a_batch_of_all_rows(self):
        assert fit(*QUICK, "--batch-size", "full").code == 0


class TestRecipes:
    def recipe(self, place: Path, text: str) -> Said:
        (place / "r.toml").write_text(text)
        return typed("fit", "r.toml")

    def test_unknown_keys_have_a_nearest_one(self, place):
        said = self.recipe(
            place, 'sead = 1\n[data]\nsource = "iris"\n[training]\nepocs = 3\n[optimizer]\nname = "adma"\n'
        )
        assert said.code == 2
        told = {problem["error"]: problem["hint"] for problem in said.errors}
        assert told["r.toml"].startswith("did you mean 'seed'?")
        assert told["r.toml, [training]"].startswith("did you mean 'epochs'?")
        assert told["r.toml, [optimizer], name"].startswith("did you mean 'adam'?")

    def test_values_out_of_bounds(self, place):
        said = self.recipe(place, 'seed = -1\n[data]\nsource = "iris"\n[training]\nepochs = 0\nl2 = nan\n')
        assert said.code == 2
        where = [problem["error"] for problem in said.errors]
        assert where == ["r.toml, [training], epochs", "r.toml, [training], l2", "r.toml, seed"]

    @pytest.mark.parametrize(
        ("text", "where"),
        [
            ("", "r.toml, [data]"),
            ("[data\n", "r.toml"),
            ('network = "linaer"\n[data]\nsource = "iris"\n', "r.toml, network"),
            ('[data]\nsource = "iris"\nsorce = "x"\n', "data, sorce"),
            ('[data]\nsource = "gone.csv"\ntarget = "kind"\n', "data, 'gone.csv'"),
        ],
    )
    def test_what_cannot_be_read(self, place, text, where):
        assert refused(self.recipe(place, text))["error"] == where

    def test_a_recipe_that_is_not_there(self, place):
        (place / "mine.toml").write_text("")
        assert refused(typed("fit", "mime.toml"))["hint"] == "did you mean 'mine.toml'?"

    def test_shapes_that_do_not_fit(self, place):
        layers = '[network]\nkind = "sequential"\n[[network.layers]]\nkind = "dense"\nunits = 4\n'
        conv = '[[network.layers]]\nkind = "conv"\nchannels = 4\nkernel = 3\n[data]\nsource = "iris"\n'
        problem = refused(self.recipe(place, layers + conv))
        assert problem["error"].startswith("1.conv")
        assert "(H, W, C)" in problem["must be"]
        assert problem["got"] == "shape (4,)"

    def test_scores_that_do_not_fit(self, place):
        layers = '[network]\nkind = "sequential"\n[[network.layers]]\nkind = "dense"\nunits = 7\n'
        problem = refused(self.recipe(place, f'{layers}[data]\nsource = "iris"\n'))
        assert problem["must be"] == "one that gives 3 scores for 3 classes"
        assert problem["got"] == "7"


class TestFullDisk:
    """A limit on the size of files stands for a disk without room: writing fails in the middle of a file."""

    def limited(self, *commands: tuple[str, ...]) -> str:
        """Run commands where no file may grow beyond 1,000 bytes; return what they said, all as mistakes."""
        code = (
            "import resource\n"
            "from leadline.cli.app import app\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
            f"for words in {commands!r}:\n"
            "    try:\n        app(words)\n"
            "    except SystemExit as end:\n        assert end.code == 2, (words, end.code)\n"
        )
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def test_what_was_there_stays_whole_and_nothing_half_is_left(self, place):
        assert fit(*QUICK, "--out", "run").code == 0
        old = {file: file.read_bytes() for file in place.rglob("*") if file.is_file()}
        said = self.limited(
            ("report", "run"),
            ("predict", "run", "t.csv", "--out", "run/report.html"),
            ("evaluate", "run", "t.csv"),
            ("fit", "t.csv", "--target", "kind", *QUICK, "--out", "new"),
        )
        assert said.count("on a disk with room for it") == 4
        assert {file: file.read_bytes() for file in place.rglob("*") if file.is_file()} == old
        assert not (place / "new").exists()
