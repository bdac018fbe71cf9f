"""``leadline report``: the page of a saved run, made again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import leadline as ll
from leadline.cli import terminal


def report(
    run: Annotated[Path, typer.Argument(help="Folder of a run.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option(help="Page to write; report.html in the folder by default.")
    ] = None,
) -> None:
    """Write the report of a saved run: one self-contained page."""
    terminal.say(f"wrote {ll.reopened.report(run, out)}")
