"""Rules on what was sounded layer by layer (T10, I1, A3)."""

from __future__ import annotations

import numpy as np
import pytest

from leadline.diagnosis.rules import (
    dead_units,
    equal_units,
    exploding_gradients,
    saturated_units,
    vanishing_gradients,
)

EPOCHS = 10
STUCK = {"curve.loss.train": np.full(15, 2.3026), "curve.loss.validation": np.full(15, 2.303)}
STUCK["curve.score.validation"] = np.full(15, 0.1)


def net(activation="relu", hidden=5, units=64, **choices):
    """A plain network and its recipe."""
    layer = {"kind": "dense", "units": units, "activation": activation, **choices}
    return {
        "recipe": {
            "training": {},
            "optimizer": {"name": "adam", "learning_rate": 0.1},
            "network": {"kind": "sequential", "layers": [layer] * hidden + [{"kind": "dense", "units": 10}]},
        },
        "network.layers": [f"{i}.dense" for i in range(hidden + 1)],
        "network.kinds": ["dense"] * (hidden + 1),
        "network.activations": [activation] * hidden + ["linear"],
        "network.shapes": [str(units)] * hidden + ["10"],
        "network.parameters": np.full(hidden + 1, 4160),
        "sounding.gradient.norm": np.ones((EPOCHS, hidden + 1)),
        "sounding.update.ratio": np.full((EPOCHS, hidden + 1), 1e-3),
        "sounding.rows": 128,
    }


def shares(name, values):
    """One sounding that is the same at every epoch."""
    return {f"sounding.{name}": np.tile(np.asarray(values, float), (EPOCHS, 1))}


# vanishing_gradients


def fading(factor, hidden=5):
    return shares("gradient.norm", factor ** np.arange(hidden, -1, -1.0))


def test_vanishing_gradients_found_where_nothing_is_learned(digits):
    found = vanishing_gradients.find(digits({**net("sigmoid"), **fading(0.25), **STUCK}))
    assert (found.severity, found.where) == ("error", "0.dense to 5.dense")
    assert found.evidence == (
        "gradient norm 0.000977 at 0.dense, 1 at 5.dense: times 0.25 for each layer on the way back"
    )
    assert [layer.get("activation") for layer in found.remedy.changes["network.layers"]] == ["relu"] * 5 + [
        None
    ]


def test_vanishing_gradients_found_in_a_start_too_small(digits):
    small = net("tanh", initializer="normal(spread=0.01)")
    found = vanishing_gradients.find(digits({**small, **fading(0.1), **STUCK}))
    assert "initializer" in found.remedy.command
    assert found.remedy.changes["network.layers"][0] == {"kind": "dense", "units": 64, "activation": "tanh"}


def test_vanishing_gradients_found_as_warning_behind_a_linear_model(digits, judged):
    run = digits({**net("sigmoid"), **fading(0.25)}, judged(200, linear=256))
    assert vanishing_gradients.find(run).severity == "warning"


def test_vanishing_gradients_found_as_hint_only_far_below(digits):
    assert vanishing_gradients.find(digits({**net("sigmoid"), **fading(0.05)})).severity == "hint"
    assert vanishing_gradients.find(digits({**net("sigmoid"), **fading(0.15)})) is None


def test_vanishing_gradients_found_where_nothing_at_all_is_left(digits):
    norms = shares("gradient.norm", [0, 0, 0, 0, 1e-30, 1])
    found = vanishing_gradients.find(digits({**net("sigmoid"), **norms, **STUCK}))
    assert found.evidence.endswith("nothing is left of it")


def test_vanishing_gradients_found_at_the_start_of_a_network_that_died(digits):
    start = {"start.gradient.norm": 0.05 ** np.arange(5, -1, -1.0)}
    dead = {**shares("gradient.norm", [0, 0, 0, 0, 0, 1]), **shares("activation.dead", [0, 0, 0, 0, 1, 0])}
    assert vanishing_gradients.find(digits({**net(), **dead, **STUCK, **start})).severity == "error"
    assert vanishing_gradients.find(digits({**net(), **dead, **STUCK})) is None, "dead units are no vanishing"
    alike = {**shares("gradient.norm", [0, 0, 0, 0, 0, 1]), **shares("weights.equal", [1] * 6)}
    assert vanishing_gradients.find(digits({**net(), **alike, **STUCK})) is None


