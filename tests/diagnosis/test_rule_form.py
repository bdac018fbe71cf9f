"""Every rule is one file by one form: headings, reasoned thresholds, one function, planted and real tests."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from leadline.diagnosis import rules_by_fault
from leadline.diagnosis.engine import HEADINGS
from leadline.record.finding import Finding
from leadline.record.run import Run

TESTS = Path(__file__).parent
RULES = sorted(rules_by_fault())
MOST_LINES = 200  # a rule that needs more is two rules


def source(fault: str) -> str:
    return Path(inspect.getfile(rules_by_fault()[fault].find)).read_text(encoding="utf-8")


def thresholds(text: str) -> dict[str, bool]:
    """Return every named constant of a module and whether a comment gives its reason."""
    lines = text.splitlines()
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            own = lines[node.lineno - 1 : node.end_lineno]
            before = lines[node.lineno - 2].lstrip()
            commented = before.startswith("#") or any("# " in line for line in own)
            if re.fullmatch("[A-Z0-9_]+", node.targets[0].id):
                found[node.targets[0].id] = commented
    return found


def bare_numbers(text: str) -> list[float]:
    """Return the numbers that comparisons hold without a name; 0, 1 and 2 are counts, not thresholds."""
    return [
        side.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Compare)
        for side in node.comparators
        if isinstance(side, ast.Constant)
        and isinstance(side.value, (int, float))
        and side.value not in (0, 1, 2)
    ]


@pytest.mark.parametrize("fault", RULES)
def test_the_page_has_every_heading_in_order(fault):
    text = inspect.getdoc(inspect.getmodule(rules_by_fault()[fault].find)) or ""
    lines = text.splitlines()
    assert lines[0].endswith(".")
    assert [line for line in lines if line in HEADINGS] == list(HEADINGS)
    assert all(len(rules_by_fault()[fault].page[heading]) > 30 for heading in HEADINGS)
    assert re.search(r"\b(1[789]|20)\d\d\b", rules_by_fault()[fault].page["Source"]), "a source has a year"


@pytest.mark.parametrize("fault", RULES)
def test_thresholds_are_named_and_reasoned(fault):
    found = thresholds(source(fault))
    assert "WEIGHT" in found
    assert not [name for name, commented in found.items() if not commented and name != "INFINITY"]
    assert not bare_numbers(source(fault))


@pytest.mark.parametrize("fault", RULES)
def test_one_function_finds(fault):
    find = rules_by_fault()[fault].find
    assert inspect.signature(find, eval_str=True).parameters["run"].annotation is Run
    assert inspect.signature(find, eval_str=True).return_annotation == Finding | None
    public = [
        n.name for n in ast.parse(source(fault)).body if isinstance(n, ast.FunctionDef) and n.name[0] != "_"
    ]
    assert public in (["find"], ["find", "example"])
    assert len(source(fault).splitlines()) <= MOST_LINES


@pytest.mark.parametrize("fault", RULES)
def test_a_finding_carries_the_name_of_its_file(fault):
    assert f'"{fault}"' in source(fault)


@pytest.mark.parametrize("fault", RULES)
def test_a_planted_fault_a_near_miss_and_a_real_run_test_it(fault):
    tests = {
        node.name
        for file in TESTS.glob("test_*.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    for kind in ("found", "quiet", "real"):
        assert any(name.startswith(f"test_{fault}_{kind}") for name in tests), f"no test_{fault}_{kind}..."


def test_the_form_can_be_broken():
    assert thresholds("MANY = 10.0\n") == {"MANY": False}
    assert thresholds("MANY = 10.0  # because\n# so\nFEW = 1\n") == {"MANY": True, "FEW": True}
    assert bare_numbers("if x > 0.7 and y == 0: pass") == [0.7]
