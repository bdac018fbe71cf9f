"""``leadline predict``: labels and probabilities for new rows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

import leadline as ll
from leadline.cli.terminal import console, row
from leadline.core.disk import not_written, replace_file
from leadline.core.errors import LeadlineError
from leadline.core.text import count, listed


def predict(
    model: Annotated[
        Path, typer.Argument(help="A .leadline file, or the folder of its run.", show_default=False)
    ],
    source: Annotated[
        str, typer.Argument(help="CSV or Parquet file, folder of images, or NPZ file.", show_default=False)
    ],
    out: Annotated[
        Path | None, typer.Option(help="CSV file to write; the standard output by default.")
    ] = None,
) -> None:
    """Write a prediction for every row, in the order of the rows.

    Columns are matched by name. What was unknown or missing is handled as in training, and counted on the
    error stream.
    """
    predictions = ll.load(ll.reopened.model_file(model)).predictions(source)
    table = predictions.to_frame().to_csv(index=False)
    if out is None:
        sys.stdout.write(table)
        sys.stdout.flush()
    else:
        try:
            replace_file(out, table.encode())
        except OSError as error:
            raise not_written(error, out, LeadlineError) from error
    _counts(predictions)


def _counts(predictions: Any) -> None:
    """Print on the error stream what was unknown, missing or extra in new rows."""
    out = console(stderr=True)
    row(out, "predicted", count(len(predictions), "row"))
    if predictions.predicted.ndim == 2:
        row(out, "labels", "1 where the probability is above 0.5, else 0")
    for label, found in (("unknown", predictions.unknown), ("missing", predictions.missing)):
        if found:
            cells = listed([f"{count(number, 'cell')} of {name!r}" for name, number in found.items()])
            row(out, label, f"{cells}, handled as in training")
    if predictions.extra:
        row(out, "not used", listed([repr(name) for name in predictions.extra]))
