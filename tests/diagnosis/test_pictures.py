"""Rules that show their evidence: the picture's numbers are the run's own, and each example shows its fault."""

from __future__ import annotations

import numpy as np
import pytest

from leadline.diagnosis import diagnose, rules_by_fault
from leadline.diagnosis.planted import planted
from leadline.diagnosis.silence import area, silence
from leadline.record.finding import Finding, Remedy
from leadline.record.run import Run

EXAMPLES = sorted(fault for fault, rule in rules_by_fault().items() if rule.example)
OWN = [
    "class_imbalance", "dead_units", "exploding_gradients", "first_loss", "leaking_feature", "not_learning",
    "overfitting", "saturated_units", "unscaled_inputs", "vanishing_gradients",
]  # fmt: skip


def shown(fault):
    rule = rules_by_fault()[fault]
    run = rule.example()
    found = rule.find(run)
    assert found is not None
    return run, found.picture


def bars(picture):
    return dict(zip(picture.names, (value for (value,) in picture.values), strict=True))


def test_these_rules_have_examples():
    assert set(OWN) <= set(EXAMPLES)


def test_the_planted_run_is_healthy():
    assert diagnose(planted(), strict=True) == ()


@pytest.mark.parametrize("fault", EXAMPLES)
def test_an_example_shows_its_fault_and_a_well_formed_picture(fault):
    run, picture = shown(fault)
    assert fault in diagnose(run, strict=True).faults
    assert (rules_by_fault()[fault].example.__doc__ or "").startswith("Return a run that shows it: ")
    if picture is not None:
        assert len(picture.names) == len(picture.values) > 0
        assert all(np.isfinite(value) for row in picture.values for value in row)


@pytest.mark.parametrize("fault", OWN)
def test_needed_quantities_are_needed(fault):
    rule = rules_by_fault()[fault]
    run = rule.example()
    for name in rule.needs:
        without = Run({key: value for key, value in run.values.items() if key != name})
        assert rule.find(without) is None
        assert rule in silence(without, (), [rule]).unseen


def test_dead_units_shows_the_share_of_each_layer():
    run, picture = shown("dead_units")
    layers = run["sounding.activation.dead"][-1][:5]
    assert bars(picture) == dict(zip(run["network.layers"], layers, strict=False))
    assert picture.marks == {"most units": 0.5}


def test_saturated_units_shows_the_first_epoch():
    run, picture = shown("saturated_units")
    assert bars(picture) == dict(
        zip(run["network.layers"], run["sounding.activation.saturated"][0][:5], strict=False)
    )


@pytest.mark.parametrize("fault", ["vanishing_gradients", "exploding_gradients"])
def test_gradients_are_shown_layer_by_layer(fault):
    run, picture = shown(fault)
    assert bars(picture) == dict(zip(run["network.layers"], run["sounding.gradient.norm"][0], strict=True))
    assert picture.log


def test_overfitting_shows_both_curves_and_the_best_epoch():
    run, picture = shown("overfitting")
    assert dict(zip(picture.names, picture.values, strict=True)) == {
        "training": tuple(run["curve.loss.train"]),
        "validation": tuple(run["curve.loss.validation"]),
    }
    assert list(picture.marks.values()) == [run["curve.loss.validation"].min()]


def test_not_learning_shows_the_curves_beside_the_constant():
    run, picture = shown("not_learning")
    assert picture.values == (tuple(run["curve.loss.train"]), tuple(run["curve.loss.validation"]))
    assert picture.marks["answering a constant"] == pytest.approx(np.log(10), abs=0.01)


def test_unscaled_inputs_shows_the_typical_sizes():
    run, picture = shown("unscaled_inputs")
    sizes = np.hypot(run["data.input.mean"], run["data.input.spread"])
    assert list(bars(picture)) == list(run["data.features"])
    np.testing.assert_allclose(list(bars(picture).values()), sizes)


def test_class_imbalance_shows_the_rows_of_each_class():
    run, picture = shown("class_imbalance")
    assert bars(picture) == dict(zip(run["data.classes"], run["data.class_count.train"], strict=True))


def test_leaking_feature_shows_every_column():
    run, picture = shown("leaking_feature")
    assert bars(picture) == dict(zip(run["data.columns"], run["data.alone.score"], strict=True))


def test_first_loss_shows_it_beside_the_expected_one():
    run, picture = shown("first_loss")
    first, expected = picture.values[0][0], picture.values[1][0]
    assert (first, expected) == (run["start.loss"], pytest.approx(np.log(10)))


def test_findings_say_at_which_stage_they_can_be_seen():
    stages = {fault: rules_by_fault()[fault].find(rules_by_fault()[fault].example()).stage for fault in OWN}
    seen_before = {"class_imbalance": "A", "leaking_feature": "A", "unscaled_inputs": "A", "first_loss": "B"}
    assert stages == dict.fromkeys(OWN, "D") | seen_before


def test_first_loss_too_low_shows_the_class_frequencies_too():
    found = rules_by_fault()["first_loss"].find(planted({"start.loss": 0.2}))
    assert [row[0] for row in found.picture.values[:1]] == [0.2]
    assert len(found.picture.names) == 3


# Silence


def test_a_rule_without_needs_is_taken_at_what_it_reads_first():
    rule = rules_by_fault()["not_finite_loss"]
    assert rule.needs == ()
    assert rule in silence(Run({"stop.not_finite_step": 0}), (), [rule]).in_order
    assert rule in silence(Run({"data.name": "digits"}), (), [rule]).unseen


def test_a_rule_that_finds_or_fails_is_not_in_order():
    def broken(run):
        raise ZeroDivisionError

    sick = Finding("sick", "t", "error", "w", "e", "y", Remedy("r"))
    rule = rules_by_fault()["first_loss"]
    asked = [type(rule)("sick", lambda run: sick, {}), type(rule)("broken", broken, {})]
    quiet = silence(Run(), (), asked)
    assert quiet.in_order == ()
    assert [each.fault for each in quiet.unseen] == ["broken"]


def test_asking_again_changes_nothing():
    run = planted()
    before = dict(run.values)
    silence(run, ())
    assert run.values.keys() == before.keys()


def test_every_rule_is_of_something():
    assert {area(rule) for rule in rules_by_fault().values()} == {"data", "network", "training", "result"}
