"""What was asked: a source with options, or a recipe file, become a data set, a network and choices.

Comes in: words as typed on the command line, or a recipe file. Goes out: values for :func:`leadline.fit`.
Options given beside a recipe file override what stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from leadline.choices import NETWORKS, network_of, scores_for, steps_of, usual_batch, usual_optimizer
from leadline.core.errors import DataError, Problems, RecipeError
from leadline.core.text import did_you_mean, listed
from leadline.data import open_source
from leadline.data.dataset import Dataset
from leadline.data.table_files import TABLE_ENDINGS, is_table_folder
from leadline.models import mlp
from leadline.nn.base import Layer
from leadline.training.optimizers import Optimizer, momentum, nesterov, optimizers
from leadline.training.plan import Plan
from leadline.training.recipe_file import check_choices, read_recipe
from leadline.training.schedules import Schedule

NAMED = {"momentum": momentum(), "nesterov": nesterov()}
SCHEDULES = ("constant", "step_decay", "cosine", "warmup")


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
        data: How to read it: target, problem, drop, group, time, test, split, size, delimiter, stream, memory.
        training: loss, epochs, batch_size, patience, class_weights.
        network: "auto", "linear", "mlp", "cnn", or widths such as "64-64".
        optimizer: name, learning_rate, schedule.
        seed: Of split and training.
        plan: devices, precision, chunk.
    """

    source: str
    data: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    network: str | None = None
    optimizer: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    plan: Mapping[str, Any] = field(default_factory=dict)

    def open(self) -> Opened:
        """Read the data and settle the choices.

        Raises:
            LeadlineError: A word is not understood, or the data cannot be read.
        """
        problems = Problems()
        is_recipe = self.source.endswith(".toml")
        written = read_recipe(self.source) if is_recipe else {"data": {"source": self.source}}
        training = _typed_training(self.training, problems)
        check_choices({**training, **_given(seed=self.seed)}, _option, problems)
        spec = _joined(written.pop("data", {}), _typed_data(self.data, problems))
        choices = {**written, **training}
        self._plan(choices, problems)
        if self.seed is not None:
            choices["seed"] = spec["seed"] = self.seed
        optimized = any(value is not None for value in self.optimizer.values())
        if optimized:  # checked before the data is read; made for good when it is known
            self._optimizer(choices.get("optimizer", Optimizer()), problems)
        network, where = choices.pop("network", None), f"{Path(self.source).name}, network"
        if self.network is not None:
            network, where = self.network, "--network"
        if isinstance(network, str):
            _check_network(network, where, problems)
        if "source" not in spec:
            must, hint = "given a source", '[data]\nsource = "digits"'
            problems.add(f"{Path(self.source).name}, [data]", must, "none", hint)
        problems.raise_as(RecipeError)
        spec = _found(spec, self.source)
        _check_no_folder(spec)
        data = open_source(spec)
        network = _network(network, data, choices.get("loss"))
        if optimized:
            written_one = choices.get("optimizer") or _usual_optimizer(data, network, choices)
            choices["optimizer"] = self._optimizer(written_one, problems)
        return Opened(data, network, choices)

    def _plan(self, choices: dict[str, Any], problems: Problems) -> None:
        """Put the plan asked for over the one written in the recipe."""
        try:
            plan = replace(choices.get("plan", Plan()), **_given(**self.plan))
            if plan != Plan():
                choices["plan"] = plan
        except RecipeError as error:
            for problem in error.problems:
                where = _option(problem.where.removeprefix("plan, "))
                problems.add(where, problem.must_be, problem.got, problem.hint)

    def _optimizer(self, before: Optimizer, problems: Problems) -> Optimizer | None:
        """Return the optimizer asked for, over the one written in the recipe or the usual one."""
        name = self.optimizer.get("name") or before.name
        known = [*optimizers, *NAMED]
        if name not in known:
            problems.add("--optimizer", "a known optimizer", repr(name), did_you_mean(name, known))
            name = before.name  # so that rate and schedule are checked too
        base = before if name == before.name else NAMED.get(name) or _plain(name)
        given = {"schedule": before.schedule, **_given(learning_rate=self.optimizer.get("learning_rate"))}
        try:
            if (asked := self.optimizer.get("schedule")) is not None:
                given["schedule"] = _schedule(asked)
            return replace(base, **given)
        except RecipeError as error:
            at = {f"optimizer {base.name}, learning_rate": "--learning-rate"}
            problems.take(RecipeError(*(replace(p, where=at.get(p.where, p.where)) for p in error.problems)))
            return None


