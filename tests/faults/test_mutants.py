"""The mutants of the fault bench: which are planted where, what counts as found, and the numbers of all together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks.faults.bases import BASES
from benchmarks.faults.cases import CaseError
from benchmarks.faults.mutants import (
    SOUND,
    Mutant,
    as_text,
    judged,
    mutants_of,
    run_mutants,
    totals,
    verdict_of,
)
from benchmarks.faults.results_file import ResultsFile, code

MUTANTS = [Mutant("small-classes", SOUND, {}), Mutant("small-classes", "lr_too_high", {})]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    one = {"fault": "lr_too_high", "applies_to": ["H-tdc-regr", "H-tdc-basecnn"]}
    plain = {"thedeepchecker": [one], "deepcrime_operators": ["change_label (mislabel k%)", "remove_bias"]}
    path = tmp_path / "mutants.json"
    path.write_text(json.dumps(plain))
    return path


def test_mutants_of_a_file(file: Path) -> None:
    made = list(mutants_of(file, "thedeepchecker"))
    assert [one.base for one in made if one.fault == SOUND] == list(BASES)
    planted = {one.base: one.text for one in made if one.fault != SOUND}
    assert planted == {
        "small-numbers": "lr_too_high",
        "small-classes": "lr_too_high",
        "H-tdc-regr": "lr_too_high",
        "H-tdc-basecnn": "lr_too_high(factor=5.0)",
    }
    faults = {one.fault for one in mutants_of(file, "deepcrime", ["small-classes"])}
    assert faults == {SOUND, "change_label", "remove_bias"}
    assert [one.fault for one in mutants_of(file, "all", ["small-images", "remove_bias"])] == [
        SOUND,
        "remove_bias",
    ]


def test_unknown_names_are_told(file: Path) -> None:
    with pytest.raises(CaseError, match="lr_too_high"):
        list(mutants_of(file, "all", ["lr_to_high"]))


def outcome(told: list[list[str]], after: list[float], fault: str = "lr_too_high"):
    result = {"why_not": "", "scores": after, "told": told}
    return judged(Mutant("small-classes", fault, {}), result, {"scores": [0.9, 0.91, 0.92]})


def test_what_counts_as_found() -> None:
    warned = outcome([["start_scale", "error", "B"], ["rate_too_high", "warning", "C"]], [0.2, 0.3, 0.1])
    assert (warned.hurts, warned.found, warned.spurious) == (True, ("rate_too_high",), ("start_scale",))
    assert outcome([["rate_too_high", "hint", "C"]], [0.9] * 3).found == ("rate_too_high",)  # told first
    late = outcome([["narrow_layer", "hint", "C"], ["rate_too_high", "hint", "C"]], [0.9] * 3)
    assert (late.hurts, late.found, late.spurious) == (False, (), ())
    assert not outcome([], [0.1, 0.1, 0.91]).hurts  # one seed is as good as the sound ones


def test_totals() -> None:
    found = outcome([["rate_too_high", "error", "C"]], [0.1] * 3)
    missed = outcome([["narrow_layer", "error", "C"], ["start_scale", "error", "C"]], [0.1] * 3)
    silent = outcome([], [0.9] * 3, "remove_bias")
    numbers = totals([found, missed, silent])
    assert (numbers["planted"], numbers["hurting"]) == (3, 2)
    assert numbers["found_of_expected"] == numbers["found_of_hurting"] == 0.5
    assert numbers["at_most_one_spurious"] == pytest.approx(2 / 3)
    assert numbers["missed"] == ["small-classes lr_too_high"]
    assert "found of hurting: 50%" in as_text(numbers)


def kept(path: Path, code: str) -> ResultsFile:
    """Return results that say that a step too large was found, by rules of this code."""
    results = ResultsFile(path)
    for mutant, score, told in zip(MUTANTS, (0.9, 0.1), ([], [["rate_too_high", "error", "C"]]), strict=True):
        key = mutant.key(100, 3)
        results.keep(key, {"why_not": "", "scores": [score] * 3})
        results.keep(f"ours {code} {key}", {"told": told, "words": [], "seconds": 1.0})
    return ResultsFile(path)


def test_known_results_are_not_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    results = kept(tmp_path / "results.json", code())
    monkeypatch.setattr("benchmarks.faults.mutants.examine", None)
    (found,) = run_mutants(MUTANTS, 100, 3, results)
    assert found.found == ("rate_too_high",)
    assert "found: rate_too_high" in capsys.readouterr().out


def test_a_verdict_by_other_rules_is_given_again(tmp_path: Path) -> None:
    results = kept(tmp_path / "results.json", "of yesterday")
    said = verdict_of(MUTANTS[1], 100)["told"]
    (found,) = run_mutants(MUTANTS, 100, 3, results)
    assert found.after == pytest.approx(0.1)  # the training is the same
    assert results[f"ours {code()} {MUTANTS[1].key(100, 3)}"]["told"] == said
