"""Options that several verbs take: how data is read, and what is trained; each with its help, written once."""

from __future__ import annotations

from typing import Annotated

import typer

DATA = "Data"
TRAINING = "Training"

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
