"""Where the real data sets are, if they are anywhere."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_folder() -> Path:
    folder = os.environ.get("LEADLINE_DATA")
    if not folder:
        pytest.skip("LEADLINE_DATA names no folder of real data sets")
    return Path(folder)