def test_vanishing_gradients_quiet(digits):
    assert vanishing_gradients.find(digits()) is None
    assert vanishing_gradients.find(digits({**net("sigmoid"), **fading(0.4), **STUCK})) is None
    assert vanishing_gradients.find(digits({**net("sigmoid", hidden=2), **fading(0.01, 2), **STUCK})) is None
    first_small = shares("gradient.norm", [1e-6, 1, 1, 1, 1, 1])  # tiny inputs, no fault of the depth
    assert vanishing_gradients.find(digits({**net(), **first_small, **STUCK})) is None
    one_epoch = fading(0.9)
    one_epoch["sounding.gradient.norm"][0, :3] = 1e-9
    assert vanishing_gradients.find(digits({**net(), **one_epoch, **STUCK})) is None
    rest = {**net("sigmoid"), **STUCK, "sounding.gradient.norm": np.zeros((EPOCHS, 6))}
    assert vanishing_gradients.find(digits(rest)) is None


# exploding_gradients


def test_exploding_gradients_found_before_the_first_step(digits):
    start = {"start.gradient.norm": np.array([1e4, 2e5, 1, 1, 1, 1.0])}
    wide = net(initializer="normal(spread=1.0)")
    stopped = {"stop.reason": "not finite", "stop.not_finite_step": 1, "sounding.gradient.norm": None}
    found = exploding_gradients.find(digits({**wide, **start, **stopped}))
    assert (found.severity, found.where) == ("error", "1.dense")
    assert "norm of the whole gradient 200,250 before the first step" in found.evidence
    assert "initializer" not in found.remedy.changes["network.layers"][0]
    assert exploding_gradients.find(digits({**net(), **start})).severity == "hint"


def test_exploding_gradients_found_beyond_all_numbers(digits):
    start = {"start.gradient.norm": np.full(6, np.nan)}
    found = exploding_gradients.find(digits({**net(), **start, "stop.reason": "not finite"}))
    assert "inf before the first step" in found.evidence
    assert found.remedy.changes == {"training.clip_norm": 1.0}
    assert exploding_gradients.find(digits({**net(), **start, "data.input.not_finite": 3})) is None


def test_exploding_gradients_found_throughout(digits, judged):
    run = digits({**net(), **shares("gradient.norm", [2e3] * 6)}, judged(200, linear=256))
    found = exploding_gradients.find(run)
    assert found.severity == "warning"
    assert "in the median epoch" in found.evidence


def test_exploding_gradients_quiet(digits, california):
    assert exploding_gradients.find(digits()) is None
    large = {"start.gradient.norm": np.array([300.0] * 6)}
    assert exploding_gradients.find(digits({**net(), **large})) is None
    peak = shares("gradient.norm", [1] * 6)
    peak["sounding.gradient.norm"][3] = 1e6
    assert exploding_gradients.find(digits({**net(), **peak})) is None
    beyond = {"start.gradient.norm": np.array([2e4] * 6)}
    unscaled = {"data.input.high": np.array([255.0]), "data.input.spread": np.array([80.0])}
    assert exploding_gradients.find(digits({**net(), **beyond, **unscaled})) is None, (
        "told as unscaled inputs"
    )
    prices = {"data.target.quantiles": np.linspace(0, 5e5, 101)}
    assert exploding_gradients.find(california({**net(), **beyond, **prices})) is None


# dead_units


def test_dead_units_found_where_nothing_passes(digits):
    died = shares("activation.dead", [0.1, 1, 0.1, 0, 0, 0])
    died["sounding.activation.dead"][0] = 0.05
    found = dead_units.find(digits({**net(), **died}))
    assert (found.severity, found.where, found.title) == ("error", "1.dense", "A layer is dead")
    assert found.evidence == (
        "100% of its units are 0 for each of 128 rows, 5% after the first epoch; "
        "such a unit fires for under 2.3% of all rows with 95% certainty"
    )
    assert found.remedy.changes == {"optimizer.learning_rate": 0.01}
    assert found.remedy.command == "--learning-rate 0.01"


def test_dead_units_found_as_hint_beside_what_lives(digits):
    assert (
        dead_units.find(digits({**net(), **shares("activation.dead", [0.8, 0, 0, 0, 0, 0])})).severity
        == "hint"
    )
    around = {"network.layers": ["0.residual.0.dense", *(f"{i}.dense" for i in range(1, 6))]}
    run = digits({**net(), **shares("activation.dead", [1, 0, 0, 0, 0, 0]), **around})
    assert dead_units.find(run).severity == "hint"
    last = shares("activation.dead", [0, 0, 0, 0, 0, 0])
    last["sounding.activation.dead"][-1, 0] = 1
    assert dead_units.find(digits({**net(), **last, "stop.best_epoch": 4})).severity == "hint"
    assert dead_units.find(digits({**net(), **last, "stop.best_epoch": 10})).severity == "error"


