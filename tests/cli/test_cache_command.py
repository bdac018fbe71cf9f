"""``leadline cache``: it tells what there is, and removes no more than that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import jax
import pytest


@pytest.fixture
def folder(monkeypatch, tmp_path: Path) -> Iterator[Path]:
    """The user's cache folder, with two programs of 1.5 MB and a file that is none."""
    monkeypatch.delenv("LEADLINE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    before = jax.config.values["jax_compilation_cache_dir"]
    jax.config.update("jax_compilation_cache_dir", None)
    place = tmp_path / "caches" / "leadline" / "xla"
    place.mkdir(parents=True)
    for name in ("a-cache", "b-cache", "mine.txt"):
        (place / name).write_bytes(b"x" * 1_500_000)
    yield place
    jax.config.update("jax_compilation_cache_dir", before)


def test_place_size_and_number_are_told(typed, folder):
    said = typed("cache")
    assert said.code == 0
    assert said.out.splitlines() == [
        f"cache     {folder}",
        "holds     2 compiled programs, 3.0 MB; at most 500 MB are kept",
        "next      leadline cache --clear",
    ]


def test_clearing_removes_the_programs_and_says_so(typed, folder):
    said = typed("cache", "--clear")
    assert said.out.splitlines() == [f"cache     {folder}", "removed   2 compiled programs, 3.0 MB"]
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]
    assert (
        typed("cache").out.splitlines()[1] == "holds     0 compiled programs, 0.0 MB; at most 500 MB are kept"
    )


def test_off_is_told(typed, folder, monkeypatch):
    monkeypatch.setenv("LEADLINE_CACHE", "off")
    assert typed("cache").out == "cache     off, by LEADLINE_CACHE=off\n"


def test_a_folder_set_for_jax_is_told_and_left_alone(typed, folder, monkeypatch):
    jax.config.update("jax_compilation_cache_dir", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder.parent.parent / "elsewhere"))
    assert "at most" not in typed("cache").out
    assert "removed   nothing: this folder was set for JAX" in typed("cache", "--clear").out
    assert (folder / "a-cache").exists()
