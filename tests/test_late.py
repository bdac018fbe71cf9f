"""Modules put off: imported by the first use of a name, and errors are those of the module."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from leadline.late import Late


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A package with a part that it does not import itself."""
    place = tmp_path / "put_off"
    place.mkdir()
    (place / "__init__.py").write_text("from time import sleep\nsleep(0.05)\nnumber = 7\n")
    (place / "part.py").write_text("word = 'deep'\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield Late("put_off")
    for name in ("put_off", "put_off.part"):
        sys.modules.pop(name, None)


def test_nothing_is_imported_before_a_name_is_used(module):
    assert "put_off" not in sys.modules
    assert module.number == 7
    assert "put_off" in sys.modules


def test_parts_are_imported_when_they_are_used(module):
    assert module.part.word == "deep"


def test_a_name_that_is_not_there_is_an_error_of_the_module(module):
    with pytest.raises(AttributeError, match="nothing"):
        _ = module.nothing
    assert not hasattr(module, "nothing")


def test_threads_may_use_it_first_at_once(module):
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: module.number, range(8))) == {7}
