"""Rules on the network's structure and end."""

from __future__ import annotations

import math

import numpy as np
import pytest

from leadline.diagnosis.rules import (
    first_loss,
    no_nonlinearity,
    output_loss_mismatch,
    softmax_twice,
    too_many_parameters,
)
from leadline.nn import losses, pairings


def test_too_many_parameters_found(digits):
    found = too_many_parameters.find(digits({"network.parameters.total": 3_000_000, "data.rows.train": 100}))
    assert found.severity == "hint"
    assert "3,000,000 parameters for 100 training rows of 10 outputs: 3,000" in found.evidence


def test_too_many_parameters_quiet_on_usual_networks(digits, titanic):
    assert too_many_parameters.find(digits({"network.parameters.total": 55_000})) is None
    assert too_many_parameters.find(titanic({"network.parameters.total": 6_200})) is None
    mnist = {"network.parameters.total": 1_600_000, "data.rows.train": 50_000}  # a CNN with a wide head
    assert too_many_parameters.find(digits(mnist)) is None


def recipe(*layers):
    return {"network": {"kind": "sequential", "layers": list(layers)}}


HIDDEN = {"kind": "dense", "units": 64, "activation": "relu"}


def test_softmax_twice_found(digits):
    layers = (HIDDEN, {"kind": "dense", "units": 10, "activation": "softmax"})
    found = softmax_twice.find(digits({"network.output_activation": "softmax", "recipe": recipe(*layers)}))
    assert found.severity == "error"
    assert found.where == "2.dense"
    assert "exceed 0.232" in found.evidence
    assert "below 1.461" in found.evidence
    assert found.remedy.changes == {"network.layers": [HIDDEN, {"kind": "dense", "units": 10}]}


def test_softmax_twice_limits_are_those_of_softmax():
    scores = np.eye(10)[0]
    most = np.exp(scores)[0] / np.exp(scores).sum()
    assert softmax_twice._limits("softmax", 10) == (
        f"no probability can exceed {most:.3f} and the loss cannot fall below {-math.log(most):.3f}"
    )


def test_softmax_twice_found_as_layer_of_its_own_and_inside(digits):
    activate = {"kind": "activate", "activation": "softmax"}
    last = {"kind": "dense", "units": 10}
    for layers in ((HIDDEN, last, activate), (HIDDEN, {"kind": "sequential", "layers": [last, activate]})):
        run = digits({"network.output_activation": "softmax", "recipe": recipe(*layers)})
        changed = softmax_twice.find(run).remedy.changes["network.layers"]
        assert activate not in changed
        assert changed[-1] in (last, {"kind": "sequential", "layers": [last]})


def test_softmax_twice_found_in_sigmoid(titanic):
    found = softmax_twice.find(titanic({"network.output_activation": "sigmoid"}))
    assert found.severity == "error"
    assert "between 0.5 and 0.731" in found.evidence


def test_softmax_twice_quiet(digits, titanic, california):
    assert softmax_twice.find(digits()) is None
    assert softmax_twice.find(digits({"network.output_activation": "log_softmax"})) is None
    assert softmax_twice.find(digits({"network.output_activation": "sigmoid"})) is None
    assert softmax_twice.find(california({"network.output_activation": "sigmoid"})) is None
    assert softmax_twice.find(titanic({"network.output_activation": "softmax"})) is None


def test_output_loss_mismatch_found_where_targets_are_out_of_reach(california):
    for name in ("sigmoid", "tanh", "relu", "softplus"):
        found = output_loss_mismatch.find(california({"network.output_activation": name}))
        assert found.severity == "error"
        assert "out of reach" in found.evidence
    relu = output_loss_mismatch.find(california({"network.output_activation": "relu"}))
    assert "targets go from -1.66 to 2.53, relu gives nothing below 0: 40% out of reach" in relu.evidence


def test_output_loss_mismatch_quiet_where_targets_are_in_reach(california):
    shares = {"data.target.quantiles": np.linspace(0, 1, 101)}
    assert output_loss_mismatch.find(california({"network.output_activation": "sigmoid", **shares})) is None
    outlier = np.append(np.linspace(-0.9, 0.9, 100), 1.3)
    nearly = {"network.output_activation": "tanh", "data.target.quantiles": outlier}
    assert output_loss_mismatch.find(california(nearly)) is None
    by_entropy = {"task.loss": "binary_cross_entropy", "task.link": "sigmoid", **shares}
    assert output_loss_mismatch.find(california(by_entropy)) is None
    assert output_loss_mismatch.find(california({"task.loss": "huber"})) is None


def test_output_loss_mismatch_found_in_cross_entropy_of_numbers(california):
    found = output_loss_mismatch.find(
        california({"task.loss": "binary_cross_entropy", "task.link": "sigmoid"})
    )
    assert found.severity == "error"
    assert "-1.66 to 2.53" in found.evidence


