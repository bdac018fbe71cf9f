"""A recipe on its data as a program, so that both are looked at by the same means.

Comes in: a recipe, a prepared data set and the task. Goes out: a program of the prepared rows, and recipes with a
program's changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from leadline.core.errors import RecipeError
from leadline.data.dataset import Dataset
from leadline.nn.tasks import Task
from leadline.program.program import Program
from leadline.training.recipe import Recipe
from leadline.training.recipe_file import choices_of


def program_of(recipe: Recipe, data: Dataset, task: Task) -> Program:
    """Return the training as a program: the same network, loss and optimizer on the prepared rows.

    L1 penalties, class weights and early stopping are left out; a stream gives the rows it holds in memory.

    Args:
        recipe: Every choice.
        data: With at least one training row.
        task: What is asked.
    """
    train, held = data.parts["train"], data.parts["validation"]
    batch = len(train.rows) if recipe.batch_size == "full" else int(recipe.batch_size)
    return Program(
        network=recipe.network,
        inputs=train.inputs,
        targets=train.targets,
        loss=task,
        optimizer=recipe.optimizer,
        epochs=recipe.epochs,
        batch_size=batch,
        l2=recipe.l2,
        clip_norm=recipe.clip_norm,
        seed=recipe.seed,
        held_out=(held.inputs, held.targets) if len(held.rows) else None,
        problem="regression" if data.problem == "regression" else "classification",
    )


def recipe_with(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """Return a recipe with the changes of remedies.

    Args:
        recipe: As it is.
        changes: Dotted entries of the recipe with their new values.

    Raises:
        RecipeError: An entry is none of a recipe, or its value out of bounds.

    Example:
        >>> from leadline.nn import Dense, Sequential
        >>> recipe_with(Recipe(Sequential([Dense(1)])), {"training.epochs": 3}).epochs
        3
    """
    spec = recipe.to_spec()
    for name, value in changes.items():
        *sections, entry = name.split(".")
        table: Any = spec
        for section in sections:
            if not isinstance(table.get(section), Mapping):
                raise RecipeError.at(f"change {name!r}", "an entry of the recipe", "an unknown one")
            table[section] = dict(table[section])
            table = table[section]
        table[entry] = value
    network = spec.pop("network")
    choices = choices_of({**spec, "network": network}, "recipe")
    choices.pop("data", None)
    return replace(recipe, **choices)
