"""``leadline predict``: labels and probabilities for new rows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

import leadline as ll
from leadline.cli import terminal
from leadline.core.disk import replace_file


def predict(
    model: Annotated[Path, typer.Argument(help="A .leadline file.", show_default=False)],
    source: Annotated[
        str, typer.Argument(help="CSV or Parquet file, folder of images, or NPZ file.", show_default=False)
    ],
    out: Annotated[
        Path | None, typer.Option(help="CSV file to write; the standard output by default.")
    ] = None,
) -> None:
    """Write a prediction for every row, in the order of the rows.

    Columns are matched by name. What was unknown or missing is handled as in training, and counted on the error
    stream.
    """
    ll.use_cache()
    loaded = ll.load(model)
    predictions = loaded.predictions(source)
    table = predictions.to_frame().to_csv(index=False)
    if out is None:
        sys.stdout.write(table)
    else:
        replace_file(out, table.encode())
    terminal.counts(predictions)
