"""Recipes read from TOML: tables become checked choices.

Comes in: a file, or its tables. Goes out: choices by the names of the recipe's fields. A file may leave choices out;
reading gives only those that stand in it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from leadline.core.disk import not_read
from leadline.core.errors import LeadlineError, Problems, RecipeError
from leadline.core.text import did_you_mean
from leadline.nn.base import Layer
from leadline.nn.dense import Dense
from leadline.nn.losses import loss_of
from leadline.nn.spec import from_spec
from leadline.training.optimizers import Optimizer, optimizers
from leadline.training.plan import plan_of
from leadline.training.recipe import FORMAT, SECTIONS, TRAINING, Recipe
from leadline.training.schedules import Schedule


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
