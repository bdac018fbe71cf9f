"""``leadline fit``: from data to a trained, judged, explained and saved network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

import leadline as ll
from leadline.cli import options, together
from leadline.cli.options import TRAINING
from leadline.cli.result import Full, Quiet
from leadline.cli.terminal import say

OUTPUT, DIAGNOSIS = "Output", "Diagnosis"


def fit(
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
    stream: options.Stream = None,
    memory: options.Memory = None,
    network: options.Network = None,
    loss: options.Loss = None,
    optimizer: options.Optimizer = None,
    learning_rate: Annotated[
        float | None, typer.Option("--learning-rate", "--lr", help="Above 0.", rich_help_panel=TRAINING)
    ] = None,
    schedule: Annotated[
        str | None, typer.Option(help="constant, step_decay, cosine or warmup.", rich_help_panel=TRAINING)
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the data, at most.", rich_help_panel=TRAINING)
    ] = None,
    batch_size: options.BatchSize = None,
    patience: Annotated[
        int | None,
        typer.Option(
            help="Epochs without a better validation loss; 0 never stops.", rich_help_panel=TRAINING
        ),
    ] = None,
    class_weights: options.ClassWeights = None,
    seed: options.Seed = None,
    devices: options.Devices = None,
    precision: options.Precision = None,
    chunk: options.Chunk = None,
    explain_plan: options.ExplainPlan = False,
    processes: options.Processes = None,
    coordinator: options.Coordinator = None,
    process: options.Process = None,
    prove: Annotated[
        bool,
        typer.Option(
            "--prove/--no-prove",
            help="Where something is wrong: try the remedies beside the training for some hundred steps.",
            rich_help_panel=DIAGNOSIS,
        ),
    ] = True,
    on_error: Annotated[
        str,
        typer.Option(
            help="On an error: continue; stop before training; or cure: train again with remedies that hold.",
            rich_help_panel=DIAGNOSIS,
        ),
    ] = "continue",
    out: Annotated[
        Path | None,
        typer.Option(help="New folder for the run; runs/NAME-1, -2, ... by default.", rich_help_panel=OUTPUT),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            help="File that a broken-off training goes on from: type the same command again.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Exit with 1 on findings of severity error.", rich_help_panel=OUTPUT),
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print only the folder of the run.", rich_help_panel=OUTPUT)
    ] = False,
) -> None:
    """Train a network on data, judge it, explain it and save it.

    Without options, Leadline finds out what the columns are, what kind of problem it is and which network
    fits, and says so. It writes a folder with the model, a report, and a recipe that gives the
    same result again.
    """
    asked = ll.asking.Asked(
        source=source,
        data={"target": target, "problem": problem, "drop": drop, "group": group, "time": time, "test": test,
              "split": split, "size": size, "delimiter": delimiter, "stream": stream, "memory": memory},
        training={"loss": loss, "epochs": epochs, "batch_size": batch_size, "patience": patience,
                  "class_weights": class_weights},
        network=network,
        optimizer={"name": optimizer, "learning_rate": learning_rate, "schedule": schedule},
        seed=seed,
        plan={"devices": devices, "precision": precision, "chunk": chunk},
    )  # fmt: skip
    ll.minding.check_wish(on_error, "--on-error")
    members = together.asked(processes, coordinator, process, on_error)
    if members.starts:
        raise typer.Exit(together.start_all(members))
    together.begin(members)
    show = Full() if members.speaks and not quiet else Quiet()
    opened = asked.open()
    if not members.speaks:
        ll.fit(opened.network, opened.data, checkpoint=checkpoint, progress=False, **opened.choices)
        return
    with ll.workflow.reserved(out, opened.data.name) as folder:
        show.data(opened)
        if explain_plan:
            show.plan(ll.explain_plan(opened.network, opened.data, **opened.choices))
        bar = False if quiet else None
        minded: dict[str, Any] = {"prove": prove and members.processes == 1, "on_error": on_error}
        result = ll.fit(
            opened.network, opened.data, checkpoint=checkpoint, progress=bar, **minded, **opened.choices
        )
        try:
            files = result.save(folder)
        except KeyboardInterrupt:
            say(f"interrupted while saving; what was written so far lies in {folder}")
            raise typer.Exit(130) from None
    show.result(result, files)
    if strict and result.findings.errors:
        raise typer.Exit(1)
