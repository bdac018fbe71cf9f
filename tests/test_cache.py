"""The compilation cache: on without a word, where it was named, no larger than it may be, cleared of nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import jax
import pytest

from leadline.cache import Cache, cache_in_use, use_cache

NAMED = """
import os
import leadline as ll
folder = ll.use_cache("compiled")
assert folder.is_absolute(), folder
assert ll.use_cache("another") == folder
os.chdir("/")
import jax, jax.numpy as jnp
jax.jit(lambda x: jnp.sin(x) * 3)(1.0).block_until_ready()
print(len(list(folder.iterdir())) > 0)
"""

TRAINED = """
import jax
jax.jit(lambda x: x + 1)(1.0)  # a process that compiled something before
import leadline as ll
result = ll.fit("linear", ll.data.bundled("iris"), epochs=1)
print(ll.cache.cache_in_use().folder, result.run["seconds.compile"] > 0)
"""

PREDICTED = """
import numpy as np
import jax
import leadline as ll
from leadline.data import arrays
from leadline.nn import Dense, MaxPool, Sequential, for_problem
data = arrays(np.zeros((40, 8, 8, 1), np.uint8), np.arange(40) % 2)
network = ll.Sequential([ll.Conv(2, 3), ll.GlobalAveragePool(), ll.Dense(1)])
task = for_problem("classification", classes=2, outputs=1)
params, state = jax.eval_shape(lambda key: network.init(key, (8, 8, 1)), jax.random.key(0))
params, state = jax.tree.map(lambda like: np.zeros(like.shape, like.dtype), (params, state))
model = ll.Model(network, params, state, data.preparation, task, data.class_names)
model.predict_proba(data.inputs[:1])
"""


def run(program: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a process whose only cache folder is one of this test, where any warning is an error."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JAX_COMPILATION", "JAX_PERSISTENT", "LEADLINE_CACHE"))
    }
    kept |= {"XDG_CACHE_HOME": str(folder / "caches"), "PYTHONWARNINGS": "error", **environment}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, env=kept
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done


def entries(folder: Path) -> list[Path]:
    return list(folder.glob("*-cache"))


def test_a_relative_folder_stays_where_it_was_named(tmp_path: Path) -> None:
    assert run(NAMED, tmp_path).stdout == "True\n"
    assert entries(tmp_path / "compiled")


def test_training_keeps_what_it_compiles_in_the_users_cache_folder(tmp_path: Path) -> None:
    folder = tmp_path / "caches" / "leadline" / "xla"
    assert run(TRAINED, tmp_path).stdout == f"{folder} True\n"
    first = {path.name for path in entries(folder)}
    assert any("sweep" in name for name in first)
    run(TRAINED, tmp_path)
    assert {path.name for path in entries(folder)} == first, "the second process read what the first wrote"


def test_compiled_predictions_are_kept_too(tmp_path: Path) -> None:
    run(PREDICTED, tmp_path)
    assert [path for path in entries(tmp_path / "caches" / "leadline" / "xla") if "jit_tile" in path.name]


def test_off_is_off(tmp_path: Path) -> None:
    run(PREDICTED, tmp_path, LEADLINE_CACHE="off")
    assert not (tmp_path / "caches" / "leadline").exists()


def test_a_folder_set_for_jax_is_respected(tmp_path: Path) -> None:
    jaxs = {
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path / "own"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    run(PREDICTED, tmp_path, **jaxs)
    assert entries(tmp_path / "own")
    assert not (tmp_path / "caches" / "leadline").exists()


def test_a_place_that_cannot_be_written_means_no_cache(tmp_path: Path) -> None:
    (tmp_path / "caches").write_text("a file, not a folder")
    run(PREDICTED, tmp_path)


@pytest.fixture
def held(tmp_path: Path) -> Cache:
    """Three programs of 100 bytes, the oldest first, one with JAX's note of when it was read, and a foreign file."""
    for age, name in enumerate(("c", "b", "a")):
        program = tmp_path / f"{name}-cache"
        program.write_bytes(b"x" * 100)
        os.utime(program, (1_700_000_000 + 100 * age,) * 2)
    (tmp_path / "c-atime").write_bytes(b"12345678")
    (tmp_path / "mine.txt").write_text("keep me")
    return Cache(tmp_path, own=True)


def names(cache: Cache) -> list[str]:
    return sorted(path.name for path in cache.folder.iterdir())


def test_programs_and_their_size_are_told(held: Cache) -> None:
    assert [path.name for path in held.programs] == ["c-cache", "b-cache", "a-cache"]
    assert held.bytes == 300


def test_only_programs_are_cleared(held: Cache) -> None:
    assert held.clear() == 3
    assert names(held) == ["mine.txt"]


@pytest.mark.parametrize(("most", "left"), [(300, "abc"), (299, "ab"), (200, "ab"), (100, "a"), (0, "")])
def test_the_least_recently_used_go_first(held: Cache, most: int, left: str) -> None:
    held.shrink(most)
    assert [path.name[0] for path in sorted(held.programs)] == list(left)
    assert (held.folder / "c-atime").exists() == ("c" in left)


def test_reading_a_program_counts_as_using_it(held: Cache) -> None:
    os.utime(held.folder / "c-cache", (1_800_000_000, 1_700_000_000))
    held.shrink(100)
    assert [path.name for path in held.programs] == ["c-cache"]


def test_turning_it_on_shrinks_the_users_own_folder(tmp_path: Path) -> None:
    folder = tmp_path / "caches" / "leadline" / "xla"
    folder.mkdir(parents=True)
    (folder / "old-cache").write_bytes(b"x")
    os.truncate(folder / "old-cache", 600_000_000)  # a hole: takes no room on the disk
    run("import leadline as ll; ll.use_cache()", tmp_path)
    assert entries(folder) == []


@pytest.fixture
def set_for_jax() -> Iterator[Callable[[str | None], None]]:
    """Set JAX's folder in this process, as a user's program may."""
    before = jax.config.values["jax_compilation_cache_dir"]
    yield partial(jax.config.update, "jax_compilation_cache_dir")
    jax.config.update("jax_compilation_cache_dir", before)


def test_what_was_set_in_this_process_is_told(tmp_path: Path, monkeypatch, set_for_jax) -> None:
    monkeypatch.delenv("LEADLINE_CACHE", raising=False)
    set_for_jax(str(tmp_path))
    assert cache_in_use() == Cache(tmp_path, own=False)
    assert use_cache() == tmp_path
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    set_for_jax(None)
    assert cache_in_use() == Cache(tmp_path / "leadline" / "xla", own=True)
    monkeypatch.setenv("LEADLINE_CACHE", "off")
    assert cache_in_use() is None
