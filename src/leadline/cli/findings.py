"""What was found, for the terminal: evidence, remedy, what to type, and what the remedy gained where it was tried.

Comes in: findings. Goes out: rows of :mod:`leadline.cli.terminal`; below the first finding its evidence as a picture.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from shlex import quote

from rich.console import Console
from rich.text import Text

from leadline.cli.picture import drawing
from leadline.cli.terminal import LABEL, as_options, line, row
from leadline.record.finding import Finding, Remedy
from leadline.report.diagnosis_wording import gained, verdict

STYLES = {"error": "bold red", "warning": "bold yellow", "hint": "bold cyan"}
WIDEST = 72  # of a picture: numbers far from their names are hard to read


def findings(found: Iterable[Finding], out: Console, recipe: Path, score: str = "score") -> None:
    """Print each finding, the gravest first.

    Args:
        found: What was found.
        out: The terminal.
        recipe: Of the run; options of a remedy are typed after it.
        score: What a remedy that was tried is scored by.
    """
    out.print()
    every = tuple(found)
    if not every:
        row(out, "findings", Text("none", "green"))
    for at, finding in enumerate(every):
        _told(finding, out)
        if at == 0:
            _pictured(finding, out)
        _mended(finding.remedy, out, recipe)
        if finding.proof is not None:
            style = "green" if finding.proof.won else "dim"
            row(out, "", Text(f"{verdict(finding.proof)}: {gained(finding.proof, score)}", style), 2)


def _told(finding: Finding, out: Console) -> None:
    """Print severity, title, place and evidence."""
    label = Text(finding.severity, STYLES[finding.severity])
    where = f"  {finding.where}" if finding.where else ""
    row(out, label, Text.assemble((finding.title, "bold"), where, (f"  {finding.fault}", "dim")))
    row(out, "", finding.evidence)


def _pictured(finding: Finding, out: Console) -> None:
    """Print the evidence as a picture of a few lines."""
    if finding.picture is None:
        return
    for words in drawing(finding.picture, min(out.width - LABEL, WIDEST)):
        line(out, "", Text(words, "cyan" if "█" in words or "━" in words else "dim"))


def _mended(remedy: Remedy, out: Console, recipe: Path) -> None:
    """Print what to do and what to type."""
    if remedy.words:
        row(out, "", Text.assemble(("→ ", "green"), as_options(remedy.words)), 2)
    if remedy.command:
        line(out, "", Text(_typed(remedy.command, recipe), "cyan"))


def _typed(command: str, recipe: Path) -> str:
    """Return a remedy as it is typed: options follow the recipe of the run."""
    options = as_options(command)
    return f"leadline fit {quote(str(recipe))} {options}" if options.startswith("--") else options
