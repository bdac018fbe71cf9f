"""Supervised training by a recipe: from choices to the compiled loop.

Comes in: a recipe, a prepared data set and its task. Goes out: trained weights with everything that was measured.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np

from leadline.core.errors import Problems, RecipeError
from leadline.data.dataset import Dataset, Part
from leadline.nn.penalties import weight_mask
from leadline.nn.tasks import Task
from leadline.training.checkpoint import Keeper
from leadline.training.loop import Course
from leadline.training.moment import Watcher, unwatched
from leadline.training.plan import Chosen
from leadline.training.program import epoch_steps
from leadline.training.recipe import Recipe
from leadline.training.schedules import Rate
from leadline.training.step import Problem, Rows
from leadline.training.stopping import Stopping
from leadline.training.train import Trained, chosen_for, train


def train_recipe(
    recipe: Recipe,
    dataset: Dataset,
    task: Task,
    watch: Watcher = unwatched,
    soundings: bool = True,
    checkpoint: Path | None = None,
    chosen: Chosen | None = None,
) -> Trained:
    """Train the recipe's network on the training part of a data set.

    Args:
        recipe: Every choice.
        dataset: With at least one training row.
        task: What is asked; gives the loss.
        watch: Told about every epoch.
        soundings: Whether to take them; off only to measure what they cost.
        checkpoint: File to go on from where it exists, written now and then and removed at the end.
        chosen: How to run; by default what suits this machine.

    Raises:
        RecipeError: The batch is larger than the training part, or the class weights do not fit the classes.
    """
    part = dataset.parts["train"]
    check(recipe, dataset)
    batch = batch_of(recipe, dataset)
    steps = epoch_steps(rows_in(dataset), batch)[0] + 1
    rate = recipe.optimizer.schedule.over(recipe.optimizer.learning_rate, steps, recipe.epochs)
    problem = problem_of(recipe, dataset, task, rate, soundings)
    stopping = Stopping(recipe.patience, recipe.min_delta) if recipe.early_stopping else None
    judged = dataset.parts["validation"] if len(dataset.parts["validation"].rows) else part
    keeper = Keeper(checkpoint, {"recipe": recipe.to_spec(), "data": dataset.digest}) if checkpoint else None
    course = Course(recipe.epochs, batch, recipe.seed, stopping)
    chosen = chosen or chosen_for(problem, course, rows_of(part), dataset.stream, recipe.plan)
    trained = train(problem, course, rows_of(part), rows_of(judged), watch, keeper, chosen, dataset.stream)
    rates = _rates(rate, steps, len(trained.values["curve.loss.train"]))
    return Trained(trained.params, trained.state, {**trained.values, "curve.learning_rate": rates})


def planned(recipe: Recipe, dataset: Dataset, task: Task) -> Chosen:
    """Return how the recipe will be trained on this machine, and why, without training it.

    Args:
        recipe: Every choice.
        dataset: With at least one training row.
        task: What is asked.

    Raises:
        RecipeError: As :func:`train_recipe`.
    """
    check(recipe, dataset)
    problem = problem_of(recipe, dataset, task, lambda step: recipe.optimizer.learning_rate)
    course = Course(recipe.epochs, batch_of(recipe, dataset), recipe.seed, None)
    return chosen_for(problem, course, rows_of(dataset.parts["train"]), dataset.stream, recipe.plan)


def rows_in(dataset: Dataset) -> int:
    """Return the training rows of an epoch; more than are in memory where there is a stream."""
    return dataset.stream.rows if dataset.stream is not None else len(dataset.parts["train"].rows)


def problem_of(recipe: Recipe, dataset: Dataset, task: Task, rate: Rate, soundings: bool = True) -> Problem:
    """Return what is to be solved: the recipe's network, penalties and optimizer, moved by a rate of its own.

    Args:
        recipe: Every choice.
        dataset: Gives the class weights.
        task: Gives the loss.
        rate: Step → learning rate.
        soundings: Whether to take them.
    """
    return Problem(
        network=recipe.network,
        task=task,
        optimizer=recipe.optimizer.build(rate, recipe.clip_norm, weight_mask),
        l1=recipe.l1,
        l2=recipe.l2,
        class_weights=class_weights(recipe, _class_counts(recipe, dataset)),
        soundings=soundings,
    )


def batch_of(recipe: Recipe, dataset: Dataset) -> int:
    """Return the rows of one step."""
    return rows_in(dataset) if recipe.batch_size == "full" else int(recipe.batch_size)


def rows_of(part: Part) -> Rows:
    """Return a part as the compiled programs take it."""
    return Rows(part.inputs, part.targets)


def check(recipe: Recipe, dataset: Dataset) -> None:
    """Hold the recipe against the data.

    Raises:
        RecipeError: The batch is larger than the training part, or the class weights do not fit the classes.
    """
    problems, rows = Problems(), rows_in(dataset)
    if recipe.batch_size != "full" and int(recipe.batch_size) > rows:
        must = f"at most the {rows:,} training rows, or 'full'"
        problems.add("recipe, batch_size", must, f"{recipe.batch_size}", 'batch_size="full"')
    weights = recipe.class_weights
    if weights != "none" and dataset.problem == "regression":
        problems.add("recipe, class_weights", "'none' in regression", repr(weights), 'class_weights="none"')
    elif weights != "none" and dataset.problem == "several_labels":
        must = "'none' with several labels, where a row has no single class"
        problems.add("recipe, class_weights", must, repr(weights), 'class_weights="none"')
    elif isinstance(weights, tuple) and len(weights) != dataset.classes:
        must = f"one number for each of the {dataset.classes} classes"
        problems.add("recipe, class_weights", must, f"{len(weights)} numbers", 'class_weights="balanced"')
    problems.raise_as(RecipeError)


def _class_counts(recipe: Recipe, dataset: Dataset) -> np.ndarray:
    """Return the training rows of each class, shape (K,); nothing where weights are not balanced by them."""
    if recipe.class_weights != "balanced":
        return np.zeros(0)
    if (
        dataset.stream is not None and dataset.stream.counts is not None
    ):  # the part in memory is only a sample
        return np.asarray(dataset.stream.counts)
    return np.bincount(dataset.parts["train"].targets, minlength=dataset.classes)


def class_weights(recipe: Recipe, counts: np.ndarray) -> tuple[float, ...] | None:
    """Return one weight for each class, or None for equal weights.

    Balanced: ``rows / (classes · rows of the class)``, as scikit-learn does; a class without rows gets 0.
    """
    if recipe.class_weights == "none":
        return None
    if isinstance(recipe.class_weights, tuple):
        return recipe.class_weights
    present = np.maximum(counts, 1)
    return tuple(float(w) for w in np.where(counts > 0, counts.sum() / (len(counts) * present), 0.0))


def _rates(rate: Callable[[Any], Any], steps: int, epochs: int) -> np.ndarray:
    """Return the learning rate of the last step of each epoch, shape (E,)."""
    at = np.arange(1, epochs + 1) * steps - 1
    return np.broadcast_to(np.asarray(jax.device_get(rate(at)), np.float64), at.shape).copy()
