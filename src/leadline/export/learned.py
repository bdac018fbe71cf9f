"""What was learned as values of ``leadline.nn``: network, numbers and task, out of a model's contents and back.

In: the words and tensors of a model file. Out: the network built from its description, held against every tensor, which
must have the name, shape and type it asks for; or the other way round. Loads JAX, so only asked for what needs it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np

from leadline.core.errors import ModelFileError, Problem, Problems
from leadline.core.text import did_you_mean
from leadline.data.prepare import Preparation
from leadline.export.file import AGAIN, Contents, parts_of
from leadline.nn.base import Layer, Params, Shape, State
from leadline.nn.keys import key_of
from leadline.nn.spec import from_spec, to_spec
from leadline.nn.summary import Summary, check, summary
from leadline.nn.tasks import Task
from leadline.nn.tensors import flatten_params, unflatten


class Learned(NamedTuple):
    """A network with its numbers and what its scores mean."""

    network: Layer
    params: Params
    state: State
    task: Task


def plain(learned: Learned) -> tuple[dict[str, Any], dict[str, Any], dict[str, np.ndarray]]:
    """Return the words on the network and on the task, and the tensors by name.

    Example:
        >>> from leadline.nn import Dense, for_problem
        >>> params = {"kernel": np.ones((2, 1), np.float32), "bias": np.zeros(1, np.float32)}
        >>> network, task, tensors = plain(Learned(Dense(1), params, {}, for_problem("regression")))
        >>> network, task["link"], list(tensors)
        ({'kind': 'dense', 'units': 1}, 'identity', ['params/kernel', 'params/bias'])
    """
    network, params, state, task = learned
    named = {**_named("params", network, params), **_named("state", network, state)}
    tensors = {name: np.asarray(array) for name, array in named.items()}
    return to_spec(network), {**dataclasses.asdict(task), "link": task.link}, tensors


def opened(
    words: Mapping[str, Any], tensors: Mapping[str, np.ndarray], where: str
) -> tuple[Learned, Contents]:
    """Return what was learned, and the contents it was held against.

    Args:
        words: Of a model file.
        tensors: Of it.
        where: The file, for errors.

    Raises:
        LeadlineError: Something does not fit; names all of it. What is lacking raises as Python has it.
    """
    network = from_spec(words["network"], "network")
    preparation = Preparation.from_json(words["preparation"])
    task = Task(**{f.name: words["task"][f.name] for f in dataclasses.fields(Task)})
    contents = parts_of(words, tensors)
    _check_fit(network, preparation, task, contents.class_names, words["input_shape"])
    init = partial(network.init, shape=preparation.input_shape)
    params, state = jax.eval_shape(init, key_of(0))
    wanted = {**_named("params", network, params), **_named("state", network, state)}
    _check_tensors(wanted, tensors, where)
    numbers = (
        unflatten(network, _of("params", tensors), params),
        unflatten(network, _of("state", tensors), state),
    )
    return Learned(network, *numbers, task), contents


def laid_out(network: Layer, shape: Shape) -> Summary:
    """Return the table of a network for the shape of one input."""
    return summary(network, shape)


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
            problems.add(where, str(must_be), str(got), AGAIN)
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
