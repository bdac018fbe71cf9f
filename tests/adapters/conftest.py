"""Frameworks that are watched: tests of one are skipped where it is not installed, but never where all is tested."""

from __future__ import annotations

import importlib
import os
import warnings
from types import ModuleType

import pytest


def needed(name: str) -> ModuleType:
    """Import a framework; where it is missing, skip the test, unless CI is set."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the framework's own imports
        if os.environ.get("CI"):
            return importlib.import_module(name)
        return pytest.importorskip(name, reason=f"{name} is not installed; CI has it")


@pytest.fixture(scope="session")
def torch() -> ModuleType:
    found = needed("torch")
    found.set_num_threads(1)
    return found


@pytest.fixture(scope="session")
def keras() -> ModuleType:
    return needed("keras")


@pytest.fixture(scope="session")
def lightning() -> ModuleType:
    return needed("lightning")
