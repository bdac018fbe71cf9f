"""Every layer of the catalogue travels: through a recipe file and through a model file, and its gradient is right.

The examples are those of the battery in ``test_layers.py``; a new layer comes here by itself.
"""

import importlib.util
from pathlib import Path

import jax
import numpy as np
import pytest

import leadline.nn as nn
from leadline.backprop import check_gradients
from leadline.data import arrays
from leadline.export import Model, load
from leadline.training.recipe import Recipe
from leadline.training.recipe_file import read_recipe

_spec = importlib.util.spec_from_file_location("battery", Path(__file__).with_name("test_layers.py"))
battery = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(battery)

FIRST = [pytest.param(*cases[0][:2], id=kind) for kind, cases in battery.EXAMPLES.items()]
CLASSES = 2


def network_of(layer: nn.Layer) -> nn.Sequential:
    return nn.Sequential([layer, nn.Flatten(), nn.Dense(CLASSES)])


@battery.EVERY
def test_a_recipe_file_gives_the_same_network(layer, shape, count, tmp_path):
    recipe = Recipe(network_of(layer), epochs=3)
    path = recipe.save(tmp_path / "recipe.toml")
    again = Recipe(**read_recipe(path))
    assert again.network == recipe.network
    assert again == recipe


@battery.EVERY
def test_a_model_file_gives_the_same_numbers(layer, shape, count, tmp_path):
    network, random = network_of(layer), np.random.default_rng(0)
    rows = (
        random.integers(0, 3, (12, *shape)) if layer.takes == "tokens" else random.normal(size=(12, *shape))
    )
    data = arrays(rows, np.arange(12) % CLASSES, scale=False, problem="classification", kind="array")
    params, state = jax.tree.map(np.asarray, network.init(jax.random.key(1), shape))
    task = nn.for_problem("classification", CLASSES, CLASSES)
    model = Model(network, params, state, data.preparation, task, data.class_names, data.target_name)
    again = load(model.save(tmp_path / "model.leadline"))
    assert again.network == network
    again_numbers, numbers = (again.params, again.state), (params, state)
    for ours, theirs in zip(jax.tree.leaves(again_numbers), jax.tree.leaves(numbers), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert jax.tree.structure(again_numbers) == jax.tree.structure(numbers)


@pytest.mark.parametrize(("layer", "shape"), FIRST)
def test_gradients_are_those_of_finite_differences(layer, shape):  # T2
    found = check_gradients(layer, shape)
    assert found.ok, str(found)
