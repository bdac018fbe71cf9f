"""What was asked: the task and the choices of the training, in short."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadline.record.run import Run
from leadline.report import reading, wording
from leadline.report.parts import Facts, Section

_SHOWN = (
    "optimizer",
    "learning_rate",
    "schedule",
    "batch_size",
    "epochs",
    "early_stopping",
    "patience",
    "seed",
)


def section(run: Run) -> Section | None:
    """Return the task and the main choices; None where neither is known."""
    pairs = [*_task(run), *_choices(reading.mapping(run, "recipe")), *_course(run)]
    if not pairs:
        return None
    lead = "The task and the main choices of the training; the whole recipe stands at the end."
    return Section("asked", "What was asked", lead, [Facts(pairs)])


def _task(run: Run) -> list[tuple[str, str]]:
    pairs = [
        ("task", wording.label(reading.text(run, "task.kind"))),
        ("loss", wording.label(reading.text(run, "task.loss"))),
        ("link", wording.label(reading.text(run, "task.link"))),
        ("begun with the weights of", reading.text(run, "warm.start")),
    ]
    return [pair for pair in pairs if pair[1]]


def _choices(recipe: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the choices most people look for, wherever in the recipe they stand."""
    flat = {name: value for table in _tables(recipe) for name, value in table.items()}
    flat |= {name: value for name, value in recipe.items() if not isinstance(value, Mapping)}
    optimizer = recipe.get("optimizer")
    if isinstance(optimizer, Mapping):
        flat["optimizer"] = optimizer.get("name", "")
    return [(wording.label(name), said) for name in _SHOWN if (said := _said(flat.get(name)))]


def _tables(recipe: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [recipe[name] for name in ("training", "optimizer") if isinstance(recipe.get(name), Mapping)]


def _said(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        others = [
            f"{wording.label(str(name))} {_said(found)}"
            for name, found in value.items()
            if name != "name" and found
        ]
        return ", ".join(word for word in (wording.label(str(value.get("name", ""))), *others) if word)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return wording.number(value) if isinstance(value, float) else wording.label(str(value))


def _course(run: Run) -> list[tuple[str, str]]:
    epochs, best = reading.epochs(run), reading.whole(run, "stop.best_epoch")
    pairs = []
    if epochs:
        pairs.append(("epochs trained", f"{epochs:,}"))
    if best:
        pairs.append(("weights kept from", f"epoch {best}"))
    reason = reading.text(run, "stop.reason")
    words = {"epochs": "all epochs done", "not finite": "the loss was not finite"}
    if reason:
        pairs.append(("ended by", words.get(reason, reason)))
    return pairs
