"""``leadline rates``: which learning rates train, found in seconds, before a training is paid for."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

import leadline as ll
from leadline.cli import options, terminal
from leadline.cli.result import Full
from leadline.core.errors import LeadlineError

if TYPE_CHECKING:
    from leadline.asking import Opened

RISE = "Rise"
NOT_ASKED = (
    "epochs",
    "early_stopping",
    "patience",
    "min_delta",
)  # a recipe may hold them; the rise ends by itself

Lowest = Annotated[float, typer.Option(help="First learning rate, above 0.", rich_help_panel=RISE)]
Highest = Annotated[float, typer.Option(help="Last learning rate.", rich_help_panel=RISE)]
Steps = Annotated[int, typer.Option(help="Steps from one to the other, at least 20.", rich_help_panel=RISE)]


def rates(
    source: options.Source,
    target: options.Target = None,
    problem: options.Problem = None,
    drop: options.Drop = None,
    group: options.Group = None,
    time: options.Time = None,
    test: options.Test = None,
    split: options.Split = None,
    size: options.Size = None,
    delimiter: options.Delimiter = None,
    network: options.Network = None,
    loss: options.Loss = None,
    optimizer: options.Optimizer = None,
    batch_size: options.BatchSize = None,
    class_weights: options.ClassWeights = None,
    seed: options.Seed = None,
    lowest: Lowest = 1e-6,
    highest: Highest = 10.0,
    steps: Steps = 200,
) -> None:
    """Find the learning rates at which a network learns, and one to train with.

    One short training in which the rate rises from step to step, by the steps that `leadline fit` makes with
    the same options. It draws the loss over the rate and names the next command. Nothing is written.
    """
    data = {"target": target, "problem": problem, "drop": drop, "group": group, "time": time, "test": test,
            "split": split, "size": size, "delimiter": delimiter}  # fmt: skip
    training = {"loss": loss, "batch_size": batch_size, "class_weights": class_weights}
    asked = ll.asking.Asked(source, data, training, network, {"name": optimizer}, seed)
    opened = asked.open()
    Full().data(opened)
    found = _measured(opened, lowest=lowest, highest=highest, steps=steps)
    chosen = {**data, "network": network, "optimizer": optimizer, **training, "seed": seed}
    _show(found, f"leadline fit {shlex.quote(source)}{_typed(chosen)}")


def _measured(opened: Opened, **rise: Any) -> ll.RateRange:
    """Run the test; a number out of bounds is told by its option."""
    choices = {name: value for name, value in opened.choices.items() if name not in NOT_ASKED}
    try:
        return ll.rate_range(opened.network, opened.data, **choices, **rise)
    except LeadlineError as error:
        named = {f"rate_range, {name}": terminal.option(name) for name in rise}
        raise type(error)(*(replace(p, where=named.get(p.where, p.where)) for p in error.problems)) from None


def _show(found: ll.RateRange, command: str) -> None:
    """Print the curve within the terminal's width, what it says, and what to type next."""
    out = terminal.console()
    out.print()
    for line in found.curve(max(40, out.width)).splitlines():
        out.print(Text(line), soft_wrap=True)
    out.print()
    for label, words in found.words().items():
        terminal.row(out, label, words)
    if found.suggestion is not None:
        terminal.line(out, "next", Text(f"{command} --learning-rate {found.suggestion:g}", "cyan"))


def _typed(chosen: Mapping[str, Any]) -> str:
    """Return the options as they were typed; a list by commas."""
    words = ""
    for name, value in chosen.items():
        if value is not None:
            joined = ",".join(value) if isinstance(value, list) else str(value)
            words += f" {terminal.option(name)} {shlex.quote(joined)}"
    return words
