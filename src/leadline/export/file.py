"""The model file ``*.leadline``: everything a prediction needs, in one file that runs no code when read.

Comes in: the contents of a model. Goes out: the file, whole or not there, and the contents again, checked:
the network is built from its description, and every tensor must have the name, shape and type it asks for.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np

from leadline.core.disk import not_read, not_written, replace_file
from leadline.core.errors import LeadlineError, ModelFileError, Problem, Problems
from leadline.core.text import did_you_mean
from leadline.data.prepare import Preparation
from leadline.export.container import pack, unpack
from leadline.nn.base import Layer, Params, State
from leadline.nn.spec import from_spec, to_spec
from leadline.nn.summary import check
from leadline.nn.tasks import Task
from leadline.nn.tensors import flatten_params, unflatten
from leadline.record.plain import Arrays, from_plain, to_plain

_AGAIN = "save the model again with this version of Leadline"


@dataclass(frozen=True, eq=False)
class Contents:
    """What a model file holds.

    Args:
        network: Sizes and choices.
        params: Its parameters, float32.
        state: Its state, e.g. running means.
        preparation: From raw inputs to the network's, and targets back to their own unit.
        task: What the scores mean.
        class_names: In the order of the classes; empty in regression.
        target_name: Of what is predicted.
        reference: Statistics of the training data by the names of the run's vocabulary, as plain numbers.
        about: Versions, time and words on the training.
    """

    network: Layer
    params: Params
    state: State
    preparation: Preparation
    task: Task
    class_names: tuple[str, ...] = ()
    target_name: str = "target"
    reference: Mapping[str, Any] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)


def write(contents: Contents, path: Path | str) -> Path:
    """Write a model file and return its path. The old file stays whole until the new one is.

    Args:
        contents: What it shall hold.
        path: Usually ending in ``.leadline``.

    Raises:
        ModelFileError: It cannot be written, e.g. because the disk is full; what was there stays.
    """
    path = Path(path)
    named = {
        **_named("params", contents.network, contents.params),
        **_named("state", contents.network, contents.state),
    }
    tensors = {name: np.asarray(array) for name, array in named.items()}
    try:
        words = to_plain(_words(contents), Arrays())
    except TypeError as error:
        raise ModelFileError.at(str(path), "a model of numbers and words", str(error)) from error
    try:
        replace_file(path, pack(words, tensors, str(path)))
    except OSError as error:
        raise not_written(error, path, ModelFileError) from error
    return path


def read(path: Path | str) -> Contents:
    """Return what a model file holds.

    Args:
        path: Of the file.

    Raises:
        ModelFileError: It is missing, damaged, foreign or newer, or its tensors do not fit its network; names
            all of them.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            words, tensors = unpack(file, os.fstat(file.fileno()).st_size, str(path))
    except OSError as error:
        raise not_read(error, path, "a model file", ModelFileError) from error
    try:
        return _contents(from_plain(Any, words, {}), tensors, str(path))
    except ModelFileError:
        raise
    except LeadlineError as error:
        inside = (dataclasses.replace(p, where=f"{path}, {p.where}") for p in error.problems)
        raise ModelFileError(*inside) from error
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        got = f"one that lacks it ({type(error).__name__}: {error})"
        raise ModelFileError.at(str(path), "a model file with all that a model needs", got, _AGAIN) from error


def _words(contents: Contents) -> dict[str, Any]:
    task = {**dataclasses.asdict(contents.task), "link": contents.task.link}
    return {
        "network": to_spec(contents.network),
        "input_shape": contents.preparation.input_shape,
        "preparation": contents.preparation.to_json(),
        "task": task,
        "class_names": contents.class_names,
        "target_name": contents.target_name,
        "reference": contents.reference,
        "about": contents.about,
    }


def _contents(words: Mapping[str, Any], tensors: Mapping[str, np.ndarray], where: str) -> Contents:
    network = from_spec(words["network"], "network")
    preparation = Preparation.from_json(words["preparation"])
    task = Task(**{f.name: words["task"][f.name] for f in dataclasses.fields(Task)})
    names = tuple(str(name) for name in words["class_names"])
    _check_fit(network, preparation, task, names, words["input_shape"])
    init = partial(network.init, shape=preparation.input_shape)
    params, state = jax.eval_shape(init, jax.random.key(0))
    wanted = {**_named("params", network, params), **_named("state", network, state)}
    _check_tensors(wanted, tensors, where)
    return Contents(
        network,
        unflatten(network, _of("params", tensors), params),
        unflatten(network, _of("state", tensors), state),
        preparation,
        task,
        names,
        str(words["target_name"]),
        words["reference"],
        words["about"],
    )


def _check_fit(
    network: Layer, preparation: Preparation, task: Task, names: tuple[str, ...], shape: list[int]
) -> None:
    """Hold network, preparation, task and classes against each other."""
    problems = Problems()
    inputs, outputs = preparation.input_shape, check(network, preparation.input_shape)
    classes = len(names) if task.kind != "regression" else 1
    for where, must_be, got in (
        ("input shape", inputs, tuple(shape)),
        ("outputs of the network", (task.outputs,), outputs),
        ("number of class names", task.classes, classes),
    ):
        if must_be != got:
            problems.add(where, str(must_be), str(got), _AGAIN)
    problems.raise_as(ModelFileError)


def _check_tensors(wanted: Mapping[str, Any], found: Mapping[str, np.ndarray], where: str) -> None:
    """Tell every tensor that is missing, left over, or of another shape or type."""
    problems: list[Problem] = []
    for name, like in wanted.items():
        must_be = f"there, {like.dtype} of shape {tuple(like.shape)}"
        got = f"{found[name].dtype} of shape {found[name].shape}" if name in found else "nothing"
        if must_be != f"there, {got}":
            problems.append(Problem(f"{where}, tensor {name}", must_be, got))
    for name in found:
        if name not in wanted:
            place, hint = f"{where}, tensor {name}", did_you_mean(name, list(wanted))
            problems.append(Problem(place, "one of the network's", "an unknown one", hint))
    if problems:
        raise ModelFileError(*problems)


def _named(part: str, network: Layer, values: Any) -> dict[str, Any]:
    return {f"{part}/{name}": array for name, array in flatten_params(network, values).items()}


def _of(part: str, tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    start = f"{part}/"
    return {name.removeprefix(start): array for name, array in tensors.items() if name.startswith(start)}
