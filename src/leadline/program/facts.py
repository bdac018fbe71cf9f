"""What is known of a program before anything runs: its loss, targets, inputs and structure, as numbers of a run.

Comes in: a program. Goes out: the values of stage A, for a run.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from leadline.program.program import Program
from leadline.program.targets import Form, target_facts
from leadline.program.written import Written
from leadline.record.run import Run
from leadline.soundings.correlation import correlation_facts
from leadline.soundings.dataset import input_statistics, not_finite
from leadline.soundings.structure import structure_facts

Measure = Callable[[np.ndarray], dict[str, Any]]


def written_run(program: Program, measure: Measure | None = None) -> Run:
    """Return a run with everything that is known before a program runs.

    Args:
        program: As written.
        measure: From inputs to what they are like: :func:`input_facts`, or :func:`once` of it for programs that share
            rows.

    Example:
        >>> from leadline.nn import Dense, Sequential, softmax
        >>> x = np.ones((8, 3), np.float32)
        >>> program = Program(Sequential([Dense(1, softmax)]), x, np.arange(8) % 2, Written("mse"))
        >>> run = written_run(program)
        >>> run["network.output_activation"], run["target.form"], run["loss.name"]
        ('softmax', 'yes_no', 'mse')
    """
    measure = measure or input_facts
    return Run(
        {
            "recipe": program.to_spec(),
            **measure(program.inputs),
            **_asked(program.targets, program.form),
            **held_facts(program, measure),
            **structure_facts(program.network, program.inputs.shape[1:]),
            **loss_facts(program),
            "program.updates": program.updates,
            "program.batch": program.batch,
            **({} if program.threshold is None else {"program.threshold": program.threshold}),
        }
    )


def rows_facts(inputs: np.ndarray, targets: np.ndarray, form: Form) -> dict[str, Any]:
    """Return what inputs and targets say: also of a foreign training, which has no program.

    Args:
        inputs: Shape (B, ...).
        targets: Shape (B,) or (B, K).
        form: What the targets look like.
    """
    return {**input_facts(inputs), **_asked(targets, form)}


def input_facts(inputs: np.ndarray) -> dict[str, Any]:
    """Return what inputs are like: their number, shape, statistics of each feature, and how features go together.

    Args:
        inputs: Shape (B, ...).
    """
    inputs = np.asarray(inputs)
    mean, spread, low, high = input_statistics(np.asarray(inputs, np.float32))
    return {
        "data.rows.train": len(inputs),
        "data.input.shape": list(inputs.shape[1:]),
        "data.input.mean": mean,
        "data.input.spread": spread,
        "data.input.low": low,
        "data.input.high": high,
        **correlation_facts(inputs),
        "data.input.not_finite": not_finite(inputs),
    }


def once(measure: Measure) -> Measure:
    """Return a measurement that looks at the same array only once, for as long as the array is there.

    Example:
        >>> measure, rows = once(lambda rows: {"rows": len(rows)}), np.ones((3, 2))
        >>> measure(rows) is measure(rows), measure(rows.copy())
        (True, {'rows': 3})
    """
    seen: dict[int, tuple[weakref.ref[np.ndarray], dict[str, Any]]] = {}

    def measured(rows: np.ndarray) -> dict[str, Any]:
        known = seen.get(id(rows))
        if known is None or known[0]() is not rows:  # another array may lie where one was
            known = seen[id(rows)] = weakref.ref(rows), measure(rows)
        return known[1]

    return measured


def _asked(targets: np.ndarray, form: Form) -> dict[str, Any]:
    problem = "regression" if form.kind == "numbers" else "classification"
    return {"program.problem": problem, **target_facts(targets, form)}


def held_facts(program: Program, measure: Measure) -> dict[str, Any]:
    """Return what the inputs to judge by are like; nothing where no rows are held out."""
    if program.held_out is None:
        return {"data.rows.validation": 0}
    held = measure(program.held_out[0])
    alike = {f"data.input.held.{name}": held[f"data.input.{name}"] for name in ("mean", "spread")}
    return {"data.rows.validation": held["data.rows.train"], **alike}


def loss_facts(program: Program) -> dict[str, Any]:
    """Return what the loss takes its arguments for; nothing for the task of a recipe, which cannot be wrong."""
    loss = program.loss
    if not isinstance(loss, Written):
        return {
            "task.kind": loss.kind,
            "task.loss": loss.loss,
            "task.loss.usual": loss.usual_loss,
            "task.link": loss.link,
            **({} if loss.first_loss is None else {"task.first_loss": loss.first_loss}),
        }
    return written_loss_facts(loss)


def written_loss_facts(loss: Written) -> dict[str, Any]:
    """Return every ``loss.*`` value of a loss as written."""
    return {
        "loss.name": loss.name,
        "loss.reads": loss.reads,
        "loss.labels": loss.labels,
        "loss.reduction": loss.reduction,
        "loss.clip": loss.clip,
        "loss.normalizes": int(loss.normalizes),
        "loss.expands": int(loss.expands),
        "loss.axis": loss.axis,
    }
