"""What all tests share: a compilation cache of their own, which both test processes and every command they start use.

Most of the time of these tests is compilation, and many of them compile the same program.
"""

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("leadline", deadline=None)  # the first example compiles; machines are shared
settings.load_profile("leadline")

if "JAX_COMPILATION_CACHE_DIR" not in os.environ:  # set before JAX is imported; workers inherit it
    shared = Path(tempfile.mkdtemp(prefix="leadline-tests-"))
    os.environ["JAX_COMPILATION_CACHE_DIR"] = str(shared)
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.1"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
    OWNER = os.getpid()

os.environ.setdefault(
    "KERAS_BACKEND", "torch"
)  # read when Keras is imported, once for all tests of a process
os.environ.setdefault("JAX_NUM_CPU_DEVICES", "2")  # as a command on two cores has them; read when JAX begins

STARTS: dict[int, dict] = {}


@pytest.fixture(autouse=True)
def same_draws(request: pytest.FixtureRequest) -> None:
    """Let a module's generators begin anew for each test: what one draws must not hang on the tests before it."""
    for value in vars(request.module).values():
        if isinstance(value, np.random.Generator):
            value.bit_generator.state = STARTS.setdefault(id(value), value.bit_generator.state)


@pytest.fixture
def plain_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with plain output of a known width and without a cache of the user's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEADLINE_CACHE", "off")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return tmp_path


def pytest_unconfigure(config):
    """Remove the cache at the end, in the process that made it."""
    if globals().get("OWNER") == os.getpid():
        shutil.rmtree(os.environ["JAX_COMPILATION_CACHE_DIR"], ignore_errors=True)
