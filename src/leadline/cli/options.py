"""Options that several verbs take: how data is read, and what is trained; each with its help, written once."""

from __future__ import annotations

from typing import Annotated

import typer

DATA = "Data"
TRAINING = "Training"
RUNNING = "Machine"

Source = Annotated[
    str,
    typer.Argument(
        help="digits, iris, wine, breast_cancer, diabetes; a CSV or Parquet file; a folder with one "
        "folder per class of images, or of IDX files; an NPZ file; or a recipe.toml.",
        show_default=False,
    ),
]
Target = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN",
        help="Column to learn; or several columns of yes and no, with commas, each a label.",
        rich_help_panel=DATA,
    ),
]
Problem = Annotated[
    str | None,
    typer.Option(
        help="classification, regression or several_labels; told from the target by default.",
        rich_help_panel=DATA,
    ),
]
Drop = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN",
        help="Columns to leave out, with commas, beside those of a recipe.",
        rich_help_panel=DATA,
    ),
]
Group = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Column whose equal values stay in one part.", rich_help_panel=DATA),
]
Time = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN", help="Column to order by: the latest rows are the test.", rich_help_panel=DATA
    ),
]
Test = Annotated[
    str | None, typer.Option(metavar="FILE", help="File with the test rows.", rich_help_panel=DATA)
]
Split = Annotated[
    str | None,
    typer.Option(help="Shares of train, validation and test, e.g. 0.7,0.15,0.15.", rich_help_panel=DATA),
]
Size = Annotated[str | None, typer.Option(help="Size of images, e.g. 64 or 48x64.", rich_help_panel=DATA)]
Delimiter = Annotated[
    str | None, typer.Option(help="Between columns; found by default.", rich_help_panel=DATA)
]
Stream = Annotated[
    bool | None,
    typer.Option(
        "--stream/--no-stream",
        help="Read the rows anew in every epoch; by default where they would not fit into memory.",
        rich_help_panel=DATA,
    ),
]
Memory = Annotated[
    str | None,
    typer.Option(help="Bound on what a stream keeps in memory, e.g. 2GB.", rich_help_panel=DATA),
]
Network = Annotated[
    str | None,
    typer.Option(help="auto, linear, mlp or cnn; or widths such as 64-64.", rich_help_panel=TRAINING),
]
Loss = Annotated[
    str | None,
    typer.Option(
        help='Name of a loss, instead of the task\'s own; with settings as "huber(delta=2)".',
        rich_help_panel=TRAINING,
    ),
]
Optimizer = Annotated[
    str | None,
    typer.Option(help="sgd, momentum, nesterov, adam, adamw, rmsprop, adagrad.", rich_help_panel=TRAINING),
]
BatchSize = Annotated[str | None, typer.Option(help="Rows of one step, or full.", rich_help_panel=TRAINING)]
ClassWeights = Annotated[
    str | None, typer.Option(help="none, balanced, or a number for each class.", rich_help_panel=TRAINING)
]
Seed = Annotated[int | None, typer.Option(help="Of split and training.", rich_help_panel=TRAINING)]
Devices = Annotated[
    int | None,
    typer.Option(help="Cores or chips that share each batch; chosen by default.", rich_help_panel=RUNNING),
]
Precision = Annotated[
    str | None,
    typer.Option(help="float32 or bfloat16, of what the network computes.", rich_help_panel=RUNNING),
]
Chunk = Annotated[
    int | None,
    typer.Option(help="Rows on the device at a time; all where they fit.", rich_help_panel=RUNNING),
]
ExplainPlan = Annotated[
    bool,
    typer.Option(
        "--explain-plan",
        help="Say how the training will run on this machine, and why.",
        rich_help_panel=RUNNING,
    ),
]
Processes = Annotated[
    int | None,
    typer.Option(
        help="Train in so many processes that share each batch: here, or over machines.",
        rich_help_panel=RUNNING,
    ),
]
Coordinator = Annotated[
    str | None,
    typer.Option(
        help="HOST:PORT of process 0, where the processes are on several machines.", rich_help_panel=RUNNING
    ),
]
Process = Annotated[
    int | None,
    typer.Option(help="Number of this process, from 0, beside --coordinator.", rich_help_panel=RUNNING),
]
