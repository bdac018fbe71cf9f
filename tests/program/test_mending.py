"""A remedy found in one program fits the program that other remedies made of it, and undoes none of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.nn import Dense, Dropout, Sequential, relu, sigmoid, softmax, tanh
from leadline.program.mending import LAYERS, onto
from leadline.program.program import Program
from leadline.program.written import Written
from leadline.record.finding import Finding, Remedy

ACTIVATIONS = ("relu", "tanh", "sigmoid", "elu")


def program(*layers: Any) -> Program:
    return Program(
        Sequential(list(layers)),
        np.zeros((20, 3), np.float32),
        np.arange(20) % 4,
        Written("cross_entropy", "scores", "codes"),
    )


def layers_of(one: Program) -> list[dict[str, Any]]:
    return [dict(layer) for layer in one.to_spec()["network"]["layers"]]


def finding(layers: list[dict[str, Any]], **more: Any) -> Finding:
    changes = {LAYERS: layers, **more}
    return Finding("a", "title", "warning", "where", "1 of 2", "", Remedy("mend", "", changes), weight=1.0)


def test_hidden_layers_are_changed_and_the_output_stays_as_another_remedy_left_it():
    written = program(Dense(8, sigmoid, "zeros"), Dense(4, sigmoid))
    now = program(Dense(8, sigmoid, "zeros"), Dense(4, softmax))
    wanted = layers_of(program(Dense(8, relu), Dense(4, sigmoid)))
    carried = onto(finding(wanted, **{"training.epochs": 3}), written, now).remedy.changes
    assert carried["training.epochs"] == 3
    mended = now.changed({LAYERS: carried[LAYERS]})
    assert layers_of(mended) == layers_of(program(Dense(8, relu), Dense(4, softmax)))


def test_what_another_remedy_changed_in_the_same_layer_stays():
    written = program(Dense(8, tanh, "zeros"), Dense(4))
    now = program(Dense(8, tanh), Dense(4))  # its start was mended
    wanted = layers_of(program(Dense(8, relu, "zeros"), Dense(4)))
    carried = onto(finding(wanted), written, now).remedy.changes
    assert layers_of(now.changed(carried)) == layers_of(program(Dense(8, relu), Dense(4)))


def test_where_layers_came_or_went_no_remedy_is_left():
    written, now = program(Dense(8), Dense(4)), program(Dense(8), Dropout(0.2), Dense(4))
    wanted = layers_of(program(Dense(8, relu), Dense(4)))
    assert onto(finding(wanted), written, now).remedy.changes == {}
    fewer = layers_of(program(Dense(4)))
    assert onto(finding(fewer), written, program(Dense(8, tanh), Dense(4))).remedy.changes == {}


def test_a_remedy_of_other_choices_stays_as_it_is():
    one = finding([])
    rate = Finding("a", "t", "warning", "w", "1", "", Remedy("m", "", {"training.epochs": 3}), weight=1.0)
    same = program(Dense(8), Dense(4))
    assert onto(rate, same, program(Dense(8, relu), Dense(4))) is rate
    assert onto(one, same, same) is one


@settings(max_examples=40, deadline=None)
@given(*[st.lists(st.sampled_from(ACTIVATIONS), min_size=3, max_size=3)] * 3)
def test_changes_of_different_layers_meet_in_any_order(was, first, second):
    """Where two remedies change different layers, either may come first."""

    def made(names: list[str]) -> Program:
        return program(*(Dense(4, name) for name in names), Dense(4))

    first = [new if at % 2 else old for at, (old, new) in enumerate(zip(was, first, strict=True))]
    second = [old if at % 2 else new for at, (old, new) in enumerate(zip(was, second, strict=True))]
    both = [two if at % 2 == 0 else one for at, (one, two) in enumerate(zip(first, second, strict=True))]
    start = made(was)
    for one, other in ((first, second), (second, first)):
        carried = onto(finding(layers_of(made(other))), start, made(one)).remedy.changes
        assert layers_of(made(one).changed(carried)) == layers_of(made(both))
