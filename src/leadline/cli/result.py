"""What a training prints: data and decisions before it, network, scores, findings and files after it.

Comes in: values of the other rooms. Goes out: lines, laid out by :mod:`leadline.cli.terminal`. Machines read
the files of the run instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from shlex import quote
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from leadline.cli.findings import findings
from leadline.cli.terminal import LABEL, as_options, console, line, row, shortened
from leadline.core.text import count, listed, short
from leadline.report.diagnosis_wording import score_name

MOST_LAYERS = 10
WEAKEST = 3
MOST_LABELS = 12
NAMES = {
    "r2": "R²", "mae": "MAE", "rmse": "RMSE", "hamming_accuracy": "Hamming accuracy", "macro_f1": "macro F1",
    "micro_f1": "micro F1",
}  # fmt: skip


class Quiet:
    """Prints the folder of the run only."""

    def data(self, opened: Any) -> None:
        """Print nothing."""

    def plan(self, chosen: Any) -> None:
        """Print nothing."""

    def result(self, result: Any, files: Mapping[str, Path]) -> None:
        """Print the folder."""
        console().print(Text(str(files["folder"])), soft_wrap=True)


class Full:
    """Prints what a person wants to know, in the order in which it becomes known."""

    def data(self, opened: Any) -> None:
        """Print what was read and decided."""
        out, data = console(), opened.data
        first, *others = data.describe().splitlines()
        row(out, "data", Text.assemble((data.name, "bold"), "  ", first))
        for words in others:
            label, rest = _labelled(words)
            row(out, label, rest.replace(listed(data.class_names), few(data.class_names)))
        told = {f"Column {name!r} is left out: {why}." for name, why in data.dropped.items()}
        for words in data.announcements:
            if words not in told:
                row(out, "", Text(as_options(words), "dim"))

    def plan(self, chosen: Any) -> None:
        """Print how the training will run, and why."""
        for name, reason in chosen.why.items():
            row(console(), name, reason)

    def result(self, result: Any, files: Mapping[str, Path]) -> None:
        """Print network, course of the training, scores, findings and files."""
        out = console()
        training(result, out)
        evaluation(result.evaluation)
        findings(result.findings, out, files["recipe"], score_name(result.run))
        out.print()
        for name in ("model", "report", "recipe"):
            line(out, name, str(files[name]))
        rows = {"table": "new.csv", "image": "new-images/"}.get(result.run["data.kind"], "new.npz")
        line(out, "next", Text(f"leadline predict {quote(str(files['model']))} {rows}", "cyan"))


def _labelled(words: str) -> tuple[str, str]:
    """Return a line of a description with its first words as the label."""
    if words.startswith("target "):
        return "target", words.removeprefix("target ")
    label, _, rest = words.partition(": ")
    return (label, rest) if rest and len(label) < LABEL else ("", words)


def few(names: Sequence[str], room: int = 120) -> str:
    """List as many names as there is room for, in characters; at least one.

    Example:
        >>> few(["cat", "dog", "owl"], 12)
        'cat, dog and 1 more'
    """
    ends = accumulate(len(name) + 2 for name in names)
    return listed([clipped(name) for name in names], max(1, min(12, sum(end <= room for end in ends))))


def training(result: Any, out: Console) -> None:
    """Print the network, how it was trained and how that ended."""
    run, recipe = result.run, result.recipe
    layers, total = int(run["network.weight_layers"]), int(run["network.parameters.total"])
    size = f"{count(layers, 'layer')} with weights, {count(total, 'parameter')}"
    row(out, "network", Text.assemble(network_words(run), ("  " + size, "dim")))
    optimizer = recipe.optimizer
    how = (
        f"{optimizer.name} {optimizer.learning_rate:g}, {optimizer.schedule.name}, batch {recipe.batch_size}"
    )
    row(out, "training", f"{how}: {count(run.epochs, 'epoch')}, {run.took}")
    row(out, "", Text(ending(run), "dim"))


def network_words(run: Any) -> str:
    """Say the layers with weights and their sizes, in order."""
    named = zip(run["network.kinds"], run["network.shapes"], run["network.parameters"], strict=True)
    layers = [f"{kind} {shape.split(' x ')[-1]}" for kind, shape, parameters in named if parameters]
    return " → ".join(shortened(layers, MOST_LAYERS))


def ending(run: Any) -> str:
    """Say how the training ended and which weights were kept."""
    best, epochs, reason = int(run["stop.best_epoch"]), run.epochs, run["stop.reason"]
    judge = "validation" if run["data.rows.validation"] else "training"
    kept = (
        f"kept the weights of epoch {best}, with the lowest {judge} loss" if best else "kept the last weights"
    )
    if reason == "not finite":
        kept = kept if best else "kept the last weights with a finite loss"
        step = int(run["stop.not_finite_step"])
        return f"stopped at step {step:,}, where the loss was no longer finite; {kept}"
    if reason == "interrupted":
        return f"interrupted after {count(epochs, 'whole epoch')}; {kept}"
    if reason == "early stopping":
        return f"stopped early; {kept}"
    return f"ran {'the one epoch' if epochs == 1 else f'all {epochs:,} epochs'}; {kept}"


def evaluation(judged: Any) -> None:
    """Print scores with intervals beside the baselines, and the classes that fare worst."""
    out = console()
    out.print()
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    table.add_column(f"{judged.part} ({count(judged.rows, 'row')})", min_width=LABEL + 8)
    for heading in ("model", "95% interval", *(baseline.name for baseline in judged.baselines)):
        table.add_column(heading, justify="right")
    for score in judged.scores:
        others = ({s.name: s for s in baseline.scores}.get(score.name) for baseline in judged.baselines)
        cells = [Text(number(other.value) if other else "–", "dim") for other in others]
        style = "bold" if score is judged.headline else ""
        name = NAMES.get(score.name, score.name.replace("_", " "))
        value, between = Text(number(score.value), style), f"{number(score.low)} – {number(score.high)}"
        table.add_row(Text(name, style), value, between, *cells)
    out.print(table)
    if judged.per_class:
        row(out, "weakest", Text(weakest(judged.per_class), "dim"))
    if judged.per_label:
        labels(judged.per_label, out)
    for note in judged.notes:
        row(out, "note", note)


def labels(per_label: Any, out: Console) -> None:
    """Print how each of several labels fares; of many, the weakest."""
    weak = sorted(per_label, key=lambda each: -1.0 if each.f1.value != each.f1.value else each.f1.value)
    shown = per_label if len(per_label) <= MOST_LABELS else weak[:MOST_LABELS]
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    table.add_column("label", min_width=LABEL + 8)
    for heading in ("F1", "95% interval", "precision", "recall", "ROC-AUC", "rows"):
        table.add_column(heading, justify="right")
    for each in shown:
        between = f"{number(each.f1.low)} – {number(each.f1.high)}"
        others = (number(score.value) for score in (each.precision, each.recall, each.roc_auc))
        table.add_row(Text(clipped(each.name)), number(each.f1.value), between, *others, f"{each.rows:,}")
    out.print()
    out.print(table)
    if left := len(per_label) - len(shown):
        row(out, "", Text(f"and {count(left, 'label')} with a higher F1", "dim"))


def weakest(per_class: Any) -> str:
    """Say which classes fare worst, and how many of their rows are found."""
    known = sorted((each for each in per_class if each.rows), key=lambda each: each.recall.value)
    told = [f"{clipped(c.name)}: {c.recall.value:.0%} of {count(c.rows, 'row')}" for c in known[:WEAKEST]]
    return " · ".join(told) if told else "no class with rows"


def number(value: float) -> str:
    """Write a score: three decimals below 100, none above.

    Example:
        >>> number(0.98123), number(49123.4), number(float("nan"))
        ('0.981', '49,123', '–')
    """
    if value != value:
        return "–"
    return f"{value:.3f}" if abs(value) < 100 else short(value)


def clipped(name: str, most: int = 24) -> str:
    """Return a name without its middle where it is long; names often differ at their end.

    Example:
        >>> clipped("a rather long class name 31")
        'a rather long c…name 31'
    """
    return name if len(name) <= most else f"{name[: most - 9]}…{name[-7:]}"
