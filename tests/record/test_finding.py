import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.core.errors import RunError
from leadline.record.finding import SEVERITIES, Finding, Findings, Remedy


def found(fault="dead_units", severity="warning", weight=0.0):
    remedy = Remedy("Use leaky_relu.", "leadline cure runs/a", {"network.layers.0.activation": "leaky_relu"})
    return Finding(
        fault, "Dead units", severity, "0.dense", "40% are 0", "They learn nothing", remedy, "", weight
    )


@given(st.lists(st.tuples(st.sampled_from(SEVERITIES), st.floats(-5, 5))))
def test_the_gravest_stand_first_and_equals_keep_their_order(ranks):
    findings = Findings(found(str(i), *rank) for i, rank in enumerate(ranks))
    keys = [(SEVERITIES.index(f.severity), -f.weight, int(f.fault)) for f in findings]
    assert keys == sorted(keys)
    assert len(findings) == len(ranks)


def test_a_finding_is_asked_for_by_place_or_fault():
    findings = Findings([found("a", "hint"), found("b", "error"), found("c", "warning")])
    assert findings.faults == ("b", "c", "a")
    assert findings[0].fault == findings["b"].fault == "b"
    assert findings[-1].fault == "a"
    assert findings[:2].faults == ("b", "c")
    assert isinstance(findings[:2], Findings)
    assert findings.errors.faults == ("b",)


def test_a_fault_that_was_not_found_is_told():
    with pytest.raises(RunError, match="did you mean 'dead_units'"):
        Findings([found()])["dead_unit"]
    with pytest.raises(RunError, match="there are no findings"):
        Findings()["dead_units"]


def test_a_severity_is_one_of_three():
    with pytest.raises(RunError, match=r"must be one of 'error', 'warning', 'hint' – got 'eror'"):
        found(severity="eror")


def test_findings_print_what_is_known_and_leave_out_the_rest():
    text = str(Findings([found(), found("a", "error")]))
    first, second = text.split("\n\n")
    assert first.startswith("ERROR Dead units (a)\n")
    assert "  evidence  40% are 0\n" in second
    assert "  type      leadline cure runs/a" in second
    bare = Finding("a", "A", "hint", "", "seen", "", Remedy("Do b."))
    assert str(Findings([bare])) == "HINT A (a)\n  evidence  seen\n  remedy    Do b."
    assert repr(Findings()) == "No findings."


def test_findings_are_copied_whole():
    findings = Findings([found("a", "hint"), found("b", "error")])
    for again in (copy.deepcopy(findings), pickle.loads(pickle.dumps(findings))):
        assert isinstance(again, Findings)
        assert again == findings