@pytest.mark.parametrize(
    ("name", "severity", "told"),
    [
        ("relu", "error", "between 0.500 and 1.000"),  # only one side can be answered
        ("tanh", "warning", "between 0.269 and 0.731"),
        ("softmax", "error", "always 1"),  # softmax over one unit: the commonest real fault
    ],
)
def test_output_loss_mismatch_found_before_a_sigmoid(titanic, name, severity, told):
    found = output_loss_mismatch.find(titanic({"network.output_activation": name}))
    assert found.severity == severity
    assert told in found.evidence


def test_output_loss_mismatch_found_before_softmax(digits):
    found = output_loss_mismatch.find(digits({"network.output_activation": "sigmoid"}))
    assert "between 0.039 and 0.232" in found.evidence
    assert found.severity == "error"
    three = {
        "network.output_activation": "sigmoid",
        "network.outputs": 3,
    }  # trains, and calls the right class
    assert output_loss_mismatch.find(digits(three)).severity == "warning"
    assert output_loss_mismatch.find(digits({"network.output_activation": "relu"})).severity == "warning"


def test_output_loss_mismatch_found_in_the_loss(digits):
    found = output_loss_mismatch.find(digits({"task.loss": "mse"}))
    assert (found.severity, found.where) == ("warning", "loss")
    assert found.remedy.changes == {"training.loss": "cross_entropy"}


@pytest.mark.parametrize("kind", ["regression", "binary", "one_of_many", "several_labels"])
def test_output_loss_mismatch_tells_just_the_pairs_that_do_not_go_together(kind, digits):  # L10
    together = {line.loss: line for line in pairings() if line.kind == kind}
    quantiles = {"data.target.quantiles": np.linspace(0, 1, 101)} if kind == "regression" else {}
    for name, loss in losses.items():
        written = loss(delta=2).text if name == "huber" else name
        facts = {
            "task.kind": kind,
            "task.loss": written,
            "task.loss.usual": next(iter(together)),
            **quantiles,
        }
        found = output_loss_mismatch.find(digits(facts))
        if name in together and loss.likelihood:
            assert found is None, name
        elif name in together:
            assert found.severity == "hint", name
            assert "without probabilities" in found.evidence
        else:
            assert found.severity == ("hint" if name == "binary_cross_entropy" else "warning"), name
            assert f"trained on {name}; the loss of" in found.evidence


def test_output_loss_mismatch_quiet_on_equal_losses(digits, titanic):
    assert output_loss_mismatch.find(digits({"network.output_activation": "softmax"})) is None
    assert output_loss_mismatch.find(titanic({"task.loss": "cross_entropy"})) is None


def test_no_nonlinearity_found(digits):
    layers = ({"kind": "flatten"}, {"kind": "dense", "units": 64}, {"kind": "dense", "units": 10})
    found = no_nonlinearity.find(digits({"network.nonlinear": 0, "recipe": recipe(*layers)}))
    assert found.severity == "warning"
    assert "2 layers" in found.evidence
    activated = {"kind": "dense", "units": 64, "activation": "relu"}
    assert found.remedy.changes == {
        "network.layers": [{"kind": "flatten"}, activated, {"kind": "dense", "units": 10}]
    }


def test_no_nonlinearity_quiet_on_one_layer(digits):
    assert no_nonlinearity.find(digits({"network.nonlinear": 0, "network.weight_layers": 1})) is None


def test_first_loss_found_too_high(digits, titanic, california):
    found = first_loss.find(digits({"start.loss": 35.0}))
    assert found.severity == "warning"
    assert "first loss 35; 2.3 is expected" in found.evidence
    assert first_loss.find(titanic({"start.loss": 2.2})) is not None
    assert first_loss.find(california({"start.loss": 40.0})) is not None


def test_first_loss_found_too_low(digits):
    assert "far too low" in first_loss.find(digits({"start.loss": 0.4})).title


def test_first_loss_quiet(digits, titanic, california):
    assert first_loss.find(digits({"start.loss": 3.4})) is None  # scores of variance 2
    assert first_loss.find(digits({"start.loss": float(np.log(10))})) is None  # zero initial weights
    assert first_loss.find(digits({"start.loss": 0.05, "warm.start": "runs/digits-1"})) is None
    assert first_loss.find(digits({"start.loss": 9.0, "start.rows": 1})) is None  # one row says nothing
    prior = {"data.class_count.train": [970, 30], "start.loss": 0.14}  # the bias knows the frequencies
    assert first_loss.find(titanic(prior)) is None
    heavy = {"data.target.quantiles": np.append(np.linspace(-1, 1, 100), 50.0), "start.loss": 80.0}
    assert first_loss.find(california(heavy)) is None  # the one outlier stands in the first batch
