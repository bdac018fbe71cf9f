"""Remedies of what is written: each makes its finding go away, and all together leave nothing certain."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.diagnosis.written_programs import (
    BINARY_OF_SCORES,
    SICK,
    TARGETS,
    clean_binary,
    clean_classes,
    clean_numbers,
    faults,
    found,
    losses,
    program,
)

from leadline.diagnosis import diagnose
from leadline.nn import Dense
from leadline.program.facts import written_run


@pytest.mark.parametrize("fault", SICK)
def test_every_remedy_makes_its_finding_go_away(fault):
    given = SICK[fault]
    one = found(fault, given)
    assert one.remedy.changes
    for remedy in one.remedies if fault != "too_few_updates" else one.remedies[:1]:
        assert found(fault, given.changed(remedy.changes)) is None, remedy


@settings(max_examples=60)
@given(
    targets=st.sampled_from(sorted(TARGETS)),
    end=st.sampled_from(["linear", "relu", "sigmoid", "softmax", "tanh", "log_softmax"]),
    outputs=st.integers(1, 4),
    loss=losses(),
)
def test_remedies_that_are_certain_end_with_nothing_certain_left(targets, end, outputs, loss):
    """However end, loss and targets are combined: each remedy takes its fault away and makes none that was mended."""
    given_program, seen = program(Dense(outputs, end), targets=TARGETS[targets], loss=loss), []
    for _ in range(6):
        certain = [one for one in diagnose(written_run(given_program), strict=True) if one.certain]
        if not certain:
            break
        assert certain[0].remedy.changes, certain[0]
        given_program = given_program.changed(certain[0].remedy.changes)
        assert found(certain[0].fault, given_program) is None, certain[0]
        seen.append(certain[0].fault)
    else:
        pytest.fail(f"mended again and again: {seen}")
    assert not diagnose(written_run(given_program), strict=True).errors


def test_a_program_as_it_should_be_has_no_findings():
    clean = [clean_binary(), clean_classes(), clean_numbers(), program(Dense(1), loss=BINARY_OF_SCORES)]
    assert [faults(one) for one in clean] == [set()] * 4