def test_dead_units_found_with_the_remedy_of_the_cause(digits):
    dead = shares("activation.dead", [1] * 5 + [0])
    started = dead_units.find(digits({**net(bias_value=-5.0), **dead}))
    assert [layer.get("bias_value") for layer in started.remedy.changes["network.layers"]] == [0.01] * 5 + [
        None
    ]
    unscaled = {"data.input.high": np.array([255.0]), "data.input.spread": np.array([80.0])}
    assert dead_units.find(digits({**net(), **dead, **unscaled})).remedy.words.startswith("Scale the inputs")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (net(), "no soundings"),
        ({**net(), **shares("activation.dead", [0.45] * 6)}, "less than half"),
        ({**net(units=4), **shares("activation.dead", [0.75] * 6)}, "three of four may be chance"),
        ({**net(), **shares("activation.dead", [1] * 6), "sounding.rows": 22}, "22 rows prove nothing"),
        ({**net("tanh"), **shares("activation.dead", [1] * 6)}, "not a rectifier"),
        ({**net("leaky_relu(slope=0.1)"), **shares("activation.dead", [1] * 6)}, "it has a slope"),
        ({**net(), **shares("activation.zeros", [0.95] * 6), **shares("activation.dead", [0] * 6)}, "sparse"),
        ({**net(), **shares("activation.dead", [0, 0, 0, 0, 0, 1])}, "the last layer"),
        ({**net(), **shares("activation.dead", [1] * 6), **shares("weights.equal", [1] * 6)}, "equal units"),
    ],
)
def test_dead_units_quiet(digits, changes, why):
    assert dead_units.find(digits(changes)) is None, why


# saturated_units


def test_saturated_units_found(digits, judged):
    shut = shares("activation.saturated", [0.3, 0.9, 0.6, 0.2, 0.1, np.nan])
    found = saturated_units.find(digits({**net("tanh"), **shut}))
    assert (found.severity, found.where) == ("hint", "1.dense and 1 other layer")
    assert "90% of its outputs are within 1% of the bounds of tanh after the first epoch" in found.evidence
    assert found.remedy.changes == {"optimizer.learning_rate": 0.01}
    assert saturated_units.find(digits({**net("tanh"), **shut, **STUCK})).severity == "error"
    assert (
        saturated_units.find(digits({**net("tanh"), **shut}, judged(200, linear=256))).severity == "warning"
    )


def test_saturated_units_found_with_the_remedy_of_the_cause(digits):
    shut = shares("activation.saturated", [0.9] * 5 + [np.nan])
    wide = saturated_units.find(digits({**net("sigmoid", initializer="normal(spread=1.0)"), **shut}))
    assert "initializer" not in wide.remedy.changes["network.layers"][0]
    unscaled = {"data.input.high": np.array([255.0]), "data.input.spread": np.array([80.0])}
    assert (
        "Scale the inputs"
        in saturated_units.find(digits({**net("sigmoid"), **shut, **unscaled})).remedy.words
    )


@pytest.mark.parametrize("activation", ["relu6", "step", "softmax", "relu", "linear"])
def test_saturated_units_quiet_on_what_is_flat_by_design(digits, activation):
    assert (
        saturated_units.find(digits({**net(activation), **shares("activation.saturated", [1] * 6)})) is None
    )


def test_saturated_units_quiet(digits):
    assert saturated_units.find(digits({**net("tanh"), **shares("activation.saturated", [0.45] * 6)})) is None
    late = shares("activation.saturated", [0.1] * 6)
    late["sounding.activation.saturated"][1:] = 0.8  # sure of themselves in the end
    assert saturated_units.find(digits({**net("tanh"), **late})) is None
    answers = shares("activation.saturated", [0, 0, 0, 0, 0, 1])
    ends = {"network.activations": ["tanh"] * 5 + ["sigmoid"]}
    assert saturated_units.find(digits({**net("tanh"), **answers, **ends})) is None


# equal_units


def test_equal_units_found(digits):
    alike = shares("weights.equal", [0, 1, 1, 0, 0, 0])
    found = equal_units.find(digits({**net("tanh", initializer="constant(value=0.5)"), **alike}))
    assert (found.severity, found.where) == ("error", "1.dense and 1 other layer")
    assert found.evidence == (
        "100% of its units have the weights of their neighbor after 10 epochs; it begins with constant(value=0.5)"
    )
    assert "initializer" not in found.remedy.changes["network.layers"][1]


def test_equal_units_found_as_warning_where_some_differ(digits):
    half = shares("weights.equal", [0.6, 0, 0, 0, 0, 0])
    assert equal_units.find(digits({**net("tanh", initializer="identity"), **half})).severity == "warning"


def test_equal_units_quiet(digits):
    assert equal_units.find(digits(net())) is None
    assert equal_units.find(digits({**net(), **shares("weights.equal", [0.1, np.nan, 0, 0, 0, 1])})) is None
    apart = shares("weights.equal", [1] * 6)
    apart["sounding.weights.equal"][-1] = 0  # the layer after it told its units apart
    assert equal_units.find(digits({**net(initializer="zeros"), **apart})) is None
    linear = {**net(hidden=0), **shares("weights.equal", [1])}
    assert equal_units.find(digits(linear)) is None
