"""The recipe: every choice of a training as one frozen value, written to and read from TOML.

Comes in: choices from Python, the command line or a file. Goes out: a checked :class:`Recipe`, or its text.
A file may leave choices out; reading gives only those that stand in it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import tomli_w

from leadline.core.constraints import NOT_NEGATIVE, POSITIVE_WHOLE, RATE, Interval, Switch, check_fields
from leadline.core.disk import not_read, not_written, replace_file
from leadline.core.errors import LeadlineError, Problems, RecipeError
from leadline.core.text import did_you_mean
from leadline.nn.base import Layer
from leadline.nn.dense import Dense
from leadline.nn.losses import loss_of
from leadline.nn.spec import from_spec, to_spec
from leadline.training.optimizers import Optimizer, optimizers
from leadline.training.plan import Plan, plan_of
from leadline.training.schedules import Schedule

FORMAT = 1
TRAINING = (
    "loss",
    "epochs",
    "batch_size",
    "early_stopping",
    "patience",
    "min_delta",
    "l1",
    "l2",
    "clip_norm",
    "label_smoothing",
    "class_weights",
)
SECTIONS = ("leadline", "seed", "data", "network", "optimizer", "training", "plan")


@dataclass(frozen=True)
class Recipe:
    """Every choice of one training.

    Args:
        network: What is trained.
        data: What is needed to read the data again: the ``[data]`` section; empty for arrays in memory.
        loss: Name of the loss; "" for the one that belongs to the task.
        optimizer: How the weights follow the gradient.
        epochs: Passes over the training rows, at least 1.
        batch_size: Rows of one step, at least 1, or "full" for all of them.
        early_stopping: Stop where the validation loss no longer falls, and keep the best weights.
        patience: Epochs without a better validation loss before stopping.
        min_delta: How much lower a validation loss must be to count as better.
        l1: Weight of the sum of absolute kernel values in the loss.
        l2: Weight of the sum of squared kernel values in the loss.
        clip_norm: Largest norm of the whole gradient; 0 for no clipping.
        label_smoothing: Share of the target spread evenly over all classes, in [0, 1).
        class_weights: "none", "balanced" (inverse frequency), or one weight above 0 for each class.
        seed: Of every random choice in training, at least 0.
        plan: How to run it: devices, precision, portions; what is not given is chosen for the machine.

    Raises:
        RecipeError: Names every choice that is out of bounds.

    Example:
        >>> from leadline.nn import Dense, Sequential
        >>> print(Recipe(Sequential([Dense(1)]), epochs=5).to_toml().splitlines()[5])
        [training]
    """

    network: Layer
    data: Mapping[str, Any] = field(default_factory=dict)
    loss: str = ""
    optimizer: Optimizer = field(default_factory=Optimizer)
    epochs: Annotated[int, POSITIVE_WHOLE] = 30
    batch_size: int | str = 32
    early_stopping: Annotated[bool, Switch()] = True
    patience: Annotated[int, POSITIVE_WHOLE] = 10
    min_delta: Annotated[float, NOT_NEGATIVE] = 0.0
    l1: Annotated[float, NOT_NEGATIVE] = 0.0
    l2: Annotated[float, NOT_NEGATIVE] = 0.0
    clip_norm: Annotated[float, NOT_NEGATIVE] = 0.0
    label_smoothing: Annotated[float, RATE] = 0.0
    class_weights: str | tuple[float, ...] = "none"
    seed: Annotated[int, Interval(0, 2**32 - 1, whole=True)] = 0
    plan: Plan = field(default_factory=Plan)

    def __post_init__(self) -> None:
        problems = Problems()
        try:
            check_fields(self, "recipe", RecipeError)
        except RecipeError as error:
            problems.take(error)
        if self.batch_size != "full" and not POSITIVE_WHOLE.allows(self.batch_size):
            problems.add(
                "recipe, batch_size", "a whole number of at least 1, or 'full'", repr(self.batch_size)
            )
        if not _weights_allowed(self.class_weights):
            words = "'none', 'balanced' or one number above 0 for each class"
            known = ("none", "balanced")
            hint = did_you_mean(self.class_weights, known) if isinstance(self.class_weights, str) else ""
            problems.add("recipe, class_weights", words, repr(self.class_weights), hint)
        problems.raise_as(RecipeError)

    def to_spec(self) -> dict[str, Any]:
        """Return the recipe as plain tables, as in a file."""
        training = {name: getattr(self, name) for name in TRAINING}
        if isinstance(self.class_weights, tuple):
            training["class_weights"] = list(self.class_weights)
        return {
            "leadline": FORMAT,
            "seed": self.seed,
            "data": dict(self.data),
            "training": training,
            "optimizer": self.optimizer.to_spec(),
            **({"plan": self.plan.to_spec()} if self.plan.to_spec() else {}),
            "network": to_spec(self.network),
        }

    def to_toml(self) -> str:
        """Return the text of a recipe file."""
        return tomli_w.dumps(self.to_spec())

    def save(self, path: Path | str) -> Path:
        """Write the recipe file and return its path.

        Raises:
            RecipeError: It cannot be written; what was there stays.
        """
        file = Path(path)
        try:
            replace_file(file, self.to_toml().encode())
        except OSError as error:
            raise not_written(error, file, RecipeError) from error
        return file


def _weights_allowed(weights: object) -> bool:
    if isinstance(weights, str):
        return weights in ("none", "balanced")
    positive = Interval(0, open_low=True)
    return isinstance(weights, tuple) and all(positive.allows(weight) for weight in weights)


def read_recipe(path: Path | str) -> dict[str, Any]:
    """Return the choices that stand in a recipe file, by the names of :class:`Recipe`'s fields.

    Args:
        path: Of the TOML file. ``network`` may be a table of layers or the name of a usual network.

    Raises:
        RecipeError: The file cannot be read; or names every unknown key with the nearest known one, and every
            value out of bounds.
    """
    file = Path(path)
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise not_read(error, file, "a recipe file", RecipeError) from None
    except UnicodeDecodeError as error:
        raise RecipeError.at(str(path), "a TOML file in UTF-8", str(error)) from None
    except tomllib.TOMLDecodeError as error:
        raise RecipeError.at(str(path), "a TOML file", f"{error}") from None
    return choices_of(tables, file.name)


def choices_of(tables: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return checked choices from the tables of a recipe file.

    Args:
        tables: As parsed from TOML.
        where: Name of the file, for errors.

    Raises:
        RecipeError: Names every unknown key and every value that cannot be.

    Example:
        >>> choices_of({"seed": 3, "training": {"epochs": 5}}, "recipe.toml")
        {'seed': 3, 'epochs': 5}
    """
    problems = Problems()
    _unknown(tables, SECTIONS, where, problems)
    if tables.get("leadline", FORMAT) != FORMAT:
        problems.add(f"{where}, leadline", f"format {FORMAT}", repr(tables["leadline"]), "update Leadline")
    choices: dict[str, Any] = {name: tables[name] for name in ("seed", "data") if name in tables}
    if not isinstance(choices.get("data", {}), Mapping):
        problems.add(f"{where}, data", "a table", repr(choices["data"]), '[data]\nsource = "digits"')
    training = _table(tables, "training", where, problems)
    _unknown(training, TRAINING, f"{where}, [training]", problems)
    choices.update({name: training[name] for name in TRAINING if name in training})
    if isinstance(choices.get("class_weights"), list):
        choices["class_weights"] = tuple(choices["class_weights"])
    check_choices(
        choices, lambda name: f"{where}, {name if name == 'seed' else f'[training], {name}'}", problems
    )
    for name, reader in (("optimizer", _optimizer), ("network", _network), ("plan", plan_of)):
        if name in tables:
            try:
                choices[name] = reader(tables[name], f"{where}, [{name}]")
            except LeadlineError as error:
                problems.take(error)
    problems.raise_as(RecipeError)
    return choices


