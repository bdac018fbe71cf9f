"""``leadline fit``: from data to a trained, judged, explained and saved network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import leadline as ll
from leadline.cli.result import Full, Quiet
from leadline.cli.terminal import say

DATA = "Data"
TRAINING = "Training"
OUTPUT = "Output"


def fit(
    source: Annotated[
        str,
        typer.Argument(
            help="digits, iris, wine, breast_cancer, diabetes; a CSV or Parquet file; a folder with one "
            "folder per class of images, or of IDX files; an NPZ file; or a recipe.toml.",
            show_default=False,
        ),
    ],
    target: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Column to learn; or several columns of yes and no, with commas, each a label.",
            rich_help_panel=DATA,
        ),
    ] = None,
    problem: Annotated[
        str | None,
        typer.Option(
            help="classification, regression or several_labels; told from the target by default.",
            rich_help_panel=DATA,
        ),
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Columns to leave out, with commas, beside those of a recipe.",
            rich_help_panel=DATA,
        ),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Column whose equal values stay in one part.", rich_help_panel=DATA
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Column to order by: the latest rows are the test.", rich_help_panel=DATA
        ),
    ] = None,
    test: Annotated[
        str | None, typer.Option(metavar="FILE", help="File with the test rows.", rich_help_panel=DATA)
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(help="Shares of train, validation and test, e.g. 0.7,0.15,0.15.", rich_help_panel=DATA),
    ] = None,
    size: Annotated[
        str | None, typer.Option(help="Size of images, e.g. 64 or 48x64.", rich_help_panel=DATA)
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option(help="Between columns; found by default.", rich_help_panel=DATA)
    ] = None,
    network: Annotated[
        str | None,
        typer.Option(help="auto, linear, mlp or cnn; or widths such as 64-64.", rich_help_panel=TRAINING),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            help='Name of a loss, instead of the task\'s own; with settings as "huber(delta=2)".',
            rich_help_panel=TRAINING,
        ),
    ] = None,
    optimizer: Annotated[
        str | None,
        typer.Option(
            help="sgd, momentum, nesterov, adam, adamw, rmsprop, adagrad.", rich_help_panel=TRAINING
        ),
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option("--learning-rate", "--lr", help="Above 0.", rich_help_panel=TRAINING)
    ] = None,
    schedule: Annotated[
        str | None, typer.Option(help="constant, step_decay, cosine or warmup.", rich_help_panel=TRAINING)
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the data, at most.", rich_help_panel=TRAINING)
    ] = None,
    batch_size: Annotated[
        str | None, typer.Option(help="Rows of one step, or full.", rich_help_panel=TRAINING)
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            help="Epochs without a better validation loss; 0 never stops.", rich_help_panel=TRAINING
        ),
    ] = None,
    class_weights: Annotated[
        str | None, typer.Option(help="none, balanced, or a number for each class.", rich_help_panel=TRAINING)
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of split and training.", rich_help_panel=TRAINING)] = None,
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
              "split": split, "size": size, "delimiter": delimiter},
        training={"loss": loss, "epochs": epochs, "batch_size": batch_size, "patience": patience,
                  "class_weights": class_weights},
        network=network,
        optimizer={"name": optimizer, "learning_rate": learning_rate, "schedule": schedule},
        seed=seed,
    )  # fmt: skip
    show = Quiet() if quiet else Full()
    ll.use_cache()
    opened = asked.open()
    with ll.workflow.reserved(out, opened.data.name) as folder:
        show.data(opened)
        bar = False if quiet else None
        result = ll.fit(opened.network, opened.data, checkpoint=checkpoint, progress=bar, **opened.choices)
        try:
            files = result.save(folder)
        except KeyboardInterrupt:
            say(f"interrupted while saving; what was written so far lies in {folder}")
            raise typer.Exit(130) from None
    show.result(result, files)
    if strict and result.findings.errors:
        raise typer.Exit(1)
