"""What the command line prints: words for people on the error stream's or output's console, in one style.

Comes in: values of the other rooms. Goes out: lines. Machines read the files of the run instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from leadline.core.errors import LeadlineError
from leadline.core.text import count, listed, short

LABEL = 10  # width of the left column
STYLES = {"error": "bold red", "warning": "bold yellow", "hint": "bold cyan"}


def console(stderr: bool = False) -> Console:
    """Return a console on the stream as it is now."""
    return Console(stderr=stderr, highlight=False)


def say(words: str) -> None:
    """Print a line on the error stream."""
    console(stderr=True).print(escape(words))


def show_error(error: LeadlineError) -> None:
    """Print every problem of an error: where, must be, got, hint."""
    out = console(stderr=True)
    for number, problem in enumerate(error.problems):
        if number:
            out.print()
        out.print(f"[bold red]error[/] [bold]{escape(problem.where)}[/]", soft_wrap=True)
        out.print(Text(f"  must be  {problem.must_be}"), soft_wrap=True)
        out.print(Text(f"  got      {problem.got}"), soft_wrap=True)
        if problem.hint:
            out.print(Text(f"  hint     {problem.hint}", style="cyan"), soft_wrap=True)


class Quiet:
    """Prints the folder of the run only."""

    def data(self, opened: Any) -> None:
        """Print nothing."""

    def result(self, result: Any, files: Mapping[str, Path]) -> None:
        """Print the folder."""
        console().print(str(files["folder"]), soft_wrap=True)


class Full:
    """Prints what a person wants to know, in the order in which it becomes known."""

    def __init__(self) -> None:
        self.out = console()

    def data(self, opened: Any) -> None:
        """Print what was read and decided."""
        data = opened.data
        run = self.out
        _row(run, "data", f"[bold]{escape(data.name)}[/]  {escape(data.describe())}")
        for announcement in data.announcements:
            _row(run, "", f"[dim]{escape(announcement)}[/]")

    def result(self, result: Any, files: Mapping[str, Path]) -> None:
        """Print network, course of the training, scores, findings and files."""
        self._training(result)
        evaluation(result.evaluation)
        findings(result.findings, self.out)
        self._files(files)

    def _training(self, result: Any) -> None:
        run = result.run
        layers, total = run["network.weight_layers"], run["network.parameters.total"]
        of = f"{count(int(layers), 'layer')} with weights, {count(int(total), 'parameter')}"
        _row(self.out, "network", f"{escape(network_words(run))}  [dim]{of}[/]")
        recipe = result.recipe
        how = f"{recipe.optimizer.name} {short(recipe.optimizer.learning_rate)}, batch {recipe.batch_size}"
        _row(self.out, "training", f"{how}, {count(run.epochs, 'epoch')} in {run['seconds.total']:.1f} s")
        _row(self.out, "", f"[dim]{escape(ending(run))}[/]")

    def _files(self, files: Mapping[str, Path]) -> None:
        self.out.print()
        for name in ("model", "report", "recipe"):
            _row(self.out, name, escape(str(files[name])))


def network_words(run: Any) -> str:
    """Say the layers with weights and their sizes, in order."""
    named = zip(run["network.kinds"], run["network.shapes"], run["network.parameters"], strict=True)
    return " → ".join(f"{kind} {str(shape).strip('()').split(',')[-1].strip() or shape}" for kind, shape, n in named if n)


def ending(run: Any) -> str:
    """Say how the training ended and which weights were kept."""
    best, epochs = int(run["stop.best_epoch"]), run.epochs
    kept = f"weights of epoch {best}, which had the lowest validation loss, were kept" if best else "last weights were kept"
    reason = run["stop.reason"]
    if reason == "not finite":
        kept = kept if best else "last weights with a finite loss were kept"
        return f"stopped at step {int(run['stop.not_finite_step'])}: the loss was no longer finite; the {kept}"
    if reason == "interrupted":
        return f"interrupted after {count(epochs, 'whole epoch')}; the {kept}"
    if reason == "early stopping":
        return f"stopped early after {count(epochs, 'epoch')}; the {kept}"
    return f"all {count(epochs, 'epoch')} done; the {kept}"


def evaluation(judged: Any) -> None:
    """Print scores with intervals beside the baselines, and the classes that fare worst."""
    out = console()
    out.print()
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(f"{judged.part} ({count(judged.rows, 'row')})", min_width=LABEL + 8)
    for heading in ("model", "95% interval", *(baseline.name for baseline in judged.baselines)):
        table.add_column(heading, justify="right")
    for score in judged.scores:
        others = ({s.name: s for s in baseline.scores}.get(score.name) for baseline in judged.baselines)
        cells = [number(other.value) if other else "–" for other in others]
        bold = score is judged.headline
        value = f"[bold]{number(score.value)}[/]" if bold else number(score.value)
        table.add_row(score.name.replace("_", " "), value, f"{number(score.low)} – {number(score.high)}", *cells)
    out.print(table)
    if judged.per_class:
        weak = sorted((c for c in judged.per_class if c.rows), key=lambda c: c.recall.value)[:3]
        said = listed([f"{c.name} {c.recall.value:.0%} of {c.rows}" for c in weak])
        _row(out, "weakest", f"[dim]{escape(said)}[/]")


def number(value: float) -> str:
    """Write a score: three decimals below 100, none above.

    Example:
        >>> number(0.98123), number(49123.4), number(float("nan"))
        ('0.981', '49,123', '–')
    """
    if value != value:
        return "–"
    return f"{value:.3f}" if abs(value) < 100 else f"{value:,.0f}"


def findings(found: Any, out: Console) -> None:
    """Print each finding with evidence and remedy."""
    out.print()
    if not found:
        _row(out, "findings", "[green]none[/]")
        return
    for finding in found:
        style = STYLES[finding.severity]
        out.print(f"[{style}]{finding.severity:<{LABEL}}[/][bold]{escape(finding.title)}[/]  [dim]{finding.fault}[/]")
        lines = [finding.evidence, finding.remedy.words]
        for label, words in zip(("", "remedy  "), lines, strict=True):
            if words:
                out.print(Padding(Text(f"{label}{words}"), (0, 0, 0, LABEL)))
        if finding.remedy.command:
            out.print(Padding(Text(finding.remedy.command, style="cyan"), (0, 0, 0, LABEL)))


def counts(predictions: Any) -> None:
    """Print on the error stream what was unknown, missing or extra in new rows."""
    out = console(stderr=True)
    rows = len(predictions.labels) if predictions.labels is not None else len(predictions.values)
    out.print(f"{count(rows, 'row')} predicted")
    for words, found in (("unknown", predictions.unknown), ("missing", predictions.missing)):
        if found:
            said = listed([f"{name} {number:,}" for name, number in found.items()])
            out.print(escape(f"{words} values, handled as in training: {said}"))
    if predictions.extra:
        out.print(escape(f"columns not used: {listed(predictions.extra)}"))


def _row(out: Console, label: str, words: str) -> None:
    grid = Table.grid(padding=(0, 0))
    grid.add_column(width=LABEL, style="dim")
    grid.add_column()
    grid.add_row(label, words)
    out.print(grid)
