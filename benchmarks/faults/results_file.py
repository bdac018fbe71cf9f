"""Results that outlive the process: one JSON file, written whole or not at all after each case.

Comes in: a path, keys and plain values. Goes out: what was found before under the same key.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from functools import cache
from pathlib import Path
from typing import Any

import leadline
from benchmarks.faults.cases import Case, CaseError

VERSION = 1  # of what a result means; a higher one makes old results void


def key_of(case: Case, seeds: int, what: str) -> str:
    """Return the name of a result: another one where the case, the seeds or the question differ."""
    return f"{what}/{case.id}/{case.digest}/seeds={seeds}/v{VERSION}"


@cache
def code() -> str:
    """Return a digest of the code that verdicts come from: another code gives another verdict."""
    folder = Path(leadline.__file__).parent
    files = sorted(file for room in ("program", "diagnosis") for file in (folder / room).rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


class ResultsFile:
    """Results by key; None as the path keeps them in memory alone."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.found: dict[str, Any] = {}
        if path is not None and path.exists():
            try:
                self.found = json.loads(path.read_text(encoding="utf-8"))
            except ValueError as error:
                raise CaseError.at(f"--results {path}", "results of this bench", str(error)) from error

    def __contains__(self, key: str) -> bool:
        return key in self.found

    def __getitem__(self, key: str) -> Any:
        return self.found[key]

    def keep(self, key: str, value: Any) -> None:
        """Keep one result, on the disk too: beside the file first, then in its place."""
        self.found[key] = plain(value)
        if self.path is None:
            return
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        beside.write_text(json.dumps(self.found, indent=1), encoding="utf-8")
        beside.replace(self.path)


def plain(value: Any) -> Any:
    """Return a value as JSON has it: arrays as lists, what is not finite as its name."""
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
