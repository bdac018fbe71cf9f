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


def check_wish(on_error: str) -> None:
    """Check what is wished where an error is found.

    Raises:
        RecipeError: It is none of "continue", "stop" and "cure".
    """
    if on_error not in ON_ERROR:
        raise RecipeError.at(
            "on_error", f"one of {', '.join(ON_ERROR)}", repr(on_error), did_you_mean(str(on_error), ON_ERROR)
        )


def stop_on_errors(recipe: Recipe, data: Dataset, task: Task, known: Mapping[str, Any]) -> None:
    """Look at a training before it begins; do not let it begin where something is surely wrong.

    Args:
        recipe: Every choice.
        data: Prepared.
        task: What is asked.
        known: What is known of the run so far.

    Raises:
        StoppedError: Names every finding of severity "error", with its remedy.
    """
    looked = examine(program_of(recipe, data, task), diagnose, stages="AB", more=dict(known))
    if looked.findings.errors:
        raise StoppedError(*map(_problem, looked.findings.errors))


def seen_before(
    recipe: Recipe, data: Dataset, task: Task, known: Mapping[str, Any], progress: bool | None = None
) -> dict[str, Any]:
    """Look at the start of a long training before it is paid for, and say at once what is wrong with it.

    Args:
        recipe: Every choice.
        data: Prepared.
        task: What is asked.
        known: What is known of the run so far.
        progress: Whether to say it on the error stream; None for where it is a terminal.

    Returns:
        Values of stage B for the run; none for a training that is over sooner than one would read what is wrong.
    """
    program = program_of(recipe, data, task)
    if seconds_of_step(program) * program.updates < LONG:
        return {}
    said(progress, "looking at the start")
    looked = examine(program, diagnose, stages="AB", more=dict(known))
    if looked.interrupted:
        raise KeyboardInterrupt
    for one in looked.findings:
        if one.severity != "hint":
            warned(progress, f"before training: {one.title} ({one.where}; {one.fault})")
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
    tried = _examined(recipe, data, task, run, findings).findings
    kept = [one for one in findings if one.fault not in tried.faults]
    return Findings(sorted((*tried, *kept), key=lambda one: one.fault))


def cured(
    recipe: Recipe, data: Dataset, task: Task, run: Run, findings: Findings
) -> tuple[Recipe, Examination]:
    """Return the recipe with every remedy that is certain or won its proof, and what was found on the way."""
    found = _examined(recipe, data, task, run, findings)
    if found.interrupted:
        raise KeyboardInterrupt  # half a cure is not what was asked for
    return recipe_with(recipe, found.changes), found


def _examined(recipe: Recipe, data: Dataset, task: Task, run: Run, findings: Findings) -> Examination:
    names = [name for name in run.values if name.startswith("data.")]
    known = {**{name: run[name] for name in names}, "recipe": recipe.to_spec()}
    suspected = [one for one in findings if one.severity != "hint"]
    return examine(program_of(recipe, data, task), diagnose, more=known, suspected=suspected)
