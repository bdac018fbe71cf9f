"""Examining goes on whatever a program does, and its changes make the program that it says is repaired."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from leadline.diagnosis import diagnose
from leadline.nn import Dense, Embedding, Flatten, Sequential, relu, sigmoid, softmax
from leadline.nn.base import Pass
from leadline.program.examine import Examination, examine, takes_back
from leadline.program.facts import written_run
from leadline.program.mending import Mended
from leadline.program.program import Program
from leadline.program.written import Written
from leadline.record.finding import Finding, Remedy
from leadline.training.optimizers import adam, sgd

SEEDS = (0, 1)
random = np.random.default_rng(0)
X = random.normal(size=(90, 4)).astype(np.float32)
YES = (X[:, 0] + X[:, 1] > 0).astype(int)
NUMBERS = X[:, 0] - X[:, 2]
BINARY = Written("binary_cross_entropy", "probabilities", "columns")


def program(*layers: object, **choices: Any) -> Program:
    given = {"inputs": X, "targets": YES, "loss": BINARY, "optimizer": adam(1e-2), "epochs": 40, **choices}
    return Program(Sequential(list(layers) or [Dense(8, relu), Dense(1, sigmoid)]), **given)


def looked(given: Program, stages: str = "ABCE", **choices: Any) -> Examination:
    return examine(given, diagnose, stages=stages, seeds=SEEDS, **choices)


class Crashing(Dense):
    """Fails as soon as it sees numbers, as the layer of somebody else may; its shapes are well."""

    kind = "dense"

    def apply(self, params: Any, state: Any, inputs: Any, how: Pass) -> Any:
        raise ValueError("no kernel for this device")


def test_a_network_that_crashes_is_told_and_what_is_written_stands():
    found = looked(program(Crashing(8), Dense(1, sigmoid), targets=2 * YES - 1))
    assert found.findings["targets_outside_loss"].severity == "error"
    assert found.changes == {"data.targets": "yes_no"}
    told = " ".join(found.words)
    assert "stage B could not be looked at: ValueError: no kernel for this device" in told
    assert "stage C could not be looked at" in told
    assert tuple(found.run["program.look"]) == found.words
    assert "no kernel for this device" in str(found)


def test_a_rule_that_fails_hides_nothing(monkeypatch):
    def broken(run: Any) -> Any:
        raise KeyError("of a rule")

    from leadline.diagnosis import engine

    rules = dict(engine.rules_by_fault())
    rules["dead_start"] = replace(rules["dead_start"], find=broken)
    monkeypatch.setattr(engine, "rules_by_fault", lambda: rules)
    found = looked(program(Dense(1, softmax)), "A")
    assert found.findings[0].fault == "softmax_single_unit"
    assert found.findings["rule_failed"].severity == "hint"


def test_an_interrupt_ends_everything_where_nothing_half_done_is_wanted():
    def ctrl_c(letter):
        if letter == "B":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        looked(program(), told=ctrl_c)


@pytest.mark.parametrize("stage", ["B", "C", "E"])
def test_an_interrupt_keeps_what_was_found(stage):
    begun = []

    def ctrl_c(letter):
        begun.append(letter)
        if letter == stage:
            raise KeyboardInterrupt

    found = looked(program(Dense(8, relu), Dense(1, softmax)), told=ctrl_c, keeps=True)
    assert begun[-1] == stage
    assert found.findings[0].fault == "softmax_single_unit"
    assert "interrupted" in found.words[-1]


def test_one_row_can_be_looked_at():
    found = looked(program(inputs=X[:1], targets=YES[:1]))
    assert not found.words, found.words
    found = looked(program(Dense(1), inputs=X[:1], targets=NUMBERS[:1], loss=Written("mse")))
    assert not found.words, found.words


def test_nan_everywhere_can_be_looked_at():
    nothing = np.full_like(X, np.nan)
    found = looked(program(inputs=nothing))
    assert not found.words, found.words
    assert "inputs_not_finite" in found.findings.faults
    found = looked(program(Dense(1), targets=np.full(90, np.nan), loss=Written("mse")))
    assert found.findings  # something is told, whatever it is


def test_zero_epochs_are_an_error_and_leave_the_probe_out():
    found = looked(program(epochs=0))
    assert found.findings["too_few_updates"].severity == "error"
    assert not found.words, found.words
    assert found.repaired.updates > 0
    assert "C" in found.seconds  # with what is certain mended there is something to probe
    assert "C" not in looked(program(epochs=0).changed({}), "AB").seconds


def test_held_out_rows_are_judged_and_may_be_missing():
    apart = program(inputs=X[:60], targets=YES[:60], held_out=(X[60:], YES[60:]))
    found = looked(apart, "ABC")
    assert found.run["data.rows.validation"] == 30
    assert looked(program(), "ABC").run["data.rows.validation"] == 0
    assert not found.words


def test_integer_tokens_are_looked_at_as_they_are():
    tokens = random.integers(0, 20, size=(90, 6)).astype(np.int32)
    network = (Embedding(20, 8), Flatten(), Dense(1, sigmoid))
    found = looked(program(*network, inputs=tokens, targets=tokens[:, 0] // 10, optimizer=adam(3e-2)))
    assert not found.words, found.words
    assert not found.findings.errors, found


def test_stages_are_those_that_were_asked():
    assert list(looked(program(), "A").seconds) == ["A"]
    assert list(looked(program(), "AB").seconds) == ["A", "B"]
    assert "probe.score" not in looked(program(), "AB").run
    assert {"A", "B", "C", "E"} == set(looked(program()).seconds)


def same(one: Program, other: Program) -> None:
    assert {**one.to_spec(), "data": None} == {**other.to_spec(), "data": None}
    np.testing.assert_allclose(one.inputs, other.inputs, rtol=1e-6)
    assert one.targets.shape == other.targets.shape
    np.testing.assert_allclose(one.targets, other.targets, rtol=1e-6)


@pytest.mark.parametrize(
    "given",
    [
        program(Dense(8, relu), Dense(1, softmax)),
        program(Dense(8, relu), Dense(1), targets=2 * YES - 1),
        program(Dense(8, relu), Dense(1), targets=100 * NUMBERS + 300, loss=Written("mse", expands=False)),
        program(Dense(8, relu), Dense(1, sigmoid), targets=2 * YES - 1, loss=Written("mse", expands=False)),
        program(Dense(8, relu), Dense(1), targets=NUMBERS, loss=Written("mse", reduction="sum"), optimizer=sgd(0.05)),
        program(Dense(8, relu), Dense(1, sigmoid), inputs=300 * X, targets=100 * NUMBERS, loss=Written("mse")),
    ],
    ids=["softmax", "-1 and 1", "broadcast and large", "broadcast and -1 and 1", "sum", "large and bounded"],
)  # fmt: skip
def test_changes_together_make_the_repaired_program(given):
    found = looked(given)
    assert not found.words, found.words
    same(given.changed(found.changes), found.repaired)
    assert not diagnose(written_run(found.repaired)).errors


def test_what_is_repaired_is_better_and_has_no_errors_left():
    found = looked(program(Dense(8, relu), Dense(1, softmax), targets=YES))
    assert found.changes
    assert found.findings.errors.faults == ("softmax_single_unit",)
    assert not looked(found.repaired).findings.errors


def test_it_prints_findings_words_and_seconds():
    text = str(looked(program(Dense(1, softmax)), "AB"))
    assert "softmax_single_unit" in text
    assert "Looked at what is written after" in text


@pytest.mark.parametrize(
    ("changes", "back"),
    [
        ({"optimizer.learning_rate": 0.01}, True),  # a rate that was lowered from 1 to 0.001
        ({"optimizer.learning_rate": 0.0001}, False),
        ({"training.epochs": 100}, False),
        ({"network.layers": [{"kind": "dense", "units": 1}]}, False),
    ],
)
def test_no_remedy_takes_another_back(changes, back):
    before = program(optimizer=sgd(1.0))
    after = {"optimizer.learning_rate": 0.001}
    mended = Mended(before.changed(after), after, {})
    finding = Finding("a", "title", "warning", "where", "1 of 2", "", Remedy("mend", "", changes), weight=1.0)
    assert takes_back(finding, mended, before) is back
