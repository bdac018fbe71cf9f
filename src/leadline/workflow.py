"""The product on one page: data → network → training → evaluation → diagnosis → files.

Comes in: a network (or none), a data set and choices. Goes out: a :class:`Result`. Read this file first; every
step is one call into the room that does it.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from os import cpu_count
from pathlib import Path
from typing import Any

import jax
import numpy as np

from leadline.asking import Asked
from leadline.cache import use_cache
from leadline.choices import for_loss, whole_recipe
from leadline.core.errors import NetworkError
from leadline.data.dataset import Dataset
from leadline.diagnosis import diagnose
from leadline.evaluation import judge, judge_rows
from leadline.export.model import Model, load
from leadline.minding import check_wish, cured, look_before, with_proof
from leadline.nn.base import Layer
from leadline.nn.losses import Loss
from leadline.nn.sequences.embedding import check_tokens
from leadline.nn.tasks import Task, for_problem
from leadline.progress import shown, told
from leadline.record.run import Look, Run
from leadline.record.store import reserved
from leadline.reopened import evaluate, report
from leadline.result import Result, run_folder
from leadline.soundings.dataset import dataset_facts
from leadline.soundings.structure import structure_facts
from leadline.training.devices import cores_as_devices
from leadline.training.moment import Watcher, both
from leadline.training.optimizers import Optimizer
from leadline.training.plan import Chosen, Plan
from leadline.training.recipe import TRAINING, Recipe
from leadline.training.supervised import planned, train_recipe
from leadline.training.train import Trained

OWN_ROWS = 1_000  # training rows that are judged beside the held-out ones: a share of 0.9 to 1%
SCORE_NAMES = {"classification": "accuracy", "regression": "R²", "several_labels": "Hamming accuracy"}
"""What is followed while training, by problem."""

__all__ = ["Result", "evaluate", "fit", "fit_recipe", "load", "report", "reserved", "run_folder"]


def fit(
    network: Layer | str | None,
    data: Dataset,
    *,
    loss: str | Loss | None = None,
    optimizer: Optimizer | None = None,
    epochs: int | None = None,
    batch_size: int | str | None = None,
    early_stopping: bool | None = None,
    patience: int | None = None,
    min_delta: float | None = None,
    l1: float | None = None,
    l2: float | None = None,
    clip_norm: float | None = None,
    label_smoothing: float | None = None,
    class_weights: str | tuple[float, ...] | None = None,
    seed: int | None = None,
    plan: Plan | None = None,
    checkpoint: Path | str | None = None,
    on_error: str = "continue",
    prove: bool = False,
    progress: bool | None = None,
    watch: Watcher | None = None,
) -> Result:
    """Train a network, judge it, and look for what is wrong.

    Args:
        network: Ends in scores, as many as ``data.outputs`` (or ``data.classes``); "linear", "mlp" or "cnn" for a
            usual one; None for the one that suits the data.
        data: From :mod:`leadline.data`; split and prepared there.
        loss: Instead of the task's own: its name, perhaps with settings ("huber(delta=2)"), or ``ll.huber(delta=2)``;
            obeyed, and told where it does not fit. "gaussian_nll" predicts a spread beside each number.
        optimizer: AdamW at 1e-3 along a cosine by default.
        epochs: Passes over the training rows, at most.
        batch_size: Rows of one step, or "full".
        early_stopping: Whether to stop where the validation loss no longer falls and keep the best weights; yes.
        patience: Epochs without a better validation loss before stopping.
        min_delta: How much lower counts as better.
        l1: Weight of the L1 penalty on kernels.
        l2: Weight of the L2 penalty on kernels.
        clip_norm: Largest norm of the gradient; 0 for none.
        label_smoothing: In [0, 1).
        class_weights: "none", "balanced" or one for each class; not with several labels.
        seed: The same seed gives the same bits on the same machine.
        plan: How to run on this machine: devices, precision, portions; what it leaves open is chosen.
        checkpoint: File that lets a long training go on after Ctrl-C or a crash: written every half minute, read
            where it exists, removed when training is done. The result has the same bits as without a break.
        on_error: What to do about findings of severity "error": "continue"; "stop" before training where they are seen
            then; or "cure": train again with the remedies that are certain or win their proof.
        prove: Whether remedies of what was found are tried beside the training for a few hundred steps.
        progress: Whether to draw a progress bar; by default where the error stream is a terminal.
        watch: Is told a :class:`leadline.Moment` after every epoch, and a few times a second within long ones. What
            it raises ends the training; KeyboardInterrupt keeps what was learned.

    Returns:
        The result. Ctrl-C ends the training early and gives the result of what was learned.

    Raises:
        NetworkError: The network's shapes do not fit; names the layer and both shapes.
        RecipeError: A choice is out of bounds; names all of them.
        StoppedError: With ``on_error="stop"``; names every error with its remedy.

    Example:
        >>> import leadline as ll
        >>> data = ll.data.digits()
        >>> network = ll.Sequential([ll.Dense(32, ll.relu), ll.Dense(data.classes)])
        >>> result = ll.fit(network, data, optimizer=ll.adam(1e-2), epochs=10, seed=0)
        >>> result.evaluation["accuracy"].value > 0.9
        True
    """
    given = {
        "loss": loss, "optimizer": optimizer, "epochs": epochs, "batch_size": batch_size,
        "early_stopping": early_stopping, "patience": patience, "min_delta": min_delta, "l1": l1, "l2": l2,
        "clip_norm": clip_norm, "label_smoothing": label_smoothing, "class_weights": class_weights, "seed": seed,
        "plan": plan,
    }  # fmt: skip
    check_wish(on_error)
    cores_as_devices()
    use_cache()
    data = for_loss(data, loss)
    recipe = whole_recipe(data, network, given)
    task = task_of(recipe, data)
    chosen = planned(recipe, data, task)  # written down: another number of devices rounds in another way
    recipe = replace(recipe, loss=task.loss, plan=replace(recipe.plan, devices=chosen.devices))
    for part in data.parts.values():
        check_tokens(recipe.network, part.inputs, part.rows)
    run = Run({**_settings(recipe), **dataset_facts(data), **_task_facts(task)})
    run = run.with_values(look_before(recipe, data, task, run.values, on_error, progress))
    trained = _trained(recipe, data, task, chosen, checkpoint, progress, watch)
    run = run.with_values(
        {**structure_facts(recipe.network, data.input_shape, trained.params), **trained.values}
    )
    model = Model.of(recipe.network, trained, data, task, run)
    run = _judged(run, model, data)
    result = Result(model, run, diagnose(run), run.judged, recipe)
    minding = {"progress": progress, "watch": watch, "prove": prove}
    return _minded(result, data, task, on_error, minding) if prove or on_error == "cure" else result


def _minded(result: Result, data: Dataset, task: Task, on_error: str, wishes: Mapping[str, Any]) -> Result:
    """Return the result with remedies tried; or that of a training with those that hold, where a cure is wished."""
    recipe, run, findings = result.recipe, result.run, result.findings
    if on_error == "cure" and findings.errors:
        better = cured(recipe, data, task, run, findings)[0]
        if better != recipe:
            return fit(better.network, data, **choices_in(better), **wishes)
    if not wishes["prove"]:
        return result
    return replace(result, findings=with_proof(recipe, data, task, run, findings, wishes["progress"]))


def _trained(
    recipe: Recipe,
    data: Dataset,
    task: Task,
    chosen: Chosen,
    place: Path | str | None,
    progress: bool | None,
    watch: Watcher | None,
) -> Trained:
    """Train, with a bar where one is wanted, and say where it was interrupted."""
    first = "compiling" if data.stream is None else "reading the rows and compiling"
    with shown(progress, SCORE_NAMES[data.problem], first) as bar:
        watcher = both(bar, watch) if watch else bar
        trained = train_recipe(
            recipe, data, task, watcher, checkpoint=Path(place) if place else None, chosen=chosen
        )
    told(progress, trained.values["stop.reason"])
    return trained


def choices_in(recipe: Recipe) -> dict[str, Any]:
    """Return the choices of a recipe as :func:`fit` takes them, beside network and data."""
    made = {name: getattr(recipe, name) for name in (*TRAINING, "optimizer", "seed", "plan")}
    return {**made, "loss": recipe.loss or None}


def explain_plan(network: Layer | str | None, data: Dataset, **choices: Any) -> Chosen:
    """Return how a training would run on this machine, and why, without training.

    Args:
        network: As for :func:`fit`.
        data: As for :func:`fit`.
        choices: As for :func:`fit`; those of optimizer, batch size, epochs and plan matter.

    Returns:
        The plan; it prints as a table.

    Raises:
        RecipeError: A choice is out of bounds.

    Example:
        >>> import leadline as ll
        >>> print(ll.explain_plan("mlp", ll.data.digits(), plan=ll.Plan(devices=1)))  # doctest: +ELLIPSIS
        devices    1, as wished
        ...
    """
    cores_as_devices()
    data = for_loss(data, choices.get("loss"))
    recipe = whole_recipe(data, network, choices)
    return planned(recipe, data, task_of(recipe, data))


def fit_recipe(path: Path | str, progress: bool | None = None) -> Result:
    r"""Train by a recipe file; the file of a finished run gives the same bits again on the same machine.

    Args:
        path: Of the TOML file.
        progress: Whether to draw a progress bar.

    Raises:
        RecipeError: Names every unknown key and every choice out of bounds.
        DataError: The data it names cannot be read.

    Example:
        >>> from pathlib import Path
        >>> text = 'seed = 1\nnetwork = "linear"\n[data]\nsource = "iris"\n[training]\nepochs = 5\n'
        >>> _ = Path("iris.toml").write_text(text)
        >>> fit_recipe("iris.toml").recipe.epochs
        5
    """
    opened = Asked(str(path)).open()
    return fit(opened.network, opened.data, progress=progress, **opened.choices)


def task_of(recipe: Recipe, data: Dataset) -> Task:
    """Return the task: what the data asks, with the loss that the recipe insists on or the task's own.

    Raises:
        NetworkError: The network's shapes do not fit each other, or its scores do not fit the data.
    """
    shape = recipe.network.output_shape(data.input_shape)
    if len(shape) != 1:
        last, hint = "the network's last layer", "ll.Flatten() or ll.GlobalAveragePool() before ll.Dense"
        raise NetworkError.at(last, "one that gives a flat row of scores", f"outputs of shape {shape}", hint)
    loss, smoothing = recipe.loss or None, recipe.label_smoothing
    return for_problem(data.problem, data.classes, shape[0], loss=loss, label_smoothing=smoothing)


def _settings(recipe: Recipe) -> dict[str, Any]:
    packages = ("leadline", "jax", "optax", "numpy", "scikit-learn", "pandas")
    devices = ", ".join(sorted({device.device_kind for device in jax.devices()}))
    return {
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
        "recipe": recipe.to_spec(),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
        "machine": f"{platform.machine()} {platform.system()}, {cpu_count()} cores, {devices}",
    }


def _task_facts(task: Task) -> dict[str, Any]:
    facts: Mapping[str, Any] = {
        "task.kind": task.kind,
        "task.loss": task.loss,
        "task.loss.usual": task.usual_loss,
        "task.link": task.link,
        "task.first_loss": task.first_loss,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _judged(run: Run, model: Model, data: Dataset) -> Run:
    """Return the run with an evaluation of every part held out; looking at the test part is counted.

    Where nothing is held out, the training part itself is judged, which flatters.
    """
    held_out = [part for part in ("validation", "test") if len(data.parts[part].rows)] or ["train"]
    if held_out != ["train"]:
        run = run.with_values({"end.score.train": _own_score(model, data)})
    for part in held_out:
        rows = data.parts[part]
        outputs = model.outputs(rows.inputs)
        run = run.with_evaluation(part, judge(data, part, outputs, baselines=part == held_out[-1]))
        if part == "test":
            run = run.with_look(Look(run["started"], "fit", len(rows.rows)))
    return run


def _own_score(model: Model, data: Dataset) -> np.ndarray:
    """Return the first score on some training rows, with its interval: what the held-out parts are compared with."""
    part = data.parts["train"]
    some = np.linspace(0, len(part.rows) - 1, min(len(part.rows), OWN_ROWS)).astype(int)
    targets, outputs = data.targets[part.rows[some]], model.outputs(part.inputs[some])
    found = judge_rows(data.problem, data.class_names, targets, outputs).headline
    return np.array([found.value, found.low, found.high])
