"""The command line as a user has it, in this process: what was typed, and what came back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from leadline.cli.app import app


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


def typed(*words: object) -> Said:
    """Run a command; an exception that is no exit is a traceback, and raised here."""
    done = CliRunner().invoke(app, [str(word) for word in words], prog_name="leadline")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Said(done.exit_code, done.stdout, done.stderr)


def rows(number: int = 60) -> pd.DataFrame:
    """Make a table that is easy to learn: 'kind' is told by 'x'."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=number)
    color = draw.choice(["red", "green", "blue"], number)
    return pd.DataFrame({"x": x, "color": color, "kind": np.where(x > 0, "yes", "no")})


@pytest.fixture(scope="session", name="typed")
def typed_fixture():
    return typed


@pytest.fixture(scope="session", name="rows")
def rows_fixture():
    return rows


@pytest.fixture(autouse=True)
def place(plain_folder: Path) -> Path:
    """Work in a folder with a small table."""
    rows().to_csv("good.csv", index=False)
    return plain_folder


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Said]:
    """The folder of a small run, and what was printed while it was made; nothing may write into it."""
    base = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(base)
        patch.setenv("LEADLINE_CACHE", "off")
        patch.setenv("COLUMNS", "80")
        patch.delenv("FORCE_COLOR", raising=False)
        rows().to_csv("good.csv", index=False)
        said = typed("fit", "good.csv", "--target", "kind", "--network", "8", "--epochs", 2, "--out", "run")
    assert said.code == 0, said.err
    return base / "run", said
