"""Minding a training: stopping before a faulty one, proving what was found in it, and choosing the remedies that hold.

Comes in: a recipe with its data and task, and what was found. Goes out: an error, findings with proofs, or a recipe
with remedies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadline.core.errors import Problem, RecipeError, StoppedError
from leadline.core.text import did_you_mean
from leadline.data.dataset import Dataset
from leadline.diagnosis import diagnose
from leadline.nn.tasks import Task
from leadline.program.budget import seconds_of_step
from leadline.program.examine import Examination, examine
from leadline.program.of_recipe import program_of, recipe_with
from leadline.progress import said, warned
from leadline.record.finding import Finding, Findings
from leadline.record.run import Run
from leadline.training.recipe import Recipe

ON_ERROR = ("continue", "stop", "cure")
LONG = 30.0  # seconds of a training, as estimated: a look at its start takes one to three


def check_wish(on_error: str, where: str = "on_error") -> None:
    """Check what is wished where an error is found.

    Args:
        on_error: The wish.
        where: How it was given.

    Raises:
        RecipeError: It is none of "continue", "stop" and "cure".
    """
    if on_error not in ON_ERROR:
        raise RecipeError.at(
            where, f"one of {', '.join(ON_ERROR)}", repr(on_error), did_you_mean(str(on_error), ON_ERROR)
        )


def look_before(
    recipe: Recipe,
    data: Dataset,
    task: Task,
    known: Mapping[str, Any],
    on_error: str,
    progress: bool | None = None,
) -> dict[str, Any]:
    """Look at a training before it begins, where it is long or shall not begin with an error.

    Args:
        recipe: Every choice.
        data: Prepared.
        task: What is asked.
        known: What is known of the run so far.
        on_error: "stop" not to let it begin where something is surely wrong; else what is wrong is only said.
        progress: Whether to say it on the error stream; None for where it is a terminal.

    Returns:
        Values of stage B for the run, of the program as it will be trained; none where it was not looked at.

    Raises:
        StoppedError: Names every finding of severity "error", with its remedy.
    """
    program = program_of(recipe, data, task)
    stops = on_error == "stop"
    if not stops and seconds_of_step(program) * program.updates < LONG:
        return {}
    said(progress, "looking at the start")
    looked = examine(program, diagnose, stages="AB", more=dict(known))
    if stops and looked.findings.errors:
        raise StoppedError(*map(_problem, looked.findings.errors))
    for one in looked.findings:
        if one.severity != "hint":
            warned(progress, f"before training: {one.title} ({one.where}; {one.fault})")
    if any(one.certain and one.stage == "A" and one.remedy.changes for one in looked.findings):
        return {}  # the start that was looked at is that of the program with these remedies
    return {
        name: value for name, value in looked.run.values.items() if name.startswith(("start.", "program."))
    }


def _problem(finding: Finding) -> Problem:
    typed = f"; {finding.remedy.command}" if finding.remedy.command else ""
    return Problem(
        f"{finding.where}: {finding.title.lower()}",
        "mended before training",
        finding.evidence,
        finding.remedy.words + typed,
    )


def with_proof(
    recipe: Recipe, data: Dataset, task: Task, run: Run, findings: Findings, progress: bool | None = None
) -> Findings:
    """Return the findings of a training with those of a probe, and what their remedies gain beside it.

    Nothing is tried where nothing is wrong, or where no remedy is a change of the recipe.
    """
    if not any(one.severity != "hint" for one in findings):
        return findings
    said(progress, "trying remedies beside the training; Ctrl-C leaves them untried")
    tried = _examined(recipe, data, task, run, findings, keeps=True).findings
    kept = [one for one in findings if one.fault not in tried.faults]
    return Findings(sorted((*tried, *kept), key=lambda one: one.fault))


def cured(
    recipe: Recipe, data: Dataset, task: Task, run: Run, findings: Findings
) -> tuple[Recipe, Examination]:
    """Return the recipe with every remedy that is certain or won its proof, and what was found on the way."""
    found = _examined(recipe, data, task, run, findings)
    return recipe_with(recipe, found.changes), found


def _examined(
    recipe: Recipe, data: Dataset, task: Task, run: Run, findings: Findings, keeps: bool = False
) -> Examination:
    names = [name for name in run.values if name.startswith("data.")]
    known = {**{name: run[name] for name in names}, "recipe": recipe.to_spec()}
    suspected = [one for one in findings if one.severity != "hint"]
    return examine(program_of(recipe, data, task), diagnose, more=known, suspected=suspected, keeps=keeps)
