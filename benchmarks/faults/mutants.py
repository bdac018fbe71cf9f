"""Planted faults: in programs that are sound, which of them hurt, which are found, and what is said besides.

Comes in: a file of operators and sound bases. Goes out: for each mutant its score beside that of the sound program, and
what the rules say of it.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.faults.bases import BASES, base_of
from benchmarks.faults.cases import CaseError, default_files
from benchmarks.faults.pairs import LEAST, MARGIN, trained
from benchmarks.faults.results_file import VERSION, ResultsFile, code
from leadline.core.errors import LeadlineError
from leadline.diagnosis.engine import diagnose
from leadline.faults import catalogue
from leadline.program.examine import examine
from leadline.program.program import Program

FILE = "mutants.json"
LOOKS = 3  # seeds of an examination
GRAVE = ("error", "warning")
SOUND = "sound"
Settings = Mapping[str, Any]
STRENGTHS: dict[str, dict[str, Settings]] = {
    "lr_too_high": {"H-tdc-basecnn": {"factor": 5.0}, "H-tdc-deepcnn": {"factor": 100.0}},
    "lr_too_low": {"": {"factor": 0.01}},
    "adam_epsilon_too_low": {
        "H-tdc-basecnn": {"learning_rate": 0.1},
        "H-tdc-deepcnn": {"learning_rate": 0.01},
        "H-tdc-regr": {"learning_rate": 0.001},
    },
    "wrong_hidden_activation": {
        "H-tdc-regr": {"activation": "sigmoid", "place": "output"},
        "small-numbers": {"activation": "sigmoid", "place": "output"},
    },
    "target_unscaled": {"": {"spread": 7.8, "mean": 23.4}},  # miles per gallon
    "constant_init": {"": {"value": 0.01}},
}
"""Fault -> base ("" for all others) -> settings; what is not here has the settings of its own."""


@dataclass(frozen=True)
class Mutant:
    """A fault to plant in a base.

    Args:
        base: Name of a sound program.
        fault: Name of the fault; "sound" for none.
        settings: Of the fault.
    """

    base: str
    fault: str
    settings: Settings

    @property
    def text(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self.settings.items())
        return f"{self.fault}({inside})" if inside else self.fault

    def key(self, rows: int, seeds: int) -> str:
        """Return the name of its training: another one where anything differs that decides it."""
        program = base_of(self.base, rows)
        spec = json.dumps(program.to_spec(), sort_keys=True, default=str)
        digest = hashlib.sha256(spec.encode()).hexdigest()[:16]
        return f"mutant/{self.base}/{digest}/{self.text}/rows={rows}/seeds={seeds}/v{VERSION}"


LIKE = {"small-numbers": "H-tdc-regr", "small-classes": "H-tdc-basecnn", "small-images": "H-tdc-deepcnn"}
"""Small base -> the base of the file whose faults it gets."""


def mutants_of(path: Path, which: str, only: Iterable[str] = ()) -> Iterator[Mutant]:
    """Yield the mutants of a file, base by base, each after its sound program.

    Args:
        path: JSON with the lists ``thedeepchecker`` and ``deepcrime_operators``.
        which: "thedeepchecker", "deepcrime" or "all".
        only: Names of faults or bases; none for all.
    """
    plain = json.loads(path.read_text(encoding="utf-8"))
    wanted: list[tuple[str, Sequence[str]]] = []
    if which != "deepcrime":
        wanted += [(one["fault"], one["applies_to"]) for one in plain["thedeepchecker"]]
    if which != "thedeepchecker":
        wanted += [(re.split(r"\W", text)[0], tuple(LIKE.values())) for text in plain["deepcrime_operators"]]
    chosen = set(only)
    faults, bases = chosen - set(BASES), chosen & set(BASES)
    for unknown in faults - set(catalogue):
        catalogue.find(unknown, "--only", CaseError)
    for base in BASES:
        if bases and base not in bases:
            continue
        yield Mutant(base, SOUND, {})
        for fault, applies in wanted:
            if LIKE.get(base, base) in applies and (not faults or fault in faults):
                by_base = STRENGTHS.get(fault, {})
                yield Mutant(base, fault, by_base.get(base, by_base.get("", {})))


def planted(mutant: Mutant, rows: int) -> Program:
    """Return the base with the fault in it.

    Raises:
        LeadlineError: It cannot be planted there.
    """
    sound = base_of(mutant.base, rows)
    return sound if mutant.fault == SOUND else catalogue[mutant.fault](sound, **mutant.settings)


def training_of(mutant: Mutant, rows: int, seeds: int) -> dict[str, Any]:
    """Return the scores of a mutant by several seeds, or why it could not be planted."""
    begun = time.perf_counter()
    made: dict[str, Any] = {"base": mutant.base, "fault": mutant.fault, "text": mutant.text, "why_not": ""}
    try:
        program = planted(mutant, rows)
    except LeadlineError as error:
        return {**made, "why_not": str(error).split("\n")[0]}
    try:
        scores = trained(program, range(seeds))
    except (ValueError, TypeError) as error:  # what cannot be trained is as bad as can be
        scores, made["broken"] = np.full(seeds, LEAST), " ".join(str(error).split())[:200]
    return {**made, "scores": scores, "training_seconds": time.perf_counter() - begun}


def verdict_of(mutant: Mutant, rows: int) -> dict[str, Any]:
    """Return what the rules say of a mutant that could be planted."""
    begun = time.perf_counter()
    found = examine(planted(mutant, rows), diagnose, seeds=range(LOOKS))
    told = [[one.fault, one.severity, one.stage] for one in found.findings]
    return {"told": told, "words": found.words, "seconds": time.perf_counter() - begun}


def result_of(mutant: Mutant, rows: int, seeds: int, results: ResultsFile) -> dict[str, Any]:
    """Return what training and the rules say; a training is known by its program, a verdict by the code too."""
    key = mutant.key(rows, seeds)
    if key not in results:
        results.keep(key, training_of(mutant, rows, seeds))
    if results[key]["why_not"]:
        return dict(results[key])
    said = f"ours {code()} {key}"
    if said not in results:
        results.keep(said, verdict_of(mutant, rows))
    return {**results[key], **results[said]}


@dataclass(frozen=True)
class Outcome:
    """What came of a mutant.

    Args:
        mutant: It.
        before: Score of the sound program, mean over seeds.
        after: Its own.
        hurts: Whether it loses more than the margin, and every seed is worse than every seed of the sound program.
        found: Names of its rules that were told; empty where it was missed.
        spurious: Errors and warnings that name something else.
        expects: Whether any rule is meant to name it.
        why_not: Why it could not be planted; "" where it could.
    """

    mutant: Mutant
    before: float
    after: float
    hurts: bool
    found: tuple[str, ...]
    spurious: tuple[str, ...]
    expects: bool
    why_not: str = ""


def judged(mutant: Mutant, result: Mapping[str, Any], sound: Mapping[str, Any]) -> Outcome:
    """Return what came of a mutant beside its sound program.

    A rule finds it that is among those expected, and tells an error, a warning, or tells it first.
    """
    if result["why_not"]:
        return Outcome(mutant, 0.0, 0.0, False, (), (), False, result["why_not"])
    own, clean = ([float(one) for one in each["scores"]] for each in (result, sound))
    fault = catalogue[mutant.fault]
    grave = [name for name, severity, _ in result["told"] if severity in GRAVE]
    heard = {*grave, *(name for name, _, _ in result["told"][:1])}
    found = tuple(name for name in fault.expects if name in heard)
    spurious = tuple(name for name in grave if name not in (*fault.expects, *fault.also))
    before, after = float(np.mean(clean)), float(np.mean(own))
    hurts = before - after > MARGIN and max(own) < min(clean)
    return Outcome(mutant, before, after, hurts, found, spurious, bool(fault.expects))


def run_mutants(mutants: Iterable[Mutant], rows: int, seeds: int, results: ResultsFile) -> list[Outcome]:
    """Train and examine what is not known yet, keep each result at once, print a line for each."""
    outcomes, sound = [], {}
    for mutant in mutants:
        result = result_of(mutant, rows, seeds, results)
        if mutant.fault == SOUND:
            sound = result
            said = ", ".join(f"{name} ({severity})" for name, severity, _ in result["told"]) or "nothing"
            score = np.mean([float(one) for one in result["scores"]])
            print(f"{mutant.base} sound: {score:.3f}; told: {said}; {result['seconds']:.0f} s", flush=True)
            continue
        outcomes.append(judged(mutant, result, sound))
        print(line_of(outcomes[-1], result), flush=True)
    return outcomes


def line_of(outcome: Outcome, result: Mapping[str, Any]) -> str:
    """Return an outcome as a line."""
    name = f"{outcome.mutant.base} {outcome.mutant.text}"
    if outcome.why_not:
        return f"{name}: not planted: {outcome.why_not}"
    hurts = "hurts" if outcome.hurts else "harmless"
    missed = "missed" if outcome.expects else "no symptom is expected"
    found = f"found: {', '.join(outcome.found)}" if outcome.found else missed
    besides = ", ".join(outcome.spurious) or "-"
    score = f"{outcome.before:.3f} -> {outcome.after:.3f}"
    return f"{name}: {score}, {hurts}; {found}; spurious: {besides}; {result['seconds']:.0f} s"


def totals(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the numbers of all mutants together; a share is None where nothing could be counted."""
    made = [one for one in outcomes if not one.why_not]
    hurting = [one for one in made if one.hurts]
    return {
        "planted": len(made),
        "not_planted": len(outcomes) - len(made),
        "hurting": len(hurting),
        "found": _share(bool(one.found) for one in made),
        "found_of_expected": _share(bool(one.found) for one in made if one.expects),
        "found_of_hurting": _share(bool(one.found) for one in hurting),
        "found_of_hurting_and_expected": _share(bool(one.found) for one in hurting if one.expects),
        "at_most_one_spurious": _share(len(one.spurious) <= 1 for one in made),
        "none_spurious": _share(not one.spurious for one in made),
        "missed": [
            f"{one.mutant.base} {one.mutant.text}" for one in hurting if one.expects and not one.found
        ],
    }


def _share(values: Iterable[bool]) -> float | None:
    found = list(values)
    return float(np.mean(found)) if found else None


def mutants_file() -> Path:
    """Return the file of operators beside the case files."""
    path = default_files()[0].with_name(FILE)
    if not path.is_file():
        raise CaseError.at("mutants", f"given {FILE} beside the case files", "none")
    return path


def as_text(numbers: Mapping[str, Any]) -> str:
    """Return the numbers of all mutants in lines."""

    def shown(value: Any) -> str:
        if isinstance(value, list):
            return "; ".join(value) or "none"
        return "-" if value is None else f"{value:.0%}" if isinstance(value, float) else str(value)

    return "\n".join(f"{name.replace('_', ' ')}: {shown(value)}" for name, value in numbers.items())
