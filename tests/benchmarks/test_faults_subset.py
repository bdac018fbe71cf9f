"""The fault bench on a few real cases, as a person runs it: it finds causes, cries no wolf, and goes on from there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.faults.cases import CaseError, default_files

REPOSITORY = Path(__file__).parents[2]


def here() -> str:
    """Return why the case files cannot be read; "" where they can."""
    try:
        return "" if all(Path(file).is_file() for file in default_files()) else "the case files are not here"
    except CaseError as error:
        return str(error)


@pytest.mark.skipif(bool(here()), reason=f"needs the case files: {here()}")
def test_a_subset_gives_verdicts_and_goes_on_where_it_was(tmp_path):
    words = [
        "verdicts",
        "--subset",
        "--seeds",
        "3",
        "--results",
        str(tmp_path / "r.json"),
        "--json",
        str(tmp_path / "s.json"),
    ]
    paths = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "src")])
    command = [sys.executable, "-m", "benchmarks.faults", *words]
    environment = {**os.environ, "PYTHONPATH": paths}
    first = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert first.returncode == 0, first.stderr[-2000:]
    scores = json.loads((tmp_path / "s.json").read_text())
    ours, baselines = scores["ours"], [score for name, score in scores.items() if name != "ours"]
    assert ours["cases"] >= 1
    assert ours["any_first"] == 1.0  # every case is told by one of its own faults
    assert ours["false_errors"] == 0.0
    assert all(ours["any_first"] > score["any_first"] for score in baselines)
    held = (tmp_path / "r.json").read_text()
    again = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert again.returncode == 0
    assert (tmp_path / "r.json").read_text() == held  # nothing was trained again
