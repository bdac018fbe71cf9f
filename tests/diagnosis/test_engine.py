"""The engine asks every rule, ranks, and lets no rule hide another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadline.diagnosis import diagnose, rules_by_fault
from leadline.diagnosis.engine import Rule
from leadline.record.finding import Finding, Remedy
from leadline.record.run import Run


def rule(fault, severity="warning", weight=0.0, why="own"):
    finding = Finding(fault, "title", severity, "where", "1 of 2", why, Remedy("mend"), weight=weight)
    return Rule(fault, lambda run: finding, {"Why it hurts": "from the page", "Source": "Someone 1999"})


def broken(run):
    raise ZeroDivisionError("division by zero")


def test_healthy_runs_have_no_finding(digits, titanic, california):
    for make in (digits, titanic, california):
        assert diagnose(make(), strict=True) == ()


def test_an_empty_run_is_silent():
    assert diagnose(Run({}), strict=True) == ()


def test_findings_are_ranked_by_severity_then_weight():
    asked = [rule("a", "hint", 99), rule("b", "warning", 1), rule("c", "error", 0), rule("d", "warning", 50)]
    assert diagnose(Run({}), only=asked).faults == ("c", "d", "b", "a")


def test_what_a_training_shows_of_a_cause_stands_for_it():
    start = replace(rule("vanishing_start"), later="vanishing_gradients")
    course = rule("vanishing_gradients")
    assert diagnose(Run({}), only=[start, course]).faults == ("vanishing_gradients",)
    assert diagnose(Run({}), only=[start]).faults == ("vanishing_start",)
    failing = replace(course, find=broken)
    assert set(diagnose(Run({}), only=[start, failing]).faults) == {"vanishing_start", "rule_failed"}


def test_rules_name_later_ones_that_there_are():
    named = {rule.later for rule in rules_by_fault().values() if rule.later}
    assert named
    assert named <= set(rules_by_fault())


def test_causes_stand_before_symptoms(digits):
    run = digits(
        {
            "data.input.not_finite": 3,
            "stop.reason": "not finite",
            "stop.not_finite_step": 4,
            "curve.loss.train": np.zeros(0),
            "curve.loss.validation": np.zeros(0),
        }
    )
    assert diagnose(run, strict=True).faults == ("inputs_not_finite", "not_finite_loss")


def test_a_failing_rule_hides_no_other_and_is_told():
    found = diagnose(Run({}), only=[Rule("bad", broken, {}), rule("good")])
    assert found.faults == ("good", "rule_failed")
    failure = found["rule_failed"]
    assert failure.severity == "hint"
    assert "bad" in failure.title
    assert failure.evidence == "ZeroDivisionError: division by zero"


def test_a_failing_rule_rises_in_tests():
    with pytest.raises(ZeroDivisionError):
        diagnose(Run({}), strict=True, only=[Rule("bad", broken, {})])


def test_the_page_gives_what_the_finding_leaves_out():
    own, page = diagnose(Run({}), only=[rule("a", why="own"), rule("b", why="")])
    assert (own.why, page.why) == ("own", "from the page")
    assert own.source == "Someone 1999"


def test_values_that_a_rule_does_not_expect_become_a_hint(digits):
    found = diagnose(digits({"data.rows.train": "many"}))
    assert set(found.faults) == {"rule_failed"}
    with pytest.raises((TypeError, ValueError)):
        diagnose(digits({"data.rows.train": "many"}), strict=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(data=st.data())
def test_a_rule_whose_numbers_are_missing_is_silent(digits, titanic, california, data):
    whole = data.draw(st.sampled_from([digits(), titanic(), california()]))
    kept = data.draw(st.sets(st.sampled_from(sorted(whole.values))))
    judged = whole.evaluations if data.draw(st.booleans()) else {}
    assert diagnose(Run({name: whole[name] for name in kept}, judged), strict=True) == ()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(
    losses=st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), max_size=12),
    held=st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), max_size=12),
)
def test_no_curve_breaks_a_rule(digits, losses, held):
    run = digits({"curve.loss.train": np.array(losses), "curve.loss.validation": np.array(held)})
    for finding in diagnose(run, strict=True):
        assert finding.evidence


def test_every_rule_of_the_folder_is_asked():
    assert len(rules_by_fault()) >= 18
