"""``leadline check``: what is wrong with data, network and choices, before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

import leadline as ll
from leadline.cli import options, terminal
from leadline.cli.findings import findings
from leadline.cli.result import Full

if TYPE_CHECKING:
    from leadline.program.examine import Examination

NAMES = {"A": "as written", "B": "at the start", "C": "a probe", "E": "remedies"}


def check(
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
    learning_rate: Annotated[
        float | None,
        typer.Option("--learning-rate", "--lr", help="Above 0.", rich_help_panel=options.TRAINING),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the data, at most.", rich_help_panel=options.TRAINING)
    ] = None,
    batch_size: options.BatchSize = None,
    class_weights: options.ClassWeights = None,
    seed: options.Seed = None,
    probe: Annotated[
        bool, typer.Option("--probe", help="Train a few hundred steps too, and prove remedies.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 on findings of severity error.")
    ] = False,
) -> None:
    """Look for what is wrong before anything is trained.

    Data, labels, loss and network are read against each other, and first weights are drawn by five seeds to look at
    signals, gradients and the first loss. Nothing is trained, nothing is written.
    """
    data = {"target": target, "problem": problem, "drop": drop, "group": group, "time": time, "test": test,
            "split": split, "size": size, "delimiter": delimiter}  # fmt: skip
    training = {"loss": loss, "epochs": epochs, "batch_size": batch_size, "class_weights": class_weights}
    opened = ll.asking.Asked(
        source, data, training, network, {"name": optimizer, "learning_rate": learning_rate}, seed
    ).open()
    Full().data(opened)
    found = ll.check(opened.network, opened.data, stages="ABCE" if probe else "AB", **opened.choices)
    _show(found, Path(source))
    if strict and found.findings.errors:
        raise typer.Exit(1)


def _show(found: Examination, source: Path) -> None:
    """Print the findings, what could not be looked at, and how long each stage took."""
    out = terminal.console()
    findings(found.findings, out, source)
    for words in found.words:
        terminal.row(out, "not seen", Text(words, "yellow"))
    took = ", ".join(f"{NAMES[stage]} {after:.1f} s" for stage, after in found.seconds.items())
    terminal.row(
        out, "looked", Text(f"{took}; nothing was trained" if "C" not in found.seconds else took, "dim")
    )
