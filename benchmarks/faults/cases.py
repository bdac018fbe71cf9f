"""Case files: faulty trainings with their labels, healthy ones, and repaired counterparts.

A file is a list of cases, or a table with the lists ``healthy`` and ``fixed``. Comes in: a path. Goes out: cases whose
words are known, or an error that names every one that is not.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.faults.layer_text import ACTIVATIONS, KNOWN_OPS, Op, parse_layers
from leadline.core.errors import LeadlineError, Problems
from leadline.core.text import did_you_mean

COSTS = ("tiny", "small", "medium", "heavy")
FILES = ("cases.json", "healthy.json")
NOT_HERE = "LEADLINE_FAULTS or LEADLINE_DATA"


class CaseError(LeadlineError):
    """A case file or one of its cases cannot be used."""


@dataclass(frozen=True)
class Case:
    """One training of a case file.

    Args:
        kind: "faulty", "healthy" or "fixed".
        plain: The entry as the file has it.
    """

    kind: str
    plain: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.plain["id"])

    @property
    def cost(self) -> str:
        return str(self.plain.get("cost", "heavy"))

    @property
    def network(self) -> tuple[Op, ...]:
        return tuple(self.plain.get("network") or ())

    @property
    def overrides(self) -> Mapping[str, Any]:
        """What the repaired form changes; empty where nobody wrote it down."""
        return self.plain.get("fixed_overrides") or {}

    @property
    def dataset(self) -> Mapping[str, Any]:
        return self.plain.get("dataset") or {}

    @property
    def faults(self) -> tuple[str, ...]:
        return tuple(self.plain.get("faults") or ())

    @property
    def primary(self) -> str:
        return str(self.plain.get("primary_fault") or "")

    @property
    def hint(self) -> str:
        """Words beside the case on what the entries cannot say."""
        return " ".join(str(self.plain.get(name) or "") for name in ("data_hint", "expected"))

    @property
    def problem(self) -> str:
        """Return "regression" or "classification", by what the task is called."""
        task = str(self.plain.get("task", "")).lower()
        return "regression" if "regression" in task or "autoencoder" in task else "classification"

    @property
    def why_not(self) -> str:
        """Why it cannot be run here; empty where it can."""
        if not self.plain.get("reproducible_offline", True):
            return "its rows cannot be had offline"
        if not self.plain.get("spec_complete", True):
            return "not fully described"
        if not self.plain.get("in_scope_for_ff_conv", True):
            return "neither dense nor convolutional"
        return "" if self.network else "has no network"

    @property
    def digest(self) -> str:
        """Return a name for what it says, for results that are kept."""
        text = json.dumps([self.kind, self.plain], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def default_files() -> list[Path]:
    """Return the files of the folder named by LEADLINE_FAULTS, or of the one beside LEADLINE_DATA."""
    named, data = os.environ.get("LEADLINE_FAULTS"), os.environ.get("LEADLINE_DATA")
    if not named and not data:
        raise CaseError.at("fault bench", f"given --file, or a folder by {NOT_HERE}", "neither")
    folder = Path(named) if named else Path(str(data)).parent / "faults"
    found = [folder / name for name in FILES if (folder / name).is_file()]
    if not found:
        raise CaseError.at(
            "fault bench", f"{' or '.join(FILES)} in {folder}", "neither of them", "--file PATH"
        )
    return found


def read_cases(files: Iterable[Path | str]) -> list[Case]:
    """Return the cases of the files that can be read; one with words that nobody knows is told and left out.

    Args:
        files: JSON; a list, or a table of lists.

    Raises:
        CaseError: A file cannot be read, or all cases have words that nobody knows.
    """
    made: list[Case] = []
    problems = Problems()
    for case in (one for path in map(Path, files) for one in _of_file(path)):
        wrong = check_ops(case)
        if wrong is None:
            made.append(case)
        else:
            problems.take(wrong)
    if not made:
        problems.raise_as(CaseError)
    for problem in problems:
        print(f"left out: {problem}", file=sys.stderr)
    return made


def _of_file(path: Path) -> list[Case]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CaseError.at(f"case file {path}", "readable JSON", str(error)) from error
    if isinstance(found, list):
        return [Case("faulty", entry) for entry in found]
    if not isinstance(found, dict) or not {"healthy", "fixed"} & set(found):
        must = "a list of cases, or a table with 'healthy' or 'fixed'"
        raise CaseError.at(f"case file {path}", must, type(found).__name__)
    return [Case(kind, entry) for kind in ("healthy", "fixed") for entry in found.get(kind, [])]


def check_ops(case: Case) -> CaseError | None:
    """Return an error of everything a case names and nobody knows; None of one that cannot be run anyway."""
    problems = Problems()
    if case.why_not:
        return None
    for number, op in enumerate(case.network):
        where = f"case {case.id}, network[{number}]"
        if op.get("op") not in KNOWN_OPS:
            problems.add(where, "a known op", repr(op.get("op")), did_you_mean(str(op.get("op")), KNOWN_OPS))
        elif op.get("act") is not None and op["act"] not in ACTIVATIONS:
            problems.add(where, "a known act", repr(op["act"]), did_you_mean(str(op["act"]), ACTIVATIONS))
    if "layers" in case.overrides:
        try:
            parse_layers(case.overrides["layers"])
        except ValueError as error:
            problems.add(f"case {case.id}, fixed_overrides.layers", "layers in words", str(error))
    found = tuple(problems)
    return CaseError(*found) if found else None


def chosen(cases: Sequence[Case], costs: Iterable[str] = COSTS, only: Iterable[str] = ()) -> list[Case]:
    """Return those that can be run, of these costs or with these ids."""
    ids = set(only)
    unknown = ids - {case.id for case in cases}
    if unknown:
        hint = did_you_mean(min(unknown), [case.id for case in cases])
        raise CaseError.at("--only", "ids of the case files", ", ".join(sorted(unknown)), hint)
    if ids:
        return [case for case in cases if case.id in ids]
    return [case for case in cases if not case.why_not and case.cost in set(costs)]
