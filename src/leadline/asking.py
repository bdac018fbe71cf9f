"""What was asked: a source with options, or a recipe file, become a data set, a network and choices.

Comes in: words as typed on the command line, or a recipe file. Goes out: values for :func:`leadline.fit`. Options
given beside a recipe file override what stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from leadline.choices import NETWORKS
from leadline.core.errors import Problems, RecipeError
from leadline.core.text import did_you_mean
from leadline.data import open_source
from leadline.data.dataset import Dataset
from leadline.models import mlp
from leadline.nn.base import Layer
from leadline.training.optimizers import Optimizer, momentum, nesterov, optimizers
from leadline.training.recipe import read_recipe
from leadline.training.schedules import Schedule


@dataclass(frozen=True)
class Opened:
    """Ready to train.

    Args:
        data: Read, split and prepared.
        network: A network, the name of a usual one, or None.
        choices: Choices made, by the names of the recipe's fields.
    """

    data: Dataset
    network: Layer | str | None
    choices: Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """What a person typed; None stands for "not asked".

    Args:
        source: A bundled name, a path to data, or a recipe file.
        data: How to read it: target, problem, drop, group, time, test, split, size.
        training: loss, epochs, batch_size, patience, class_weights.
        network: "auto", "linear", "mlp", "cnn", or widths such as "64-64".
        optimizer: name, learning_rate, schedule.
        seed: Of split and training.
    """

    source: str
    data: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    network: str | None = None
    optimizer: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None

    def open(self) -> Opened:
        """Read the data and settle the choices.

        Raises:
            LeadlineError: A word is not understood, or the data cannot be read.
        """
        problems = Problems()
        written = read_recipe(self.source) if self.source.endswith(".toml") else {"data": {"source": self.source}}
        spec = {**written.pop("data", {}), **_typed_data(self.data, problems)}
        choices = {**written, **_typed_training(self.training, problems)}
        if self.seed is not None:
            choices["seed"] = spec["seed"] = self.seed
        if any(value is not None for value in self.optimizer.values()):
            choices["optimizer"] = self._optimizer(choices.get("optimizer"), problems)
        problems.raise_as(RecipeError)
        data = open_source(_found(spec, self.source))
        network = choices.pop("network", None)
        if self.network is not None:
            network = _network(self.network, data)
        return Opened(data, network, choices)

    def _optimizer(self, written: Optimizer | None, problems: Problems) -> Optimizer | None:
        """Return the optimizer asked for, over the one written in the recipe."""
        name = self.optimizer.get("name") or (written.name if written else "adamw")
        named = {"momentum": momentum(), "nesterov": nesterov()}
        known = [*optimizers, *named]
        if name not in known:
            problems.add("--optimizer", "a known optimizer", repr(name), did_you_mean(name, known))
            return None
        base = written if written and written.name == name else named.get(name) or Optimizer(name, optimizers[name].learning_rate)
        rate = self.optimizer.get("learning_rate")
        try:
            asked = self.optimizer.get("schedule")
            schedule = base.schedule if asked is None else _schedule(asked)
            return Optimizer(base.name, base.learning_rate if rate is None else rate, schedule, base.weight_decay, base.options)
        except RecipeError as error:
            problems.take(error)
            return None


def _schedule(name: str) -> Schedule:
    return Schedule("constant", warmup=1.0) if name == "warmup" else Schedule(name)


def _typed_data(words: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """Return the data options with lists and numbers read."""
    typed = {name: value for name, value in words.items() if value is not None}
    if isinstance(typed.get("drop"), str):
        typed["drop"] = [column.strip() for column in typed["drop"].split(",") if column.strip()]
    if isinstance(typed.get("split"), str):
        try:
            typed["split"] = [float(share) for share in typed["split"].split(",")]
        except ValueError:
            problems.add("--split", "three shares with commas", repr(typed["split"]), "--split 0.7,0.15,0.15")
    if isinstance(typed.get("size"), str):
        if re.fullmatch(r"\d+(x\d+)?", typed["size"]):
            sides = [int(side) for side in typed["size"].split("x")]
            typed["size"] = [sides[0], sides[-1]]
        else:
            problems.add("--size", "one side or height x width", repr(typed["size"]), "--size 64")
    return typed


def _typed_training(words: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """Return the training options with numbers read; a patience of 0 turns early stopping off."""
    typed = {name: value for name, value in words.items() if value is not None}
    batch = typed.get("batch_size")
    if isinstance(batch, str) and batch != "full":
        if batch.lstrip("-").isdigit():
            typed["batch_size"] = int(batch)
        else:
            problems.add("--batch-size", "a whole number of at least 1, or full", repr(batch), "--batch-size 32")
    if typed.get("patience") == 0:
        del typed["patience"]
        typed["early_stopping"] = False
    return typed


def _network(words: str, data: Dataset) -> Layer | str:
    if re.fullmatch(r"\d+(-\d+)*", words):
        return mlp(data.outputs, tuple(int(width) for width in words.split("-")))
    if words not in NETWORKS:
        must = f"one of {', '.join(NETWORKS)}, or widths such as 64-64"
        raise RecipeError.at("--network", must, repr(words), did_you_mean(words, NETWORKS))
    return words


def _found(spec: Mapping[str, Any], asked: str) -> dict[str, Any]:
    """Return the spec with paths that stand beside a recipe file found there, where they are not found from here."""
    found = dict(spec)
    beside = Path(asked).parent
    for name in ("source", "test"):
        path = found.get(name)
        if isinstance(path, str) and not Path(path).exists() and (beside / path).exists():
            found[name] = str(beside / path)
    return found
