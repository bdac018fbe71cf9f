"""The recipe as text to run again, and what it was run with: versions, machine, seconds."""

from __future__ import annotations

from leadline.record.run import Run
from leadline.report import reading, wording
from leadline.report.parts import Code, Details, Facts, Part, Section
from leadline.report.toml import toml


def section(run: Run) -> Section | None:
    """Return recipe, versions and machine; None where none is known."""
    parts = [*_facts(run), *_recipe(run)]
    if not parts:
        return None
    return Section("recipe", "Recipe and machine", "Everything needed to train this network again.", parts)


def _facts(run: Run) -> list[Part]:
    total, compiled = reading.single(run, "seconds.total"), reading.single(run, "seconds.compile")
    pairs = [
        ("compiling took", "" if compiled is None else wording.seconds(compiled)),
        ("training took", "" if total is None else wording.seconds(total - (compiled or 0.0))),
        ("machine", reading.text(run, "machine")),
        *((str(name), str(version)) for name, version in reading.mapping(run, "versions").items()),
    ]
    known = [pair for pair in pairs if pair[1]]
    return [Facts(known)] if known else []


def _recipe(run: Run) -> list[Part]:
    recipe = reading.mapping(run, "recipe")
    return [Details("recipe.toml", [Code(toml(recipe), "recipe")])] if recipe else []
