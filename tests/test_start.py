"""A fast start: what is imported by when. Seconds hang on the machine; which modules are there does not.

Each program runs in a process of its own and names the slow third parties that are loaded at its end.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SLOW = (
    "IPython",
    "jax",
    "matplotlib",
    "numpy",
    "optax",
    "pandas",
    "pyarrow",
    "rich",
    "scipy",
    "sklearn",
    "typer",
)
NAMES = f"print(*[name for name in {SLOW} if name in sys.modules])"

TRAINED = """
data = ll.data.digits()
network = ll.Sequential([ll.Dense(8, ll.relu), ll.Dense(data.classes)])
result = ll.fit(network, data, epochs=1, early_stopping=False)
result.evaluation["accuracy"], result.findings, result.model.predict(data.inputs[:3])
"""

PROGRAMS = [  # a program, and which of the slow ones it may load
    ("import leadline as ll", ""),
    ("import leadline as ll; ll.data", "numpy"),
    ("import leadline as ll; ll.data.digits().parts", "numpy"),
    ("import leadline as ll, numpy as np; ll.data.arrays(np.eye(40), np.arange(40) % 2).parts", "numpy"),
    ("import leadline as ll, numpy as np; ll.data.arrays(np.eye(40), np.linspace(0, 1, 40)).parts", "numpy"),
    ("import leadline as ll; ll.data.bundled('iris').parts", "numpy pandas pyarrow rich scipy sklearn"),
    ("import leadline as ll; ll.Dense", "jax numpy scipy"),
    (f"import leadline as ll{TRAINED}", "jax numpy optax scipy"),
    (f"import leadline as ll{TRAINED}result.report()", "jax matplotlib numpy optax scipy"),
]


def loaded(program: str, folder: Path, *arguments: str) -> set[str]:
    """Return the slow modules that a program has loaded at its end."""
    code = f"import atexit, sys; atexit.register(lambda: {NAMES})\n{program}"
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(("program", "may"), PROGRAMS, ids=[program for program, _ in PROGRAMS])
def test_only_what_is_needed_is_imported(program: str, may: str, tmp_path: Path) -> None:
    assert loaded(program, tmp_path) - set(may.split()) == set()


@pytest.mark.parametrize(
    "words", [("--help",), ("--version",), ("fit", "--help"), ("predict", "--help")], ids=" ".join
)
def test_help_imports_nothing_that_computes(words: tuple[str, ...], tmp_path: Path) -> None:
    assert loaded("from leadline.cli import main; main()", tmp_path, *words) == {"rich", "typer"}


def test_what_is_loaded_is_seen(tmp_path: Path) -> None:
    assert loaded("import leadline as ll; ll.data.bundled('iris')", tmp_path) >= {
        "numpy",
        "pandas",
        "sklearn",
    }
