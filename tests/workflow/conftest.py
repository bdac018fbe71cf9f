"""A folder to work in, with a small table that is easy to learn."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the commands stand beside the tests

from typed_commands import good


@pytest.fixture(autouse=True)
def place(plain_folder: Path) -> Path:
    good().to_csv("t.csv", index=False)
    return plain_folder
