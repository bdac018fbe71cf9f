"""Activations with settings through the whole way: summary, training, soundings, file, recipe."""

import jax.numpy as jnp
import numpy as np
import pytest

import leadline as ll
from leadline import nn
from leadline.diagnosis.rules.output_loss_mismatch import BOUNDS
from leadline.soundings.activations import sound
from leadline.soundings.structure import structure_facts

NETWORK = nn.Sequential(
    [
        nn.Dense(8, nn.maxout(pieces=3)),
        nn.Dense(6, nn.prelu),
        nn.Dense(6, nn.apl(hinges=2)),
        nn.Dense(6, nn.rrelu(upper=0.5)),
        nn.Dense(3),
    ]
)
COUNTS = [4 * 24 + 24, 8 * 6 + 6 + 6, 6 * 6 + 6 + 24, 6 * 6 + 6, 6 * 3 + 3]


@pytest.fixture(scope="module")
def iris():
    return ll.data.bundled("iris")


@pytest.fixture(scope="module")
def result(iris):
    return ll.fit(NETWORK, iris, epochs=60, optimizer=ll.adam(1e-2), seed=0, progress=False)


def test_summary_counts_pieces_slopes_and_hinges():
    table = nn.summary(NETWORK, (4,))
    assert [row.parameters for row in table.rows] == COUNTS
    assert [row.shape for row in table.rows] == [(8,), (6,), (6,), (6,), (3,)]
    assert [row.activation for row in table.rows] == [
        "maxout(pieces=3)", "prelu", "apl(hinges=2)", "rrelu(upper=0.5)", "linear"
    ]  # fmt: skip
    assert structure_facts(NETWORK, (4,))["network.nonlinear"] == 1


def test_it_learns_and_so_do_its_activations(result):
    assert result.evaluation["accuracy"].value > 0.85
    assert not result.findings.errors
    learned = nn.flatten_params(NETWORK, result.model.params)
    assert np.abs(learned["1.dense/slope"] - 0.25).max() > 1e-3
    for name, start in nn.apl(hinges=2).start(6).items():
        assert np.abs(learned[f"2.dense/{name}"] - start).max() > 1e-3
    assert result.summary.total == sum(COUNTS) == result.run["network.parameters.total"]


def test_it_is_saved_loaded_and_used_with_the_mean_of_slopes(result, iris, tmp_path):
    again = ll.load(result.model.save(tmp_path / "iris.leadline"))
    expected = result.model.predict_proba(iris.inputs)
    np.testing.assert_array_equal(again.predict_proba(iris.inputs), expected)
    np.testing.assert_array_equal(
        result.model.predict_proba(iris.inputs), expected
    )  # nothing is drawn in use
    assert again.network == NETWORK


def test_the_recipe_says_the_settings_and_gives_the_same_bits(result, tmp_path):
    recipe = result.save(tmp_path / "run")["recipe"]
    for text in ("maxout(pieces=3)", "apl(hinges=2)", "rrelu(upper=0.5)"):
        assert text in recipe.read_text(encoding="utf-8")
    again = ll.fit_recipe(recipe, progress=False)
    np.testing.assert_array_equal(again.run["curve.loss.train"], result.run["curve.loss.train"])


def test_soundings_know_the_bounds_by_text(result):
    saturated = result.run["sounding.activation.saturated"]
    assert np.isnan(saturated).all()  # none of these is flat at both ends
    assert np.isfinite(result.run["sounding.activation.spread"]).all()
    outputs = jnp.array([[-0.999, 0.0], [0.5, 0.999]])
    assert float(sound(outputs, "hard_tanh")["saturated"]) == 0.5
    assert float(sound(outputs, "step(gradient='straight_through')")["saturated"]) == 0.75
    assert np.isnan(sound(outputs, "elu(alpha=0.999)")["saturated"])


@pytest.mark.parametrize(
    ("make", "bounds"),
    [
        (lambda: nn.elu(alpha=3.0), (-3.0, np.inf)),
        (lambda: nn.swish(beta=2.0), (-0.13923, np.inf)),
        (lambda: nn.gelu(approximate="tanh"), (-0.17004, np.inf)),
        (lambda: nn.apl(hinges=5), (-np.inf, np.inf)),
    ],
)
def test_bounds_follow_the_settings(make, bounds):
    assert make().bounds == pytest.approx(bounds, abs=1e-5)
    assert not make().saturates


@pytest.mark.parametrize("name", BOUNDS)
def test_the_rule_on_outputs_knows_the_same_bounds(name):
    assert nn.activations[name].bounds == BOUNDS[name]  # diagnosis does not know networks: a list of its own