def check_choices(choices: Mapping[str, Any], named: Callable[[str], str], problems: Problems) -> None:
    """Hold choices of training against their bounds, before data is read.

    Args:
        choices: By the names of :class:`Recipe`'s fields; others than those of training are passed over.
        named: From such a name to what people know it by.
        problems: Takes what is found.

    Example:
        >>> found = Problems()
        >>> check_choices({"epochs": 0, "loss": "mze"}, lambda name: f"--{name}", found)
        >>> [problem.where for problem in found]
        ['--loss', '--epochs']
    """
    given = {name: choices[name] for name in (*TRAINING, "seed") if name in choices}
    loss = given.pop("loss", "")
    try:
        if loss:
            loss_of(loss, named("loss"))
    except RecipeError as error:
        for problem in error.problems:  # of a setting: "huber, delta"
            where = problem.where if problem.where == named("loss") else f"{named('loss')}, {problem.where}"
            problems.add(where, problem.must_be, problem.got, problem.hint)
    try:
        Recipe(Dense(1), **given)
    except RecipeError as error:
        for problem in error.problems:
            where = named(problem.where.removeprefix("recipe, "))
            problems.add(where, problem.must_be, problem.got, problem.hint)


def _table(tables: Mapping[str, Any], name: str, where: str, problems: Problems) -> Mapping[str, Any]:
    table = tables.get(name, {})
    if isinstance(table, Mapping):
        return table
    problems.add(f"{where}, {name}", "a table", repr(table), f"[{name}]")
    return {}


def _unknown(table: Mapping[str, Any], known: tuple[str, ...], where: str, problems: Problems) -> None:
    for key in table:
        if key not in known:
            problems.add(where, "made of known keys", repr(key), did_you_mean(key, known))


def _network(spec: Any, where: str) -> Layer | str:
    if isinstance(spec, str):
        return spec
    return from_spec(spec, where)


def _optimizer(spec: Any, where: str) -> Optimizer:
    if not isinstance(spec, Mapping):
        raise RecipeError.at(where, "a table", repr(spec), '[optimizer]\nname = "adam"')
    table = dict(spec)
    name = table.pop("name", "adam")
    kind = optimizers.find(name, f"{where}, name", RecipeError)
    rate = table.pop("learning_rate", kind.learning_rate)
    decay = table.pop("weight_decay", 0.0)
    schedule = _schedule(table.pop("schedule", {}), f"{where[:-1]}.schedule]")
    return Optimizer(name, rate, schedule, decay, table)


def _schedule(spec: Any, where: str) -> Schedule:
    known = ("name", "warmup", "every", "factor", "end")
    if not isinstance(spec, Mapping):
        raise RecipeError.at(where, "a table", repr(spec), 'schedule = { name = "cosine" }')
    problems = Problems()
    _unknown(spec, known, where, problems)
    problems.raise_as(RecipeError)
    return Schedule(**spec)
