"""``leadline cure``: the best remedies of a run applied, trained and compared; the run itself stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

import leadline as ll
from leadline.cli import terminal
from leadline.cli.findings import findings


def cure(
    run: Annotated[
        Path, typer.Argument(help="Folder of the run, as leadline fit wrote it.", show_default=False)
    ],
    out: Annotated[
        Path | None, typer.Option(help="New folder for the cured run; runs/NAME-1, -2, ... by default.")
    ] = None,
) -> None:
    """Apply the best remedies of a run, train again, and compare.

    Remedies that are only likely are proved first: the changed recipe is trained beside the original by five seeds, and
    taken where it wins. The original run is kept.
    """
    shown = terminal.console()
    found = ll.cure(run)
    findings(found.examination.findings, shown, run / "recipe.toml", found.before.headline.name)
    shown.print()
    for words in found.difference:
        terminal.row(shown, "changed", Text(words, "cyan"))
    terminal.row(shown, "before", str(found.before.headline))
    if found.result is not None:
        terminal.row(shown, "after", str(found.result.evaluation.headline))
    terminal.row(
        shown, "verdict", Text(found.verdict, "green" if found.verdict.startswith("better") else "yellow")
    )
    if found.result is None:
        return
    with ll.workflow.reserved(out, found.result.run["data.name"]) as folder:
        files = found.result.save(folder)
    for name in ("model", "report", "recipe"):
        terminal.line(shown, name, str(files[name]))
