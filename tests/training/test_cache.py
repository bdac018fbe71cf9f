"""The compilation cache: its folder is the one that was named, wherever the process goes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import os, warnings
warnings.simplefilter("error")
import leadline as ll
folder = ll.use_cache("compiled")
assert folder.is_absolute(), folder
assert ll.use_cache("another") == folder
os.chdir("/")
import jax, jax.numpy as jnp
jax.jit(lambda x: jnp.sin(x) * 3)(1.0).block_until_ready()
print(len(list(folder.iterdir())) > 0)
"""


def test_a_relative_folder_stays_where_it_was_named(tmp_path: Path, monkeypatch) -> None:
    for name in ("LEADLINE_CACHE", "JAX_COMPILATION_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "True\n", done.stderr[-2000:]
    assert any((tmp_path / "compiled").iterdir())