def _usual_optimizer(data: Dataset, network: Layer | str | None, choices: Mapping[str, Any]) -> Optimizer:
    rows = data.sizes[0]
    steps = steps_of(rows, choices.get("batch_size", usual_batch(rows)))
    return usual_optimizer(network_of(data, network, choices.get("loss")), steps)


def _plain(name: str) -> Optimizer:
    return Optimizer(name, optimizers[name].learning_rate)


def _schedule(name: str) -> Schedule:
    if name not in SCHEDULES:
        must = f"one of {', '.join(SCHEDULES)}"
        raise RecipeError.at("--schedule", must, repr(name), did_you_mean(name, SCHEDULES))
    return Schedule("constant", warmup=1.0) if name == "warmup" else Schedule(name)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _joined(written: Mapping[str, Any], typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data options over those of a recipe; columns to leave out come on top of the recipe's."""
    asked = written.get("drop", [])
    before = [asked] if isinstance(asked, str) else list(asked)
    drop = [*before, *(column for column in typed.get("drop", []) if column not in before)]
    return {**written, **typed, **({"drop": drop} if drop else {})}


def _typed_data(words: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """Return the data options with lists and numbers read."""
    typed = _given(**words)
    if isinstance(typed.get("target"), list):  # the reader of tables takes names with commas apart
        typed["target"] = typed["target"] if len(typed["target"]) > 1 else typed["target"][0]
    if "drop" in typed:
        columns = (column.strip() for some in typed["drop"] for column in some.split(","))
        typed["drop"] = [column for column in columns if column]
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
    typed = _given(**words)
    batch = typed.get("batch_size")
    if isinstance(batch, str) and batch != "full":
        if batch.lstrip("-").isdigit():
            typed["batch_size"] = int(batch)
        else:
            must = "a whole number of at least 1, or full"
            problems.add("--batch-size", must, repr(batch), "--batch-size 32")
            del typed["batch_size"]
    weights = typed.get("class_weights", "")
    if weights and all(_is_number(weight) for weight in weights.split(",")):
        typed["class_weights"] = tuple(float(weight) for weight in weights.split(","))
    if typed.get("patience") == 0:
        del typed["patience"]
        typed["early_stopping"] = False
    return typed


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _check_network(words: str, where: str, problems: Problems) -> None:
    """Tell a network's name that is neither one of the usual ones nor a list of widths."""
    if words in NETWORKS or re.fullmatch(r"[1-9]\d*(-[1-9]\d*)*", words):
        return
    must = f"one of {', '.join(NETWORKS)}, or widths of at least 1 such as 64-64"
    hint = did_you_mean(words, NETWORKS)
    if widths := re.findall(r"[1-9]\d*", words):
        hint = "-".join(widths)
    problems.add(where, must, repr(words), hint)


def _network(network: Layer | str | None, data: Dataset, loss: str | None) -> Layer | str | None:
    """Return a network of the widths asked for; a usual one stays a name."""
    if not isinstance(network, str) or network in NETWORKS:
        return network
    return mlp(scores_for(data, loss), tuple(int(width) for width in network.split("-")))


def _check_no_folder(spec: Mapping[str, Any]) -> None:
    """Tell that a column was named, but a folder given."""
    place = Path(str(spec["source"]))
    if spec.get("target") and place.is_dir() and not is_table_folder(place):
        held = sorted(
            file.as_posix() for file in place.iterdir() if file.name.lower().endswith(TABLE_ENDINGS)
        )
        hint = f"tables there: {listed(held, 6)}" if held else "without --target for a folder of images"
        must = f"a table, for it has a column {spec['target']!r} to learn"
        raise DataError.at(f"data, {str(place)!r}", must, "a folder", hint)


def _found(spec: Mapping[str, Any], asked: str) -> dict[str, Any]:
    """Return the spec with paths that are not found from here, but beside the recipe file, found there."""
    found = dict(spec)
    beside = Path(asked).parent
    for name in ("source", "test", "target"):  # the target of a .npy file is another one
        path = found.get(name)
        if name == "target" and not str(path).endswith(".npy"):
            continue
        if isinstance(path, str) and not Path(path).exists() and (beside / path).exists():
            found[name] = str(beside / path)
    return found
