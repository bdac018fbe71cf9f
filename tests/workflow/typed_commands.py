"""Commands typed in this process, and what they said, read by its labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from typer.testing import CliRunner

from leadline.cli.app import app

QUICK = ("--network", "linear", "--epochs", "1")
ROWS = 60


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[dict[str, str]]:
        """The problems told, each by its labels; a line that hangs below another is joined to it."""
        found: list[dict[str, str]] = []
        for line in self.err.splitlines():
            label, words = line[:10].strip(), line[10:].strip()
            if label == "error":
                found.append({})
            if label:
                found[-1][label] = words
                last = label
            elif words:
                found[-1][last] += f" {words}"
        return found

    @property
    def told(self) -> str:
        """What was printed, without line breaks."""
        return " ".join(self.out.split())


def typed(*words: object) -> Said:
    """Run a command; an exception that is no exit is a traceback, and raised here."""
    done = CliRunner().invoke(app, [str(word) for word in words], prog_name="leadline")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Said(done.exit_code, done.stdout, done.stderr)


def refused(said: Said) -> dict[str, str]:
    """Return the only problem of a command that ended as a user's mistake."""
    assert said.code == 2, said.out
    (problem,) = said.errors
    assert {"error", "must be", "got"} <= problem.keys()
    assert all(problem.values())
    return problem


def fit(*words: object, file: str = "t.csv", target: str = "kind") -> Said:
    return typed("fit", file, "--target", target, *words)


def good(number: int = ROWS) -> pd.DataFrame:
    x = np.random.default_rng(0).normal(size=number)
    return pd.DataFrame({"x": x, "z": x[::-1], "kind": np.where(x > 0, "yes", "no")})
